//! Dead man's switches: heard of, missed, and heard of again.
//!
//! When the last beat came is not written down: after a start each has its whole time to come, as its sender may have found us
//! gone. That one was missed is an alert like any other, and so outlives a restart.

use super::{Engine, Timer, by_matchers::ByMatchers, firing};
use crate::{AlertInput, AlertState, Answer, Destination, Effects, Ends, Heartbeat, Instant, Labels, Matchers, Tables};
use alloc::{collections::BTreeMap, format, string::ToString, sync::Arc, vec, vec::Vec};

/// Team and heartbeat.
pub(super) type Key = (Arc<str>, Arc<str>);

#[derive(Default)]
pub(super) struct Heartbeats {
    all: BTreeMap<Key, Beating>,
    by_alert: ByMatchers<Key>,
}

struct Beating {
    heartbeat: Heartbeat,
    last: Instant,
    missed: bool,
    /// Its entry in `Engine::timers`.
    timer: Option<Instant>,
}

impl Heartbeats {
    /// Those of which the alert is a beat.
    fn of(&self, labels: &Labels) -> Vec<Key> {
        let takes = |key: &&Key| {
            let matchers = self.all.get(*key).and_then(|beating| beating.heartbeat.matchers.as_ref());
            matchers.is_some_and(|matchers| matchers.matches(labels))
        };
        self.by_alert.candidates(labels).filter(takes).cloned().collect()
    }
}

impl Engine {
    /// Those of the configuration, at a start and at a reload. One that stays keeps when it was heard of last.
    pub(super) fn watch_heartbeats(&mut self, now: Instant) {
        let tables = self.roster.tables.clone();
        let mut before = core::mem::take(&mut self.heartbeats.all);
        self.heartbeats.by_alert = ByMatchers::default();
        for team in tables.teams.values() {
            for heartbeat in &team.heartbeats {
                let key = (team.name.clone(), heartbeat.name.clone());
                // One that was missed and has other labels now is missed at once under these.
                let missed = self.fires(&heartbeat.alert(&team.name));
                let beating = match before.remove(&key) {
                    Some(was) => Beating { heartbeat: heartbeat.clone(), missed, ..was },
                    None => Beating { heartbeat: heartbeat.clone(), last: now, missed, timer: None },
                };
                self.heartbeats
                    .by_alert
                    .insert(key.clone(), heartbeat.matchers.as_ref().unwrap_or(&Matchers::default()));
                self.heartbeats.all.insert(key.clone(), beating);
                self.time_heartbeat(&key);
            }
        }
        for (key, gone) in before {
            if let Some(at) = gone.timer {
                self.timers.remove(&(at, Timer::Heartbeat(key)));
            }
        }
        self.end_strange_misses(now);
    }

    /// A beat that came by HTTP.
    pub(super) fn beat(&mut self, now: Instant, key: &Key, effects: &mut Effects) -> Answer {
        let Some(beating) = self.heartbeats.all.get_mut(key) else {
            let of_team = self.heartbeats.all.keys().filter(|(team, _)| *team == key.0);
            return Answer::UnknownHeartbeat { known: of_team.map(|(_, name)| name.to_string()).collect() };
        };
        beating.last = now;
        if core::mem::take(&mut beating.missed) {
            let labels = beating.heartbeat.alert(&key.0);
            self.tell_of_heartbeat(now, labels, Ends::Resolved(now), "", effects);
        }
        self.time_heartbeat(key);
        Answer::Done
    }

    /// Alerts that are beats.
    pub(super) fn beat_by_alerts(&mut self, now: Instant, alerts: &[AlertInput], effects: &mut Effects) {
        if self.heartbeats.all.is_empty() {
            return;
        }
        let fires = |alert: &&AlertInput| match alert.ends {
            Ends::Open | Ends::Unsaid => true,
            Ends::At(at) => at > now,
            Ends::Resolved(_) => false,
        };
        let keys: Vec<Key> = alerts.iter().filter(fires).flat_map(|alert| self.heartbeats.of(&alert.labels)).collect();
        for key in keys {
            self.beat(now, &key, effects);
        }
    }

    pub(super) fn heartbeat_due(&mut self, now: Instant, key: &Key, effects: &mut Effects) {
        let Some(beating) = self.heartbeats.all.get_mut(key) else { return };
        beating.timer = None;
        let patience = beating.heartbeat.patience();
        if !beating.missed && beating.last.saturating_add(patience) <= now {
            beating.missed = true;
            let summary = format!("{} of {} was not heard of for {}", key.1, key.0, now.since(beating.last));
            let labels = beating.heartbeat.alert(&key.0);
            self.tell_of_heartbeat(now, labels, Ends::Open, &summary, effects);
        }
        self.time_heartbeat(key);
    }

    fn tell_of_heartbeat(&mut self, now: Instant, labels: Labels, ends: Ends, summary: &str, effects: &mut Effects) {
        let annotations = Labels::from_pairs([("summary", summary)]);
        let alert = AlertInput { labels, annotations, starts_at: Some(now), ends, generator_url: "".into() };
        self.receive(now, vec![alert], effects);
    }

    fn time_heartbeat(&mut self, key: &Key) {
        let Some(beating) = self.heartbeats.all.get_mut(key) else { return };
        let at = (!beating.missed).then(|| beating.last.saturating_add(beating.heartbeat.patience()));
        if beating.timer == at {
            return;
        }
        if let Some(was) = core::mem::replace(&mut beating.timer, at) {
            self.timers.remove(&(was, Timer::Heartbeat(key.clone())));
        }
        self.timers.extend(at.map(|at| (at, Timer::Heartbeat(key.clone()))));
    }

    fn fires(&self, labels: &Labels) -> bool {
        let held = self.alerts.get(&labels.fingerprint());
        held.is_some_and(|held| held.alert.labels == *labels && held.alert.state == AlertState::Firing)
    }

    /// What no heartbeat of the configuration raised ends with this turn: nobody is left to say that it is over.
    fn end_strange_misses(&mut self, now: Instant) {
        let misses = firing(&self.alerts).filter(|alert| alert.labels.get("alertname") == Heartbeat::ALERT);
        let strange = misses.filter(|alert| self.roster.tables.team_that_missed(&alert.labels).is_none());
        for fingerprint in strange.map(|alert| alert.fingerprint).collect::<Vec<_>>() {
            if let Some(held) = self.alerts.get_mut(&fingerprint) {
                Arc::make_mut(&mut held.alert).ends_at = Some(now);
            }
            self.time_alert(fingerprint, Some(now));
        }
    }

    /// Where an alert goes: that a heartbeat was missed, to its team whatever that takes; a beat, to no team that takes it for one.
    pub(super) fn destinations<'a>(&self, tables: &'a Tables, labels: &Labels) -> Vec<Destination<'a>> {
        if self.heartbeats.all.is_empty() {
            return tables.destinations(labels);
        }
        if labels.get("alertname") == Heartbeat::ALERT
            && let Some(team) = tables.team_that_missed(labels)
        {
            return team.destinations(labels);
        }
        let beats = self.heartbeats.of(labels);
        let mut destinations = tables.destinations(labels);
        destinations.retain(|destination| !beats.iter().any(|(team, _)| *team == destination.team.name));
        destinations
    }
}
