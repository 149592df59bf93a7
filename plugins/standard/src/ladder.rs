//! Ladders: which steps are due by now, and when to look again.
//!
//! Nothing is remembered: how far an incident has climbed is read from the keys that were sent. Step 1 counts from when
//! the incident opened; each later step counts from when the one before it was sent, or from when the incident was handed
//! to somebody. So a rise in priority, a window that opens, an acknowledgement that ran out or was taken back, or an
//! outage never makes several steps fire at once.

use crate::settings::{Ladder, Step};
use bellwire_policy::{Facts, Incident, IncidentState, Instant, Notice, Priority, Sent, Span, Window};
use std::cmp::Ordering;

/// Whom an incident was handed to has so long before the next step, where the ladder itself leaves no time.
const HANDED_OVER_MIN: Span = Span::minutes(5);

pub struct Climb {
    pub notices: Vec<Notice>,
    pub next_check: Option<Instant>,
    /// The second half of the decision's sentence.
    pub progress: String,
}

/// The step of one round: they are numbered through, the rounds one after another.
#[derive(Clone, Copy)]
struct Rung {
    number: usize,
}

/// How a rung that was sent fared.
#[derive(Clone, Copy)]
struct Fate {
    at: Instant,
    /// It reached nobody, at none of its targets.
    lost: bool,
}

/// May further steps run, and from when on?
enum Pace {
    From(Instant),
    Paused { until: Option<Instant>, why: String },
}

pub fn climb(priority: Priority, ladder: &Ladder, facts: &Facts) -> Climb {
    let fates = fates(priority, ladder, &facts.incident);
    let sent = fates.iter().enumerate().filter(|(_, fate)| fate.is_some());
    let mut climb = Climb {
        notices: sent.map(|(number, _)| Rung { number }.notice(priority, ladder)).collect(),
        next_check: None,
        progress: String::new(),
    };
    match pace(priority, ladder, facts) {
        Pace::From(resumed_at) => {
            let (asked_at, handed_at) = (unanswered(&facts.incident), handed_at(&facts.incident));
            climb.climb_on(priority, ladder, facts, Start { resumed_at, asked_at, handed_at, fates: &fates });
        }
        Pace::Paused { until, why } => {
            climb.next_check = until;
            climb.progress = why;
        }
    }
    climb
}

/// Where climbing goes on.
struct Start<'a> {
    /// No further step is due before this.
    resumed_at: Instant,
    /// Somebody asked for the next step: it is due, whatever the delays and the windows say.
    asked_at: Option<Instant>,
    /// Somebody was handed the incident.
    handed_at: Option<Instant>,
    fates: &'a [Option<Fate>],
}

impl Climb {
    fn climb_on(&mut self, priority: Priority, ladder: &Ladder, facts: &Facts, start: Start<'_>) {
        let (now, opened_at) = (facts.now, facts.incident.opened_at);
        let last = start.fates.last().copied().flatten();
        let mut previous = last.map(|fate| (Rung { number: start.fates.len() - 1 }, fate));
        let mut next = Rung { number: start.fates.len() };
        let mut asked_at = start.asked_at;
        while next.number < ladder.steps.len() * ladder.rounds() {
            let asked = asked_at.take().filter(|at| !next.begins_round_after(*at, ladder, previous));
            let due = next.due(ladder, previous, start.handed_at, opened_at).max(start.resumed_at);
            let due = asked.unwrap_or(due);
            if due > now {
                self.wait(due, format!("next at +{}", rounded(due, opened_at)));
                break;
            }
            if let Some((why, ends_at)) = held(priority, ladder, facts).filter(|_| asked.is_none()) {
                self.wait(ends_at, format!("{why} at +{}", rounded(ends_at, opened_at)));
                break;
            }
            self.notices.push(next.notice(priority, ladder));
            previous = Some((next, Fate { at: now, lost: false }));
            next.number += 1;
        }
        if next.number == start.fates.len() {
            self.remind_after_acknowledgement(priority, ladder, &facts.incident, last);
        }
        let waits_for = match (self.progress.is_empty(), asked_at) {
            (false, _) => self.progress.clone(),
            (true, None) => "which is the last".into(),
            (true, Some(_)) => "which is the last; somebody asked for the next one, and there is none".into(),
        };
        self.progress = match previous {
            Some((rung, _)) => format!("{}, {waits_for}", rung.name(ladder)),
            None => format!("no step of {} yet, {waits_for}", ladder.steps.len()),
        };
    }

