//! `[[silences]]` of a routes file: silences that come back with a window.

use crate::{
    file::at_most,
    keys, matching,
    reader::{self, Fields, Value, names},
    suggest,
};
use bellwire_core::{Labels, Silence, StandingSilence, Window};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const SILENCES_MAX: usize = 10_000;
const WINDOWS_MAX: usize = 50;

pub(crate) fn read(team: &Fields<'_>, windows: &BTreeMap<Arc<str>, Window>) -> Vec<StandingSilence> {
    let Some(value) = team.get("silences") else { return Vec::new() };
    let items = value.list().unwrap_or_default();
    if items.len() > SILENCES_MAX {
        value.error(format!("{} silences", items.len()), at_most(SILENCES_MAX));
    }
    let mut taken = BTreeSet::new();
    items.iter().take(SILENCES_MAX).filter_map(|item| silence(item, windows, &mut taken)).collect()
}

fn silence(
    item: &Value<'_>,
    windows: &BTreeMap<Arc<str>, Window>,
    taken: &mut BTreeSet<Arc<str>>,
) -> Option<StandingSilence> {
    let fields = item.fields(keys::SILENCE)?;
    let name = own_name(&fields, "silence", taken);
    let matchers = matching::required(&fields, "match", "it would silence everything");
    if matchers.as_ref().is_some_and(|matchers| matchers.matches(&Labels::default()))
        && let Some(value) = fields.get("match")
    {
        let help = "name a label that must be there, as in 'alertname=\"BackupRunning\"'";
        value.error("each of these matchers matches a label that is missing, so it would silence everything", help);
    }
    let help = "windows = [\"NAME\"]: the windows within which it holds; one for once is `bellwire silence add`";
    let windows = fields.require("windows", help).map(|value| open_within(&value, windows));
    let comment = fields.get("comment").and_then(|value| Some((value.text()?, value)));
    if let Some((_, value)) =
        comment.as_ref().filter(|(text, _)| text.chars().count() > Silence::COMMENT_CHARACTERS_MAX)
    {
        value.error(format!("`comment` is longer than {} characters", Silence::COMMENT_CHARACTERS_MAX), "");
    }
    Some(StandingSilence {
        name: name?,
        matchers: matchers?,
        windows: windows?,
        comment: comment.map(|(text, _)| text.to_owned()).unwrap_or_default(),
    })
}

fn open_within(value: &Value<'_>, windows: &BTreeMap<Arc<str>, Window>) -> Vec<Arc<str>> {
    let listed = known_windows(value, windows);
    if listed.is_empty() && value.list().is_some_and(|items| items.is_empty()) {
        value.error("`windows` is empty, so the silence would never hold", "windows = [\"NAME\"]");
    }
    listed
}

/// Names of windows that the team has; notes the others.
pub(crate) fn known_windows(value: &Value<'_>, windows: &BTreeMap<Arc<str>, Window>) -> Vec<Arc<str>> {
    let listed = value.listed();
    if listed.len() > WINDOWS_MAX {
        value.error(format!("{} windows", listed.len()), at_most(WINDOWS_MAX));
    }
    for (name, value) in listed.iter().filter(|(name, _)| !windows.contains_key(name)) {
        let none = format!("[windows.{name}] zone = \"…\" and hours = [\"…\"]");
        value.error(format!("there is no window `{name}`"), suggest::remedy(name, names(windows), &none));
    }
    listed.into_iter().map(|(name, _)| name).collect()
}

/// The `name` of one in a list, where each has one of its own; `what` it is.
pub(crate) fn own_name(fields: &Fields<'_>, what: &str, taken: &mut BTreeSet<Arc<str>>) -> Option<Arc<str>> {
    let value =
        fields.require("name", &format!("name = \"…\": what this {what} is called where it keeps an alert quiet"))?;
    let name: Arc<str> = value.filled()?.into();
    if !reader::is_name(&name) {
        value.error(format!("`{name}` cannot be a name"), reader::NAME_RULE);
    }
    if !taken.insert(name.clone()) {
        value.error(format!("another {what} is `{name}` already"), "give each a name of its own");
    }
    Some(name)
}
