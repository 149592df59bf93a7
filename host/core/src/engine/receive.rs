//! Alerts in: limits, deduplication by label set, merging, and which incidents an alert joins or leaves.

use super::{Engine, Group, Held};
use crate::{
    Alert, AlertInput, AlertState, Answer, Effects, Ends, Entry, Fact, Fingerprint, IncidentId, Instant, Labels,
    Limits, Refusal, Refused, Span, Tables, Write,
};
use alloc::{sync::Arc, vec::Vec};

/// An alert that has been resolved for so long is forgotten, though its incident may live on.
pub(super) const RESOLVED_KEPT: Span = Span::from_secs(3_600);

/// Beyond `alerts_max`, for alerts of our own: in the largest storm it must be heard that a receiver fails.
const OWN_PLACES: usize = 1_000;

/// What one alert of a batch did.
enum Effect {
    New,
    Changed,
    Unchanged,
}

impl Engine {
    pub(super) fn receive(&mut self, now: Instant, alerts: Vec<AlertInput>, effects: &mut Effects) -> Answer {
        let (mut new, mut changed, mut unchanged) = (0, 0, 0);
        let mut refused = Vec::new();
        let mut journaled = Vec::new();
        for (index, input) in alerts.into_iter().enumerate() {
            if let Err(reason) = check(&input, &self.roster.tables.limits) {
                refused.push(Refused { index, reason });
                continue;
            }
            match self.take(now, &input, effects) {
                Ok(Effect::New) => new += 1,
                Ok(Effect::Changed) => changed += 1,
                Ok(Effect::Unchanged) => {
                    unchanged += 1;
                    continue;
                }
                Err(reason) => {
                    refused.push(Refused { index, reason });
                    continue;
                }
            }
            journaled.push(input);
        }
        if !journaled.is_empty() {
            effects.journal.push(Entry { at: now, incident: None, fact: Fact::Received { alerts: journaled } });
        }
        Answer::Received { new, changed, unchanged, refused }
    }

    fn take(&mut self, now: Instant, input: &AlertInput, effects: &mut Effects) -> Result<Effect, Refusal> {
        let fingerprint = self.identity(&input.labels);
        let (state, ends_at) = match input.ends {
            Ends::Open => (AlertState::Firing, None),
            Ends::Unsaid => (AlertState::Firing, Some(now.saturating_add(self.roster.tables.limits.resolve_timeout))),
            Ends::At(at) if at > now => (AlertState::Firing, Some(at)),
            Ends::At(at) | Ends::Resolved(at) => (AlertState::Resolved, Some(at)),
        };
        let Some(Held { alert: known, timer }) = self.alerts.get_mut(&fingerprint) else {
            // What we never heard fire need not be told as resolved.
            return if state == AlertState::Resolved {
                Ok(Effect::Unchanged)
            } else {
                self.add(now, fingerprint, input, ends_at, effects)
            };
        };
        if known.state == AlertState::Resolved && state == AlertState::Resolved {
            return Ok(Effect::Unchanged);
        }
        let starts_at = input.starts_at.unwrap_or(now);
        let same = known.state == state && known.annotations == input.annotations;
        let earlier = input.starts_at.is_some_and(|at| at < known.starts_at) && state == AlertState::Firing;
        if same && !earlier {
            // The way of nearly every alert: memory only.
            if known.ends_at != ends_at {
                let known = Arc::make_mut(known);
                known.ends_at = ends_at.map(|at| known.ends_at.map_or(at, |had| had.max(at)));
                let (end, timer) = (known.ends_at, *timer);
                self.heartbeat(now, fingerprint, end, timer, effects);
            }
            return Ok(Effect::Unchanged);
        }
        let was = known.state;
        let alert = Arc::make_mut(known);
        alert.state = state;
        alert.starts_at = if was == AlertState::Firing { alert.starts_at.min(starts_at) } else { starts_at };
        alert.ends_at = ends_at;
        alert.updated_at = now;
        alert.annotations = input.annotations.clone();
        alert.generator_url = input.generator_url.clone();
        self.moved(now, fingerprint, was, effects);
        Ok(Effect::Changed)
    }

