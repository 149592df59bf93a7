//! What really happened, kept beside the engine: which alerts fire, what arrived where. The invariants are checked here.

use crate::{
    outbox::{self, WasSent},
    store::Rows,
};
use bellwire_core::{
    AlertInput, AlertState, Ends, Entry, Fact, IncidentId, IncidentState, Instant, Labels, Message, Notice, NoticeId,
    NoticeKind, NoticeState, Span, Verdicted,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub struct Truth {
    /// Alerts that were accepted and surely fire, at least until then.
    firing: BTreeMap<Labels, Until>,
    resolved: BTreeSet<Labels>,
    /// With their senders now, by the notice whose message it is.
    pub in_flight: BTreeMap<NoticeId, Underway>,
    /// Every notice whose message went out.
    sent: BTreeSet<NoticeId>,
    /// Of `in_flight`, what was answered in the turn that is under way.
    answered: BTreeMap<NoticeId, Underway>,
    pub evaluating: BTreeSet<IncidentId>,
    /// The last decision that was applied: its revision, and whether it told anybody.
    decided: BTreeMap<IncidentId, (u64, bool)>,
    /// Per incident and receiver: did the last page, and then its resolve, arrive?
    heard: BTreeMap<(IncidentId, Arc<str>), Heard>,
    has_been_edited: bool,
    grace: Span,
}

/// A sender whose alert ends far ahead has at least half of that after a restart, and `resolve_timeout` in any case.
#[derive(Clone, Copy)]
struct Until {
    said: Instant,
    end: Instant,
}

/// A message with its sender.
#[derive(Clone)]
pub struct Underway {
    incident: IncidentId,
    pub receiver: Arc<str>,
    /// Of notices that it tells.
    pub count: u32,
    fate: Fate,
}

/// What becomes of one attempt, whatever its sender says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    Lost,
    Refused,
}

#[derive(Default)]
struct Heard {
    page: bool,
    resolve_since: bool,
}

impl Truth {
    /// `resolve_timeout`, which is never changed.
    pub fn new(grace: Span) -> Self {
        Self {
            firing: BTreeMap::new(),
            resolved: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            sent: BTreeSet::new(),
            answered: BTreeMap::new(),
            evaluating: BTreeSet::new(),
            decided: BTreeMap::new(),
            heard: BTreeMap::new(),
            has_been_edited: false,
            grace,
        }
    }

    pub fn no_grace(&mut self) {
        self.grace = Span::ZERO;
    }

    /// The turn that took these alerts is on disk.
    pub fn accepted(&mut self, now: Instant, alerts: &[AlertInput]) {
        for alert in alerts {
            let until = match alert.ends {
                Ends::Open => Instant::MAX,
                Ends::Unsaid => now.saturating_add(self.grace),
                Ends::At(at) => at,
                Ends::Resolved(_) => now,
            };
            if until > now {
                self.resolved.remove(&alert.labels);
                self.firing.insert(alert.labels.clone(), Until { said: now, end: until });
            } else {
                self.firing.remove(&alert.labels);
                if alert.ends != Ends::Unsaid {
                    self.resolved.insert(alert.labels.clone());
                }
            }
        }
    }

    pub fn journaled(&mut self, entries: &[Entry], rows: &Rows) -> Result<(), String> {
        // Those whose decision of these turns has told somebody, which is one revision more.
        let mut moved: BTreeSet<&IncidentId> = BTreeSet::new();
        for Entry { incident, fact, .. } in entries {
            let Some(id) = incident else { continue };
            match fact {
                Fact::Decided { revision, decision, verdict, .. } => {
                    self.evaluating.remove(id);
                    if *verdict == Verdicted::Applied {
                        self.decided.insert(id.clone(), (*revision, !decision.notices.is_empty()));
                    }
                    moved.remove(id);
                }
                Fact::Noticed { notice_kind: NoticeKind::Decided, .. } | Fact::Nobody { .. } if moved.insert(id) => {
                    if let Some((revision, _)) = self.decided.get_mut(id) {
                        *revision += 1;
                    }
                }
                Fact::Faulted { .. } => drop(self.evaluating.remove(id)),
                Fact::Closed => drop(self.decided.remove(id)),
                _ => {}
            }
        }
        self.told_together(entries, rows)
    }

