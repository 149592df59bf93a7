//! Whom to tell, as files and policies write it: `RECEIVER`, `person:NAME` or `schedule:NAME`.

use crate::{
    file::at_most,
    reader::{Value, names},
    suggest,
};
use bellwire_core::{Person, Schedule, Target, Team};
use std::{collections::BTreeMap, sync::Arc};

const TARGETS_MAX: usize = 20;

/// What a team can tell, by name.
pub(crate) struct Names<'n> {
    pub receivers: &'n BTreeMap<Arc<str>, Arc<str>>,
    pub people: &'n BTreeMap<Arc<str>, Arc<Person>>,
    pub schedules: &'n BTreeMap<Arc<str>, Schedule>,
}

/// As `schedule:NAME` has it; a name alone is a receiver's.
pub(crate) fn parse(text: &str) -> Target {
    match text.split_once(':') {
        Some(("person", name)) => Target::Person(name.into()),
        Some(("schedule", name)) => Target::Schedule(name.into()),
        Some(("receiver", name)) => Target::Receiver(name.into()),
        _ => Target::Receiver(text.into()),
    }
}

impl<'n> Names<'n> {
    pub fn of(team: &'n Team) -> Self {
        Self { receivers: &team.receivers, people: &team.people, schedules: &team.schedules }
    }

    fn know(&self, target: &Target) -> bool {
        match target {
            Target::Receiver(name) => self.receivers.contains_key(name.as_str()),
            Target::Person(name) => self.people.contains_key(name.as_str()),
            Target::Schedule(name) => self.schedules.contains_key(name.as_str()),
        }
    }

    /// For a target that the team does not have.
    pub fn remedy(&self, target: &Target) -> String {
        match target {
            Target::Receiver(name) => {
                // The kind is easily forgotten.
                if self.schedules.contains_key(name.as_str()) {
                    return format!("did you mean `schedule:{name}`?");
                }
                if self.people.contains_key(name.as_str()) {
                    return format!("did you mean `person:{name}`?");
                }
                suggest::remedy(name, names(self.receivers), "the team has no receiver")
            }
            Target::Person(name) => {
                suggest::remedy(name, names(self.people), "the team has no people: [people.NAME] email = \"…\"")
            }
            Target::Schedule(name) => {
                let none = "the team has no schedule: [schedules.NAME] zone = \"…\" and layers";
                suggest::remedy(name, names(self.schedules), none)
            }
        }
    }

    /// A list of targets, nobody twice.
    pub fn targets(&self, value: &Value<'_>) -> Vec<Target> {
        let listed = value.listed();
        if listed.len() > TARGETS_MAX {
            value.error(format!("{} targets", listed.len()), at_most(TARGETS_MAX));
        }
        let mut targets = Vec::new();
        for (text, value) in listed {
            let target = parse(&text);
            match self.know(&target) {
                true if targets.contains(&target) => value.error(format!("`{text}` is here twice"), ""),
                true => targets.push(target),
                false => value.error(format!("there is no {}", in_words(&target)), self.remedy(&target)),
            }
        }
        targets
    }
}

fn in_words(target: &Target) -> String {
    match target {
        Target::Receiver(name) => format!("receiver `{name}`"),
        Target::Person(name) => format!("person `{name}`"),
        Target::Schedule(name) => format!("schedule `{name}`"),
    }
}