    fn add(
        &mut self,
        now: Instant,
        fingerprint: Fingerprint,
        input: &AlertInput,
        ends_at: Option<Instant>,
        effects: &mut Effects,
    ) -> Result<Effect, Refusal> {
        let max = self.roster.tables.limits.alerts_max;
        if self.alerts.len() >= max && !self.has_own_place(&input.labels) {
            return Err(Refusal::Full { max });
        }
        let alert = Alert {
            fingerprint,
            labels: input.labels.clone(),
            annotations: input.annotations.clone(),
            generator_url: input.generator_url.clone(),
            state: AlertState::Firing,
            starts_at: input.starts_at.unwrap_or(now),
            ends_at,
            updated_at: now,
            incidents: Vec::new(),
        };
        self.alert_turned(&alert);
        self.alerts.insert(fingerprint, Held { alert: Arc::new(alert), timer: None });
        self.time_alert(fingerprint, ends_at);
        self.join_routes(now, fingerprint, effects);
        Ok(Effect::New)
    }

    fn has_own_place(&self, labels: &Labels) -> bool {
        let Tables { limits, .. } = &*self.roster.tables;
        self.alerts.len() < limits.alerts_max.saturating_add(OWN_PLACES) && self.roster.tables.is_own(labels)
    }

    /// The alert's end moved. The timer that is set finds a later one when it fires, and a restart gives every sender
    /// `resolve_timeout`; only an end that lies far beyond both is written down, or one where there was none.
    fn heartbeat(
        &mut self,
        now: Instant,
        fingerprint: Fingerprint,
        end: Option<Instant>,
        timer: Option<Instant>,
        effects: &mut Effects,
    ) {
        let timeout = self.roster.tables.limits.resolve_timeout;
        let is_usual = end.zip(timer).is_some_and(|(end, timer)| {
            let ahead = end.since(now);
            ahead <= timeout || end.since(timer).saturating_mul(2) <= ahead
        });
        if !is_usual {
            self.time_alert(fingerprint, end);
            effects.writes.extend(self.alerts.get(&fingerprint).map(|held| Write::Alert(held.alert.clone())));
        }
    }

    /// An alert that we hold changed its state or annotations: its incidents see it.
    fn moved(&mut self, now: Instant, fingerprint: Fingerprint, was: AlertState, effects: &mut Effects) {
        let Some(alert) = self.alerts.get(&fingerprint).map(|held| held.alert.clone()) else {
            return;
        };
        let timer = match alert.state {
            AlertState::Firing => alert.ends_at,
            AlertState::Resolved => Some(now.saturating_add(RESOLVED_KEPT)),
        };
        self.time_alert(fingerprint, timer);
        if was != alert.state {
            self.alert_turned(&alert);
        }
        if was == AlertState::Resolved && alert.state == AlertState::Firing {
            // It fires anew: where it belongs may have changed since, and its incidents may have resolved.
            for id in &alert.incidents {
                if let Some(live) = self.touch(id) {
                    live.firing += 1;
                    live.tally(AlertState::Firing, &alert.labels);
                }
                self.firing_again(now, id, effects);
            }
            drop(alert);
            self.join_routes(now, fingerprint, effects);
            return;
        }
        let tables = self.roster.tables.clone();
        for id in &alert.incidents {
            let Some(live) = self.touch(id) else { continue };
            if alert.state == AlertState::Resolved {
                live.told_ceased |= !live.suppressed.contains_key(&fingerprint);
                live.firing = live.firing.saturating_sub(1);
                live.tally(AlertState::Resolved, &alert.labels);
            }
            live.revise(now);
            live.ask_for_alerts(now, &tables);
        }
        effects.writes.push(Write::Alert(alert));
    }

