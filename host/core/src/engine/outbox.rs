//! Notices: made once a key, sent in turn to each receiver, followed by updates.

use super::{
    delivery::may_have_arrived,
    live::{Context, Live},
};
use crate::{
    Decision, Effects, EvaluateReason, Fact, Instant, Notice, NoticeId, NoticeKind, NoticeState, Recipient, Span,
    Tables, Target,
};
use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

/// For how long an update is tried; then it is given up, since nobody has to act on it.
const UPDATE_DEADLINE: Span = Span::from_secs(900);
/// Between two notices that more alerts fire than were acknowledged.
const JOINED_EVERY: Span = Span::from_secs(300);
/// Up to so many, an incident holds all of its notices.
const NOTICES_HELD: usize = 256;

/// A notice to be made for each of its recipients to whom its key was not sent in this opening.
pub(super) struct Draft {
    /// What a policy sees as its time: that of the facts it was decided on, since the next step counts from there.
    pub as_of: Instant,
    pub key: String,
    pub target: Target,
    pub kind: NoticeKind,
    pub page: bool,
    pub text: Option<String>,
}

impl Live {
    /// One for each of `recipients`; if nobody is behind the target, one that says so, and the policy is asked who is next.
    pub fn add_notices(
        &mut self,
        now: Instant,
        draft: &Draft,
        recipients: &[Recipient],
        tables: &Tables,
        effects: &mut Effects,
    ) {
        if recipients.is_empty() {
            self.skip(now, draft, effects);
        }
        for recipient in recipients {
            // What wakes nobody goes one way only.
            if draft.page || recipient.after == Span::ZERO {
                self.add_notice(now, draft, recipient, tables, effects);
            }
        }
    }

    fn skip(&mut self, now: Instant, draft: &Draft, effects: &mut Effects) {
        let id = NoticeId::new(&self.incident.id, self.incident.reopened, &draft.key, &draft.target.to_string());
        if self.notices.iter().any(|notice| notice.id == id) {
            return;
        }
        let fact = Fact::Nobody { key: draft.key.clone(), target: draft.target.clone() };
        self.note(now, fact, effects);
        let nobody = Recipient { receiver: "".into(), person: None, after: Span::ZERO };
        self.push_notice(id, draft, &nobody, now, NoticeState::Nobody { at: now });
        self.ask(now, EvaluateReason::NoticeFailed);
    }

    pub fn add_notice(
        &mut self,
        now: Instant,
        draft: &Draft,
        recipient: &Recipient,
        tables: &Tables,
        effects: &mut Effects,
    ) {
        let receiver = &recipient.receiver;
        let id = NoticeId::new(&self.incident.id, self.incident.reopened, &draft.key, receiver);
        if self.notices.iter().any(|notice| notice.id == id) {
            return;
        }
        let deadline = match draft.kind.is_update() {
            true => UPDATE_DEADLINE,
            false => tables.receivers.get(receiver).map_or(Span::ZERO, |receiver| receiver.deadline),
        };
        let fact = Fact::Noticed {
            notice: id.clone(),
            key: draft.key.clone(),
            target: draft.target.clone(),
            receiver: receiver.clone(),
            notice_kind: draft.kind,
            page: draft.page,
        };
        self.note(now, fact, effects);
        let due = now.saturating_add(recipient.after);
        self.push_notice(id, draft, recipient, due.saturating_add(deadline), NoticeState::Pending { due });
    }

    fn push_notice(
        &mut self,
        id: NoticeId,
        draft: &Draft,
        recipient: &Recipient,
        deadline: Instant,
        state: NoticeState,
    ) {
        self.changed_notices.push(self.notices.len());
        self.notices.push(Notice {
            id,
            incident: self.incident.id.clone(),
            opening: self.incident.reopened,
            key: draft.key.clone(),
            target: draft.target.clone(),
            person: recipient.person.clone(),
            receiver: recipient.receiver.clone(),
            kind: draft.kind,
            page: draft.page,
            priority: self.incident.priority,
            held: false,
            bundle: None,
            text: draft.text.clone(),
            created_at: draft.as_of,
            deadline,
            attempts: 0,
            state,
        });
    }

