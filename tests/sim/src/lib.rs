//! The seeded simulator: the engine under random tables, events, faults, crashes and clocks, and what must hold whatever
//! happens. It may see `core` only; the store is a map, a policy is a function, and time is a number.
//!
//! A seed is a whole story. One that fails says so with the command that plays it again.

mod duty;
mod events;
mod outbox;
mod policy;
mod quiet;
mod random;
mod replay;
mod simulation;
mod store;
mod truth;
mod world;

use bellwire_core::{Delivery, EvaluateRequest, Event, Fact, Message, Span, Tables, Verdict};
use simulation::Simulation;

/// What a run came to, to show that it was about something.
#[derive(Default, Debug)]
pub struct Summary {
    pub turns: usize,
    pub incidents: usize,
    pub notices: usize,
    pub crashes: u32,
    /// How often an incident was, by silences or by other alerts.
    pub held_back: usize,
}

impl Summary {
    pub fn add(&mut self, other: &Self) {
        self.turns += other.turns;
        self.incidents += other.incidents;
        self.notices += other.notices;
        self.crashes += other.crashes;
        self.held_back += other.held_back;
    }
}

/// Plays a seed. The error says which invariant broke, and how.
pub fn run(seed: u64) -> Result<Summary, String> {
    let mut simulation = Simulation::new(seed);
    play(&mut simulation)?;
    let entries = simulation.turns.iter().flat_map(|turn| &turn.entries);
    Ok(Summary {
        turns: simulation.turns.len(),
        incidents: simulation.rows.incidents.len(),
        notices: simulation.rows.notices.values().map(Vec::len).sum(),
        crashes: simulation.crashes,
        held_back: entries.filter(|entry| matches!(entry.fact, Fact::Suppressed { .. })).count(),
    })
}

/// Everything that comes out of a seed.
pub fn trace(seed: u64) -> Result<String, String> {
    let mut simulation = Simulation::new(seed);
    simulation.trace = Some(String::new());
    play(&mut simulation)?;
    Ok(simulation.trace.unwrap_or_default())
}

/// The journal of a seed, without crashes, makes the same rows again.
pub fn replay(seed: u64) -> Result<(), String> {
    let mut simulation = Simulation::new(seed);
    simulation.no_crashes();
    play(&mut simulation)?;
    replay::check(&simulation)
}

/// An engine that is loaded from another's rows while nothing is under way does as that one does. How many turns were compared.
pub fn twin(seed: u64) -> Result<usize, String> {
    let mut simulation = Simulation::new(seed);
    simulation.with_twin();
    play(&mut simulation)?;
    Ok(simulation.compared)
}

/// What good policies and senders answer.
pub fn answers(evaluate: Vec<EvaluateRequest>, send: Vec<Message>) -> Vec<Event> {
    let decided = evaluate.into_iter().map(|request| {
        let verdict = Verdict { policy_hash: "h".into(), fuel: 1, result: Ok(policy::decide(&request)) };
        Event::Decided { incident: request.incident, revision: request.revision, verdict }
    });
    let delivered = send
        .into_iter()
        .map(|message| Event::Delivered { notice: message.notice, delivery: Delivery::Delivered { receipt: None } });
    decided.chain(delivered).collect()
}

/// One team with one route, grouped by `alertname`, evaluated twice a minute at most.
pub fn plain_tables() -> Tables {
    world::plain_tables()
}

fn play(simulation: &mut Simulation) -> Result<(), String> {
    simulation.storm()?;
    simulation.calm(Span::from_secs(1_200))?;
    simulation.truth.check_told(&simulation.rows)?;
    simulation.twin_if_wanted()?;
    simulation.resolve_everything()?;
    // So long that silences which are over are forgotten, too.
    simulation.calm(Span::from_secs(6 * 86_400))?;
    let receivers = simulation.tables.receivers.clone();
    let updates = |name: &str| receivers.get(name).is_some_and(|receiver| receiver.updates);
    simulation.truth.check_over(&simulation.rows, updates)?;
    let engine = &simulation.engine;
    let held = (engine.alerts_len(), engine.incidents_len(), engine.timers_len(), simulation.is_quiet());
    match held {
        (0, 0, 0, true) if simulation.rows.silences.is_empty() => Ok(()),
        _ => Err(format!("after everything is over it holds (alerts, incidents, timers, quiet): {held:?}")),
    }
}
