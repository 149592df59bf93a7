//! Asking a policy, and what its answer or its failure does.

use super::{
    Engine, Held,
    live::{Context, EVALUATION_LOST, Evaluating, Live},
    outbox::Draft,
};
use crate::{
    Answer, Civil, DecidedNotice, Decision, Effects, EvaluateReason, EvaluateRequest, Fact, Facts, Fingerprint,
    Incident, IncidentFacts, IncidentId, IncidentState, Instant, Notice, NoticeKind, NoticeState, PluginFault, Policy,
    Priority, Recipient, Roster, Sent, SentOutcome, Span, Tables, Target, Team, Verdict, Verdicted,
};
use alloc::{boxed::Box, format, string::ToString, sync::Arc, vec::Vec};
use hashbrown::HashMap;

/// A policy that wants to be asked again at once is asked again after this.
const NEXT_CHECK_MIN: Span = Span::from_secs(1);

/// An opening that has so many notices of its policy has a policy that makes up keys without end.
const NOTICES_MAX: usize = 2_000;

impl Engine {
    /// A policy answered. What was decided on facts that are no longer so is dropped, and asked again.
    pub(super) fn decided(
        &mut self,
        now: Instant,
        id: &IncidentId,
        revision: u64,
        verdict: Verdict,
        effects: &mut Effects,
    ) -> Answer {
        let roster = self.roster.clone();
        let tables = &*roster.tables;
        let Some(live) = self.touch(id) else {
            return Answer::UnknownIncident;
        };
        let Some(asked) = live.evaluating.filter(|asked| asked.revision == revision) else {
            return Answer::Nothing;
        };
        live.evaluating = None;
        live.changed = true;
        let over = live.incident.state == IncidentState::Resolved;
        let Some((team, policy)) = live.policy(tables) else {
            if !over {
                live.fault_without_policy(now, &roster, effects);
            }
            return Answer::Done;
        };
        let outdated = asked.moved != live.incident.moved;
        let current = asked.revision == live.incident.revision;
        let checked = verdict.result.and_then(|decision| live.check(team, &roster, now, decision));
        let (policy, policy_hash, fuel) = (policy.name.clone(), verdict.policy_hash, verdict.fuel);
        match checked {
            Ok((decision, _)) if outdated => {
                let verdict = Verdicted::Outdated;
                live.note(now, Fact::Decided { revision, policy, policy_hash, fuel, decision, verdict }, effects);
                let at = live.incident.escalated_at.map_or(now, |asked_at| asked_at.max(now));
                live.ask(at, EvaluateReason::DecisionOutdated);
            }
            Ok((decision, targets)) => {
                let next_check = decision.next_check;
                let fact_decision = decision.clone();
                let verdict = Verdicted::Applied;
                let fact = Fact::Decided { revision, policy, policy_hash, fuel, decision: fact_decision, verdict };
                live.note(now, fact, effects);
                live.incident.evaluated_at = Some(now);
                live.incident.evaluate =
                    next_check.map(|at| (at.max(now.saturating_add(NEXT_CHECK_MIN)), EvaluateReason::NextCheck));
                if !current {
                    live.ask_for_alerts(now, tables);
                }
                if let Some(reason) = asked.again {
                    live.ask(now, reason);
                }
                live.apply(now, asked.since, (decision, targets), &roster, effects);
            }
            Err(fault) => {
                live.note(now, Fact::Faulted { revision, policy, policy_hash, fault: fault.clone() }, effects);
                if !over && !live.is_suppressed() {
                    live.fault(now, &fault, &roster, effects);
                }
            }
        }
        Answer::Done
    }
}

/// For each notice of a decision, its targets with those who are behind them now.
type Resolved = Vec<Vec<(Target, Vec<Recipient>)>>;