    /// Puts a firing alert into the incidents of every route that takes it, opening those that there are not.
    fn join_routes(&mut self, now: Instant, fingerprint: Fingerprint, effects: &mut Effects) {
        let Some(alert) = self.alerts.get(&fingerprint).map(|held| held.alert.clone()) else {
            return;
        };
        let tables = self.roster.tables.clone();
        let mut incidents: Vec<IncidentId> = alert.incidents.clone();
        for destination in self.destinations(&tables, &alert.labels) {
            let group = Group {
                team: destination.team.name.clone(),
                route: destination.route.name.clone(),
                labels: destination.route.group_by.of(&alert.labels),
            };
            let id = match self.groups.get(&group) {
                Some(id) => id.clone(),
                None => self.open(now, group, destination.route, alert.starts_at, effects),
            };
            if incidents.contains(&id) {
                continue;
            }
            incidents.push(id.clone());
            if let Some(live) = self.touch(&id) {
                live.join(fingerprint, &alert.labels);
            }
            self.firing_again(now, &id, effects);
        }
        drop(alert);
        if let Some(Held { alert, .. }) = self.alerts.get_mut(&fingerprint) {
            Arc::make_mut(alert).incidents = incidents;
            effects.writes.push(Write::Alert(alert.clone()));
        }
    }

    /// An alert's timer fired: its end has passed, has moved, or it may be forgotten.
    pub(super) fn alert_due(&mut self, now: Instant, fingerprint: Fingerprint, effects: &mut Effects) {
        let Some(Held { alert, .. }) = self.alerts.get_mut(&fingerprint) else {
            return;
        };
        match (alert.state, alert.ends_at) {
            (AlertState::Firing, Some(end)) if end <= now => {
                let alert = Arc::make_mut(alert);
                alert.state = AlertState::Resolved;
                alert.updated_at = now;
                let fact = Fact::Expired { fingerprint, labels: alert.labels.clone() };
                effects.journal.push(Entry { at: now, incident: None, fact });
                self.moved(now, fingerprint, AlertState::Firing, effects);
            }
            (AlertState::Firing, end) => self.time_alert(fingerprint, end),
            (AlertState::Resolved, _) => self.forget(now, fingerprint, effects),
        }
    }

    pub(super) fn forget(&mut self, now: Instant, fingerprint: Fingerprint, effects: &mut Effects) {
        if self.holds_a_place(fingerprint) {
            self.time_alert(fingerprint, Some(now.saturating_add(RESOLVED_KEPT)));
            effects.writes.extend(self.alerts.get(&fingerprint).map(|held| Write::Alert(held.alert.clone())));
            return;
        }
        self.time_alert(fingerprint, None);
        let Some(Held { alert, .. }) = self.alerts.remove(&fingerprint) else {
            return;
        };
        for id in &alert.incidents {
            if let Some(live) = self.incidents.get_mut(id) {
                live.members.remove(&fingerprint);
            }
        }
        effects.writes.push(Write::ForgetAlert(fingerprint));
    }

    /// The alert's fingerprint, or the next free number where other labels have that one: a made-up collision hides nothing.
    fn identity(&self, labels: &Labels) -> Fingerprint {
        let mut fingerprint = labels.fingerprint();
        while self.alerts.get(&fingerprint).is_some_and(|other| other.alert.labels != *labels) {
            fingerprint = Fingerprint(fingerprint.0.wrapping_add(1));
        }
        fingerprint
    }

    /// Another alert with its fingerprint has one of the next numbers, and is found by way of this one.
    fn holds_a_place(&self, fingerprint: Fingerprint) -> bool {
        let mut next = Fingerprint(fingerprint.0.wrapping_add(1));
        while let Some(held) = self.alerts.get(&next) {
            let own = held.alert.labels.fingerprint();
            if next.0.wrapping_sub(own.0) >= next.0.wrapping_sub(fingerprint.0) {
                return true;
            }
            next = Fingerprint(next.0.wrapping_add(1));
        }
        false
    }
}

fn check(input: &AlertInput, limits: &Limits) -> Result<(), Refusal> {
    let (count, bytes) = (input.labels.len(), input.labels.size());
    if count == 0 {
        return Err(Refusal::NoLabels);
    }
    if count > limits.labels_max {
        return Err(Refusal::TooManyLabels { count, max: limits.labels_max });
    }
    if bytes > limits.label_bytes_max {
        return Err(Refusal::LabelsTooLarge { bytes, max: limits.label_bytes_max });
    }
    let bytes = input.annotations.size();
    if bytes > limits.annotation_bytes_max {
        return Err(Refusal::AnnotationsTooLarge { bytes, max: limits.annotation_bytes_max });
    }
    match (input.starts_at, input.ends) {
        (Some(start), Ends::At(end)) if end < start => Err(Refusal::EndsBeforeStart),
        _ => Ok(()),
    }
}
