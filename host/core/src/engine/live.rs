//! One incident in memory: its row, its alerts, its notices, and what brings it to rest at the end of a turn.

use super::{Held, bundle::Ready, suppress::Why};
use crate::{
    Alert, AlertInput, AlertState, Effects, Entry, EvaluateReason, Fact, Fingerprint, Incident, IncidentState, Instant,
    Labels, Notice, NoticeId, Roster, Route, Span, Tables, Write,
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use hashbrown::{HashMap, HashSet};

/// What an incident may look at while a turn ends.
pub(super) struct Context<'a> {
    pub now: Instant,
    pub roster: &'a Roster,
    pub effects: &'a mut Effects,
    /// Alerts about ourselves that this turn raises.
    pub own: &'a mut Vec<AlertInput>,
    /// Notices whose turn it is.
    pub ready: &'a mut BTreeSet<Ready>,
}

pub(super) struct Live {
    pub incident: Incident,
    pub members: HashSet<Fingerprint>,
    pub firing: u32,
    /// In the order they were made; of all openings.
    pub notices: Vec<Notice>,
    /// The notices that are with their senders now: at most one a receiver.
    pub in_flight: Vec<NoticeId>,
    pub evaluating: Option<Evaluating>,
    /// The entry of `Engine::timers`.
    pub timer: Option<Instant>,
    /// Its row differs from the stored one.
    pub changed: bool,
    /// Indices of `notices` that differ from the stored ones.
    pub changed_notices: Vec<usize>,
    /// Indices of `notices` that failed in this turn and were not reported yet.
    pub unreported: Vec<usize>,
    began: Tally,
    /// Members of which whoever has it does not know.
    pub joined: BTreeMap<Fingerprint, Labels>,
    /// Members that fire and are not told.
    pub suppressed: BTreeMap<Fingerprint, Why>,
    /// In this turn a member ceased to fire that was told.
    pub told_ceased: bool,
    ceased: Tally,
}

/// The incident as it was when its policy was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Evaluating {
    pub revision: u64,
    /// The incident's own: what somebody did since, or what ran out, outdates the answer.
    pub moved: u64,
    pub since: Instant,
    /// What came up meanwhile that the answer cannot know of, though the incident's own facts are the same.
    pub again: Option<EvaluateReason>,
}

/// Alerts that changed state in this turn: how many, and the first few.
#[derive(Default)]
pub(super) struct Tally {
    pub count: u32,
    pub examples: Vec<Labels>,
}

/// What somebody resolved while it fires rests for so long at least, or the page that follows would be the answer to the press.
const RESOLVED_BY_HAND_MIN: Span = Span::from_secs(60);

/// An evaluation that takes longer than this has been lost, and counts as a fault.
pub(super) const EVALUATION_LOST: Span = Span::from_secs(60);

impl Tally {
    fn add(&mut self, labels: &Labels) {
        const EXAMPLES: usize = 5;
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(labels.clone());
        }
    }
}

impl Live {
    pub fn new(incident: Incident) -> Self {
        Self {
            incident,
            members: HashSet::new(),
            firing: 0,
            notices: Vec::new(),
            in_flight: Vec::new(),
            evaluating: None,
            timer: None,
            changed: false,
            changed_notices: Vec::new(),
            unreported: Vec::new(),
            began: Tally::default(),
            joined: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            told_ceased: false,
            ceased: Tally::default(),
        }
    }

