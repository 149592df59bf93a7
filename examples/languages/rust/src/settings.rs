//! Whom each step tells, and every way in which that can be wrong.

use bellwire_policy::{Problem, Target, Wants};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use std::fmt;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub to: To,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct To {
    pub team: Targets,
    pub manager: Targets,
    pub director: Targets,
    pub vp: Targets,
}

impl Default for To {
    fn default() -> Self {
        let receivers = |names: &[&str]| Targets(names.iter().map(|&name| Target::Receiver(name.into())).collect());
        Self {
            team: receivers(&["team"]),
            manager: receivers(&["manager"]),
            director: receivers(&["director"]),
            vp: receivers(&["vp", "war-room"]),
        }
    }
}

impl Settings {
    pub fn check(&self) -> Result<Wants, Vec<Problem>> {
        let To { team, manager, director, vp } = &self.to;
        let roles = [("team", team), ("manager", manager), ("director", director), ("vp", vp)];
        let empty = roles.iter().filter(|(_, targets)| targets.0.is_empty());
        let problems: Vec<Problem> =
            empty.map(|(role, _)| Problem::new(format!("to.{role}"), "needs at least one target")).collect();
        if problems.is_empty() {
            Ok(Wants::targets(roles.iter().flat_map(|(_, targets)| targets.iter())))
        } else {
            Err(problems)
        }
    }
}

/// Written as one target or as a list.
pub struct Targets(Vec<Target>);

impl Targets {
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.0.iter()
    }
}

/// By hand, because what serde derives for "either" cannot say what is wrong with a target, or where.
impl<'de> Deserialize<'de> for Targets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Targets;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a target or a list of targets")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Targets, E> {
                text.parse().map(|target| Targets(vec![target])).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Targets, A::Error> {
                let mut targets = Vec::new();
                while let Some(target) = list.next_element()? {
                    targets.push(target);
                }
                Ok(Targets(targets))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}