    /// Somebody has it, or will: people who were not told yet, and the further contacts of those who were, are left in peace.
    pub fn stop_contacting(&mut self, now: Instant, effects: &mut Effects) {
        for index in 0..self.notices.len() {
            let notice = &self.notices[index];
            let is_unsent = matches!(notice.state, NoticeState::Pending { .. }) && notice.attempts == 0;
            if notice.person.is_some() && notice.page && is_unsent && !self.in_flight.contains(&notice.id) {
                self.supersede(now, index, effects);
            }
        }
    }

    /// Of each receiver's notices the first that is due is ready to be sent: a later one never overtakes an earlier one.
    pub fn send_due(&mut self, context: &mut Context<'_>) {
        // One that fails may bring forward another contact of its person, which may stand before it.
        let ready = loop {
            let failures = self.unreported.len();
            let ready = self.walk_lines(context);
            if self.unreported.len() == failures {
                break ready;
            }
        };
        let id = &self.incident.id;
        let outdated = context.ready.range((id.clone(), 0)..=(id.clone(), usize::MAX)).cloned();
        for place in outdated.collect::<Vec<_>>() {
            context.ready.remove(&place);
        }
        context.ready.extend(ready.into_iter().map(|index| (id.clone(), index)));
        self.report_failures(context);
    }

    /// The places of those that are ready. What cannot be told any more fails here, or is superseded.
    fn walk_lines(&mut self, context: &mut Context<'_>) -> Vec<usize> {
        let mut ready = Vec::new();
        let mut lines = self.lines_under_way();
        // A failover appends to the list while we walk it, and is walked too.
        let mut next = 0;
        while next < self.notices.len() {
            let index = next;
            next += 1;
            let notice = &self.notices[index];
            let NoticeState::Pending { due } = notice.state else {
                continue;
            };
            if notice.waits_since_it_was_made(context.now) || self.in_flight.contains(&notice.id) {
                continue;
            }
            if let Some((_, head)) = lines.iter().find(|(receiver, _)| *receiver == notice.receiver) {
                if notice.gives_up_behind(*head).is_some_and(|at| at <= context.now) {
                    self.fail(context, index, "what was to be told before it could not be delivered");
                }
            } else if notice.kind.is_update() && !self.has_been_told(&notice.receiver) {
                self.supersede(context.now, index, context.effects);
            } else if !context.roster.tables.receivers.contains_key(&notice.receiver) {
                self.fail(context, index, "the receiver is no longer configured");
            } else if notice.attempts > 0 && notice.deadline <= context.now {
                self.fail(context, index, "its time to be delivered is over");
            } else {
                lines.push((notice.receiver.clone(), notice.as_head()));
                if due <= context.now {
                    ready.push(index);
                }
            }
        }
        ready
    }

    /// The receivers that have a notice with them now. It need not be the earliest: one that was held may come due meanwhile.
    fn lines_under_way(&self) -> Vec<(Arc<str>, Head)> {
        let under_way = self.notices.iter().filter(|notice| self.in_flight.contains(&notice.id));
        under_way.map(|notice| (notice.receiver.clone(), notice.as_head())).collect()
    }

    /// When the next notice that is first in its receiver's line is due, or one behind it gives up.
    pub fn next_send(&self, now: Instant) -> Option<Instant> {
        let mut lines = self.lines_under_way();
        let mut next: Option<Instant> = None;
        for notice in self.notices.iter().filter(|notice| !self.in_flight.contains(&notice.id)) {
            let NoticeState::Pending { due } = notice.state else {
                continue;
            };
            let at = match lines.iter().find(|(receiver, _)| *receiver == notice.receiver) {
                _ if notice.waits_since_it_was_made(now) => Some(due),
                Some((_, head)) => notice.gives_up_behind(*head),
                None => {
                    lines.push((notice.receiver.clone(), notice.as_head()));
                    Some(due)
                }
            };
            next = [next, at].into_iter().flatten().min();
        }
        next
    }