    /// Everything that the messages of bundles were about.
    fn told_together(&mut self, entries: &[Entry], rows: &Rows) -> Result<(), String> {
        let mut told: BTreeMap<&NoticeId, u32> = BTreeMap::new();
        for Entry { incident, fact, .. } in entries {
            let (Some(id), Fact::Bundled { notice, leader, count }) = (incident, fact) else { continue };
            *told.entry(leader).or_default() += 1;
            let notice = rows.notices_of(id).iter().find(|stored| stored.id == *notice).cloned();
            let (Some(underway), Some(notice)) = (self.answered.get(leader).cloned(), notice) else {
                return Err(format!("{fact:?} of what nobody sent"));
            };
            if (&notice.receiver, *count) != (&underway.receiver, underway.count) {
                return Err(format!("{fact:?} was a message of {} to {}", underway.count, underway.receiver));
            }
            if notice.id != *leader {
                self.told((id.clone(), notice.receiver.clone()), (notice.kind, notice.attempts), underway.fate);
            }
        }
        for (leader, Underway { count, .. }) in core::mem::take(&mut self.answered) {
            let members = told.get(&leader).copied().unwrap_or(1);
            if members != count {
                return Err(format!("the message of {leader} told {count}, and {members} know of it"));
            }
        }
        Ok(())
    }

    pub fn asked(&mut self, id: &IncidentId) {
        self.evaluating.insert(id.clone());
    }

    pub fn answered(&mut self, notice: &NoticeId) {
        self.answered.extend(self.in_flight.remove_entry(notice));
    }

    pub fn crashed(&mut self, now: Instant) {
        for until in self.firing.values_mut().filter(|until| until.end != Instant::MAX) {
            let half = Span::from_millis(until.end.since(until.said).as_millis() / 2);
            let grace = now.saturating_add(self.grace);
            until.end = until.end.min(until.said.saturating_add(half).max(grace));
        }
        // Whether it arrived nobody knows now; if it is sent again, it counts then.
        for Underway { incident, receiver, .. } in core::mem::take(&mut self.in_flight).into_values() {
            self.heard.remove(&(incident, receiver));
        }
        self.answered.clear();
        self.evaluating.clear();
    }

    /// Receivers may be gone: whoever was told need not hear the rest.
    pub fn edited(&mut self) {
        self.has_been_edited = true;
    }

    /// A sender has it.
    pub fn sent(&mut self, now: Instant, message: &Message, fate: Fate, rows: &Rows) -> Result<(), String> {
        let (id, receiver) = (&message.incident.id, &message.receiver);
        if self.in_flight.values().any(|other| (&other.incident, &other.receiver) == (id, receiver)) {
            return Err(format!("two notices are under way to {receiver} for {id}: {}", message.notice));
        }
        let count = message.bundle.as_ref().map_or(1, |bundle| bundle.count);
        let underway = Underway { incident: id.clone(), receiver: receiver.clone(), count, fate };
        self.in_flight.insert(message.notice.clone(), underway);
        let was_sent = if self.sent.insert(message.notice.clone()) { WasSent::Never } else { WasSent::Before };
        outbox::check_sent(now, message, was_sent, rows)?;
        let line = (id.clone(), receiver.clone());
        if message.kind.is_update() && !self.heard.get(&line).is_some_and(|heard| heard.page) {
            // It may have been told by an attempt that we do not know to have arrived, but not by none.
            let tried = |other: &Notice| other.receiver == *receiver && !other.kind.is_update() && other.attempts > 0;
            if !rows.notices_of(id).iter().any(tried) {
                return Err(format!("{receiver} hears {} and never heard of {id}", message.notice));
            }
        }
        self.told(line, (message.kind, message.attempt), fate);
        Ok(())
    }

    fn told(&mut self, line: (IncidentId, Arc<str>), (kind, attempt): (NoticeKind, u32), fate: Fate) {
        let heard = self.heard.entry(line).or_default();
        match fate {
            Fate::Arrives if kind == NoticeKind::Resolved => heard.resolve_since = true,
            Fate::Arrives if !kind.is_update() => *heard = Heard { page: true, resolve_since: false },
            // If an attempt before a crash arrived, nobody knows; and who refuses now would refuse the end too.
            Fate::Refused if attempt == 1 => heard.page = false,
            Fate::Arrives | Fate::Refused | Fate::Lost => {}
        }
    }

