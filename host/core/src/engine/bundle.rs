//! Storms: to one receiver the first notice goes at once, and what comes within its window is told in one message.
//!
//! Each priority has a window of its own, so that a P1 never waits behind a P3. What wakes nobody at P4, and what became of
//! incidents that were told in a bundle, always waits one window for company. Which notices are held is written in their
//! rows; when the windows end follows from the rows, so that a restart changes nothing.

use super::{Engine, live::Live};
use crate::{
    Bundle, Bundled, Effects, IncidentId, Instant, Message, Notice, NoticeId, NoticeKind, NoticeState, Priority, Span,
};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use hashbrown::HashMap;

/// A notice whose turn it is: its incident, and its place there.
pub(super) type Ready = (IncidentId, usize);

/// What is told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Class {
    /// A policy that failed before it gave a priority counts as P1.
    Urgency(Priority),
    /// As `Urgency(P4)`, for what wakes nobody.
    Digest,
    /// Of incidents that the receiver knows from a bundle only.
    Update(NoticeKind),
}

type Key = (Arc<str>, Class);

#[derive(Default)]
pub(super) struct Bundles {
    /// When the window of a receiver's class ends.
    windows: BTreeMap<Key, Instant>,
    /// The notices of a message that is under way, by the one whose id it has.
    under_way: HashMap<NoticeId, Vec<NoticeId>>,
}

impl Class {
    /// Does the first of its kind wait for others?
    fn always_waits(self) -> bool {
        match self {
            Self::Urgency(_) => false,
            Self::Digest | Self::Update(_) => true,
        }
    }
}

impl Bundles {
    /// The notices that the message of this one told, itself among them.
    pub fn told_with(&mut self, leader: &NoticeId) -> Vec<NoticeId> {
        self.under_way.remove(leader).unwrap_or_else(|| alloc::vec![leader.clone()])
    }

    /// From what the store holds: the ends of the windows that are open.
    pub fn restore(&mut self, live: &Live, window_of: impl Fn(&str) -> Span) {
        for notice in &live.notices {
            let window = window_of(&notice.receiver);
            let Some(class) = live.class(notice).filter(|_| window > Span::ZERO) else {
                continue;
            };
            let until = match &notice.state {
                NoticeState::Pending { due } if notice.held && notice.attempts == 0 => *due,
                NoticeState::Delivered { at, .. } => at.saturating_add(window),
                NoticeState::Pending { .. }
                | NoticeState::Failed { .. }
                | NoticeState::Superseded { .. }
                | NoticeState::Nobody { .. } => continue,
            };
            let end = self.windows.entry((notice.receiver.clone(), class)).or_default();
            *end = until.max(*end);
        }
    }

    /// Which of them go now, and until when the others are held. All are of one key.
    fn admit(
        &mut self,
        now: Instant,
        key: &Key,
        window: Span,
        ready: Vec<Candidate>,
    ) -> (Vec<Candidate>, Vec<Candidate>, Instant) {
        // What was tried before is not held again.
        let (tried, mut new): (Vec<_>, Vec<_>) = ready.into_iter().partition(|candidate| candidate.attempts > 0);
        if let Some(until) = self.windows.get(key).filter(|until| **until > now) {
            return (tried, new, *until);
        }
        let until = now.saturating_add(window);
        self.windows.insert(key.clone(), until);
        let waited = new.iter().any(|candidate| candidate.held);
        let later = match (waited, key.1.always_waits()) {
            (true, _) => Vec::new(),
            (false, true) => core::mem::take(&mut new),
            (false, false) => new.split_off(new.len().min(1)),
        };
        (tried.into_iter().chain(new).collect(), later, until)
    }
}

/// What is to be known of a notice that is ready.
struct Candidate {
    place: Ready,
    attempts: u32,
    held: bool,
}

impl Engine {
    /// Sends what is ready: each by itself, or many in one message.
    pub(super) fn send_ready(&mut self, now: Instant, effects: &mut Effects) {
        let mut groups: BTreeMap<Key, Vec<Candidate>> = BTreeMap::new();
        let mut alone: Vec<Ready> = Vec::new();
        for place in core::mem::take(&mut self.ready) {
            let Some(live) = self.incidents.get(&place.0) else { continue };
            let Some(notice) = live.notices.get(place.1).filter(|notice| live.is_ready(now, notice)) else { continue };
            let window = self.roster.tables.receivers.get(&notice.receiver).map(|receiver| receiver.bundle_window);
            match live.class(notice).filter(|_| window.is_some_and(|window| window > Span::ZERO)) {
                Some(class) => {
                    let candidate = Candidate { attempts: notice.attempts, held: notice.held, place };
                    groups.entry((notice.receiver.clone(), class)).or_default().push(candidate);
                }
                None => alone.push(place),
            }
        }
        self.bundles.windows.retain(|_, until| *until > now);
        for place in alone {
            self.send_together(now, &[place], effects);
        }
        for (key, candidates) in groups {
            let receivers = &self.roster.tables.receivers;
            let window = receivers.get(&key.0).map_or(Span::ZERO, |receiver| receiver.bundle_window);
            let (together, later, until) = self.bundles.admit(now, &key, window, candidates);
            for Candidate { place: (id, index), .. } in later {
                if let Some(live) = self.touch(&id) {
                    live.hold(index, now, until);
                }
            }
            let together: Vec<Ready> = together.into_iter().map(|candidate| candidate.place).collect();
            self.send_together(now, &together, effects);
        }
    }

