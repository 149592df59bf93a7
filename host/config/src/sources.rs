//! `[sources.NAME]` of bellwire.toml: senders of webhooks whose bodies a plugin reads.

use crate::{
    Config, Diagnostic, keys,
    plugins::{self, PluginSource},
    reader::{self, Entry, Value},
    settings,
};
use bellwire_core::Labels;
use std::{ops::Range, path::Path, sync::Arc};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

const SOURCES_MAX: usize = 100;
/// `/webhook/alertmanager` is there without a plugin.
const RESERVED: &str = "alertmanager";
/// bellwire.toml is the first file.
const HOST_FILE: usize = 0;

/// Where alerts come from that only a plugin can read: `POST /webhook/NAME`.
#[derive(Clone, Debug)]
pub struct AlertSource {
    pub name: Arc<str>,
    pub plugin: PluginSource,
    /// A JSON document.
    pub settings: Arc<str>,
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
        plugin: plugins::read(&fields, plugins),
        settings: plugins::settings(&fields),
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

impl Config {
    /// What a source's plugin says of its settings; `path` as in `rules[2].labels`.
    pub fn source_settings_problem(&self, source: &str, path: &str, message: &str) -> Diagnostic {
        let place = self.in_source(source, |table| match table.get("settings") {
            Some(settings) => Some(settings::locate(settings, path)),
            None => table.get("plugin").map(Spanned::span),
        });
        let at = if path.is_empty() { "the settings".to_owned() } else { format!("`{path}`") };
        self.places.at(place.as_ref(), Diagnostic::new(format!("source `{source}`: {at}: {message}")))
    }

    /// A source's plugin that cannot be loaded.
    pub fn source_plugin_problem(&self, source: &str, message: &str) -> Diagnostic {
        let place = self.in_source(source, |table| table.get("plugin").map(Spanned::span));
        let named = self.sources.iter().find(|named| &*named.name == source);
        let help = named.map(|named| named.plugin.remedy()).unwrap_or_default();
        self.places.at(place.as_ref(), Diagnostic::new(format!("source `{source}`: {message}")).with_help(help))
    }

    fn in_source(
        &self,
        source: &str,
        look: impl Fn(&DeTable<'_>) -> Option<Range<usize>>,
    ) -> Option<crate::report::Place> {
        self.in_entry(HOST_FILE, "sources", source, look)
    }
}
