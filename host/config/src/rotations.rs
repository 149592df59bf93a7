//! A layer of people taking turns: who, how long each, from when, and in which hours.

use crate::{
    file::at_most,
    moments::Zone,
    reader::{Fields, Value},
    schedules::{Known, person},
    windows,
};
use bellwire_core::{Every, Rotation, TurnsBy};
use jiff::civil;
use std::sync::Arc;
use toml::de::DeValue;

const TURNS_MAX: usize = 200;
const TOGETHER_MAX: usize = 20;
const EVERY_MAX: u32 = 1_000;
/// Before anything that is asked about.
const ALWAYS: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const TURNS_BY: [(&str, TurnsBy); 2] = [("shift", TurnsBy::Shift), ("covered-shift", TurnsBy::CoveredShift)];

pub(crate) fn rotation(layer: &Fields<'_>, zone: &Zone, known: Known<'_>) -> Option<Rotation> {
    let turns = layer.require("people", "who takes turns, as in people = [\"ann\", \"bob\"]");
    let turns = turns.map(|value| turns_of(&value, known));
    // One turn is always on, however long its shifts are and whenever they began.
    let is_one_turn = turns.as_ref().is_some_and(|turns| turns.len() == 1);
    let every = match layer.get("every") {
        Some(value) => every(&value),
        None if is_one_turn => Some(Every::Weeks(1)),
        None => {
            layer.error("`every` is missing", "how long a turn is, as in every = \"1 week\"");
            None
        }
    };
    let start = match layer.get("start") {
        Some(value) => value.wall_clock(),
        None if is_one_turn => Some(ALWAYS),
        None => {
            layer.error("`start` is missing", "when the first turn begins, as in start = 2026-11-02T09:00");
            None
        }
    };
    let until = layer.get("until").and_then(|value| Some((value.wall_clock()?, value)));
    if let Some(((until, value), start)) = until.as_ref().zip(start)
        && *until <= start
    {
        value.error("`until` is not after `start`, so this layer would be empty", "");
    }
    let hours = layer.get("hours").and_then(|hours| windows::ranges(&hours, "this layer would be empty"));
    let hours = hours.unwrap_or_default();
    let days = |key| layer.get(key).and_then(|value| known.calendars.dates(&value, zone));
    let (only, except) = (days("only"), days("except"));
    let turns_by = layer.get("turns").and_then(|value| value.one_of(&TURNS_BY));
    if turns_by == Some(TurnsBy::CoveredShift)
        && hours.is_empty()
        && let Some(value) = layer.get("turns")
    {
        let help = "turns = \"shift\", or hours = [\"mon-fri 09:00-17:00\"]";
        value.error("without `hours` every shift is covered", help);
    }
    Some(Rotation {
        start: start?,
        until: until.map(|(until, _)| until),
        every: every?,
        turns_by: turns_by.unwrap_or(TurnsBy::Shift),
        turns: turns?,
        hours,
        only,
        except: except.unwrap_or_else(|| Arc::from([])),
    })
}

/// Turn by turn; a list within the list is on call together.
fn turns_of(value: &Value<'_>, known: Known<'_>) -> Vec<Vec<Arc<str>>> {
    let items = value.list().unwrap_or_default();
    if items.is_empty() && matches!(value.value, DeValue::Array(_)) {
        value.error("nobody takes turns here", "people = [\"ann\", \"bob\"]");
    }
    if items.len() > TURNS_MAX {
        value.error(format!("{} turns", items.len()), at_most(TURNS_MAX));
    }
    let turn = |item: &Value<'_>| match item.value {
        DeValue::Array(_) => together(item, known),
        _ => person(item, known.people).into_iter().collect(),
    };
    items.iter().map(turn).collect()
}

fn together(value: &Value<'_>, known: Known<'_>) -> Vec<Arc<str>> {
    let people = everybody(value, known);
    if value.list().is_some_and(|items| items.is_empty()) {
        value.error("this turn is nobody's", "name at least one person; to leave a time uncovered, use `hours`");
    }
    people
}

/// A list of people, nobody twice; empty lists are for the caller to judge.
pub(crate) fn everybody(value: &Value<'_>, known: Known<'_>) -> Vec<Arc<str>> {
    let items = value.list().unwrap_or_default();
    if items.len() > TOGETHER_MAX {
        value.error(format!("{} people at once", items.len()), at_most(TOGETHER_MAX));
    }
    let mut people: Vec<Arc<str>> = Vec::new();
    for item in &items {
        match person(item, known.people) {
            Some(name) if people.contains(&name) => item.error(format!("`{name}` is here twice"), ""),
            found => people.extend(found),
        }
    }
    people
}

/// `1 week`, `12 hours`, `daily`.
fn every(value: &Value<'_>) -> Option<Every> {
    let text = value.filled()?;
    let Some(every) = parse_every(text) else {
        value.error(
            format!("`{text}` does not say how long a turn is"),
            "write \"1 week\", \"2 weeks\", \"12 hours\", \"1 day\" or \"1 month\"; or hourly, daily, weekly, monthly",
        );
        return None;
    };
    let (Every::Hours(count) | Every::Days(count) | Every::Weeks(count) | Every::Months(count)) = every;
    match count {
        0 => value.error("a turn must have some length", "as in every = \"1 week\""),
        1..=EVERY_MAX => return Some(every),
        _ => value.error(format!("`every` must be from 1 to {EVERY_MAX} of a unit"), ""),
    }
    None
}

/// The number may be nought.
fn parse_every(text: &str) -> Option<Every> {
    let text = text.trim().to_ascii_lowercase();
    let (count, unit) = match text.split_once(char::is_whitespace) {
        Some((count, unit)) => (count.parse().ok()?, unit.trim()),
        None => (1, text.as_str()),
    };
    match unit {
        "hour" | "hours" => Some(Every::Hours(count)),
        "day" | "days" => Some(Every::Days(count)),
        "week" | "weeks" => Some(Every::Weeks(count)),
        "month" | "months" => Some(Every::Months(count)),
        _ if unit != text => None,
        "hourly" => Some(Every::Hours(1)),
        "daily" => Some(Every::Days(1)),
        "weekly" => Some(Every::Weeks(1)),
        "monthly" => Some(Every::Months(1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_a_turn() {
        for (text, expected) in [
            ("1 week", Some(Every::Weeks(1))),
            ("2 weeks", Some(Every::Weeks(2))),
            ("12 hours", Some(Every::Hours(12))),
            ("Day", Some(Every::Days(1))),
            ("monthly", Some(Every::Months(1))),
            ("0 days", Some(Every::Days(0))),
            ("-1 days", None),
            ("1w", None),
            ("2 weekly", None),
            ("fortnight", None),
        ] {
            assert_eq!(parse_every(text), expected, "{text}");
        }
    }
}
