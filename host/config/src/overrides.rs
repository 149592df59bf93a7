//! Overrides that are known beforehand: for a while, somebody else.

use crate::{
    file::at_most,
    keys,
    moments::{self, Zone},
    reader::{Fields, Value},
    report::Place,
    rotations::everybody,
    schedules::{Known, person},
};
use bellwire_core::{Instant, Override, OverrideChange};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

const OVERRIDES_MAX: usize = 200;
const REASON_BYTES_MAX: usize = 500;
const CHANGE_HELP: &str = "add = [\"bob\"], or remove = [\"ann\"], or with = [\"bob\"], also with replace = \"ann\"";

/// `places`: where those of the team are that were read before; these are added.
pub(crate) fn read(
    schedule: &Fields<'_>,
    name: &Arc<str>,
    zone: &Zone,
    known: Known<'_>,
    places: &mut BTreeMap<Arc<str>, Place>,
) -> Vec<Override> {
    let Some(value) = schedule.get("overrides") else { return Vec::new() };
    let items = value.list().unwrap_or_default();
    if items.len() > OVERRIDES_MAX {
        value.error(format!("{} overrides", items.len()), at_most(OVERRIDES_MAX));
    }
    let mut overrides: Vec<Override> = Vec::new();
    for item in items.iter().take(OVERRIDES_MAX) {
        let Some(fields) = item.fields(keys::OVERRIDE) else { continue };
        let (span, change) = (moments::span(&fields, zone), change(&fields, known));
        let reason = reason(&fields);
        let id: Arc<str> = format!("file-{}", places.len() + 1).into();
        places.insert(id.clone(), item.place());
        let Some(((from, until), change)) = span.zip(change) else { continue };
        let made = Override {
            id,
            team: known.team.into(),
            schedule: name.clone(),
            from,
            until,
            change,
            reason,
            by: fields.scope.file.name.clone(),
            made_at: Instant::default(),
        };
        if let Some(other) = overrides.iter().find(|other| made.conflicts_with(other)) {
            fields.error(
                format!("it overlaps the override from {} to {}", clock(other.from, zone), clock(other.until, zone)),
                "what holds at one time is one override: make the two one, or let one end where the other begins",
            );
        }
        overrides.push(made);
    }
    overrides
}

/// On the clock of the schedule, as the file has it.
fn clock(at: Instant, zone: &Zone) -> String {
    let timestamp = i64::try_from(at.as_millis()).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    timestamp.unwrap_or(Timestamp::MAX).to_zoned(zone.zone.clone()).strftime("%FT%R").to_string()
}

fn change(fields: &Fields<'_>, known: Known<'_>) -> Option<OverrideChange> {
    let with = fields.get("with");
    match (fields.get("add"), fields.get("remove"), fields.get("replace"), &with) {
        (Some(add), None, None, None) => somebody(&add, known).map(|people| OverrideChange::Add { people }),
        (None, Some(remove), None, None) => somebody(&remove, known).map(|people| OverrideChange::Remove { people }),
        (None, None, Some(replace), Some(with)) => {
            let person = person(&replace, known.people);
            let people = somebody(with, known)?;
            Some(OverrideChange::Replace { person: Some(person?), people })
        }
        (None, None, None, Some(with)) => {
            somebody(with, known).map(|people| OverrideChange::Replace { person: None, people })
        }
        (None, None, Some(_), None) => {
            fields.error("`with` is missing", "who comes instead, as in with = [\"bob\"]");
            None
        }
        _ => {
            fields.error("an override must say one thing: `add`, `remove`, or `with`", CHANGE_HELP);
            None
        }
    }
}

fn somebody(value: &Value<'_>, known: Known<'_>) -> Option<Vec<Arc<str>>> {
    if value.list()?.is_empty() {
        value.error(format!("`{}` names nobody", value.key), CHANGE_HELP);
    }
    let people = everybody(value, known);
    (!people.is_empty()).then_some(people)
}

fn reason(fields: &Fields<'_>) -> String {
    let Some(value) = fields.get("reason") else { return String::new() };
    let reason = value.filled().unwrap_or_default();
    if reason.len() > REASON_BYTES_MAX {
        value.error(format!("`reason` is over {REASON_BYTES_MAX} bytes"), "");
    }
    reason.into()
}
