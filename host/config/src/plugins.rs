//! Which plugin, where it comes from, and what it must be to be taken: of policies, sources and channels alike.

use crate::{
    Config, keys,
    oci::{OciReference, is_sha256},
    reader::{Fields, Value, is_name},
    report::{Diagnostic, Place},
    settings::{find_table, find_text, locate, to_json},
};
use minisign_verify::PublicKey;
use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A plugin as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSource {
    /// As it is called: `standard`.
    pub name: Arc<str>,
    pub origin: PluginOrigin,
    /// What it must be, in hexadecimal digits; none: whatever is there is taken.
    pub sha256: Option<Arc<str>>,
    /// Whose signature it must have; none: nobody's.
    pub public_key: Option<PublicKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PluginOrigin {
    File(PathBuf),
    Oci(OciReference),
}

impl fmt::Display for PluginOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Oci(reference) => reference.fmt(formatter),
        }
    }
}

/// A plugin where it is used, by a policy, a source or a receiver.
#[derive(Clone, Debug)]
pub struct PluginUse {
    pub source: PluginSource,
    /// What it is to work with, a JSON document.
    pub settings: Arc<str>,
    /// Of `plugin`, or of what has none.
    pub(crate) place: Place,
    settings_place: Option<Place>,
}

/// `plugin` and `settings` of what uses a plugin.
pub(crate) fn used(fields: &Fields<'_>, folder: &Path) -> PluginUse {
    let place = |key| fields.get(key).map(|value| value.place());
    PluginUse {
        source: read(fields, folder),
        settings: settings(fields),
        place: place("plugin").unwrap_or_else(|| fields.place()),
        settings_place: place("settings"),
    }
}

impl Config {
    /// What a plugin says of its settings; `user`: whose they are, for the message; `path` as in `rules[2].above.error_rate`.
    pub fn settings_problem(&self, user: &str, plugin: &PluginUse, path: &str, message: &str) -> Diagnostic {
        let place = self.in_settings(plugin, |settings| Some(locate(settings, path)));
        let at = if path.is_empty() { "the settings".to_owned() } else { format!("`{path}`") };
        let problem = Diagnostic::new(format!("{user}: {at}: {message}"));
        self.places.at(Some(&place.unwrap_or_else(|| plugin.place.clone())), problem)
    }

    /// A plugin that cannot be loaded.
    pub fn plugin_problem(&self, user: &str, plugin: &PluginUse, message: &str) -> Diagnostic {
        let problem = Diagnostic::new(format!("{user}: {message}")).with_help(plugin.source.remedy());
        self.places.at(Some(&plugin.place), problem)
    }

    /// Where the settings say one of `texts`, if they do.
    pub(crate) fn text_in_settings(&self, plugin: &PluginUse, texts: &[&str]) -> Option<Place> {
        self.in_settings(plugin, |settings| find_text(settings, texts))
    }

    /// Looks into the settings once more: errors are rare, and texts are small.
    fn in_settings(
        &self,
        plugin: &PluginUse,
        look: impl FnOnce(&Spanned<DeValue<'_>>) -> Option<Range<usize>>,
    ) -> Option<Place> {
        let Place { file, span } = plugin.settings_place.as_ref()?;
        let file = self.places.files.get(*file)?;
        let root = DeTable::parse(&file.text).ok()?;
        look(find_table(root.get_ref(), "settings", span)?).map(|span| file.place(span))
    }
}

/// `plugin = "standard"`, or `plugin = { name = "standard", sha256 = "…" }`. With an error in it, something that has no file.
fn read(fields: &Fields<'_>, folder: &Path) -> PluginSource {
    let value = fields.require("plugin", "the plugin's name, as in plugin = \"standard\"");
    let given = value.as_ref().and_then(|value| match value.value {
        DeValue::Table(_) => described(&value.fields(keys::PLUGIN)?, folder),
        _ => named(value, folder),
    });
    given.unwrap_or_else(|| PluginSource::at("".into(), PluginOrigin::File(folder.to_owned())))
}

impl PluginSource {
    fn at(name: Arc<str>, origin: PluginOrigin) -> Self {
        Self { name, origin, sha256: None, public_key: None }
    }

    /// Where to look when it cannot be loaded.
    fn remedy(&self) -> &'static str {
        match &self.origin {
            PluginOrigin::File(_) => {
                "`bellwire plugin inspect` tries it out alone; NAME.wasm lies in the folder `plugins`"
            }
            PluginOrigin::Oci(_) => "`bellwire plugin pull` tries it out alone",
        }
    }
}

fn described(fields: &Fields<'_>, folder: &Path) -> Option<PluginSource> {
    let sha256 = fields.get("sha256").and_then(|value| sha256(&value));
    let public_key = fields.get("public_key").and_then(|value| public_key(&value));
    let place = match (fields.get("name"), fields.get("file"), fields.get("oci")) {
        (Some(name), None, None) => named(&name, folder),
        (None, Some(file), None) => file.path().map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            PluginSource::at(name.into(), PluginOrigin::File(path))
        }),
        (None, None, Some(oci)) => in_registry(&oci),
        _ => {
            let message = "`plugin` must have exactly one of `name`, `file` and `oci`";
            fields.error(message, "plugin = { name = \"standard\" }");
            None
        }
    };
    Some(PluginSource { sha256, public_key, ..place? })
}

fn in_registry(value: &Value<'_>) -> Option<PluginSource> {
    let help = "as in \"ghcr.io/acme/on-fire:1.2\" or \"ghcr.io/acme/on-fire@sha256:…\"";
    let reference: Result<OciReference, _> = value.filled()?.parse();
    let reference = reference.inspect_err(|error| value.error(error.to_string(), help)).ok()?;
    Some(PluginSource::at(reference.name().into(), PluginOrigin::Oci(reference)))
}

fn named(value: &Value<'_>, folder: &Path) -> Option<PluginSource> {
    let name = value.text()?;
    if !is_name(name) || name.starts_with('.') {
        let help = "the name of a file in the folder `plugins`, without .wasm";
        value.error(format!("`{name}` cannot be a plugin's name"), help);
    }
    Some(PluginSource::at(name.into(), PluginOrigin::File(folder.join(format!("{name}.wasm")))))
}

/// 64 hexadecimal digits, in lower case.
fn sha256(value: &Value<'_>) -> Option<Arc<str>> {
    let text = value.text()?.to_ascii_lowercase();
    if !is_sha256(&text) {
        let help = "64 hexadecimal digits, as `sha256sum plugins/NAME.wasm` or `bellwire plugin inspect` shows them";
        value.error("`sha256` is not a SHA-256", help);
        return None;
    }
    Some(text.into())
}

/// The second line of what minisign calls a public key's file.
fn public_key(value: &Value<'_>) -> Option<PublicKey> {
    let help = "the line of the .pub file that begins with RW, as `minisign -G` writes it";
    let key = PublicKey::from_base64(value.text()?.trim());
    key.inspect_err(|_| value.error("`public_key` is not a public key of minisign", help)).ok()
}

/// As a JSON document.
fn settings(fields: &Fields<'_>) -> Arc<str> {
    let given = fields.get("settings").map(|value| match value.value {
        DeValue::Table(_) => to_json(&value).unwrap_or_default(),
        _ => {
            value.wrong_kind("a table");
            serde_json::Value::Null
        }
    });
    given.map_or_else(|| "{}".into(), |settings| settings.to_string().into())
}
