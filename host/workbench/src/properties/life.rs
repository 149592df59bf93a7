//! A small host that lives an incident through: it asks the policy when something happens or the policy wanted it, sends
//! what is new, and looks at every step whether the properties hold.

use super::{
    Property,
    generate::{Happening, MINUTES, Script, Step},
    incident,
};
use crate::subject::Subject;
use bellwire_cases::elapsed_text;
use bellwire_core::{Decision, Facts, IncidentState, Instant, PluginFault, Priority, Sent, SentOutcome, Span, Target};
use std::{collections::BTreeSet, fmt::Write as _};

const MINUTE: Span = Span::from_secs(60);
/// More evaluations without time passing mean that the policy does not come to rest.
const TURNS_MAX: usize = 50;
/// A policy that wants to be asked more often than this in one life is not followed to the end of it.
const EVALUATIONS_MAX: usize = 2_000;

/// Which property does not hold, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub property: Property,
    pub why: String,
}

pub struct Lived {
    pub outcome: Result<(), Broken>,
    pub evaluations: usize,
    /// It was a P1 at some time.
    pub urgent: bool,
    pub story: String,
}

/// The incident as the script has it; and if nobody acts in it, once more with a host that was down for a while.
pub fn live(subject: &Subject<'_>, script: &Script, within: Span) -> Lived {
    let mut steady = Life::new(subject, script, Some(within));
    let outcome = steady.through();
    let (evaluations, urgent, story) = (steady.evaluations, steady.urgent, steady.story.clone());
    let mut lived = Lived { outcome, evaluations, urgent, story };
    if lived.outcome.is_err() || !script.steps.is_empty() {
        return lived;
    }
    let mut interrupted = Life::new(subject, script, None);
    let (from, to) = (interrupted.minute(script.outage.0), interrupted.minute(script.outage.1));
    interrupted.down = Some((from, to));
    lived.outcome = interrupted.through().and_then(|()| {
        let known = steady.keys();
        let Some(unknown) = interrupted.keys().into_iter().find(|key| !known.contains(key)) else { return Ok(()) };
        let (from, to) = (interrupted.elapsed(from), interrupted.elapsed(to));
        let why =
            format!("a host that was down from {from} to {to} sends {unknown}, which one that was not never sends");
        Err(Broken { property: Property::Restart, why })
    });
    lived.evaluations += interrupted.evaluations;
    if lived.outcome.is_err() {
        // A text takes every line.
        let _ = write!(lived.story, "with a host that was down:\n{}", interrupted.story);
    }
    lived
}

struct Life<'a> {
    subject: &'a Subject<'a>,
    script: &'a Script,
    /// A P1 must page somebody in this time. None: that is not looked at.
    within: Option<Span>,
    /// Nothing is asked in this time, and what is due in it is asked at its end.
    down: Option<(Instant, Instant)>,
    facts: Facts,
    next_check: Option<Instant>,
    evaluations: usize,
    urgent: bool,
    /// It is a P1 since then, open, and nobody was paged.
    unanswered_since: Option<Instant>,
    paged: bool,
    story: String,
}

impl<'a> Life<'a> {
    fn new(subject: &'a Subject<'a>, script: &'a Script, within: Option<Span>) -> Self {
        Self {
            subject,
            script,
            within,
            down: None,
            facts: incident::opened(script, subject.wants()),
            next_check: None,
            evaluations: 0,
            urgent: false,
            unanswered_since: None,
            paged: false,
            story: String::new(),
        }
    }

    fn through(&mut self) -> Result<(), Broken> {
        let end = self.minute(MINUTES).max(self.minute(1).saturating_add(self.within.unwrap_or(Span::ZERO)));
        let mut steps = self.script.steps.iter().peekable();
        self.pass(self.facts.now)?;
        self.settle()?;
        while self.evaluations < EVALUATIONS_MAX {
            let step = steps.peek().map(|step| self.minute(step.minute));
            let due = step.into_iter().chain(self.next_check).min().unwrap_or(end).min(end);
            self.early(due)?;
            self.pass(due)?;
            if due == end {
                return Ok(());
            }
            self.settle()?;
            if let Some(Step { happening, .. }) = steps.next_if(|_| step == Some(due)) {
                self.happen(happening)?;
            }
        }
        Ok(())
    }

    /// Time goes on, over the time in which the host is down.
    fn pass(&mut self, to: Instant) -> Result<(), Broken> {
        let to = match self.down {
            Some((from, until)) if from <= to && to < until => until,
            Some(_) | None => to,
        };
        if let (Some(since), Some(within)) = (self.unanswered_since, self.within)
            && since.saturating_add(within) < to
        {
            let why = format!("a P1 since {}, and nobody is paged within {within}", self.elapsed(since));
            return Err(Broken { property: Property::Reaches, why });
        }
        self.facts.now = to.max(self.facts.now);
        Ok(())
    }

