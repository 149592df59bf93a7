//! What people do to an incident, and to who is on call.

use super::{Engine, live::Live, outbox::Draft};
use crate::{
    Acknowledgement, Action, Answer, Decision, Effects, Entry, EvaluateReason, Fact, IncidentId, IncidentState,
    Instant, NoticeKind, Override, OverrideRefusal, OverrideRequest, Roster, Span, Target, Write,
};
use alloc::{boxed::Box, format, string::ToString, sync::Arc, vec::Vec};

/// An override that has been over for so long is in the journal only.
const OVERRIDES_KEPT: Span = Span::from_secs(30 * 86_400);
const SNOOZE_MAX: Span = Span::from_secs(30 * 86_400);

/// Who acts, and by which way.
#[derive(Clone)]
pub(super) struct Actor {
    pub by: Arc<str>,
    pub via: Arc<str>,
}

impl Engine {
    /// `revision`: as the person saw the incident; none: as it is now. Only an escalate can be too late.
    pub(super) fn acted(
        &mut self,
        now: Instant,
        id: &IncidentId,
        (action, revision): (Action, Option<u64>),
        actor: Actor,
        effects: &mut Effects,
    ) -> Answer {
        let roster = self.roster.clone();
        let Some(live) = self.touch(id) else {
            return Answer::UnknownIncident;
        };
        if live.incident.state == IncidentState::Resolved {
            return if action == Action::Resolve { Answer::Nothing } else { Answer::AlreadyResolved };
        }
        match action {
            Action::Acknowledge => live.acknowledge(now, actor, &roster, effects),
            Action::Unacknowledge => live.unacknowledge(now, actor, &roster, effects),
            Action::Snooze { until } => live.snooze(now, until, actor, &roster, effects),
            Action::Reassign { to } => live.reassign(now, to, actor, &roster, effects),
            Action::Escalate => live.escalate(now, revision, actor, effects),
            Action::Resolve => {
                live.resolve(now, Some(actor), &roster, effects);
                Answer::Done
            }
        }
    }

    pub(super) fn overridden(
        &mut self,
        now: Instant,
        request: OverrideRequest,
        Actor { by, via }: Actor,
        effects: &mut Effects,
    ) -> Answer {
        match request {
            OverrideRequest::Add(wanted) => match self.add_override(now, Override { by, made_at: now, ..wanted }) {
                Ok(added) => {
                    self.forget_old_overrides(now, effects);
                    let fact = Fact::OverrideAdded { added: added.clone(), via };
                    effects.journal.push(Entry { at: now, incident: None, fact });
                    effects.writes.push(Write::Override(Box::new(added.clone())));
                    Answer::Overridden(Box::new(added))
                }
                Err(refusal) => Answer::OverrideRefused(refusal),
            },
            OverrideRequest::Remove { team, id } => {
                let roster = Arc::make_mut(&mut self.roster);
                let is_it = |made: &Override| made.team == team && made.id == id;
                let Some(place) = roster.overrides.iter().position(is_it) else {
                    return Answer::OverrideRefused(OverrideRefusal::UnknownOverride { id });
                };
                let removed = roster.overrides.remove(place);
                let fact = Fact::OverrideRemoved { removed, by, via };
                effects.journal.push(Entry { at: now, incident: None, fact });
                effects.writes.push(Write::ForgetOverride { team, id });
                Answer::Done
            }
        }
    }

    fn forget_old_overrides(&mut self, now: Instant, effects: &mut Effects) {
        let forgotten = |made: &Override| made.until.saturating_add(OVERRIDES_KEPT) <= now;
        for old in self.roster.overrides.iter().filter(|made| forgotten(made)) {
            effects.writes.push(Write::ForgetOverride { team: old.team.clone(), id: old.id.clone() });
        }
        Arc::make_mut(&mut self.roster).overrides.retain(|made| !forgotten(made));
    }

    fn add_override(&mut self, now: Instant, mut wanted: Override) -> Result<Override, OverrideRefusal> {
        let unknown = || OverrideRefusal::UnknownTeam { team: wanted.team.clone() };
        let team = self.roster.tables.teams.get(&wanted.team).ok_or_else(unknown)?;
        let made: Vec<&Override> = self.roster.overrides.iter().filter(|made| made.team == wanted.team).collect();
        if let Some(refusal) = wanted.refusal(team, &made, now) {
            return Err(refusal);
        }
        // Made of its time, so that it is the same in a replay; a second one of the same millisecond gets a suffix.
        let taken = |id: &str| made.iter().any(|other| *other.id == *id);
        let base = format!("{}-{}", wanted.schedule, now.as_millis());
        let id = (1_u32..).map(|number| if number == 1 { base.clone() } else { format!("{base}-{number}") });
        wanted.id = id.into_iter().find(|id| !taken(id)).unwrap_or(base).into();
        Arc::make_mut(&mut self.roster).overrides.push(wanted.clone());
        Ok(wanted)
    }
}