    /// One message for all of them: an ordinary one if it is one.
    fn send_together(&mut self, now: Instant, places: &[Ready], effects: &mut Effects) {
        let Some(mut message) = places.first().and_then(|leader| self.message(now, leader)) else {
            return;
        };
        let notices: Vec<NoticeId> = places.iter().filter_map(|place| self.notice_at(place)).collect();
        if places.len() > 1 {
            message.bundle = Some(self.bundle(places));
            self.bundles.under_way.insert(message.notice.clone(), notices.clone());
        }
        for ((id, _), notice) in places.iter().zip(notices) {
            if let Some(live) = self.incidents.get_mut(id) {
                live.in_flight.push(notice);
            }
        }
        effects.send.push(message);
    }

    fn message(&self, now: Instant, (id, index): &Ready) -> Option<Message> {
        let mut message = self.incidents.get(id)?.message(now, *index, &self.roster, &self.alerts);
        let symptoms = self.suppression.symptoms_of(id).filter_map(|symptom| self.alerts.get(&symptom));
        message.symptoms = symptoms.map(|held| held.alert.clone()).take(Message::ALERTS_MAX).collect();
        Some(message)
    }

    fn notice_at(&self, (id, index): &Ready) -> Option<NoticeId> {
        self.incidents.get(id)?.notices.get(*index).map(|notice| notice.id.clone())
    }

    fn bundle(&self, places: &[Ready]) -> Bundle {
        let mut shown: Vec<Bundled> = places
            .iter()
            .filter_map(|(id, index)| {
                let live = self.incidents.get(id)?;
                let notice = live.notices.get(*index)?;
                Some(Bundled {
                    incident: id.clone(),
                    kind: notice.kind,
                    priority: live.incident.priority,
                    opened_at: live.incident.opened_at,
                    firing: live.loud(),
                    alert: live.sorted_alerts(&self.alerts, 1).pop(),
                })
            })
            .collect();
        let count = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        shown.sort_by_key(|one| (one.priority, core::cmp::Reverse(one.opened_at), one.incident.number));
        shown.truncate(Bundle::SHOWN_MAX);
        Bundle { count, shown }
    }
}

impl Live {
    fn is_ready(&self, now: Instant, notice: &Notice) -> bool {
        let is_due = matches!(notice.state, NoticeState::Pending { due } if due <= now);
        is_due && !self.in_flight.contains(&notice.id)
    }

    /// None: it is never told together with others. That somebody handed an incident over is for that one to hear at once.
    fn class(&self, notice: &Notice) -> Option<Class> {
        match notice.kind {
            NoticeKind::Reassigned => None,
            // News of an earlier opening come late already, and before those of this one.
            kind if kind.is_update() => {
                let waits = notice.opening == self.incident.reopened && self.knows_from_bundles(&notice.receiver);
                waits.then_some(Class::Update(kind))
            }
            _ => Some(match notice.priority {
                Some(Priority::P4) if !notice.page => Class::Digest,
                priority => Class::Urgency(priority.unwrap_or(Priority::P1)),
            }),
        }
    }

    /// The receiver has no message of this incident's own, that an update could stand under.
    fn knows_from_bundles(&self, receiver: &Arc<str>) -> bool {
        let told = |notice: &&Notice| {
            notice.receiver == *receiver
                && !notice.kind.is_update()
                && matches!(notice.state, NoticeState::Delivered { .. })
        };
        let mut told = self.notices.iter().filter(told).peekable();
        told.peek().is_some() && told.all(|notice| notice.bundle.is_some())
    }

    /// It opens again: what was to be told of the last opening, and of which nobody has heard, is no longer so.
    pub fn take_back_held_updates(&mut self, now: Instant, effects: &mut Effects) {
        for index in 0..self.notices.len() {
            let notice = &self.notices[index];
            if notice.held && notice.kind.is_update() && notice.waits_since_it_was_made(now) {
                self.supersede(now, index, effects);
            }
        }
    }

    /// It is told with others, then; its time to be delivered counts from there.
    fn hold(&mut self, index: usize, now: Instant, until: Instant) {
        if let Some(notice) = self.notices.get_mut(index) {
            notice.held = true;
            notice.state = NoticeState::Pending { due: until };
            notice.deadline = notice.deadline.saturating_add(until.since(now));
            self.changed_notices.push(index);
        }
    }
}
