//! Which plugin, where it comes from, and what it must be to be taken: of policies, sources and channels alike.

use crate::{
    keys,
    reader::{Fields, Value, is_name},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::de::DeValue;

/// A plugin as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PluginSource {
    /// As it is called: `standard`.
    pub name: Arc<str>,
    pub origin: PluginOrigin,
    /// What it must be, in hexadecimal digits; none: whatever is there is taken.
    pub sha256: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PluginOrigin {
    File(PathBuf),
}

impl fmt::Display for PluginOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

/// `plugin = "standard"`, or `plugin = { name = "standard", sha256 = "…" }`. With an error in it, something that has no file.
pub(crate) fn read(fields: &Fields<'_>, folder: &Path) -> PluginSource {
    let value = fields.require("plugin", "the plugin's name, as in plugin = \"standard\"");
    let given = value.as_ref().and_then(|value| match value.value {
        DeValue::Table(_) => described(&value.fields(keys::PLUGIN)?, folder),
        _ => Some((named(value, folder)?, None)),
    });
    let ((name, origin), sha256) = given.unwrap_or_else(|| (("".into(), PluginOrigin::File(folder.to_owned())), None));
    PluginSource { name, origin, sha256 }
}

type Place = (Arc<str>, PluginOrigin);

fn described(fields: &Fields<'_>, folder: &Path) -> Option<(Place, Option<Arc<str>>)> {
    let sha256 = fields.get("sha256").and_then(|value| sha256(&value));
    let place = match (fields.get("name"), fields.get("file")) {
        (Some(name), None) => named(&name, folder),
        (None, Some(file)) => file.path().map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (name.into(), PluginOrigin::File(path))
        }),
        (Some(_), Some(_)) | (None, None) => {
            fields.error("`plugin` must have exactly one of `name` and `file`", "plugin = { name = \"standard\" }");
            None
        }
    };
    Some((place?, sha256))
}

fn named(value: &Value<'_>, folder: &Path) -> Option<Place> {
    let name = value.text()?;
    if !is_name(name) || name.starts_with('.') {
        let help = "the name of a file in the folder `plugins`, without .wasm";
        value.error(format!("`{name}` cannot be a plugin's name"), help);
    }
    Some((name.into(), PluginOrigin::File(folder.join(format!("{name}.wasm")))))
}

/// 64 hexadecimal digits, in lower case.
fn sha256(value: &Value<'_>) -> Option<Arc<str>> {
    let text = value.text()?;
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash {
        let help = "64 hexadecimal digits, as `sha256sum plugins/NAME.wasm` or `bellwire plugin inspect` shows them";
        value.error("`sha256` is not a SHA-256", help);
        return None;
    }
    Some(text.to_ascii_lowercase().into())
}

/// What the plugin is to work with, as a JSON document.
pub(crate) fn settings(fields: &Fields<'_>) -> Arc<str> {
    let given = fields.get("settings").map(|value| match value.value {
        DeValue::Table(_) => crate::settings::to_json(&value).unwrap_or_default(),
        _ => {
            value.wrong_kind("a table");
            serde_json::Value::Null
        }
    });
    given.map_or_else(|| "{}".into(), |settings| settings.to_string().into())
}
