//! What is held back although it fires: what opened in a maintenance window, and what flaps.

use super::{delivery::may_have_arrived, live::Live, outbox::Draft};
use crate::{
    Decision, Effects, EvaluateReason, Fact, FlapLimits, Flapping, IncidentState, Instant, NoticeKind, Priority,
    Recipient, Route, Span, Tables, Target, WindowFact,
};
use alloc::{format, sync::Arc, vec::Vec};

/// Why a route tells nobody now.
struct Maintenance {
    /// Those of `mute` that are open.
    windows: Vec<Arc<str>>,
    /// Those of `active`, if none of them is open.
    outside: Vec<Arc<str>>,
    /// When that may be over; none: never.
    until: Option<Instant>,
}

impl Live {
    /// What opens in a maintenance window of its route is told to nobody until the window ends.
    pub fn mute_if_in_maintenance(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        let Some(Maintenance { windows, outside, until }) = self.maintenance(now, tables) else { return };
        self.incident.muted = true;
        self.incident.evaluate = until.map(|at| (at, EvaluateReason::Unmuted));
        self.note(now, Fact::Muted { windows, outside }, effects);
    }

    /// The maintenance is over: the incident is evaluated as if it opened now.
    pub fn unmute_if_due(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        let is_due = self.incident.evaluate.is_some_and(|(at, _)| at <= now);
        if !self.incident.muted || !is_due || self.incident.state == IncidentState::Resolved {
            return;
        }
        self.changed = true;
        match self.maintenance(now, tables) {
            None => {
                self.unmute(now, effects);
                self.revise(now);
                self.moved(now);
                self.incident.evaluate = Some((now, EvaluateReason::Unmuted));
            }
            Some(Maintenance { until, .. }) => {
                self.incident.evaluate = until.map(|at| (at, EvaluateReason::Unmuted));
            }
        }
    }

    /// None: its route tells now.
    fn maintenance(&self, now: Instant, tables: &Tables) -> Option<Maintenance> {
        let team = tables.team(&self.incident.id.team)?;
        let Route { mute, active, .. } = team.route(&self.incident.route);
        let facts = |names: &[Arc<str>]| -> Vec<(Arc<str>, WindowFact)> {
            let windows = names.iter().filter_map(|name| team.windows.get(name));
            windows.map(|window| (window.name.clone(), window.fact(now))).collect()
        };
        let (mut muting, mut outside) = (facts(mute), facts(active));
        muting.retain(|(_, fact)| fact.inside);
        if outside.iter().any(|(_, fact)| fact.inside) {
            outside.clear();
        }
        // One that never opens again would hold everything for ever.
        outside.retain(|(_, fact)| fact.changes_at.is_some());
        let until = muting.iter().chain(&outside).filter_map(|(_, fact)| fact.changes_at).min();
        let names = |facts: Vec<(Arc<str>, WindowFact)>| facts.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let (windows, outside) = (names(muting), names(outside));
        (!windows.is_empty() || !outside.is_empty()).then_some(Maintenance { windows, outside, until })
    }

    /// One opening more: so many within so short a time are flapping, which is told once.
    pub fn count_opening(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        let Some(FlapLimits { opens, within, stable }) = self.flap_limits(tables) else {
            self.incident.opens.clear();
            return;
        };
        self.incident.opens.retain(|at| at.saturating_add(within) > now);
        self.incident.opens.push(now);
        let excess = self.incident.opens.len().saturating_sub(opens as usize);
        self.incident.opens.drain(..excess);
        if self.flaps_on(now, tables) || self.incident.opens.len() < opens as usize {
            return;
        }
        let paged = self.paged_ever();
        // What nobody was paged for is for the policy to tell, as if it did not flap.
        if paged.is_empty() {
            return;
        }
        let stable_at = now.saturating_add(stable);
        self.incident.flapping = Some(Flapping { since: now, priority: self.incident.priority, stable_at });
        self.note(now, Fact::Flapping { opens, stable_at }, effects);
        let text = Some(format!(
            "flapping: it opened {opens} times within {within}; you hear of it again when it has been stable for {stable}"
        ));
        for (recipient, target) in paged {
            let (key, kind) = (format!("{}flapping", Decision::RESERVED), NoticeKind::Flapping);
            let draft = Draft { as_of: now, key, target, kind, page: true, text: text.clone() };
            self.add_notices(now, &draft, &[recipient], tables, effects);
        }
    }

    /// It opened or resolved while it flaps: so it is not stable yet. False: it does not flap.
    pub fn flaps_on(&mut self, now: Instant, tables: &Tables) -> bool {
        let stable = self.flap_limits(tables).map_or(Span::ZERO, |limits| limits.stable);
        let Some(flapping) = &mut self.incident.flapping else {
            return false;
        };
        flapping.stable_at = now.saturating_add(stable);
        self.changed = true;
        true
    }

    fn flap_limits(&self, tables: &Tables) -> Option<FlapLimits> {
        self.route(tables).and_then(|route| route.flapping)
    }

    /// Those who were paged in any opening.
    fn paged_ever(&self) -> Vec<(Recipient, Target)> {
        let mut paged: Vec<(Recipient, Target)> = Vec::new();
        for notice in self.notices.iter().filter(|notice| notice.page && may_have_arrived(notice)) {
            if !paged.iter().any(|(recipient, _)| recipient.receiver == notice.receiver) {
                paged.push((Recipient::again(notice), notice.target.clone()));
            }
        }
        paged
    }

    /// Stable at last: if it fires, the policy is asked who is to hear of it; if it resolved, everybody who was told hears that.
    pub fn calm_if_due(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        if self.incident.flapping.as_ref().is_some_and(|flapping| flapping.stable_at <= now) {
            self.end_flapping(now, effects);
            match self.incident.state {
                IncidentState::Resolved => self.update_told(now, NoticeKind::Resolved, tables, effects),
                IncidentState::Open | IncidentState::Acknowledged | IncidentState::Snoozed => {
                    self.ask(now, EvaluateReason::Stable);
                }
            }
        }
    }

    /// What flaps is held, unless it has become more urgent than it was.
    pub fn is_held_as_flapping(&mut self, now: Instant, priority: Priority, effects: &mut Effects) -> bool {
        let Some(flapping) = &self.incident.flapping else {
            return false;
        };
        let rose = flapping.priority.is_some_and(|was| priority < was);
        if rose {
            self.end_flapping(now, effects);
        }
        !rose
    }

    /// Somebody wants the next one to be told: neither a maintenance nor flapping keeps that back.
    pub fn hold_no_longer(&mut self, now: Instant, effects: &mut Effects) {
        if self.incident.flapping.is_some() {
            self.end_flapping(now, effects);
        }
        if self.incident.muted {
            self.unmute(now, effects);
        }
        if let Some(suppressed) = &mut self.incident.suppressed {
            suppressed.overruled = true;
        }
    }

    fn unmute(&mut self, now: Instant, effects: &mut Effects) {
        self.incident.muted = false;
        self.incident.opened_at = now;
        self.note(now, Fact::Unmuted, effects);
    }

    fn end_flapping(&mut self, now: Instant, effects: &mut Effects) {
        self.incident.flapping = None;
        self.incident.opens.clear();
        self.changed = true;
        self.note(now, Fact::FlappingEnded, effects);
    }
}