impl Live {
    /// Somebody has it. A second acknowledgement counts if it is another's, or if somebody was paged since the first.
    fn acknowledge(&mut self, now: Instant, actor: Actor, roster: &Roster, effects: &mut Effects) -> Answer {
        if let (IncidentState::Acknowledged, Some(earlier)) = (self.incident.state, &self.incident.acknowledged)
            && earlier.by == actor.by
            && !self.was_paged_since(earlier.at)
        {
            return Answer::Nothing;
        }
        let Actor { by, via } = actor;
        self.incident.acknowledged = Some(Acknowledgement { by: by.clone(), at: now });
        self.incident.snoozed_until = None;
        self.enter(now, IncidentState::Acknowledged, Fact::Acknowledged { by, via }, effects);
        self.stop_contacting(now, effects);
        self.update_told(now, NoticeKind::Acknowledged, &roster.tables, effects);
        Answer::Done
    }

    fn unacknowledge(&mut self, now: Instant, actor: Actor, roster: &Roster, effects: &mut Effects) -> Answer {
        if self.incident.state == IncidentState::Open {
            return Answer::Nothing;
        }
        let Actor { by, via } = actor;
        self.reclaim();
        self.enter(now, IncidentState::Open, Fact::Unacknowledged { by, via }, effects);
        self.update_told(now, NoticeKind::Unacknowledged, &roster.tables, effects);
        Answer::Done
    }

    fn snooze(&mut self, now: Instant, until: Instant, actor: Actor, roster: &Roster, effects: &mut Effects) -> Answer {
        if until <= now {
            return Answer::BadSnooze { reason: format!("it would end at {until}, which is not to come") };
        }
        if until.since(now) > SNOOZE_MAX {
            return Answer::BadSnooze { reason: format!("it may last {SNOOZE_MAX} at most; it would end at {until}") };
        }
        let Actor { by, via } = actor;
        self.incident.acknowledged = Some(Acknowledgement { by: by.clone(), at: now });
        self.incident.snoozed_until = Some(until);
        self.enter(now, IncidentState::Snoozed, Fact::Snoozed { until, by, via }, effects);
        self.stop_contacting(now, effects);
        self.update_told(now, NoticeKind::Snoozed, &roster.tables, effects);
        Answer::Done
    }

    fn reassign(&mut self, now: Instant, to: Target, actor: Actor, roster: &Roster, effects: &mut Effects) -> Answer {
        let recipients = roster.tables.team(&self.incident.id.team).and_then(|team| roster.recipients(team, &to, now));
        let Some(recipients) = recipients else {
            return Answer::UnknownTarget { target: to.to_string() };
        };
        if recipients.is_empty() {
            return Answer::UnknownTarget { target: format!("anybody on call in {to} now") };
        }
        let Actor { by, via } = actor;
        self.reclaim();
        self.incident.assigned_to = Some(to.clone());
        self.incident.reassigned += 1;
        let text = format!("handed to {to} by {by}");
        self.enter(now, IncidentState::Open, Fact::Reassigned { to: to.clone(), by, via }, effects);
        self.stop_contacting(now, effects);
        let key = format!("{}reassigned-{}", Decision::RESERVED, self.incident.reassigned);
        let draft = Draft { as_of: now, key, target: to, kind: NoticeKind::Reassigned, page: true, text: Some(text) };
        self.add_notices(now, &draft, &recipients, &roster.tables, effects);
        Answer::Done
    }

    /// The policy is asked a moment later, so that every notice before is earlier than `escalated_at`, and every one that
    /// follows from it is not.
    fn escalate(&mut self, now: Instant, revision: Option<u64>, actor: Actor, effects: &mut Effects) -> Answer {
        if revision.is_some_and(|seen| seen < self.incident.moved) {
            return Answer::Stale { revision: self.incident.revision };
        }
        let Actor { by, via } = actor;
        self.reclaim();
        self.hold_no_longer(now, effects);
        let at = now.saturating_add(Span::from_millis(1));
        self.incident.escalated_at = Some(at);
        self.enter(now, IncidentState::Open, Fact::Escalated { by, via }, effects);
        self.incident.evaluate = Some((at, EvaluateReason::Acted));
        Answer::Done
    }

    /// The snooze is over: as after an unacknowledge, but nobody did it.
    pub fn wake_if_due(&mut self, now: Instant, effects: &mut Effects) {
        let over = self.incident.snoozed_until.is_some_and(|until| until <= now);
        if self.incident.state == IncidentState::Snoozed && over {
            self.reclaim();
            self.enter(now, IncidentState::Open, Fact::SnoozeEnded, effects);
        }
    }

    /// Nobody has it any more.
    pub fn reclaim(&mut self) {
        self.incident.acknowledged = None;
        self.incident.snoozed_until = None;
        self.incident.assigned_to = None;
        self.incident.joined = 0;
    }

    /// A state that a person put it in, or that ran out: the policy is asked what follows.
    fn enter(&mut self, now: Instant, state: IncidentState, fact: Fact, effects: &mut Effects) {
        self.incident.state = state;
        self.incident.unowned_since = None;
        // Whoever acts sees what has joined until now.
        self.incident.joined = 0;
        self.note(now, fact, effects);
        self.revise(now);
        self.moved(now);
        self.ask(now, EvaluateReason::Acted);
    }

    /// An escalate that was asked for before this is stale, and the time to the last resort counts from here.
    pub fn moved(&mut self, now: Instant) {
        self.incident.moved = self.incident.revision;
        self.incident.moved_at = now;
        self.changed = true;
    }

    fn was_paged_since(&self, at: Instant) -> bool {
        let opening = self.incident.reopened;
        self.notices.iter().any(|notice| notice.opening == opening && notice.page && notice.created_at > at)
    }
}
