//! The loop: turns of random events, answers that come late or never, crashes, and a clock that only this moves.

use crate::{
    policy, quiet,
    random::Random,
    store::Rows,
    truth::{Fate, Truth},
    world,
};
use bellwire_core::{
    AlertInput, Answer, Delivery, Effects, Ends, Engine, Entry, EvaluateRequest, Event, Instant, Labels, Message,
    Snapshot, Span, Tables, Verdict,
};
use std::sync::Arc;

pub const START: Instant = Instant::from_millis(1_795_230_720_000);

/// One committed turn, as a journal has it.
pub struct Turn {
    pub now: Instant,
    pub entries: Vec<Entry>,
    pub reloaded: Vec<Arc<Tables>>,
}

/// What a policy or a sender will say, and when.
struct Underway {
    at: Instant,
    answer: Pending,
}

enum Pending {
    Decision(Box<EvaluateRequest>),
    Attempt { message: Box<Message>, delivery: Delivery },
}

/// A second engine, loaded from the rows of the first, that is given the same.
enum Twin {
    Never,
    Wanted,
    Beside(Box<Engine>),
}

/// How bad this run's world is, in percent.
struct Weather {
    crash: u64,
    fault: u64,
    unanswered: u64,
    refuse: u64,
    retry: u64,
    lose: u64,
    slow: u64,
}

pub struct Simulation {
    pub random: Random,
    pub engine: Engine,
    pub tables: Arc<Tables>,
    pub first_tables: Arc<Tables>,
    pub now: Instant,
    pub rows: Rows,
    pub turns: Vec<Turn>,
    pub truth: Truth,
    pub crashes: u32,
    /// Everything that came out, to be compared with another run.
    pub trace: Option<String>,
    /// Turns in which the twin did the same.
    pub compared: usize,
    twin: Twin,
    underway: Vec<Underway>,
    weather: Weather,
}