    fn wait(&mut self, until: Instant, progress: String) {
        self.next_check = Some(until);
        self.progress = progress;
    }

    /// An acknowledgement ran out, and there was no step left when it came: then the last step's targets hear again, once.
    fn remind_after_acknowledgement(
        &mut self,
        priority: Priority,
        ladder: &Ladder,
        incident: &Incident,
        last: Option<Fate>,
    ) {
        if let (IncidentState::Acknowledged, Some(acknowledged)) = (incident.state, &incident.acknowledged)
            && self.next_check.is_none()
            && last.is_some_and(|fate| fate.at <= acknowledged.at)
            && let Some(step) = ladder.steps.last()
        {
            let key = format!("{}-ack-timeout-{}", prefix(priority), acknowledged.at / 1000);
            self.notices.push(notice(key, step, priority));
        }
    }
}

/// Acknowledged, snoozed and resolved incidents take no further step.
fn pace(priority: Priority, ladder: &Ladder, facts: &Facts) -> Pace {
    let incident = &facts.incident;
    match (incident.state, &incident.acknowledged) {
        (IncidentState::Open, _) | (IncidentState::Acknowledged, None) => Pace::From(incident.opened_at),
        (IncidentState::Resolved, _) => Pace::Paused { until: None, why: "resolved".into() },
        (IncidentState::Snoozed, _) => Pace::Paused { until: incident.snoozed_until, why: "snoozed".into() },
        (IncidentState::Acknowledged, Some(acknowledged)) => {
            let by = &acknowledged.by;
            let timeout = ladder.ack_timeout(priority).map(|span| acknowledged.at + span.as_milliseconds());
            match timeout.map(|at| (at, at.cmp(&facts.now))) {
                Some((at, Ordering::Less | Ordering::Equal)) => Pace::From(at),
                Some((at, Ordering::Greater)) => {
                    let why = format!("acknowledged by {by}, climbs on at +{}", rounded(at, incident.opened_at));
                    Pace::Paused { until: Some(at), why }
                }
                None => Pace::Paused { until: None, why: format!("acknowledged by {by}") },
            }
        }
    }
}

/// The window that holds the steps back now, and when that is over. One that does not exist or never changes holds nothing.
fn held(priority: Priority, ladder: &Ladder, facts: &Facts) -> Option<(String, Instant)> {
    let window = |name: Option<&str>| facts.window(name?).map(|window| (window, window.changes_at));
    if let Some((Window { name, inside: false, .. }, Some(opens_at))) = window(ladder.window(priority)) {
        return Some((format!("held until {name}"), opens_at));
    }
    match window(ladder.quiet.as_deref()) {
        Some((Window { name, inside: true, .. }, Some(ends_at))) => {
            Some((format!("held until {name} is over"), ends_at))
        }
        _ => None,
    }
}

/// When somebody asked for the next step, if no step has reached anybody since.
fn unanswered(incident: &Incident) -> Option<Instant> {
    let at = incident.escalated_at()?;
    let answers = |sent: &Sent| sent.at >= at && !sent.was_lost() && !sent.is_reassignment();
    (!incident.sent.iter().any(answers)).then_some(at)
}

/// When the incident was handed to somebody last. What reached nobody handed it to nobody.
fn handed_at(incident: &Incident) -> Option<Instant> {
    let handed = incident.sent.iter().filter(|sent| sent.is_reassignment() && !sent.was_lost());
    handed.map(|sent| sent.at).max()
}

/// Of each rung up to the last that was sent; None for one that was passed over.
fn fates(priority: Priority, ladder: &Ladder, incident: &Incident) -> Vec<Option<Fate>> {
    let mut fates: Vec<Option<Fate>> = Vec::new();
    for sent in &incident.sent {
        let Some(Rung { number }) = Rung::of_key(&sent.key, priority, ladder) else { continue };
        if fates.len() <= number {
            fates.resize(number + 1, None);
        }
        let lost = sent.was_lost();
        fates[number] = Some(match fates[number] {
            None => Fate { at: sent.at, lost },
            Some(fate) => Fate { at: fate.at.min(sent.at), lost: fate.lost && lost },
        });
    }
    fates
}