    /// After every turn.
    pub fn check(&self, now: Instant, rows: &Rows) -> Result<(), String> {
        let mut firing: BTreeMap<&IncidentId, u32> = BTreeMap::new();
        for alert in rows.alerts.values() {
            if alert.state == AlertState::Resolved
                && self.firing.get(&alert.labels).is_some_and(|until| until.end > now)
            {
                return Err(format!("{} fires and is taken for resolved", alert.labels));
            }
            if alert.state == AlertState::Firing {
                if self.resolved.contains(&alert.labels) {
                    return Err(format!("{} was resolved and is taken for firing", alert.labels));
                }
                if !alert.incidents.iter().any(|id| rows.is_open(id)) {
                    return Err(format!("{} fires and belongs to no incident", alert.labels));
                }
                for id in &alert.incidents {
                    *firing.entry(id).or_default() += 1;
                }
            }
        }
        for (labels, until) in &self.firing {
            if until.end > now && !rows.alerts.contains_key(&labels.fingerprint()) {
                return Err(format!("{labels} was accepted, fires, and is not stored"));
            }
        }
        self.check_incidents(&firing, rows)
    }

    fn check_incidents(&self, firing: &BTreeMap<&IncidentId, u32>, rows: &Rows) -> Result<(), String> {
        for (id, incident) in rows.incidents.iter().filter(|(_, incident)| !incident.closed) {
            let count = firing.get(id).copied().unwrap_or(0);
            if incident.firing != count {
                return Err(format!("{id} says that {} alerts fire; {count} do", incident.firing));
            }
            let is_current = self.decided.get(id).is_some_and(|(revision, _)| *revision == incident.revision);
            let is_asked = incident.evaluate.is_some() || self.evaluating.contains(id);
            let is_left = incident.state == IncidentState::Resolved || incident.suppressed.is_some();
            if !is_left && !is_current && !is_asked {
                return Err(format!("{id} is stuck: {incident:?}, decided on {:?}", self.decided.get(id)));
            }
        }
        Ok(())
    }

    /// Once all works and some time passed: of every incident that is open, somebody heard, or the policy told nobody.
    pub fn check_told(&self, rows: &Rows) -> Result<(), String> {
        for (id, incident) in &rows.incidents {
            let is_held = incident.muted || incident.flapping.is_some() || incident.suppressed.is_some();
            let is_open = !incident.closed && incident.state == IncidentState::Open && incident.firing > 0 && !is_held;
            let tells = self.decided.get(id).is_none_or(|(_, tells)| *tells);
            let told = |notice: &Notice| {
                let of_this = notice.opening == incident.reopened && !notice.kind.is_update();
                of_this && matches!(notice.state, NoticeState::Delivered { .. })
            };
            if is_open && tells && !rows.notices_of(id).iter().any(told) {
                let notices = rows.describe(id);
                return Err(format!("nobody was told of {id}: {incident:?}\n{notices}"));
            }
        }
        Ok(())
    }

    /// Once everything resolved: whoever heard of an incident heard of its end.
    pub fn check_over(&self, rows: &Rows, updates: impl Fn(&str) -> bool) -> Result<(), String> {
        let is_pending = |notice: &&Notice| matches!(notice.state, NoticeState::Pending { .. });
        if let Some(lost) = rows.notices.values().flatten().find(is_pending) {
            return Err(format!("nothing became of {lost:?}"));
        }
        if self.has_been_edited {
            return Ok(());
        }
        for ((id, receiver), heard) in &self.heard {
            let failed = |notice: &Notice| {
                let of_this = notice.receiver == *receiver;
                of_this && notice.kind == NoticeKind::Resolved && matches!(notice.state, NoticeState::Failed { .. })
            };
            if heard.page && !heard.resolve_since && updates(receiver) && !rows.notices_of(id).iter().any(failed) {
                let notices = rows.describe(id);
                return Err(format!("{receiver} heard of {id} and not of its end:\n{notices}"));
            }
        }
        Ok(())
    }
}
