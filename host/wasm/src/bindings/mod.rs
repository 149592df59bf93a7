//! The contract of `sdk/wit` as Rust types, and the way from the domain's types there and back.
//!
//! All three worlds are bound as one, so that they share their types; a plugin exports one of the interfaces. An answer
//! is checked for its size and turned into the domain's own types. Whether it makes sense is for others to say.

pub(crate) mod channel;
pub(crate) mod policy;
pub(crate) mod source;

use crate::{Description, Problem, World, call::Call, guest::Exports};
use bellwire_core::{self as core, Instant, Labels};
use std::sync::Arc;
use wasmtime::{
    Store,
    component::{Instance, InstancePre},
};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../sdk/wit",
        inline: "
            package bellwire:host;
            world every {
                import bellwire:policy/log@0.1.1;
                export bellwire:policy/evaluator@0.1.1;
                export bellwire:policy/converter@0.1.1;
                export bellwire:policy/messenger@0.1.1;
            }
        ",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::{
    bellwire::policy::types as wit,
    exports::bellwire::policy::{converter, evaluator, messenger},
};
use wit::PairParam as Pair;

pub(crate) use generated::bellwire::policy::log::Level;

/// What a plugin of each world exports.
pub(crate) type Policy = evaluator::GuestIndices;
pub(crate) type Source = converter::GuestIndices;
pub(crate) type Channel = messenger::GuestIndices;

macro_rules! exports {
    ($($interface:ident: $world:ident),*) => {$(
        impl Exports for $interface::GuestIndices {
            const WORLD: World = World::$world;
            type Guest = $interface::Guest;

            fn find(component: &InstancePre<Call>) -> wasmtime::Result<Self> {
                Self::new(component)
            }

            fn load(&self, store: &mut Store<Call>, instance: &Instance) -> wasmtime::Result<Self::Guest> {
                self.load(store, instance)
            }

            fn describe(guest: &Self::Guest, store: &mut Store<Call>) -> wasmtime::Result<Description> {
                guest.call_describe(store).map(description)
            }
        }
    )*};
}

exports!(evaluator: Policy, converter: Source, messenger: Channel);

/// What the views of several alerts borrow.
struct Alerts<'a> {
    alerts: &'a [Arc<core::Alert>],
    fingerprints: Vec<String>,
    /// The labels and annotations of all alerts in one vector, from which each alert takes its slices in the same order.
    texts: Vec<Pair<'a>>,
}

impl<'a> Alerts<'a> {
    fn of(alerts: &'a [Arc<core::Alert>]) -> Self {
        Self {
            alerts,
            fingerprints: alerts.iter().map(|alert| alert.fingerprint.to_string()).collect(),
            texts: alerts.iter().flat_map(|alert| pairs(&alert.labels).chain(pairs(&alert.annotations))).collect(),
        }
    }

    fn view(&self) -> Vec<wit::Alert<'_>> {
        let mut rest = self.texts.as_slice();
        let mut take = |labels: &Labels| {
            let (mine, others) = rest.split_at(labels.len());
            rest = others;
            mine
        };
        self.alerts
            .iter()
            .zip(&self.fingerprints)
            .map(|(alert, fingerprint)| wit::Alert {
                fingerprint,
                state: match alert.state {
                    core::AlertState::Firing => wit::AlertState::Firing,
                    core::AlertState::Resolved => wit::AlertState::Resolved,
                },
                labels: take(&alert.labels),
                annotations: take(&alert.annotations),
                starts_at: alert.starts_at.as_millis(),
                ends_at: millis(alert.ends_at),
                ext: &[],
            })
            .collect()
    }
}

fn incident_state(state: core::IncidentState) -> wit::IncidentState {
    match state {
        core::IncidentState::Open => wit::IncidentState::Open,
        core::IncidentState::Acknowledged => wit::IncidentState::Acknowledged,
        core::IncidentState::Snoozed => wit::IncidentState::Snoozed,
        core::IncidentState::Resolved => wit::IncidentState::Resolved,
    }
}

fn priority(priority: core::Priority) -> wit::Priority {
    match priority {
        core::Priority::P1 => wit::Priority::P1,
        core::Priority::P2 => wit::Priority::P2,
        core::Priority::P3 => wit::Priority::P3,
        core::Priority::P4 => wit::Priority::P4,
    }
}

fn pairs(labels: &Labels) -> impl Iterator<Item = Pair<'_>> {
    labels.iter().map(|(name, value)| Pair { name, value })
}

/// Pairs that are no labels: in their order, and there may be several of a name.
fn list(pairs: &[(String, String)]) -> Vec<Pair<'_>> {
    pairs.iter().map(|(name, value)| Pair { name, value }).collect()
}

fn millis(instant: Option<Instant>) -> Option<u64> {
    instant.map(Instant::as_millis)
}

fn problems(problems: Vec<wit::Problem>) -> Vec<Problem> {
    problems.into_iter().map(|problem| Problem { path: problem.path, message: problem.message }).collect()
}

fn description(description: wit::Description) -> Description {
    let wit::Description { name, version, summary, settings_schema } = description;
    Description { name, version, summary, settings_schema }
}

/// What a guest says of its own failure goes into the journal and before people: cut to a length that both can bear.
pub(crate) fn clip(mut text: String) -> String {
    const MESSAGE_BYTES_MAX: usize = 1024;
    text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
    text
}