impl Live {
    fn policy<'a>(&self, tables: &'a Tables) -> Option<(&'a Team, &'a Policy)> {
        let team = tables.team(&self.incident.id.team)?;
        let policy = team.policies.get(&team.route(&self.incident.route).policy)?;
        Some((team, policy))
    }

    fn is_due(&self, now: Instant) -> bool {
        let is_asked = self.evaluating.is_some() || self.incident.state == IncidentState::Resolved;
        !is_asked && !self.is_suppressed() && self.incident.evaluate.is_some_and(|(at, _)| at <= now)
    }

    pub fn evaluate_if_due(
        &mut self,
        now: Instant,
        roster: &Roster,
        alerts: &HashMap<Fingerprint, Held>,
        effects: &mut Effects,
    ) {
        if !self.is_due(now) || self.incident.muted {
            return;
        }
        let Some((team, policy)) = self.policy(&roster.tables) else {
            return;
        };
        let facts = Box::new(self.facts(now, (team, policy), roster, alerts));
        let Incident { revision, moved, .. } = self.incident;
        self.evaluating = Some(Evaluating { revision, moved, since: now, again: None });
        effects.evaluate.push(EvaluateRequest {
            incident: self.incident.id.clone(),
            revision,
            team: team.name.clone(),
            policy: policy.name.clone(),
            settings: policy.settings.clone(),
            facts,
        });
    }

    /// No checked configuration has such a route; if one had, its incidents would not be silent.
    fn fault_without_policy(&mut self, now: Instant, roster: &Roster, effects: &mut Effects) {
        let fault = PluginFault::Missing(format!("the route {} has none", self.incident.route));
        let (revision, nameless) = (self.incident.revision, Arc::from(""));
        let (policy, policy_hash) = (Arc::clone(&nameless), nameless);
        self.note(now, Fact::Faulted { revision, policy, policy_hash, fault: fault.clone() }, effects);
        self.fault(now, &fault, roster, effects);
    }

    /// Whatever became of the answer, the incident does not wait for it; nor for one that nobody can give.
    pub fn fault_if_lost(&mut self, context: &mut Context<'_>) {
        let lost = |asked: &Evaluating| asked.since.saturating_add(EVALUATION_LOST) <= context.now;
        if self.evaluating.as_ref().is_some_and(lost) {
            self.evaluating = None;
            if self.incident.state == IncidentState::Resolved || self.is_suppressed() {
                return;
            }
            let fault = PluginFault::OutOfTime(EVALUATION_LOST.as_millis());
            let revision = self.incident.revision;
            let policy =
                self.policy(&context.roster.tables).map_or_else(|| Arc::from(""), |(_, policy)| policy.name.clone());
            let fact = Fact::Faulted { revision, policy, policy_hash: Arc::from(""), fault: fault.clone() };
            self.note(context.now, fact, context.effects);
            self.fault(context.now, &fault, context.roster, context.effects);
        } else if self.is_due(context.now) && self.policy(&context.roster.tables).is_none() {
            self.fault_without_policy(context.now, context.roster, context.effects);
        }
    }

    fn facts(
        &self,
        now: Instant,
        (team, policy): (&Team, &Policy),
        roster: &Roster,
        alerts: &HashMap<Fingerprint, Held>,
    ) -> Facts {
        let incident = &self.incident;
        let windows = policy.wants.windows.iter().filter_map(|name| team.windows.get(name.as_str()));
        let schedules = policy.wants.schedules.iter().filter_map(|name| team.schedules.get(name.as_str()));
        Facts {
            now,
            incident: IncidentFacts {
                id: incident.id.clone(),
                route: incident.route.clone(),
                state: incident.state,
                group: incident.group.clone(),
                opened_at: incident.opened_at,
                changed_at: incident.changed_at,
                reopened: incident.reopened,
                acknowledged: incident.acknowledged.clone(),
                snoozed_until: incident.snoozed_until,
                escalated_at: incident.escalated_at,
                priority: incident.priority,
                firing: self.loud(),
                resolved: self.resolved_members(),
                alerts: self.sorted_alerts(alerts, roster.tables.limits.facts_alerts_max),
                sent: self.sent(),
            },
            civil: policy.zones.iter().map(|(name, zone)| Civil::at(name, zone, now)).collect(),
            windows: windows.map(|window| window.fact(now)).collect(),
            on_call: schedules.map(|schedule| roster.on_call_fact(team, schedule, now)).collect(),
        }
    }

    /// The notices of this opening that the policy asked for, and what was handed over; one that has several receivers fared as the best of them.
    fn sent(&self) -> Vec<Sent> {
        let mut sent: Vec<Sent> = Vec::new();
        let mut places: HashMap<(&str, &Target), usize> = HashMap::new();
        let decided = |notice: &&Notice| {
            let asked_for = matches!(notice.kind, NoticeKind::Decided | NoticeKind::Reassigned);
            asked_for && notice.opening == self.incident.reopened
        };
        for notice in self.notices.iter().filter(decided) {
            let outcome = match notice.state {
                NoticeState::Pending { .. } => SentOutcome::Pending,
                NoticeState::Delivered { .. } => SentOutcome::Delivered,
                NoticeState::Failed { .. } | NoticeState::Superseded { .. } => SentOutcome::Failed,
                NoticeState::Nobody { .. } => SentOutcome::Nobody,
            };
            let (key, to) = (notice.key.clone(), notice.target.clone());
            let place = *places.entry((&notice.key, &notice.target)).or_insert(sent.len());
            match sent.get_mut(place) {
                Some(earlier) if earlier.outcome == SentOutcome::Failed => earlier.outcome = outcome,
                Some(earlier) if outcome == SentOutcome::Delivered => earlier.outcome = outcome,
                Some(_) => {}
                None => sent.push(Sent { key, to, at: notice.created_at, outcome }),
            }
        }
        sent
    }

    /// Does the decision make sense, and does the team have all whom it names?
    fn check(
        &self,
        team: &Team,
        roster: &Roster,
        now: Instant,
        decision: Decision,
    ) -> Result<(Decision, Resolved), PluginFault> {
        decision.check()?;
        let of_it = (NoticeKind::Decided, self.incident.reopened);
        let decided = self.notices.iter().filter(|notice| (notice.kind, notice.opening) == of_it);
        if decided.count() > NOTICES_MAX {
            return Err(PluginFault::BadDecision(format!(
                "it decided over {NOTICES_MAX} notices of this opening already"
            )));
        }
        let recipients = |target: &Target| match roster.recipients(team, target, now) {
            Some(recipients) => Ok((target.clone(), recipients)),
            None => Err(PluginFault::UnknownTarget(format!("{target}"))),
        };
        let targets: Result<Resolved, PluginFault> =
            decision.notices.iter().map(|notice| notice.to.iter().map(recipients).collect()).collect();
        targets.map(|targets| (decision, targets))
    }

    /// `as_of`: the time of the facts that it was decided on.
    fn apply(
        &mut self,
        now: Instant,
        as_of: Instant,
        (decision, targets): (Decision, Resolved),
        roster: &Roster,
        effects: &mut Effects,
    ) {
        let tables = &*roster.tables;
        let was = self.incident.priority.replace(decision.priority);
        self.incident.reason = decision.reason;
        self.incident.faults = 0;
        if was != Some(decision.priority) {
            self.note(now, Fact::PriorityChanged { from: was, to: decision.priority }, effects);
        }
        if was.is_some_and(|was| was != decision.priority) {
            self.priority_changed(now, was, decision.priority, tables, effects);
        }
        if self.is_held_as_flapping(now, decision.priority, effects) {
            return;
        }
        let before = self.notices.len();
        for (notice, targets) in decision.notices.into_iter().zip(targets) {
            let DecidedNotice { key, page, text, .. } = notice;
            for (target, recipients) in targets {
                if self.was_sent(&key, &target) {
                    continue;
                }
                let (key, text) = (key.clone(), text.clone());
                let draft = Draft { as_of, key, target, kind: NoticeKind::Decided, page, text };
                self.add_notices(now, &draft, &recipients, tables, effects);
            }
        }
        if self.notices.len() > before {
            self.incident.revision += 1;
            self.incident.unowned_since = None;
            self.moved(now);
        } else if self.nobody_could_be_told() {
            self.keep_trying(now, roster, effects);
        } else if self.has_no_next_step(as_of) {
            let text = "somebody asked for the next step, and the policy has nobody further";
            self.tell_last_resort(now, text, roster, effects);
        }
    }

    /// To whoever was behind the target then: who comes on call later is not told the same step. A step that was skipped is
    /// none that was sent; but while somebody has the incident it is not caught up with.
    fn was_sent(&self, key: &str, target: &Target) -> bool {
        let same = |notice: &Notice| {
            (notice.kind, notice.opening) == (NoticeKind::Decided, self.incident.reopened)
                && (notice.key.as_str(), &notice.target) == (key, target)
        };
        let counts = |notice: &Notice| self.is_quiet() || !matches!(notice.state, NoticeState::Nobody { .. });
        self.notices.iter().any(|notice| same(notice) && counts(notice))
    }

    /// Everybody who was told hears of it; and what has become more urgent than what was acknowledged is acknowledged no more.
    fn priority_changed(
        &mut self,
        now: Instant,
        was: Option<Priority>,
        is: Priority,
        tables: &Tables,
        effects: &mut Effects,
    ) {
        self.update_told(now, NoticeKind::PriorityChanged, tables, effects);
        if self.is_quiet() && Some(is) < was {
            self.incident.state = IncidentState::Open;
            self.reclaim();
            self.revise(now);
            self.moved(now);
            self.ask(now, EvaluateReason::Acted);
        }
    }

    /// Fails open: the route's fallback is told at once, and again while nobody acknowledges; and the policy is tried again.
    fn fault(&mut self, now: Instant, fault: &PluginFault, roster: &Roster, effects: &mut Effects) {
        let tables = &*roster.tables;
        self.changed = true;
        self.incident.faults += 1;
        self.incident.evaluated_at = Some(now);
        self.incident.evaluate = Some((now.saturating_add(tables.limits.fault_retry), EvaluateReason::RetryAfterFault));
        let text = fault.to_string();
        self.incident.reason = text.chars().take(1_000).collect();
        self.tell_fallback(now, NoticeKind::PolicyFault, &text, tables, effects);
    }
}
