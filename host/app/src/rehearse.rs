//! What would happen to an alert: the real engine and the real policies, on an empty state, with nobody told.

use crate::setup::{self, Prepared};
use bellwire_core::{
    AlertInput, Decision, Effects, Ends, Engine, Event, Facts, Instant, Labels, PluginFault, Snapshot, Verdict,
};
use std::sync::Arc;

/// One route that takes the alert, and what its policy says.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    pub team: Arc<str>,
    pub route: Arc<str>,
    pub policy: Arc<str>,
    pub group: Labels,
    /// Full names of the receivers that hear of it if the policy fails.
    pub fallback: Vec<Arc<str>>,
    pub facts: Facts,
    pub result: Result<Decision, PluginFault>,
    pub fuel: u64,
}

/// `now`: the alert begins to fire then, and is looked at when its `group_wait` is over.
pub(crate) fn rehearse(prepared: &Prepared, labels: Labels, annotations: Labels, now: Instant) -> Vec<Rehearsal> {
    let mut engine = Engine::load(prepared.tables.clone(), Snapshot::default(), now);
    let mut effects = Effects::default();
    let input = AlertInput { labels, annotations, starts_at: Some(now), ends: Ends::Open, generator_url: "".into() };
    engine.step(now, Event::Received(vec![input]), &mut effects);
    engine.settle(now, &mut effects);
    let mut asked = std::mem::take(&mut effects.evaluate);
    while let Some(deadline) = engine.next_deadline().filter(|_| asked.len() < engine.incidents_len()) {
        engine.settle(deadline, &mut effects);
        asked.append(&mut effects.evaluate);
    }
    let rehearsals = asked.into_iter().map(|request| {
        let verdict = setup::plugin(&prepared.plugins, &request.team, &request.policy).map_or_else(
            |missing| missing,
            |plugin| {
                let evaluation = plugin.evaluate(&request.settings, &request.facts);
                Verdict { policy_hash: plugin.hash().into(), fuel: evaluation.fuel, result: evaluation.result }
            },
        );
        let route = request.facts.incident.route.clone();
        let fallback = prepared.tables.team(&request.team).map(|team| team.route(&route).fallback.clone());
        Rehearsal {
            team: request.team,
            route,
            policy: request.policy,
            group: request.facts.incident.group.clone(),
            fallback: fallback.unwrap_or_default(),
            facts: *request.facts,
            result: verdict.result,
            fuel: verdict.fuel,
        }
    });
    rehearsals.collect()
}
