//! What becomes of an attempt: delivered, tried again, or handed to somebody else.

use super::{
    Engine,
    live::{Context, Live},
    outbox::Draft,
};
use crate::{
    AlertInput, Answer, Delivery, Effects, Ends, EvaluateReason, Fact, IncidentId, IncidentState, Instant, Labels,
    Notice, NoticeId, NoticeKind, NoticeState, Recipient, Roster, Span, Tables, own,
};
use alloc::{format, string::ToString, vec::Vec};

const RETRY_FIRST: Span = Span::from_secs(1);
const RETRY_MAX: Span = Span::from_secs(30);
/// How long an alert about a receiver that fails stands without another failure.
const OWN_ALERT_STANDS: Span = Span::from_secs(900);

impl Engine {
    /// An attempt ended.
    pub(super) fn delivered(
        &mut self,
        now: Instant,
        id: &NoticeId,
        delivery: Delivery,
        effects: &mut Effects,
    ) -> Answer {
        let roster = self.roster.clone();
        let told = self.bundles.told_with(id);
        let mut answer = Answer::UnknownIncident;
        for notice in &told {
            if let Some(live) = incident_of(notice).and_then(|incident| self.touch(&incident)) {
                answer =
                    live.attempted(now, notice, Attempt { leader: id, told: told.len() }, &delivery, &roster, effects);
            }
        }
        answer
    }
}

/// The message of an attempt.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    /// The notice whose id it had.
    leader: &'a NoticeId,
    /// How many notices it told.
    told: usize,
}

impl Live {
    fn attempted(
        &mut self,
        now: Instant,
        id: &NoticeId,
        of: Attempt<'_>,
        delivery: &Delivery,
        roster: &Roster,
        effects: &mut Effects,
    ) -> Answer {
        self.in_flight.retain(|other| other != id);
        let Some(index) = self.notices.iter().position(|notice| notice.id == *id) else {
            return Answer::Nothing;
        };
        let (opening, over) = (self.incident.reopened, self.incident.state == IncidentState::Resolved);
        let notice = &mut self.notices[index];
        if !matches!(notice.state, NoticeState::Pending { .. }) {
            return Answer::Nothing;
        }
        notice.attempts += 1;
        self.changed_notices.push(index);
        let (attempt, deadline) = (notice.attempts, notice.deadline);
        // A try that did not reach anybody is not repeated once there is no more need; only the end is always told.
        let needless = notice.kind != NoticeKind::Resolved && (over || notice.opening != opening);
        notice.bundle = (of.told > 1).then(|| of.leader.clone());
        match delivery.clone() {
            Delivery::Delivered { receipt } => notice.state = NoticeState::Delivered { at: now, receipt },
            Delivery::Retry { after, reason } => {
                // Whoever asks for no wait at all gets one, or the attempts would follow one another as fast as they fail.
                let wait = after.map_or_else(|| backoff(of.leader, attempt), |after| after.max(RETRY_FIRST));
                let due = now.saturating_add(wait);
                notice.state =
                    if due < deadline { NoticeState::Pending { due } } else { NoticeState::Failed { at: now, reason } };
            }
            Delivery::Permanent { reason } => notice.state = NoticeState::Failed { at: now, reason },
        }
        self.note(now, Fact::Attempted { notice: id.clone(), attempt, delivery: delivery.clone() }, effects);
        if of.told > 1 {
            let count = u32::try_from(of.told).unwrap_or(u32::MAX);
            self.note(now, Fact::Bundled { notice: id.clone(), leader: of.leader.clone(), count }, effects);
        }
        if needless && matches!(self.notices[index].state, NoticeState::Pending { .. }) {
            self.supersede(now, index, effects);
        }
        self.failover(now, index, &roster.tables, effects);
        Answer::Done
    }

    pub fn fail(&mut self, context: &mut Context<'_>, index: usize, reason: &str) {
        let notice = &mut self.notices[index];
        notice.state = NoticeState::Failed { at: context.now, reason: reason.into() };
        let delivery = Delivery::Permanent { reason: reason.into() };
        let fact = Fact::Attempted { notice: notice.id.clone(), attempt: notice.attempts, delivery };
        self.changed_notices.push(index);
        self.note(context.now, fact, context.effects);
        self.failover(context.now, index, &context.roster.tables, context.effects);
    }