    pub fn resolved_members(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX).saturating_sub(self.firing)
    }

    pub fn route<'a>(&self, tables: &'a Tables) -> Option<&'a Route> {
        tables.team(&self.incident.id.team).map(|team| team.route(&self.incident.route))
    }

    /// Somebody has it, or wants to hear nothing of it for a while.
    pub fn is_quiet(&self) -> bool {
        match self.incident.state {
            IncidentState::Acknowledged | IncidentState::Snoozed => true,
            IncidentState::Open | IncidentState::Resolved => false,
        }
    }

    /// Facts that a policy sees have changed.
    pub fn revise(&mut self, now: Instant) {
        self.incident.revision += 1;
        self.incident.changed_at = now;
        self.changed = true;
    }

    /// An evaluation at `at`, or earlier if one is pending already. Of what is resolved there is nothing to ask.
    pub fn ask(&mut self, at: Instant, reason: EvaluateReason) {
        if self.incident.state == IncidentState::Resolved {
            return;
        }
        if let Some(evaluating) = &mut self.evaluating
            && reason != EvaluateReason::AlertsChanged
        {
            evaluating.again = evaluating.again.or(Some(reason));
        }
        if self.incident.evaluate.is_none_or(|(pending, _)| at < pending) {
            self.incident.evaluate = Some((at, reason));
            self.changed = true;
        }
    }

    /// An evaluation because its alerts changed: not more often than the route's `group_interval`.
    pub fn ask_for_alerts(&mut self, now: Instant, tables: &Tables) {
        let interval = self.route(tables).map_or(Span::ZERO, |route| route.group_interval);
        let at = self.incident.evaluated_at.map_or(now, |last| last.saturating_add(interval).max(now));
        // One that waits for its first evaluation keeps its group_wait.
        if self.incident.evaluated_at.is_some() {
            self.ask(at, EvaluateReason::AlertsChanged);
        }
    }

    pub fn tally(&mut self, state: AlertState, labels: &Labels) {
        match state {
            AlertState::Firing => self.began.add(labels),
            AlertState::Resolved => self.ceased.add(labels),
        }
    }

    /// An alert that it never had fires.
    pub fn join(&mut self, fingerprint: Fingerprint, labels: &Labels) {
        self.members.insert(fingerprint);
        self.firing += 1;
        self.began.add(labels);
        if self.is_quiet() {
            self.joined.insert(fingerprint, labels.clone());
        }
    }

    /// Brings it to rest: resolves it if nothing fires, tells those whose time has come, finds what is to be sent.
    pub fn settle(&mut self, context: &mut Context<'_>) {
        let (now, roster) = (context.now, context.roster);
        self.journal_tallies(context);
        self.suppress_or_release(now, &roster.tables, context.effects);
        if self.is_over_for_those_told() && self.incident.state != IncidentState::Resolved {
            self.resolve(now, None, roster, context.effects);
        }
        self.reopen_if_still_firing(now, &roster.tables, context.effects);
        self.wake_if_due(now, context.effects);
        self.calm_if_due(now, &roster.tables, context.effects);
        self.tell_of_joined(now, &roster.tables, context.effects);
        self.fault_if_lost(context);
        self.tell_last_resort_if_due(now, roster, context.effects);
        self.send_due(context);
    }

    /// Asks its policy if that is due, and writes out what changed. True: it is over.
    pub fn finish(
        &mut self,
        now: Instant,
        roster: &Roster,
        alerts: &HashMap<Fingerprint, Held>,
        effects: &mut Effects,
    ) -> bool {
        // After all that asks for an evaluation, which has to wait for the end of a maintenance.
        self.unmute_if_due(now, &roster.tables, effects);
        let over = self.is_over(now, &roster.tables);
        if !over {
            self.evaluate_if_due(now, roster, alerts, effects);
        }
        self.incident.closed = over;
        self.write_out(effects);
        over
    }

    fn journal_tallies(&mut self, context: &mut Context<'_>) {
        for (state, tally) in [(AlertState::Firing, &mut self.began), (AlertState::Resolved, &mut self.ceased)] {
            let Tally { count, examples } = core::mem::take(tally);
            if count > 0 {
                let fact = Fact::Alerts { state, count, examples };
                context.effects.journal.push(Entry { at: context.now, incident: Some(self.incident.id.clone()), fact });
            }
        }
    }

    /// Resolved, its re-open window past, and nothing left to send.
    fn is_over(&self, now: Instant, tables: &Tables) -> bool {
        let closes = self.closes_at(tables).is_some_and(|at| at <= now);
        closes && self.firing == 0 && self.incident.flapping.is_none() && !self.has_pending()
    }

    pub fn closes_at(&self, tables: &Tables) -> Option<Instant> {
        let window = self.route(tables).map_or(Span::ZERO, |route| route.reopen_window);
        let window = if self.firing > 0 { window.max(RESOLVED_BY_HAND_MIN) } else { window };
        self.incident.resolved_at.map(|at| at.saturating_add(window))
    }

    /// The next instant at which settling it would do something.
    pub fn next_deadline(&self, now: Instant, tables: &Tables) -> Option<Instant> {
        let evaluation = match self.evaluating {
            Some(evaluating) => Some(evaluating.since.saturating_add(EVALUATION_LOST)),
            None => self.incident.evaluate.map(|(at, _)| at).filter(|_| !self.is_suppressed()),
        };
        // While a notice is under way its outcome brings the incident back, what flaps stays until it is stable, and what fires
        // unheard until it is heard or ends: closing needs no timer then.
        let goes_on_unheard = self.firing > 0 && self.loud() == 0;
        let is_flapping = self.incident.flapping.is_some() && self.firing == 0;
        let is_kept = self.has_pending() || is_flapping || goes_on_unheard;
        let closing = if is_kept { None } else { self.closes_at(tables) };
        let snooze = self.incident.snoozed_until.filter(|_| self.incident.state == IncidentState::Snoozed);
        let stable = self.incident.flapping.as_ref().map(|flapping| flapping.stable_at);
        let last_resort = self.last_resort_at(tables).or_else(|| self.lapsed_at(tables));
        let joined = self.tell_of_joined_at();
        [evaluation, closing, self.next_send(now), snooze, stable, last_resort, joined].into_iter().flatten().min()
    }

    fn write_out(&mut self, effects: &mut Effects) {
        if core::mem::take(&mut self.changed) || self.incident.closed {
            (self.incident.firing, self.incident.resolved) = (self.firing, self.resolved_members());
            effects.writes.push(Write::Incident(Box::new(self.incident.clone())));
        }
        let mut indices = core::mem::take(&mut self.changed_notices);
        indices.sort_unstable();
        indices.dedup();
        for index in indices {
            if let Some(notice) = self.notices.get(index) {
                effects.writes.push(Write::Notice(Box::new(notice.clone())));
            }
        }
        self.shed_notices();
    }

    pub fn note(&self, now: Instant, fact: Fact, effects: &mut Effects) {
        effects.journal.push(Entry { at: now, incident: Some(self.incident.id.clone()), fact });
    }

    /// Its alerts, firing ones first, then newest first.
    pub fn sorted_alerts(&self, alerts: &HashMap<Fingerprint, Held>, max: usize) -> Vec<Arc<Alert>> {
        let mut sorted: Vec<Arc<Alert>> = self
            .members
            .iter()
            .filter(|member| !self.suppressed.contains_key(*member))
            .filter_map(|member| alerts.get(member))
            .map(|held| held.alert.clone())
            .collect();
        let order = |alert: &Arc<Alert>| (alert.state, core::cmp::Reverse(alert.starts_at), alert.fingerprint);
        if sorted.len() > max && max > 0 {
            sorted.select_nth_unstable_by_key(max - 1, order);
        }
        sorted.truncate(max);
        sorted.sort_unstable_by_key(order);
        sorted
    }
}
