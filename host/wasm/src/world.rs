//! The worlds of the contract: what a plugin may be.

use std::fmt;

/// What a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    Policy,
    Source,
    Channel,
}

impl World {
    pub const ALL: [Self; 3] = [Self::Policy, Self::Source, Self::Channel];

    /// As the contract has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Source => "source",
            Self::Channel => "channel",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|world| world.name() == name)
    }

    /// What a plugin of it exports.
    pub(crate) fn export(self) -> &'static str {
        match self {
            Self::Policy => "bellwire:policy/evaluator",
            Self::Source => "bellwire:policy/converter",
            Self::Channel => "bellwire:policy/messenger",
        }
    }

    /// Where that is written down.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Policy => "policy.wit",
            Self::Source => "source.wit",
            Self::Channel => "channel.wit",
        }
    }

    /// Where one is put.
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Policy => "a route names it with `policy`",
            Self::Source => "name it under [sources.NAME] in bellwire.toml",
            Self::Channel => "name it under a receiver's `channel` in a routes file",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
