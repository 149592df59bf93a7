//! A report's figures, and how they come of what was counted. Pure.

use super::{Life, Tally};
use crate::{Fact, IncidentId, Instant, Priority, Span};
use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};

/// What happened from `from` to `until`, and what has come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub from: Instant,
    pub until: Instant,
    /// None: every team.
    pub team: Option<Arc<str>>,
    /// The most urgent first; only those that some incident had.
    pub priorities: Vec<PriorityFigures>,
    pub total: Figures,
    /// How often incidents re-opened.
    pub reopened: u32,
    /// Incidents from before that are open still.
    pub carried: u32,
    /// Pages by hour of the day.
    pub hours: [u32; 24],
    /// By `TEAM/PERSON`, the most paged first.
    pub people: Vec<(Arc<str>, Pages)>,
    /// By full name: those that are no person's contact. The most paged first.
    pub receivers: Vec<(Arc<str>, Pages)>,
    /// By `alertname`, the noisiest first.
    pub alerts: Vec<(Arc<str>, AlertNoise)>,
    /// The most urgent first, then the oldest: those that nobody has taken, and those for which the policy came to its end.
    pub unattended: Vec<Unattended>,
    /// By receiver, the most given up first.
    pub failures: Vec<(Arc<str>, DeliveryFailures)>,
    /// By `TEAM/POLICY`, the most first.
    pub faults: Vec<(Arc<str>, PolicyFaults)>,
    /// What was too much to count; 0 unless the period is enormous.
    pub uncounted: u64,
}

/// Of incidents that opened in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub opened: u32,
    pub acknowledged: u32,
    pub resolved: u32,
    pub still_open: u32,
    /// Resolved without anybody having acknowledged.
    pub never_acknowledged: u32,
    /// The policy came to its end and nobody had acknowledged.
    pub unowned: u32,
    /// From opening to the first acknowledgement, of those that were acknowledged.
    pub to_acknowledge: Option<Times>,
    /// From opening to the last resolution, of those that are resolved.
    pub to_resolve: Option<Times>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityFigures {
    /// None: no policy had decided.
    pub priority: Option<Priority>,
    pub figures: Figures,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub mean: Span,
    pub median: Span,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// The same page on two contacts of a person is one.
    pub pages: u32,
    /// Of these, from 22 to 7 o'clock where the person is.
    pub at_night: u32,
    pub messages: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertNoise {
    pub incidents: u32,
    pub reopened: u32,
    pub pages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unattended {
    pub incident: IncidentId,
    pub opened_at: Instant,
    pub priority: Option<Priority>,
    pub alert: Option<Arc<str>>,
    /// None: it is open.
    pub resolved_at: Option<Instant>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFailures {
    /// Notices that this receiver was never given.
    pub given_up: u32,
    /// Attempts that failed and were made again.
    pub repeated: u32,
    /// The last reason.
    pub last: Box<str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFaults {
    pub count: u32,
    pub last: Box<str>,
}

impl Report {
    /// Is somebody who is woken in this hour of the day woken at night?
    pub const fn is_night(hour: usize) -> bool {
        hour >= 22 || hour < 7
    }

    /// Nothing opened, nobody was paged and nothing failed.
    pub fn is_quiet(&self) -> bool {
        self.total.opened == 0
            && self.carried == 0
            && self.people.is_empty()
            && self.receivers.is_empty()
            && self.failures.is_empty()
            && self.faults.is_empty()
    }
}

/// The figures of some incidents as they are gathered.
#[derive(Default)]
struct Gathered {
    figures: Figures,
    to_acknowledge: Vec<Span>,
    to_resolve: Vec<Span>,
}

impl Gathered {
    fn add(&mut self, life: &Life) {
        let figures = &mut self.figures;
        figures.opened += 1;
        figures.unowned += u32::from(life.unowned);
        if let Some(at) = life.acknowledged_at {
            figures.acknowledged += 1;
            self.to_acknowledge.push(at.since(life.opened_at));
        }
        match life.resolved_at {
            Some(at) => {
                figures.resolved += 1;
                figures.never_acknowledged += u32::from(life.acknowledged_at.is_none());
                self.to_resolve.push(at.since(life.opened_at));
            }
            None => figures.still_open += 1,
        }
    }

    fn finish(self) -> Figures {
        let (to_acknowledge, to_resolve) = (Times::of(self.to_acknowledge), Times::of(self.to_resolve));
        Figures { to_acknowledge, to_resolve, ..self.figures }
    }
}

impl Times {
    fn of(mut spans: Vec<Span>) -> Option<Self> {
        spans.sort_unstable();
        let count = u64::try_from(spans.len()).ok().filter(|count| *count > 0)?;
        let sum = spans.iter().fold(0_u64, |sum, span| sum.saturating_add(span.as_millis()));
        let (lower, upper) = (spans[(spans.len() - 1) / 2], spans[spans.len() / 2]);
        let median = Span::from_millis(lower.as_millis() + (upper.as_millis() - lower.as_millis()) / 2);
        Some(Self { mean: Span::from_millis(sum / count), median })
    }
}

impl Tally {
    pub fn finish(mut self) -> Report {
        // Nothing comes after it.
        self.count_arrived(&Fact::Closed);
        let Self { scope, lives, hours, reopened, carried, mut unattended, uncounted, .. } = self;
        let mut total = Gathered::default();
        // None, which is less than any, comes last.
        let mut by_priority: BTreeMap<(bool, Option<Priority>), Gathered> = BTreeMap::new();
        for (id, life) in &lives {
            total.add(life);
            by_priority.entry((life.priority.is_none(), life.priority)).or_default().add(life);
            let is_waiting = life.resolved_at.is_none() && life.acknowledged_at.is_none();
            if is_waiting || (life.unowned && life.acknowledged_at.is_none()) {
                unattended.push(Unattended {
                    incident: id.clone(),
                    opened_at: life.opened_at,
                    priority: life.priority,
                    alert: life.alert.clone(),
                    resolved_at: life.resolved_at,
                });
            }
        }
        unattended.sort_by(|left, right| {
            let key = |one: &Unattended| (one.priority.is_none(), one.priority, one.opened_at);
            key(left).cmp(&key(right)).then_with(|| left.incident.cmp(&right.incident))
        });
        let priorities = by_priority.into_iter();
        Report {
            from: scope.from,
            until: scope.until,
            team: scope.team,
            priorities: priorities
                .map(|((_, priority), gathered)| PriorityFigures { priority, figures: gathered.finish() })
                .collect(),
            total: total.finish(),
            reopened,
            carried,
            hours,
            people: most(self.people.0, |pages| (pages.pages, pages.at_night)),
            receivers: most(self.receivers.0, |pages| (pages.pages, pages.at_night)),
            alerts: most(self.alerts.0, |noise| (noise.pages, noise.incidents + noise.reopened)),
            unattended,
            failures: most(self.failures.0, |failures| (failures.given_up, failures.repeated)),
            faults: most(self.faults.0, |faults| (faults.count, 0)),
            uncounted,
        }
    }
}

/// The largest first, and by name among equals.
fn most<T>(named: BTreeMap<Arc<str>, T>, size: impl Fn(&T) -> (u32, u32)) -> Vec<(Arc<str>, T)> {
    let mut sorted: Vec<_> = named.into_iter().collect();
    sorted.sort_by_key(|(_, figures)| core::cmp::Reverse(size(figures)));
    sorted
}
