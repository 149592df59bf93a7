//! A plugin of any world, and its cases: what can be done with all of them alike.

use crate::cases::{CaseRun, run_case, run_channel_case, run_source_case};
use bellwire_cases::{CaseError, CaseFile, channel::ChannelCaseFile, source::SourceCaseFile};
use bellwire_core::PluginFault;
use bellwire_wasm::{Channel, Description, Engine, LoadError, Plugin, Source, World};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub enum AnyPlugin {
    Policy(Plugin),
    Source(Source),
    Channel(Channel),
}

/// A plugin with a file of cases of its world.
pub struct Trial<'a>(Kind<'a>);

enum Kind<'a> {
    Policy(&'a Plugin, CaseFile),
    /// With the folder that the file lies in: bodies of webhooks may lie beside it.
    Source(&'a Source, SourceCaseFile, PathBuf),
    Channel(&'a Channel, ChannelCaseFile),
}

impl AnyPlugin {
    /// Loads a plugin for whatever world it says it is, and says how long that took: it compiles, and starts once.
    pub fn load(engine: &Engine, bytes: &[u8]) -> Result<(Self, Duration), LoadError> {
        match Self::load_as(World::Policy, engine, bytes) {
            Err(LoadError::OtherWorld { is, .. }) => Self::load_as(is, engine, bytes),
            loaded => loaded,
        }
    }

    /// One for another world is refused.
    #[expect(clippy::disallowed_methods, reason = "the stopwatch is what this is for; nothing is decided by it")]
    pub fn load_as(world: World, engine: &Engine, bytes: &[u8]) -> Result<(Self, Duration), LoadError> {
        let started = Instant::now();
        let plugin = match world {
            World::Policy => Self::Policy(engine.load(bytes)?),
            World::Source => Self::Source(engine.load_source(bytes)?),
            World::Channel => Self::Channel(engine.load_channel(bytes)?),
        };
        Ok((plugin, started.elapsed()))
    }

    pub fn world(&self) -> World {
        match self {
            Self::Policy(_) => World::Policy,
            Self::Source(_) => World::Source,
            Self::Channel(_) => World::Channel,
        }
    }

    pub fn describe(&self) -> Result<Description, PluginFault> {
        match self {
            Self::Policy(policy) => policy.describe(),
            Self::Source(source) => source.describe(),
            Self::Channel(channel) => channel.describe(),
        }
    }

    /// With the cases of a file that lies in `folder`.
    pub fn trial(&self, cases: &str, folder: &Path) -> Result<Trial<'_>, CaseError> {
        Ok(Trial(match self {
            Self::Policy(policy) => Kind::Policy(policy, CaseFile::parse(cases)?),
            Self::Source(source) => Kind::Source(source, SourceCaseFile::parse(cases)?, folder.to_owned()),
            Self::Channel(channel) => Kind::Channel(channel, ChannelCaseFile::parse(cases)?),
        }))
    }
}

impl Trial<'_> {
    /// How many cases there are.
    pub fn cases(&self) -> usize {
        match &self.0 {
            Kind::Policy(_, file) => file.cases.len(),
            Kind::Source(_, file, _) => file.cases.len(),
            Kind::Channel(_, file) => file.cases.len(),
        }
    }

    /// Every case, in the file's order.
    pub fn run(&self) -> Vec<CaseRun> {
        (0..self.cases()).filter_map(|index| self.run_case(index)).collect()
    }

    /// None: there is no such case.
    pub(crate) fn run_case(&self, index: usize) -> Option<CaseRun> {
        Some(match &self.0 {
            Kind::Policy(policy, file) => {
                let case = file.cases.get(index)?;
                run_case(policy, &file.settings(case), case)
            }
            Kind::Source(source, file, folder) => {
                let case = file.cases.get(index)?;
                run_source_case(source, &file.settings(case), case, folder)
            }
            Kind::Channel(channel, file) => {
                let case = file.cases.get(index)?;
                run_channel_case(channel, &file.settings(case), case)
            }
        })
    }

    /// Only for a policy there are properties that must hold for every incident.
    pub fn policy(&self) -> Option<(&Plugin, &CaseFile)> {
        match &self.0 {
            Kind::Policy(policy, file) => Some((policy, file)),
            Kind::Source(..) | Kind::Channel(..) => None,
        }
    }

    pub fn world(&self) -> World {
        match &self.0 {
            Kind::Policy(..) => World::Policy,
            Kind::Source(..) => World::Source,
            Kind::Channel(..) => World::Channel,
        }
    }
}
