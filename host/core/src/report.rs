//! What happened in a period, in figures: how much, how fast somebody took it, whom it cost their sleep, and what did not
//! work. Counted from the journal, entry by entry, so that a period of any length needs no more memory than its incidents.
//!
//! An incident belongs to the period in which it first opened, however often it re-opens; a page, a failed delivery and a
//! policy's fault to the period in which they happened.

use crate::{
    AlertState, Delivery, Entry, Fact, Incident, IncidentId, IncidentState, Instant, Labels, NoticeId, Priority, Span,
};
use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use core::hash::BuildHasher;
use hashbrown::{DefaultHashBuilder, HashMap, HashSet};
use jiff::tz::TimeZone;

mod figures;
#[cfg(test)]
mod tests;

pub use figures::{
    AlertNoise, DeliveryFailures, Figures, Pages, PolicyFaults, PriorityFigures, Report, Times, Unattended,
};

/// What a report is about.
#[derive(Clone, Debug)]
pub struct ReportScope {
    pub from: Instant,
    pub until: Instant,
    /// None: every team.
    pub team: Option<Arc<str>>,
    /// Where the hours of the day are counted.
    pub zone: TimeZone,
    /// Where they are counted for some people: by `TEAM/PERSON`.
    pub zones: BTreeMap<Arc<str>, TimeZone>,
}

/// Takes the journal's entries in their order and becomes a [`Report`].
pub struct Tally {
    scope: ReportScope,
    lives: HashMap<IncidentId, Life>,
    /// Pages on their way: those that were made, and of which it is not known yet whether they arrived.
    pending: HashMap<NoticeId, Page>,
    /// The page that arrived last; the next entry says whether it came in a message with others.
    arrived: Option<Arrival>,
    /// Hashes of the messages and of the pages that people had: what comes to two contacts of a person is two messages and
    /// one page, and what comes in one message is one of each.
    had: HashSet<u64>,
    hasher: DefaultHashBuilder,
    hours: [u32; 24],
    people: Named<Pages>,
    receivers: Named<Pages>,
    alerts: Named<AlertNoise>,
    failures: Named<DeliveryFailures>,
    faults: Named<PolicyFaults>,
    reopened: u32,
    /// Incidents from before the period that are open still.
    carried: u32,
    unattended: Vec<Unattended>,
    uncounted: u64,
}

/// What became of an incident that opened in the period.
struct Life {
    opened_at: Instant,
    priority: Option<Priority>,
    /// The first time.
    acknowledged_at: Option<Instant>,
    resolved_at: Option<Instant>,
    unowned: bool,
    alert: Option<Arc<str>>,
}

struct Page {
    receiver: Arc<str>,
    alert: Option<Arc<str>>,
}

struct Arrival {
    at: Instant,
    notice: NoticeId,
    page: Page,
}

/// Figures by name, and no more than [`Tally::NAMES_MAX`] names.
struct Named<T>(BTreeMap<Arc<str>, T>);

impl<T: Default> Named<T> {
    /// None: there are too many names already.
    fn of(&mut self, name: &str) -> Option<&mut T> {
        if !self.0.contains_key(name) {
            if self.0.len() >= Tally::NAMES_MAX {
                return None;
            }
            self.0.insert(name.into(), T::default());
        }
        self.0.get_mut(name)
    }
}

impl Tally {
    /// Begin to read so long before the period: a page that was made then may have arrived in it.
    pub const LEAD: Span = Span::from_secs(3_600);
    /// Different people, receivers, alerts, policies of one report.
    pub const NAMES_MAX: usize = 10_000;
    /// Incidents of one report; those beyond it are in [`Report::uncounted`].
    pub const INCIDENTS_MAX: usize = 200_000;
    /// Pages on their way, and messages and pages that are told apart.
    const PAGES_MAX: usize = 400_000;
    /// Of a reason or a fault that is shown.
    const REASON_CHARS_MAX: usize = 200;

    pub fn new(scope: ReportScope) -> Self {
        Self {
            scope,
            lives: HashMap::new(),
            pending: HashMap::new(),
            arrived: None,
            had: HashSet::new(),
            hasher: DefaultHashBuilder::default(),
            hours: [0; 24],
            people: Named(BTreeMap::new()),
            receivers: Named(BTreeMap::new()),
            alerts: Named(BTreeMap::new()),
            failures: Named(BTreeMap::new()),
            faults: Named(BTreeMap::new()),
            reopened: 0,
            carried: 0,
            unattended: Vec::new(),
            uncounted: 0,
        }
    }