impl Rung {
    fn step(self, ladder: &Ladder) -> &Step {
        &ladder.steps[self.number % ladder.steps.len()]
    }

    fn round(self, ladder: &Ladder) -> usize {
        self.number / ladder.steps.len() + 1
    }

    /// When it is due, given the one before it.
    fn due(
        self,
        ladder: &Ladder,
        previous: Option<(Rung, Fate)>,
        handed_at: Option<Instant>,
        opened_at: Instant,
    ) -> Instant {
        let delay = self.delay(ladder, previous.map(|(rung, _)| rung));
        let handed_at = handed_at.filter(|at| previous.is_none_or(|(_, fate)| fate.at <= *at));
        match (handed_at, previous) {
            (Some(at), _) if delay == Span::ZERO => at + HANDED_OVER_MIN.as_milliseconds(),
            (Some(at), _) => at + delay.as_milliseconds(),
            (None, None) => opened_at + delay.as_milliseconds(),
            (None, Some((rung, fate))) if fate.lost && rung.round(ladder) == self.round(ladder) => fate.at,
            (None, Some((_, fate))) => fate.at + delay.as_milliseconds(),
        }
    }

    /// From the one before it, or from the opening.
    fn delay(self, ladder: &Ladder, previous: Option<Rung>) -> Span {
        let after = self.step(ladder).after.as_milliseconds();
        match (previous, &ladder.repeat) {
            (None, _) => Span::from_milliseconds(after),
            (Some(rung), Some(repeat)) if rung.round(ladder) < self.round(ladder) => repeat.every,
            (Some(rung), _) => Span::from_milliseconds(after.saturating_sub(rung.step(ladder).after.as_milliseconds())),
        }
    }

    /// Is it the first of a round, and the round before it ended at or after `asked_at`? Then what was asked for has been
    /// tried to the end, and the next round waits as ever.
    fn begins_round_after(self, asked_at: Instant, ladder: &Ladder, previous: Option<(Rung, Fate)>) -> bool {
        previous.is_some_and(|(rung, fate)| fate.at >= asked_at && rung.round(ladder) < self.round(ladder))
    }

    fn notice(self, priority: Priority, ladder: &Ladder) -> Notice {
        let step = self.number % ladder.steps.len() + 1;
        let prefix = prefix(priority);
        let key = match self.round(ladder) {
            1 => format!("{prefix}-step-{step}"),
            round => format!("{prefix}-step-{step}-again-{round}"),
        };
        notice(key, self.step(ladder), priority)
    }

    /// The reverse of the keys that `notice` makes; None for the keys of others.
    fn of_key(key: &str, priority: Priority, ladder: &Ladder) -> Option<Self> {
        let rest = key.strip_prefix(prefix(priority))?.strip_prefix("-step-")?;
        let (step, round) = rest.split_once("-again-").unwrap_or((rest, "1"));
        let (step, round) = (step.parse::<usize>().ok()?.checked_sub(1)?, round.parse::<usize>().ok()?.checked_sub(1)?);
        let exists = step < ladder.steps.len() && round < ladder.rounds();
        exists.then(|| Self { number: round * ladder.steps.len() + step })
    }

    /// `step 2 of 4`, `step 1 of 4 again (round 2 of 3)`.
    fn name(self, ladder: &Ladder) -> String {
        let steps = ladder.steps.len();
        let step = self.number % steps + 1;
        match self.round(ladder) {
            1 => format!("step {step} of {steps}"),
            round => format!("step {step} of {steps} again (round {round} of {})", ladder.rounds()),
        }
    }
}

fn notice(key: String, step: &Step, priority: Priority) -> Notice {
    Notice { key, to: step.to.clone(), page: step.pages(priority), text: None, ext: Vec::new() }
}

fn prefix(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "p1",
        Priority::P2 => "p2",
        Priority::P3 => "p3",
        Priority::P4 => "p4",
    }
}

/// Time since the incident opened, to the second, and beyond some minutes to the minute.
fn rounded(instant: Instant, opened_at: Instant) -> Span {
    const MINUTE: u64 = 60_000;
    let elapsed = instant.saturating_sub(opened_at);
    let unit = if elapsed < 3 * MINUTE { 1000 } else { MINUTE };
    Span::from_milliseconds((elapsed + unit / 2) / unit * unit)
}