    /// An incident that flaps for days does not grow without end: what is over of earlier openings leaves memory, but
    /// for the last one and for each receiver's first message, under which the others stand.
    pub fn shed_notices(&mut self) {
        if self.notices.len() <= NOTICES_HELD {
            return;
        }
        let reopened = self.incident.reopened;
        let mut first: Vec<Arc<str>> = Vec::new();
        self.notices.retain(|notice| {
            let told = !notice.kind.is_update() && may_have_arrived(notice);
            let is_first = told && !first.contains(&notice.receiver);
            if is_first {
                first.push(notice.receiver.clone());
            }
            let is_pending = matches!(notice.state, NoticeState::Pending { .. });
            is_first || is_pending || notice.opening.saturating_add(1) >= reopened
        });
    }

    /// Every notice of this opening has failed, had nobody behind it or was taken back unsent, and there were some.
    pub fn nobody_could_be_told(&self) -> bool {
        let reopened = self.incident.reopened;
        let mut pages = self.notices.iter().filter(|notice| notice.opening == reopened && !notice.kind.is_update());
        let in_vain = |notice: &Notice| match notice.state {
            NoticeState::Failed { .. } | NoticeState::Nobody { .. } => true,
            NoticeState::Superseded { .. } => notice.attempts == 0,
            NoticeState::Pending { .. } | NoticeState::Delivered { .. } => false,
        };
        pages.clone().next().is_some() && pages.all(in_vain)
    }

    pub fn has_pending(&self) -> bool {
        self.notices.iter().any(|notice| matches!(notice.state, NoticeState::Pending { .. }))
    }

    /// Everybody who was told of this incident hears what became of it, where it was told.
    pub fn update_told(&mut self, now: Instant, kind: NoticeKind, tables: &Tables, effects: &mut Effects) {
        let mut told: Vec<(Recipient, Target)> = Vec::new();
        for notice in self.notices.iter().filter(|notice| !notice.kind.is_update()) {
            let wants = tables.receivers.get(&notice.receiver).is_some_and(|receiver| receiver.updates);
            let heard = may_have_arrived(notice) || self.in_flight.contains(&notice.id);
            if wants && heard && !told.iter().any(|(recipient, _)| recipient.receiver == notice.receiver) {
                told.push((Recipient::again(notice), notice.target.clone()));
            }
        }
        let word = match kind {
            NoticeKind::Acknowledged => "acknowledged",
            NoticeKind::PriorityChanged => "priority",
            NoticeKind::Resolved => "resolved",
            NoticeKind::Unacknowledged => "unacknowledged",
            NoticeKind::Snoozed => "snoozed",
            NoticeKind::Decided
            | NoticeKind::PolicyFault
            | NoticeKind::Failover
            | NoticeKind::AlertsJoined
            | NoticeKind::Reassigned
            | NoticeKind::LastResort
            | NoticeKind::Flapping => return,
        };
        // Never the same twice in an opening: a priority may change and change again on one revision.
        let before = self.notices.iter().filter(|notice| notice.opening == self.incident.reopened).count();
        let key = format!("{}{word}-{before}", Decision::RESERVED);
        for (recipient, target) in told {
            let draft = Draft { as_of: now, key: key.clone(), target, kind, page: false, text: None };
            self.add_notices(now, &draft, &[recipient], tables, effects);
        }
    }

