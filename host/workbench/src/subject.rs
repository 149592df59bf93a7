//! A plugin with settings that it took: what every trial asks.

use bellwire_core::{Civil, Decision, Facts, PluginFault, Wants};
use bellwire_wasm::{Evaluation, Plugin, Problem};
use jiff::tz::TimeZone;
use std::fmt;

pub struct Subject<'a> {
    plugin: &'a Plugin,
    settings: String,
    wants: Wants,
    zones: Vec<(String, TimeZone)>,
}

/// Why a plugin cannot be tried out with these settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it does not take its settings:\n{}", Listed(.0))]
    Problems(Vec<Problem>),
    #[error("it did not check its settings: {0}")]
    Fault(#[from] PluginFault),
    #[error("it asks for the clock of {0:?}, which is no IANA time zone")]
    Zone(String),
}

struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("  it does not say why");
        }
        for (index, Problem { path, message }) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            let colon = if path.is_empty() { "" } else { ": " };
            write!(formatter, "{newline}  {path}{colon}{message}")?;
        }
        Ok(())
    }
}

impl<'a> Subject<'a> {
    /// `settings`: a JSON document. As at the start of a server, the plugin looks at them first.
    pub fn new(plugin: &'a Plugin, settings: &str) -> Result<Self, Refused> {
        let wants = plugin.check(settings)?.map_err(Refused::Problems)?;
        let zone = |name: &String| match TimeZone::get(name) {
            Ok(zone) => Ok((name.clone(), zone)),
            Err(_) => Err(Refused::Zone(name.clone())),
        };
        let zones = wants.zones.iter().map(zone).collect::<Result<_, _>>()?;
        Ok(Self { plugin, settings: settings.into(), wants, zones })
    }

    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    pub fn settings(&self) -> &str {
        &self.settings
    }

    /// As the engine asks: with the clocks that the policy wanted, and a decision that makes no sense is a fault.
    pub fn evaluate(&self, facts: &Facts) -> Evaluation {
        let evaluation = if self.zones.is_empty() {
            self.plugin.evaluate(&self.settings, facts)
        } else {
            let civil = self.zones.iter().map(|(name, zone)| Civil::at(name, zone, facts.now)).collect();
            self.plugin.evaluate(&self.settings, &Facts { civil, ..facts.clone() })
        };
        let result = evaluation.result.and_then(|decision| self.sensible(decision));
        Evaluation { result, ..evaluation }
    }

    fn sensible(&self, decision: Decision) -> Result<Decision, PluginFault> {
        decision.check()?;
        let mut named = decision.notices.iter().flat_map(|notice| &notice.to);
        match named.find(|target| !self.wants.targets.contains(target)) {
            Some(unsaid) => Err(PluginFault::UnknownTarget(format!(
                "{unsaid} is none of those that its `check` listed, and so may not exist"
            ))),
            None => Ok(decision),
        }
    }
}