    /// The next entry of the journal; those out of the scope count for nothing.
    pub fn take(&mut self, entry: &Entry) {
        let Some(id) = &entry.incident else { return };
        if self.scope.team.as_ref().is_some_and(|team| *team != id.team) || entry.at >= self.scope.until {
            return;
        }
        if entry.at >= self.scope.from {
            return self.count(entry.at, id, &entry.fact);
        }
        // Of the time before, only what is on its way.
        if let Fact::Noticed { notice, receiver, page: true, .. } = &entry.fact {
            self.paged(id, notice, receiver);
        }
        if let Fact::Attempted { notice, delivery: Delivery::Delivered { .. } | Delivery::Permanent { .. }, .. }
        | Fact::Superseded { notice } = &entry.fact
        {
            self.pending.remove(notice);
        }
    }

    fn count(&mut self, at: Instant, id: &IncidentId, fact: &Fact) {
        self.count_arrived(fact);
        match fact {
            Fact::Opened { group, .. } => self.opened(at, id, group),
            Fact::Reopened { .. } => {
                self.reopened += 1;
                if let Some(life) = self.lives.get_mut(id) {
                    life.resolved_at = None;
                    let noise = life.alert.as_ref().and_then(|alert| self.alerts.of(alert));
                    noise.into_iter().for_each(|noise| noise.reopened += 1);
                }
            }
            Fact::Alerts { state: AlertState::Firing, examples, .. } => {
                if let Some(first) = examples.first() {
                    self.named(id, first.get("alertname"));
                }
            }
            Fact::PriorityChanged { to, .. } => self.live(id, |life| life.priority = Some(*to)),
            Fact::Acknowledged { .. } => self.live(id, |life| {
                life.acknowledged_at.get_or_insert(at);
            }),
            Fact::Resolved { .. } => self.live(id, |life| life.resolved_at = Some(at)),
            Fact::Unowned => self.live(id, |life| life.unowned = true),
            Fact::Noticed { notice, receiver, page: true, .. } => self.paged(id, notice, receiver),
            Fact::Superseded { notice } => drop(self.pending.remove(notice)),
            Fact::Attempted { notice, delivery, .. } => self.attempted(at, notice, delivery),
            Fact::Faulted { policy, fault, .. } => {
                let name = alloc::format!("{}/{policy}", id.team);
                match self.faults.of(&name) {
                    Some(faults) => {
                        faults.count += 1;
                        faults.last = clipped(&alloc::format!("{fault}"));
                    }
                    None => self.uncounted += 1,
                }
            }
            Fact::Received { .. }
            | Fact::Expired { .. }
            | Fact::Decided { .. }
            | Fact::Unacknowledged { .. }
            | Fact::Snoozed { .. }
            | Fact::Reassigned { .. }
            | Fact::Escalated { .. }
            | Fact::OverrideAdded { .. }
            | Fact::OverrideRemoved { .. }
            | Fact::Reloaded { .. }
            | Fact::Alerts { state: AlertState::Resolved, .. }
            | Fact::Noticed { page: false, .. }
            | Fact::Nobody { .. }
            | Fact::Bundled { .. }
            | Fact::SnoozeEnded
            | Fact::Flapping { .. }
            | Fact::FlappingEnded
            | Fact::Muted { .. }
            | Fact::Unmuted
            | Fact::SilenceSet { .. }
            | Fact::SilenceExpired { .. }
            | Fact::Suppressed { .. }
            | Fact::Released
            | Fact::Closed => {}
        }
    }

    /// The incidents of the period that nobody acknowledged, or that were open at its end: their rows say what came of them
    /// since ([`Tally::incident`]).
    pub fn unsettled(&self) -> Vec<IncidentId> {
        let unsettled = self.lives.iter().filter(|(_, life)| life.resolved_at.is_none());
        unsettled.map(|(id, _)| id.clone()).collect()
    }

    /// An incident as it is now, after every entry was taken: one that is [`Tally::unsettled`], or any that is not resolved.
    pub fn incident(&mut self, incident: &Incident) {
        if self.scope.team.as_ref().is_some_and(|team| *team != incident.id.team) {
            return;
        }
        let acknowledged_at = incident.acknowledged.as_ref().map(|acknowledgement| acknowledgement.at);
        if let Some(life) = self.lives.get_mut(&incident.id) {
            if life.resolved_at.is_none() {
                life.acknowledged_at = life.acknowledged_at.or(acknowledged_at);
                life.resolved_at = incident.resolved_at;
                life.priority = life.priority.or(incident.priority);
                life.unowned |= incident.unowned_since.is_some();
            }
        } else if incident.state != IncidentState::Resolved && incident.first_opened_at < self.scope.from {
            self.carried += 1;
            if acknowledged_at.is_none() {
                self.unattended.push(Unattended {
                    incident: incident.id.clone(),
                    opened_at: incident.first_opened_at,
                    priority: incident.priority,
                    alert: Some(incident.group.get("alertname")).filter(|name| !name.is_empty()).map(Into::into),
                    resolved_at: None,
                });
            }
        }
    }

