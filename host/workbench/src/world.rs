//! The three kinds of plugins, by what the host asks them.

use serde::Deserialize;
use std::{fmt, str::FromStr};

/// A world of the contract, sdk/wit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    /// Decides about incidents.
    #[default]
    Policy,
    /// Turns webhooks into alerts.
    Source,
    /// Gives messages to a service.
    Channel,
}

impl World {
    pub const ALL: [Self; 3] = [Self::Policy, Self::Source, Self::Channel];

    /// As the contract has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Source => "source",
            Self::Channel => "channel",
        }
    }

    /// The interface of the contract that such a plugin exports.
    pub const fn interface(self) -> &'static str {
        match self {
            Self::Policy => "bellwire:policy/evaluator",
            Self::Source => "bellwire:policy/converter",
            Self::Channel => "bellwire:policy/messenger",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for World {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|world| world.name() == text).ok_or("expected policy, source or channel")
    }
}