    fn happen(&mut self, happening: &Happening) -> Result<(), Broken> {
        let line = incident::happen(&mut self.facts, happening);
        self.tell(&line);
        if self.facts.incident.state != IncidentState::Open {
            self.unanswered_since = None;
        }
        if *happening != Happening::Acknowledged {
            return self.settle();
        }
        // Informing others of it is well; paging them is not.
        let last = self.facts.now.saturating_add(MINUTE).saturating_sub(Span::from_millis(1));
        for now in [self.facts.now, last] {
            let decision = self.ask(now)?;
            if let Some(news) = decision.and_then(|decision| self.news(&decision).into_iter().find(|news| news.page)) {
                let why =
                    format!("acknowledged at {}, and {news} at {}", self.elapsed(self.facts.now), self.elapsed(now));
                return Err(Broken { property: Property::Acknowledged, why });
            }
        }
        self.settle()
    }

    /// Evaluates and sends until there is nothing new.
    fn settle(&mut self) -> Result<(), Broken> {
        for _ in 0..TURNS_MAX {
            let now = self.facts.now;
            let Some(decision) = self.ask(now)? else { return Ok(()) };
            self.next_check = decision.next_check.filter(|next| *next > now);
            self.facts.incident.priority = Some(decision.priority);
            let news = self.news(&decision);
            for News { key, to, page } in &news {
                self.paged |= page;
                let sent = Sent { key: key.clone(), to: to.clone(), at: now, outcome: SentOutcome::Delivered };
                self.facts.incident.sent.push(sent);
            }
            for one in &news {
                self.tell(&format!("{} {one}", decision.priority));
            }
            self.note_urgency(decision.priority);
            if news.is_empty() {
                return Ok(());
            }
        }
        let why = format!(
            "at {} it still has something new to say after {TURNS_MAX} evaluations",
            self.elapsed(self.facts.now)
        );
        Err(Broken { property: Property::Rests, why })
    }

    fn note_urgency(&mut self, priority: Priority) {
        let urgent = priority == Priority::P1 && self.facts.incident.state == IncidentState::Open;
        self.urgent |= urgent;
        self.unanswered_since = match self.unanswered_since {
            since if urgent && !self.paged => since.or(Some(self.facts.now)),
            Some(_) | None => None,
        };
    }

    /// Between now and what is due next, it has nothing to say: else nobody would ask for that in time.
    fn early(&mut self, due: Instant) -> Result<(), Broken> {
        let between = self.facts.now.saturating_add(Span::from_millis(due.since(self.facts.now).as_millis() / 2));
        let Some(decision) = self.ask(between)? else { return Ok(()) };
        let Some(news) = self.news(&decision).into_iter().next() else { return Ok(()) };
        let wanted = match self.next_check {
            Some(next) => format!("wanted to be asked at {}", self.elapsed(next)),
            None => "did not want to be asked again".into(),
        };
        let why =
            format!("at {} it {wanted}, but asked at {} {news}", self.elapsed(self.facts.now), self.elapsed(between));
        Err(Broken { property: Property::Early, why })
    }

    /// Asks twice. None: the policy says that it does not apply, which sends the incident to the fallback.
    fn ask(&mut self, now: Instant) -> Result<Option<Decision>, Broken> {
        let mut facts = self.facts.clone();
        facts.now = now;
        incident::look_at_windows(&mut facts, self.script);
        let (once, again) = (self.subject.evaluate(&facts), self.subject.evaluate(&facts));
        self.evaluations += 1;
        if (&once.result, once.fuel) != (&again.result, again.fuel) {
            let why = format!("asked twice with the same facts at {}: {:?} and {:?}", self.elapsed(now), once, again);
            return Err(Broken { property: Property::Deterministic, why });
        }
        match once.result {
            Ok(decision) => Ok(Some(decision)),
            Err(PluginFault::NotApplicable(_)) => Ok(None),
            Err(fault) => {
                Err(Broken { property: Property::Sensible, why: format!("at {}: {fault}", self.elapsed(now)) })
            }
        }
    }

    /// What of a decision was not sent yet.
    fn news(&self, decision: &Decision) -> Vec<News> {
        let sent = &self.facts.incident.sent;
        let is_new = |key: &str, to: &Target| !sent.iter().any(|sent| sent.key == key && sent.to == *to);
        let mut news = Vec::new();
        for notice in &decision.notices {
            let new = notice.to.iter().filter(|to| is_new(&notice.key, to));
            news.extend(new.map(|to| News { key: notice.key.clone(), to: to.clone(), page: notice.page }));
        }
        news
    }

    fn keys(&self) -> BTreeSet<String> {
        self.facts.incident.sent.iter().map(|sent| format!("{} to {}", sent.key, sent.to)).collect()
    }

    fn minute(&self, minute: u64) -> Instant {
        self.facts.incident.opened_at.saturating_add(MINUTE.saturating_mul(minute))
    }

    fn elapsed(&self, at: Instant) -> String {
        format!("+{}", elapsed_text(at.since(self.facts.incident.opened_at).as_millis()))
    }

    fn tell(&mut self, what: &str) {
        let elapsed = self.elapsed(self.facts.now);
        // A text takes every line.
        let _ = writeln!(self.story, "{elapsed} {what}");
    }
}

struct News {
    key: String,
    to: Target,
    page: bool,
}

impl std::fmt::Display for News {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verb = if self.page { "pages" } else { "tells" };
        write!(formatter, "it {verb} {} ({})", self.to, self.key)
    }
}
