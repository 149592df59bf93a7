//! When the policy reaches nobody: the route's fallback, and the team's last resort.

use super::{live::Live, outbox::Draft};
use crate::{
    Decision, Effects, EvaluateReason, Fact, Incident, IncidentState, Instant, Notice, NoticeKind, NoticeState,
    Recipient, Roster, Span, Tables, Target,
};
use alloc::{format, string::String, sync::Arc, vec, vec::Vec};

impl Live {
    /// Once all that could be tried has failed, the incident fares as if its policy did: the last resort is told, and told
    /// anew, and the policy is asked again, until somebody hears or has it.
    pub fn keep_trying(&mut self, now: Instant, roster: &Roster, effects: &mut Effects) {
        if self.is_quiet() {
            return;
        }
        self.ask(now.saturating_add(roster.tables.limits.fault_retry), EvaluateReason::NoticeFailed);
        if !self.is_time_for_fallback(now, &roster.tables) {
            return;
        }
        self.incident.fallback_told_at = Some(now);
        self.tell_last_resort(now, "nobody could be told of this so far", roster, effects);
    }

    pub fn tell_fallback(
        &mut self,
        now: Instant,
        kind: NoticeKind,
        text: &str,
        tables: &Tables,
        effects: &mut Effects,
    ) {
        if self.is_time_for_fallback(now, tables) {
            self.incident.fallback_told_at = Some(now);
            let to = self.fallback(tables);
            self.tell(now, (kind, "fallback"), text, to, tables, effects);
        }
    }

    /// The team's last resort; the route's fallback if there is none, or nobody is behind it now.
    pub fn tell_last_resort(&mut self, now: Instant, text: &str, roster: &Roster, effects: &mut Effects) {
        let tables = &*roster.tables;
        let mut to = Vec::new();
        if let Some(team) = tables.team(&self.incident.id.team) {
            for target in &team.last_resort {
                let recipients = roster.recipients(team, target, now).unwrap_or_default();
                to.push((target.clone(), recipients));
            }
        }
        if to.iter().all(|(_, recipients)| recipients.is_empty()) {
            to = self.fallback(tables);
        }
        self.tell(now, (NoticeKind::LastResort, "last-resort"), text, to, tables, effects);
    }

    /// The policy has come to its end, somebody was paged, and nobody acknowledged: it is unowned, and seen to be.
    pub fn tell_last_resort_if_due(&mut self, now: Instant, roster: &Roster, effects: &mut Effects) {
        if self.lapsed_at(&roster.tables).is_some_and(|at| at <= now) {
            let text = "its acknowledgement ran out, and nobody acknowledged again";
            self.tell_last_resort(now, text, roster, effects);
        }
        if self.last_resort_at(&roster.tables).is_none_or(|at| at > now) {
            return;
        }
        self.incident.unowned_since = Some(now);
        self.changed = true;
        self.note(now, Fact::Unowned, effects);
        // A team that names nobody for this only sees it.
        if roster.tables.team(&self.incident.id.team).is_some_and(|team| !team.last_resort.is_empty()) {
            self.tell_last_resort(now, "nobody acknowledged", roster, effects);
        }
    }

    pub fn last_resort_at(&self, tables: &Tables) -> Option<Instant> {
        let incident = &self.incident;
        let is_unowned = incident.unowned_since.is_some();
        if incident.state != IncidentState::Open
            || self.is_suppressed()
            || is_unowned
            || !self.is_left_to_itself()
            || !self.was_paged()
        {
            return None;
        }
        tables.team(&incident.id.team).map(|team| incident.moved_at.saturating_add(team.last_resort_after))
    }

    /// Its acknowledgement ran out, the policy has climbed on to its end, and nobody acknowledged again: when the last resort
    /// is to hear of that, which it does once. Who has it is still seen.
    pub fn lapsed_at(&self, tables: &Tables) -> Option<Instant> {
        let Incident { id, state, acknowledged, reopened, moved_at, .. } = &self.incident;
        let acknowledged = acknowledged.as_ref().filter(|_| *state == IncidentState::Acknowledged)?;
        let team = tables.team(&id.team).filter(|team| !team.last_resort.is_empty())?;
        let mut of_it = self.notices.iter().filter(|notice| notice.opening == *reopened);
        let climbed_on =
            |notice: &Notice| notice.kind == NoticeKind::Decided && notice.page && notice.created_at > acknowledged.at;
        let was_told = |notice: &Notice| notice.kind == NoticeKind::LastResort && notice.created_at >= *moved_at;
        if self.is_suppressed() || !self.is_left_to_itself() || !of_it.clone().any(climbed_on) || of_it.any(was_told) {
            return None;
        }
        Some(moved_at.saturating_add(team.last_resort_after))
    }

    fn is_left_to_itself(&self) -> bool {
        self.incident.evaluate.is_none() && self.evaluating.is_none() && self.incident.flapping.is_none()
    }

    /// Somebody asked for the next step, and nobody was told since.
    pub fn has_no_next_step(&self, as_of: Instant) -> bool {
        let opening = self.incident.reopened;
        let Some(asked_at) = self.incident.escalated_at.filter(|at| *at <= as_of) else {
            return false;
        };
        let followed = |notice: &Notice| {
            let is_of_it = notice.opening == opening && !notice.kind.is_update() && notice.created_at >= asked_at;
            is_of_it && !matches!(notice.state, NoticeState::Nobody { .. })
        };
        self.incident.state == IncidentState::Open && !self.notices.iter().any(followed)
    }

    fn was_paged(&self) -> bool {
        let opening = self.incident.reopened;
        let is_page = |state: &NoticeState| !matches!(state, NoticeState::Nobody { .. } | NoticeState::Failed { .. });
        self.notices.iter().any(|notice| notice.opening == opening && notice.page && is_page(&notice.state))
    }

    fn is_time_for_fallback(&self, now: Instant, tables: &Tables) -> bool {
        let repeat = tables.limits.fallback_repeat;
        let told_lately = self.incident.fallback_told_at.is_some_and(|at| at.saturating_add(repeat) > now);
        !told_lately && !self.is_quiet()
    }

    fn fallback(&self, tables: &Tables) -> Vec<(Target, Vec<Recipient>)> {
        let receivers: Vec<Arc<str>> = self.route(tables).map(|route| route.fallback.clone()).unwrap_or_default();
        let recipient = |receiver: Arc<str>| {
            let target = Target::Receiver(String::from(&*receiver));
            (target, vec![Recipient { receiver, person: None, after: Span::ZERO }])
        };
        receivers.into_iter().map(recipient).collect()
    }

    fn tell(
        &mut self,
        now: Instant,
        (kind, word): (NoticeKind, &str),
        text: &str,
        to: Vec<(Target, Vec<Recipient>)>,
        tables: &Tables,
        effects: &mut Effects,
    ) {
        self.incident.fallbacks += 1;
        self.changed = true;
        let key = format!("{}{word}-{}", Decision::RESERVED, self.incident.fallbacks);
        for (target, recipients) in to.into_iter().filter(|(_, recipients)| !recipients.is_empty()) {
            let draft = Draft { as_of: now, key: key.clone(), target, kind, page: true, text: Some(text.into()) };
            self.add_notices(now, &draft, &recipients, tables, effects);
        }
    }
}
