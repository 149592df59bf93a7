//! `[sources.NAME]` of bellwire.toml: senders of webhooks whose bodies a plugin reads.

use crate::{
    keys,
    plugins::{self, PluginUse},
    reader::{self, Entry, Value},
};
use bellwire_core::Labels;
use std::{path::Path, sync::Arc};
use toml::de::DeValue;

const SOURCES_MAX: usize = 100;
/// `/webhook/alertmanager` is there without a plugin.
const RESERVED: &str = "alertmanager";

/// Where alerts come from that only a plugin can read: `POST /webhook/NAME`.
#[derive(Clone, Debug)]
pub struct AlertSource {
    pub name: Arc<str>,
    pub plugin: PluginUse,
    /// Each of its alerts has these, where the plugin gives it no label of that name.
    pub labels: Labels,
}

pub(crate) fn read(entries: &[Entry<'_>], plugins: &Path) -> Vec<AlertSource> {
    reader::at_most_entries(entries, SOURCES_MAX, "sources");
    entries.iter().filter_map(|entry| source(entry, plugins)).collect()
}

fn source(entry: &Entry<'_>, plugins: &Path) -> Option<AlertSource> {
    let note = |message: String, help: &str| entry.value.scope.notes.error(entry.place.clone(), message, help);
    if &*entry.name == RESERVED {
        let help = "Alertmanager needs no source: /webhook/alertmanager is always there";
        note(format!("a source cannot have the name `{RESERVED}`"), help);
    } else if entry.name.starts_with('.') {
        note(format!("`{}` cannot be part of an address", entry.name), "a name that does not begin with a dot");
    }
    let fields = entry.value.fields(keys::SOURCE)?;
    Some(AlertSource {
        name: entry.name.clone(),
        plugin: plugins::used(&fields, plugins),
        labels: fields.get("labels").map(|value| labels(&value)).unwrap_or_default(),
    })
}

pub(crate) fn labels(value: &Value<'_>) -> Labels {
    let DeValue::Table(table) = value.value else {
        value.wrong_kind("a table, as in { source = \"grafana\" }");
        return Labels::default();
    };
    let pairs = table.iter().filter_map(|(name, text)| {
        let (label, span) = (name.get_ref(), text.span());
        match text.get_ref() {
            DeValue::String(text) if !label.is_empty() && !label.contains('\0') && !text.contains('\0') => {
                Some((label.to_string(), text.to_string()))
            }
            _ => {
                let help = "labels = { source = \"grafana\" }";
                value.scope.error(
                    &span,
                    format!("the label `{label}` must have a name, and a text as its value"),
                    help,
                );
                None
            }
        }
    });
    Labels::from_pairs(pairs)
}
