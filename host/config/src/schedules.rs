//! Schedules: layers of people taking turns, or of a calendar, and the overrides that are known beforehand.

use crate::{
    calendars::Calendars,
    file::at_most,
    keys,
    moments::Zone,
    overrides,
    people::People,
    reader::{Entry, Fields, Value, at_most_entries, names},
    report::Place,
    rotations, suggest,
};
use bellwire_core::{Cover, Layer, Schedule};
use std::{collections::BTreeMap, sync::Arc};

const SCHEDULES_MAX: usize = 200;
const LAYERS_MAX: usize = 50;
const LAYER_HELP: &str = "as in people = [\"ann\", \"bob\"], every = \"1 week\" and start = 2026-11-02T09:00";

/// Those with errors are among them, so that one error makes no others.
#[derive(Default)]
pub(crate) struct Schedules {
    pub by_name: BTreeMap<Arc<str>, Schedule>,
    pub places: BTreeMap<Arc<str>, Place>,
    /// By the id, which is unique in the team.
    pub override_places: BTreeMap<Arc<str>, Place>,
}

/// What a schedule may name.
#[derive(Clone, Copy)]
pub(crate) struct Known<'k> {
    pub team: &'k str,
    pub people: &'k People,
    pub calendars: &'k Calendars,
}

pub(crate) fn read(entries: Vec<Entry<'_>>, known: Known<'_>) -> Schedules {
    let mut schedules = Schedules::default();
    at_most_entries(&entries, SCHEDULES_MAX, "schedules");
    for entry in entries {
        let Some(fields) = entry.value.fields(keys::SCHEDULE) else { continue };
        let zone = fields.require_zone().unwrap_or_else(Zone::utc);
        let layers = layers(&fields, &entry.name, &zone, known);
        let overrides = overrides::read(&fields, &entry.name, &zone, known, &mut schedules.override_places);
        let name = entry.name.clone();
        let schedule = Schedule { name: name.clone(), zone_name: zone.name, zone: zone.zone, layers, overrides };
        schedules.places.insert(name.clone(), entry.place);
        schedules.by_name.insert(name, schedule);
    }
    schedules
}

fn layers(schedule: &Fields<'_>, name: &str, zone: &Zone, known: Known<'_>) -> Vec<Layer> {
    let help =
        format!("[[schedules.{name}.layers]] with people = [\"…\"], every = \"1 week\" and start = 2026-11-02T09:00");
    let Some(value) = schedule.get("layers") else {
        schedule.error(format!("`{name}` has no layers, so nobody would ever be on call"), help);
        return Vec::new();
    };
    let items = value.list().unwrap_or_default();
    if items.is_empty() && matches!(value.value, toml::de::DeValue::Array(_)) {
        value.error(format!("`{name}` has no layers, so nobody would ever be on call"), help);
    }
    if items.len() > LAYERS_MAX {
        value.error(format!("{} layers", items.len()), at_most(LAYERS_MAX));
    }
    let mut layers: Vec<Layer> = Vec::new();
    for (index, item) in items.iter().take(LAYERS_MAX).enumerate() {
        let Some(fields) = item.fields(keys::LAYER) else { continue };
        let given = fields.get("name");
        let name = given.as_ref().and_then(|value| value.filled()).map(Arc::from);
        let name = name.unwrap_or_else(|| format!("layer-{}", index + 1).into());
        if layers.iter().any(|layer| layer.name == name) {
            let message = format!("another layer of this schedule is `{name}` already");
            given.as_ref().map_or_else(|| fields.error(message.clone(), ""), |given| given.error(message.clone(), ""));
        }
        let adds = fields.get("adds").and_then(|value| value.flag()).unwrap_or(false);
        layers.extend(cover(&fields, zone, known).map(|cover| Layer { name, cover, adds }));
    }
    layers
}

fn cover(layer: &Fields<'_>, zone: &Zone, known: Known<'_>) -> Option<Cover> {
    let Some(calendar) = layer.get("calendar") else {
        return rotations::rotation(layer, zone, known).map(Cover::Rotation);
    };
    let of_rotations = keys::LAYER.iter().filter(|key| !matches!(**key, "name" | "adds" | "calendar"));
    for key in of_rotations.filter(|key| layer.has(key)) {
        let other = layer.get(key)?;
        other.error(
            format!("`{key}` is of people taking turns, and this layer is a calendar's"),
            format!("take `{key}` or `calendar` away; {LAYER_HELP}"),
        );
    }
    known.calendars.shifts(&calendar, zone, known.people).map(Cover::Shifts)
}

/// Somebody of the team.
pub(crate) fn person(value: &Value<'_>, people: &People) -> Option<Arc<str>> {
    let name = value.filled()?;
    let found = people.by_name.get_key_value(name).map(|(name, _)| name.clone());
    if found.is_none() {
        let none = format!("[people.{name}] email = \"…\"");
        value.error(format!("there is nobody called `{name}`"), suggest::remedy(name, names(&people.by_name), &none));
    }
    found
}