    /// Whoever acknowledged did not know of these: those who were paged are paged again, in a storm once in a while.
    pub fn tell_of_joined(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        let joined = core::mem::take(&mut self.joined);
        let examples: Vec<_> = joined
            .into_iter()
            .filter(|(member, _)| !self.suppressed.contains_key(member))
            .map(|(_, labels)| labels)
            .collect();
        let count = u32::try_from(examples.len()).unwrap_or(u32::MAX);
        self.incident.joined = self.incident.joined.saturating_add(count);
        if self.tell_of_joined_at().is_none_or(|at| at > now) {
            return;
        }
        let count = core::mem::take(&mut self.incident.joined);
        self.changed = true;
        let opening = self.incident.reopened;
        let mut paged: Vec<(Recipient, Target)> = Vec::new();
        for notice in self.notices.iter().filter(|notice| notice.opening == opening) {
            if notice.page
                && may_have_arrived(notice)
                && !paged.iter().any(|(recipient, _)| recipient.receiver == notice.receiver)
            {
                paged.push((Recipient::again(notice), notice.target.clone()));
            }
        }
        let text = match (count, examples.first()) {
            (1, Some(first)) => format!("one more alert fires since it was acknowledged: {first}"),
            (1, None) => "one more alert has fired since it was acknowledged".into(),
            (_, Some(first)) => format!("{count} more alerts fire since it was acknowledged, among them {first}"),
            (_, None) => format!("{count} more alerts have fired since it was acknowledged"),
        };
        let key = format!("{}joined-{}", Decision::RESERVED, self.incident.revision);
        for (recipient, target) in paged {
            let (key, text, kind) = (key.clone(), Some(text.clone()), NoticeKind::AlertsJoined);
            let draft = Draft { as_of: now, key, target, kind, page: true, text };
            self.add_notices(now, &draft, &[recipient], tables, effects);
        }
    }

    /// When those who were paged hear of what joined; none: there is nothing to hear.
    pub fn tell_of_joined_at(&self) -> Option<Instant> {
        if self.incident.joined == 0 || !self.is_quiet() || self.is_suppressed() {
            return None;
        }
        let opening = self.incident.reopened;
        let told = |notice: &&Notice| notice.kind == NoticeKind::AlertsJoined && notice.opening == opening;
        let last = self.notices.iter().filter(told).map(|notice| notice.created_at).max();
        Some(last.map_or_else(Instant::default, |last| last.saturating_add(JOINED_EVERY)))
    }

    /// Not told any more: what nobody has been sent yet, of an incident that is over.
    pub fn supersede_unsent(&mut self, now: Instant, effects: &mut Effects) {
        for index in 0..self.notices.len() {
            let notice = &self.notices[index];
            if matches!(notice.state, NoticeState::Pending { .. }) && !self.in_flight.contains(&notice.id) {
                self.supersede(now, index, effects);
            }
        }
    }

    /// What is not told any more for now: nobody has been sent it yet. What was told is followed by its updates all the same.
    pub fn stop_telling(&mut self, now: Instant, effects: &mut Effects) {
        for index in 0..self.notices.len() {
            let notice = &self.notices[index];
            let is_pending = matches!(notice.state, NoticeState::Pending { .. });
            if is_pending && !notice.kind.is_update() && !self.in_flight.contains(&notice.id) {
                self.supersede(now, index, effects);
            }
        }
    }

    fn has_been_told(&self, receiver: &Arc<str>) -> bool {
        let told = |notice: &&Notice| !notice.kind.is_update() && may_have_arrived(notice);
        self.notices.iter().filter(told).any(|notice| notice.receiver == *receiver)
    }

    pub fn supersede(&mut self, now: Instant, index: usize, effects: &mut Effects) {
        self.notices[index].state = NoticeState::Superseded { at: now };
        self.changed_notices.push(index);
        let notice = self.notices[index].id.clone();
        self.note(now, Fact::Superseded { notice }, effects);
    }
}

/// The first notice of a receiver's line: has it been tried?
#[derive(Clone, Copy)]
enum Head {
    New,
    Tried,
}

impl Recipient {
    /// Where that notice went, once more and at once.
    pub(super) fn again(notice: &Notice) -> Self {
        Self { receiver: notice.receiver.clone(), person: notice.person.clone(), after: Span::ZERO }
    }
}

impl Notice {
    /// A further contact of a person, whose time has not come; or held to be told with others. It holds up nobody.
    pub(super) fn waits_since_it_was_made(&self, now: Instant) -> bool {
        self.attempts == 0 && matches!(self.state, NoticeState::Pending { due } if due > now)
    }

    fn as_head(&self) -> Head {
        if self.attempts > 0 { Head::Tried } else { Head::New }
    }

    /// When a notice that waits for its turn behind one that fails is handed to the fallback: somebody is to hear in time.
    fn gives_up_behind(&self, head: Head) -> Option<Instant> {
        match head {
            Head::Tried if !self.kind.is_update() => Some(self.deadline),
            Head::Tried | Head::New => None,
        }
    }
}
