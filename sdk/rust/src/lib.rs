//! Write Bellwire policies in Rust: implement [`Policy`], say [`export!`], compile to Wasm.
//!
//! A policy is a pure function of its settings and the facts of one incident. It answers with **every** notice that is
//! due by `facts.now`, each with a key, and with the time at which to ask again; the host sends a key once. So a policy
//! has no memory, no timers and no clock, and asking it twice changes nothing.
//!
//! ```
//! use bellwire_policy::prelude::*;
//!
//! struct TellOne;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings { to: Target }
//!
//! impl Policy for TellOne {
//!     type Settings = Settings;
//!     fn describe() -> Description { Description::new("tell-one", "0.1.0", "Pages one target.") }
//!     fn check(settings: &Settings) -> Result<Wants, Vec<Problem>> { Ok(Wants::targets([&settings.to])) }
//!     fn evaluate(settings: &Settings, _: &Facts) -> Result<Decision, PolicyError> {
//!         Ok(Decision::new(Priority::P2, "P2, as everything is").notify(Notice::page("told", [&settings.to])))
//!     }
//! }
//!
//! bellwire_policy::export!(TellOne);
//! ```
//!
//! A plugin of the other two kinds is a [`source`], which turns a webhook into alerts, or a [`channel`], which gives a
//! message to a service.
//!
//! This crate may not reach anything but its arguments and the one import of the contract, `log`.

#[cfg(all(feature = "allocator", target_family = "wasm"))]
mod allocator;
pub mod channel;
mod decision;
mod facts;
pub mod log;
mod settings;
pub mod source;
#[cfg(feature = "testing")]
pub mod testing;

pub use bindings::bellwire::policy::types::{
    Acknowledgement, Alert, AlertState, Civil, Decision, Description, Facts, Incident, IncidentState, Instant, Notice,
    OnCall, Outcome, Pair, PolicyError, Priority, Problem, Sent, Target, Wants, Window,
};
pub use settings::{Span, check_settings};

/// All that a policy usually needs.
pub mod prelude {
    pub use crate::{
        Alert, Decision, Description, Facts, Incident, IncidentState, Instant, Notice, Outcome, Policy, PolicyError,
        Priority, Problem, Sent, Span, Target, Wants, Window, log,
    };
}

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "policy",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "bellwire_policy::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

/// What the author writes; [`export!`] makes a plugin of it.
pub trait Policy {
    /// The author's own settings, as the routes file gives them; put `#[serde(deny_unknown_fields)]` on each struct.
    type Settings: serde::de::DeserializeOwned;

    fn describe() -> Description;

    /// Called when the configuration is loaded, with settings that have the right shape: every remaining problem at
    /// once, or what the host must look up and whom the decisions may name.
    fn check(settings: &Self::Settings) -> Result<Wants, Vec<Problem>>;

    /// Pure: the same settings and facts give the same decision.
    fn evaluate(settings: &Self::Settings, facts: &Facts) -> Result<Decision, PolicyError>;
}

/// Puts a [`Policy`] behind the generated interface.
#[doc(hidden)]
pub struct Exported<P>(core::marker::PhantomData<P>);

impl<P: Policy> bindings::exports::bellwire::policy::evaluator::Guest for Exported<P> {
    fn describe() -> Description {
        P::describe()
    }

    fn check(settings: String) -> Result<Wants, Vec<Problem>> {
        check_settings::<P>(&settings)
    }

    fn evaluate(settings: String, facts: Facts) -> Result<Decision, PolicyError> {
        // They passed `check`, so the path of an error is not worth its price here.
        let settings = serde_json::from_str(&settings).map_err(|error| PolicyError::Settings(error.to_string()))?;
        P::evaluate(&settings, &facts)
    }
}

/// Makes the component's exports of a type that implements [`Policy`]. Natively it only checks that it does.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        const _: () = {
            const fn implements_policy<P: $crate::Policy>() {}
            implements_policy::<$policy>();
        };
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Component = $crate::Exported<$policy>;
    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
    };
}
