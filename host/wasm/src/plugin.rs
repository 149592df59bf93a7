//! A policy and its three calls.

use crate::{
    bindings::{self, policy},
    call::Answer,
    guest::{Description, Guest, Problem},
    json_door,
};
use bellwire_core::{Decision, Facts, PluginFault, Wants};

/// A policy, ready to be called from any thread.
pub struct Plugin(pub(crate) Guest<bindings::Policy>);

/// How a policy was evaluated, and what came of it: a decision within its limits of size. Whether that makes sense is not
/// said yet ([`Decision::check`]).
pub type Evaluation = Answer<Decision>;

impl Plugin {
    /// SHA-256 of the bytes that it was loaded from, in hex.
    pub fn hash(&self) -> &str {
        self.0.hash()
    }

    pub fn describe(&self) -> Result<Description, PluginFault> {
        self.0.describe()
    }

    /// Every problem of the settings, a JSON document; or what the host must look up for a policy with them.
    pub fn check(&self, settings: &str) -> Result<Result<Wants, Vec<Problem>>, PluginFault> {
        let component = |guest: &policy::Guest, store: &mut _| Ok(policy::verdict(guest.call_check(store, settings)?));
        self.0.ask(&self.0.runtime.limits.usual(), component, || json_door::check(settings)).result
    }

    pub fn evaluate(&self, settings: &str, facts: &Facts) -> Evaluation {
        let limits = &self.0.runtime.limits;
        self.0.ask(
            &limits.usual(),
            |guest, store| {
                let answer = policy::with_facts(facts, |facts| guest.call_evaluate(store, settings, facts))?;
                Ok(policy::decision(answer, limits.decision_bytes_max))
            },
            || json_door::evaluate(settings, facts, limits.memory_bytes_max),
        )
    }
}