    fn opened(&mut self, at: Instant, id: &IncidentId, group: &Labels) {
        if self.lives.len() >= Self::INCIDENTS_MAX {
            self.uncounted += 1;
            return;
        }
        let life = Life {
            opened_at: at,
            priority: None,
            acknowledged_at: None,
            resolved_at: None,
            unowned: false,
            alert: None,
        };
        self.lives.insert(id.clone(), life);
        self.named(id, group.get("alertname"));
    }

    /// The first name that an incident has is the one under which it counts.
    fn named(&mut self, id: &IncidentId, alert: &str) {
        if let Some(life) = self.lives.get_mut(id)
            && life.alert.is_none()
            && !alert.is_empty()
        {
            life.alert = Some(alert.into());
            match self.alerts.of(alert) {
                Some(noise) => noise.incidents += 1,
                None => self.uncounted += 1,
            }
        }
    }

    fn live(&mut self, id: &IncidentId, change: impl FnOnce(&mut Life)) {
        if let Some(life) = self.lives.get_mut(id) {
            change(life);
        }
    }

    fn paged(&mut self, id: &IncidentId, notice: &NoticeId, receiver: &Arc<str>) {
        if self.pending.len() >= Self::PAGES_MAX {
            self.uncounted += 1;
            return;
        }
        let alert = self.lives.get(id).and_then(|life| life.alert.clone());
        self.pending.insert(notice.clone(), Page { receiver: receiver.clone(), alert });
    }

    fn attempted(&mut self, at: Instant, notice: &NoticeId, delivery: &Delivery) {
        let (reason, given_up) = match delivery {
            Delivery::Delivered { .. } => {
                let page = self.pending.remove(notice);
                self.arrived = page.map(|page| Arrival { at, notice: notice.clone(), page });
                return;
            }
            Delivery::Retry { reason, .. } => (reason, false),
            Delivery::Permanent { reason } => (reason, true),
        };
        if given_up {
            self.pending.remove(notice);
        }
        let receiver = notice.0.splitn(3, '/').nth(2).unwrap_or(&notice.0);
        match self.failures.of(receiver) {
            Some(failures) => {
                failures.given_up += u32::from(given_up);
                failures.repeated += u32::from(!given_up);
                failures.last = clipped(reason);
            }
            None => self.uncounted += 1,
        }
    }

    /// `next`: the entry after it, which names the leader of the message if there were others in it.
    fn count_arrived(&mut self, next: &Fact) {
        let Some(Arrival { at, notice, page }) = self.arrived.take() else { return };
        let leader = match next {
            Fact::Bundled { notice: bundled, leader, .. } if *bundled == notice => leader,
            _ => &notice,
        };
        // A person's contact is `TEAM/PERSON:KIND`.
        let person = page.receiver.rsplit_once(':').map(|(person, _)| person);
        let name = person.unwrap_or(&page.receiver);
        let opening_and_key = leader.0.rfind(&*page.receiver).and_then(|end| leader.0.get(..end)).unwrap_or(&leader.0);
        let is_message = self.is_first((&*leader.0, name));
        let is_page = self.is_first((opening_and_key, name));
        let zone = self.scope.zones.get(name).unwrap_or(&self.scope.zone);
        let hour = usize::from(zone.to_datetime(at.to_jiff()).hour().unsigned_abs()) % 24;
        let named = if person.is_some() { &mut self.people } else { &mut self.receivers };
        let Some(pages) = named.of(name) else {
            self.uncounted += 1;
            return;
        };
        pages.messages += u32::from(is_message);
        if is_page {
            pages.pages += 1;
            pages.at_night += u32::from(Report::is_night(hour));
            self.hours[hour] += 1;
            let noise = page.alert.as_ref().and_then(|alert| self.alerts.of(alert));
            noise.into_iter().for_each(|noise| noise.pages += 1);
        }
    }

    /// Beyond the limit everything counts.
    fn is_first(&mut self, one: (&str, &str)) -> bool {
        self.had.len() >= Self::PAGES_MAX || self.had.insert(self.hasher.hash_one(one))
    }
}

fn clipped(text: &str) -> Box<str> {
    let kept: String = text.chars().take(Tally::REASON_CHARS_MAX).collect();
    match kept.len() < text.len() {
        true => (kept + "…").into(),
        false => kept.into(),
    }
}
