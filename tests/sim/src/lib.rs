//! The seeded simulator: the engine under random tables, events, faults, crashes and clocks, and what must hold whatever
//! happens. It may see `core` only; the store is a map, a policy is a function, and time is a number.
//!
//! A seed is a whole story. One that fails says so with the command that plays it again.

mod policy;
mod random;
mod simulation;
mod store;
mod truth;
mod world;

use bellwire_core::Span;
use simulation::Simulation;

/// What a run came to, to show that it was about something.
#[derive(Default, Debug)]
pub struct Summary {
    pub turns: usize,
    pub incidents: usize,
    pub notices: usize,
    pub crashes: u32,
}

/// Plays a seed. The error says which invariant broke, and how.
pub fn run(seed: u64) -> Result<Summary, String> {
    let mut simulation = Simulation::new(seed);
    play(&mut simulation)?;
    Ok(Summary {
        turns: simulation.turns.len(),
        incidents: simulation.rows.incidents.len(),
        notices: simulation.rows.notices.values().map(Vec::len).sum(),
        crashes: simulation.crashes,
    })
}

/// Everything that comes out of a seed.
pub fn trace(seed: u64) -> Result<String, String> {
    let mut simulation = Simulation::new(seed);
    simulation.trace = Some(String::new());
    play(&mut simulation)?;
    Ok(simulation.trace.unwrap_or_default())
}

fn play(simulation: &mut Simulation) -> Result<(), String> {
    simulation.storm()?;
    simulation.calm(Span::from_secs(1_200))?;
    simulation.truth.check_told(&simulation.rows)?;
    simulation.resolve_everything()?;
    simulation.calm(Span::from_secs(3 * 3_600))?;
    let receivers = simulation.tables.receivers.clone();
    let updates = |name: &str| receivers.get(name).is_some_and(|receiver| receiver.updates);
    simulation.truth.check_over(&simulation.rows, updates)?;
    let engine = &simulation.engine;
    let held = (engine.alerts_len(), engine.incidents_len(), engine.timers_len(), simulation.is_quiet());
    match held {
        (0, 0, 0, true) => Ok(()),
        _ => Err(format!("after everything is over it holds (alerts, incidents, timers, quiet): {held:?}")),
    }
}