    /// If that notice has failed: its receiver's fallback has it, or the route's, and the policy is asked who is next.
    fn failover(&mut self, now: Instant, index: usize, tables: &Tables, effects: &mut Effects) {
        let notice = self.notices[index].clone();
        let NoticeState::Failed { reason, .. } = &notice.state else {
            return;
        };
        self.unreported.push(index);
        if notice.kind.is_update() || self.incident.state == IncidentState::Resolved {
            return;
        }
        if self.has_another_way(now, &notice) {
            self.ask(now, EvaluateReason::NoticeFailed);
            return;
        }
        let own = tables.receivers.get(&notice.receiver).and_then(|receiver| receiver.fallback.clone());
        let route = self.route(tables).map(|route| route.fallback.clone()).unwrap_or_default();
        let text = format!("{} could not be told: {reason}", notice.receiver);
        let text = Some(match &notice.text {
            Some(said) => format!("{text}\n{said}"),
            None => text,
        });
        // The route's has it too if the receiver's own has failed already, as in a circle of fallbacks.
        for receivers in [own.into_iter().collect(), route] {
            let mut someone = false;
            for receiver in receivers {
                let id = NoticeId::new(&self.incident.id, self.incident.reopened, &notice.key, &receiver);
                let (key, target, text) = (notice.key.clone(), notice.target.clone(), text.clone());
                let draft = Draft { as_of: now, key, target, kind: NoticeKind::Failover, page: notice.page, text };
                let recipient = Recipient { receiver, person: None, after: Span::ZERO };
                self.add_notice(now, &draft, &recipient, tables, effects);
                let failed = |notice: &Notice| matches!(notice.state, NoticeState::Failed { .. });
                someone |= self.notices.iter().any(|other| other.id == id && !failed(other));
            }
            if someone {
                break;
            }
        }
        self.ask(now, EvaluateReason::NoticeFailed);
    }

    /// A person has other contacts: the next of them is tried now, and no fallback is needed while one may work.
    fn has_another_way(&mut self, now: Instant, failed: &Notice) -> bool {
        if failed.person.is_none() {
            return false;
        }
        let same = |other: &Notice| {
            (&other.person, &other.key, other.opening) == (&failed.person, &failed.key, failed.opening)
                && matches!(other.state, NoticeState::Pending { .. } | NoticeState::Delivered { .. })
        };
        let ways = (0..self.notices.len()).filter(|index| same(&self.notices[*index]));
        let ways: Vec<usize> = ways.collect();
        let waiting = ways.iter().copied().filter(|index| self.notices[*index].waits_since_it_was_made(now));
        let next = waiting.min_by_key(|index| self.notices[*index].deadline);
        if let Some(index) = next {
            self.notices[index].state = NoticeState::Pending { due: now };
            self.changed_notices.push(index);
        }
        !ways.is_empty()
    }

    /// A receiver that could not be reached is itself an alert: one a failure, since that alert may be of this incident.
    pub fn report_failures(&mut self, context: &mut Context<'_>) {
        for index in core::mem::take(&mut self.unreported) {
            let Some(notice) = self.notices.get(index) else {
                continue;
            };
            let NoticeState::Failed { reason, .. } = &notice.state else {
                continue;
            };
            let summary = format!("{} could not be told of {}: {reason}", notice.receiver, notice.incident);
            context.own.push(AlertInput {
                labels: own::delivery_failed(&notice.receiver, &notice.incident.team),
                annotations: Labels::from_pairs([("summary", summary.as_str())]),
                starts_at: Some(context.now),
                ends: Ends::At(context.now.saturating_add(OWN_ALERT_STANDS)),
                generator_url: "".into(),
            });
        }
    }
}

/// It arrived, or an attempt ended without our knowing (a time-out): whoever may have heard of an incident hears of its end.
pub(super) fn may_have_arrived(notice: &Notice) -> bool {
    match notice.state {
        NoticeState::Delivered { .. } => true,
        NoticeState::Pending { .. } | NoticeState::Superseded { .. } => notice.attempts > 0,
        // A single attempt that failed before the deadline was refused; else some attempt ended in a retry.
        NoticeState::Failed { at, .. } => {
            let ran_out = at.saturating_add(RETRY_FIRST.saturating_mul(2)) >= notice.deadline;
            notice.attempts > 1 || (notice.attempts == 1 && ran_out)
        }
        NoticeState::Nobody { .. } => false,
    }
}

/// A notice's id begins with its incident's.
fn incident_of(notice: &NoticeId) -> Option<IncidentId> {
    let (incident, _) = notice.0.split_once('/')?;
    incident.split_once('~').map_or(incident, |(incident, _)| incident).parse().ok()
}

/// One second, doubling to thirty, and up to a quarter more or less, so that what failed together does not come back
/// together. The spread is a function of the notice, since the engine has no randomness.
fn backoff(notice: &NoticeId, attempt: u32) -> Span {
    let doubled = RETRY_FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(RETRY_MAX);
    let seed = Labels::from_pairs([("notice", notice.0.to_string()), ("attempt", attempt.to_string())]).fingerprint().0;
    let quarter = doubled.as_millis() / 4;
    Span::from_millis(doubled.as_millis() - quarter + seed % (quarter * 2).max(1))
}
