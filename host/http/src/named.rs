//! Names as people write them: what a target means, and what is said of a name that there is not.

use crate::problem::Problem;
use axum::http::StatusCode;
use bellwire_core::{Target, Team};
use std::fmt::Write;

/// Of names that are listed in an answer.
const KNOWN_MAX: usize = 20;
const NAME_MAX: usize = 200;

/// Whom `text` means: `person:NAME`, `schedule:NAME` or `receiver:NAME`, or a bare name, which is a person's if the team
/// has one of that name, else a schedule's, else a receiver's. A bare name of nobody is taken as a person's; whether the
/// team has who is meant is for the engine to say. None: it can be nobody's name.
pub(crate) fn target(text: &str, team: Option<&Team>) -> Option<Target> {
    let text = text.trim();
    let (kind, name) = match text.split_once(':') {
        Some((kind, name)) => (Some(kind), name),
        None => (None, text.trim_start_matches('@')),
    };
    let name = Some(name.to_owned()).filter(|name| !name.is_empty() && name.len() <= NAME_MAX)?;
    match kind {
        Some("person") => Some(Target::Person(name)),
        Some("schedule") => Some(Target::Schedule(name)),
        Some("receiver") => Some(Target::Receiver(name)),
        Some(_) => None,
        None => Some(bare(name, team)),
    }
}

fn bare(name: String, team: Option<&Team>) -> Target {
    let Some(team) = team else { return Target::Person(name) };
    if team.people.contains_key(&*name) {
        Target::Person(name)
    } else if team.schedules.contains_key(&*name) {
        Target::Schedule(name)
    } else if team.receivers.contains_key(&*name) {
        Target::Receiver(name)
    } else {
        Target::Person(name)
    }
}

/// `person:zoe (did you mean person:zoey?); its people: …`: a target that the team does not have, and whom it has.
/// `unknown`: as the engine says it, which may also be that nobody is on call now; that is left as it is.
pub(crate) fn unknown_target(unknown: &str, team: Option<&Team>) -> String {
    let (Some(team), Some(target)) = (team, target(unknown, None)) else { return unknown.to_owned() };
    let (name, noun, known): (_, _, Vec<&str>) = match &target {
        Target::Person(name) => (name, "people", team.people.keys().map(|name| &**name).collect()),
        Target::Schedule(name) => (name, "schedules", team.schedules.keys().map(|name| &**name).collect()),
        Target::Receiver(name) => (name, "receivers", team.receivers.keys().map(|name| &**name).collect()),
    };
    let mut said = target.to_string();
    let kinds = team.people.keys().map(|name| ("person", name));
    let kinds = kinds.chain(team.schedules.keys().map(|name| ("schedule", name)));
    let kinds: Vec<_> = kinds.chain(team.receivers.keys().map(|name| ("receiver", name))).collect();
    // Writing to a text cannot fail.
    if let Some(near) = nearest(name, kinds.iter().map(|(_, name)| &***name))
        && let Some((kind, _)) = kinds.iter().find(|(_, name)| ***name == *near)
    {
        let _ = write!(said, " (did you mean {kind}:{near}?)");
    }
    let _ = write!(said, "; its {noun}: {}", listed(known.into_iter().map(ToOwned::to_owned)));
    said
}

/// A name that there is not, with those that there are.
pub(crate) fn unknown(what: &str, known: impl Iterator<Item = String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is no {what}; there are: {}", listed(known)))
}

fn listed(known: impl Iterator<Item = String>) -> String {
    let mut known: Vec<String> = known.take(KNOWN_MAX + 1).collect();
    if known.len() > KNOWN_MAX {
        known.truncate(KNOWN_MAX);
        known.push("and more".into());
    }
    if known.is_empty() { "none at all".into() } else { known.join(", ") }
}

/// An echo stays short.
pub(crate) fn short(name: &str) -> String {
    name.chars().take(100).collect()
}

/// The name that may have been meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that is meant is longer, and the work grows with the square.
    const CHARS_MAX: usize = 64;
    let word: String = word.to_lowercase().chars().take(CHARS_MAX).collect();
    // A third of it may be wrong.
    let distance_max = (word.chars().count() / 3).max(1);
    let measured = known.into_iter().map(|name| (strsim::damerau_levenshtein(&word, &name.to_lowercase()), name));
    measured
        .filter(|(distance, _)| *distance <= distance_max)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