impl Simulation {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let tables = Arc::new(world::tables(&mut random, 1));
        let weather = Weather {
            crash: random.pick(&[0, 4, 10]),
            fault: random.pick(&[0, 10, 50]),
            unanswered: random.pick(&[0, 0, 10]),
            refuse: random.pick(&[0, 10, 40]),
            retry: random.pick(&[0, 20, 60]),
            lose: random.pick(&[0, 20]),
            slow: random.pick(&[0, 30, 80]),
        };
        Self {
            engine: Engine::load(tables.clone(), Snapshot::default(), START),
            random,
            first_tables: tables.clone(),
            now: START,
            rows: Rows::default(),
            turns: Vec::new(),
            truth: Truth::new(tables.limits.resolve_timeout),
            tables,
            crashes: 0,
            trace: None,
            compared: 0,
            twin: Twin::Never,
            underway: Vec::new(),
            weather,
        }
    }

    pub fn no_crashes(&mut self) {
        self.weather.crash = 0;
    }

    /// Without the grace that a restart gives to senders, without windows of storms, which end a little later after a restart,
    /// and without answers that never come.
    pub fn with_twin(&mut self) {
        self.tables = Arc::new(world::without_memory(&self.tables));
        self.engine = Engine::load(self.tables.clone(), Snapshot::default(), START);
        self.truth.no_grace();
        self.twin = Twin::Wanted;
        self.weather.unanswered = 0;
    }

    /// The random part of the story.
    pub fn storm(&mut self) -> Result<(), String> {
        for _ in 0..8 + self.random.below(24) {
            match self.random.below(10) {
                0..=4 => {
                    let events = (0..=self.random.below(3)).map(|_| self.random_event()).collect();
                    self.turn(events)?;
                }
                5 | 6 => self.advance_to_next()?,
                7 | 8 => {
                    let seconds = self.random.pick(&[0, 1, 20, 45, 90, 300, 4_000]);
                    self.advance(Span::from_secs(seconds))?;
                }
                _ => self.turn(vec![])?,
            }
            if self.random.percent(self.weather.crash) {
                self.restart()?;
            }
            self.twin_if_wanted()?;
        }
        Ok(())
    }

    /// From here every policy and every sender works at once, and time runs on for so long.
    pub fn calm(&mut self, span: Span) -> Result<(), String> {
        self.weather = Weather { crash: 0, fault: 0, unanswered: 0, refuse: 0, retry: 0, lose: 0, slow: 0 };
        let until = self.now.saturating_add(span);
        for _ in 0..5_000 {
            let next = self.next_instant().filter(|at| *at <= until);
            self.now = self.now.max(next.unwrap_or(until));
            self.answers_and_turn(vec![])?;
            if next.is_none() {
                return Ok(());
            }
        }
        Err(format!("no rest after 5,000 turns; next deadline {:?}, now {:?}", self.engine.next_deadline(), self.now))
    }

    pub fn resolve_everything(&mut self) -> Result<(), String> {
        let ends = Ends::Resolved(self.now);
        let labels = self.rows.alerts.values().map(|alert| alert.labels.clone());
        let alerts = labels.map(|labels| input(labels, "", None, ends)).collect();
        self.turn(vec![Event::Received(alerts)])
    }

    pub fn has_twin(&self) -> bool {
        !matches!(self.twin, Twin::Never)
    }

    pub fn is_quiet(&self) -> bool {
        self.underway.is_empty()
    }

    pub fn twin_if_wanted(&mut self) -> Result<(), String> {
        if !matches!(self.twin, Twin::Wanted) || !self.underway.is_empty() {
            return Ok(());
        }
        let mut held = Effects::default();
        self.engine.rows(&mut held);
        let mut rows = self.rows.clone();
        rows.commit(&held.writes);
        let mut twin = Engine::load(self.tables.clone(), rows.snapshot(self.now), self.now);
        let mut effects = Effects::default();
        twin.settle(self.now, &mut effects);
        self.twin = Twin::Beside(Box::new(twin));
        match text(&effects).as_str() {
            "[] [] [] []" => Ok(()),
            text => Err(format!("a restart while nothing was due did {text}")),
        }
    }

    fn next_instant(&self) -> Option<Instant> {
        self.underway.iter().map(|underway| underway.at).chain(self.engine.next_deadline()).min()
    }

    fn advance_to_next(&mut self) -> Result<(), String> {
        self.now = self.now.max(self.next_instant().unwrap_or(self.now));
        self.answers_and_turn(vec![])
    }

    fn advance(&mut self, span: Span) -> Result<(), String> {
        let until = self.now.saturating_add(span);
        // Of many ends in one late turn a twin has another order: it does not know which heartbeats moved them.
        while self.has_twin()
            && let Some(at) = self.next_instant().filter(|at| *at < until)
        {
            self.now = self.now.max(at);
            self.answers_and_turn(vec![])?;
        }
        self.now = until;
        self.answers_and_turn(vec![])
    }

    /// A turn with those answers that are due, in an order that is not theirs.
    fn answers_and_turn(&mut self, mut events: Vec<Event>) -> Result<(), String> {
        let mut answers = 0;
        while let Some(due) = self.random_due() {
            answers += 1;
            if answers > 1_000 {
                return Err(format!("1,000 answers at {} and still no rest", self.now));
            }
            let answered = match self.underway.swap_remove(due).answer {
                Pending::Attempt { message, delivery } => {
                    self.truth.answered(&message.notice);
                    Event::Delivered { notice: message.notice, delivery }
                }
                Pending::Decision(request) => self.decided(&request),
            };
            events.push(answered);
            // Most turns have one; some have several.
            if self.random.percent(60) {
                self.turn(core::mem::take(&mut events))?;
            }
        }
        self.turn(events)
    }

    fn random_due(&mut self) -> Option<usize> {
        let due: Vec<usize> = (0..self.underway.len()).filter(|index| self.underway[*index].at <= self.now).collect();
        (!due.is_empty()).then(|| due[self.random.index(due.len())])
    }

    fn decided(&mut self, request: &EvaluateRequest) -> Event {
        let decision = policy::decide(request);
        let fails = self.random.percent(self.weather.fault);
        let result = if fails { policy::fault(self.random.below(4), decision) } else { Ok(decision) };
        let verdict = Verdict { policy_hash: "h".into(), fuel: 1, result };
        Event::Decided { incident: request.incident.clone(), revision: request.revision, verdict }
    }

    /// One turn: steps, a settle, a commit, and what it sends out; or a crash in between.
    fn turn(&mut self, events: Vec<Event>) -> Result<(), String> {
        let mut effects = Effects::default();
        let mut accepted = Vec::new();
        let mut reloaded = Vec::new();
        let again: Vec<Event> = events.to_vec();
        for event in events {
            if let Event::Reloaded(tables) = &event {
                reloaded.push(tables.clone());
            }
            let alerts = match &event {
                Event::Received(alerts) => alerts.clone(),
                _ => vec![],
            };
            let asked = event.clone();
            let answer = self.engine.step(self.now, event, &mut effects);
            if again.len() == 1 {
                self.truth.check_answer(self.now, &asked, &answer, &self.rows)?;
            }
            if let Answer::Received { refused, .. } = answer {
                let refused = |index: &usize| refused.iter().any(|refused| refused.index == *index);
                accepted.extend(alerts.into_iter().enumerate().filter(|(i, _)| !refused(i)).map(|(_, alert)| alert));
            }
        }
        self.engine.settle(self.now, &mut effects);
        if let Twin::Beside(twin) = &mut self.twin {
            let mut twins = Effects::default();
            for event in again {
                twin.step(self.now, event, &mut twins);
            }
            twin.settle(self.now, &mut twins);
            self.compared += 1;
            if text(&twins) != text(&effects) {
                return Err(format!("the twin did\n{}\nand not\n{}", text(&twins), text(&effects)));
            }
        }
        if let Some(trace) = &mut self.trace {
            trace.push_str(&format!("{} {}\n", self.now, text(&effects)));
        }
        if self.engine.next_deadline().is_some_and(|next| next <= self.now) {
            return Err(format!("a deadline that stays: {:?} at {:?}", self.engine.next_deadline(), self.now));
        }
        if self.random.percent(self.weather.crash / 4) {
            return self.restart(); // The turn is lost, and nobody was told that it was taken.
        }
        self.rows.commit(&effects.writes);
        self.truth.accepted(self.now, &accepted);
        self.truth.journaled(&effects.journal, &self.rows)?;
        self.turns.push(Turn { now: self.now, entries: core::mem::take(&mut effects.journal), reloaded });
        if self.random.percent(self.weather.crash / 4) {
            return self.restart(); // It is kept, and nothing has gone out.
        }
        for request in effects.evaluate {
            self.truth.asked(&request.incident);
            self.ask(request);
        }
        for message in effects.send {
            self.send(message)?;
        }
        self.truth.check(self.now, &self.rows)?;
        quiet::check(self.now, &self.rows, &self.tables)?;
        self.truth.check_outbox(self.now, &self.rows)?;
        self.truth.check_owned(self.now, &self.rows, &self.tables)?;
        match self.turns.len() % 16 {
            0 => self.rows.agree_with(&self.engine),
            _ => Ok(()),
        }
    }

    fn ask(&mut self, request: EvaluateRequest) {
        if self.random.percent(self.weather.unanswered) {
            return;
        }
        let at = self.now.saturating_add(self.delay());
        self.underway.push(Underway { at, answer: Pending::Decision(Box::new(request)) });
    }

    fn send(&mut self, message: Message) -> Result<(), String> {
        let weather = &self.weather;
        let is_last = &*message.receiver == world::LAST;
        let (refuse, retry, lose) = match (is_last, message.attempt) {
            (false, _) => (weather.refuse, weather.retry, weather.lose),
            (true, 1) => (0, weather.retry, weather.lose),
            (true, _) => (0, 0, 0),
        };
        let retry_after = self.random.percent(20).then_some(Span::from_secs(20));
        let (fate, delivery) = match self.random.below(100) {
            roll if roll < refuse => (Fate::Refused, Delivery::Permanent { reason: "refused".into() }),
            roll if roll < refuse + lose => {
                (Fate::Arrives, Delivery::Retry { after: None, reason: "timed out".into() })
            }
            roll if roll < (refuse + lose + retry).min(100) => {
                (Fate::Lost, Delivery::Retry { after: retry_after, reason: "503".into() })
            }
            _ => (Fate::Arrives, Delivery::Delivered { receipt: Some("r".into()) }),
        };
        self.truth.sent(self.now, &message, fate, &self.rows)?;
        let at = self.now.saturating_add(self.delay());
        self.underway.push(Underway { at, answer: Pending::Attempt { message: Box::new(message), delivery } });
        Ok(())
    }

    fn delay(&mut self) -> Span {
        match self.random.percent(self.weather.slow) {
            true => Span::from_secs(self.random.pick(&[1, 5, 30])),
            false => Span::ZERO,
        }
    }

    /// Killed, and started again on what is stored; whatever was under way has or has not happened.
    fn restart(&mut self) -> Result<(), String> {
        self.crashes += 1;
        if self.has_twin() {
            self.twin = Twin::Wanted;
        }
        self.underway.clear();
        self.truth.crashed(self.now);
        self.engine = Engine::load(self.tables.clone(), self.rows.snapshot(self.now), self.now);
        let weather = core::mem::replace(&mut self.weather.crash, 0);
        let result = self.turn(vec![]);
        self.weather.crash = weather;
        result
    }
}

fn text(Effects { writes, journal, evaluate, send }: &Effects) -> String {
    format!("{writes:?} {journal:?} {evaluate:?} {send:?}")
}

pub fn input(labels: Labels, value: &str, starts_at: Option<Instant>, ends: Ends) -> AlertInput {
    let annotations = Labels::from_pairs([("value", value)]);
    AlertInput { labels, annotations, starts_at, ends, generator_url: "".into() }
}
