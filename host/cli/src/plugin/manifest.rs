//! plugin.toml: what the plugin in a folder is, and how it is compiled.

use bellwire_workbench::wasm::World;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{collections::BTreeMap, path::PathBuf};

pub const MANIFEST: &str = "plugin.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub language: String,
    #[serde(default = "usual_world", deserialize_with = "world")]
    pub world: World,
    /// What the commands make, from the folder.
    pub output: PathBuf,
    /// Each a program and its arguments, run in the folder one after another.
    pub commands: Vec<Vec<String>>,
    /// Files of cases or folders of them.
    #[serde(default = "usual_cases")]
    pub cases: Vec<PathBuf>,
    /// What `bellwire plugin new` puts into sdk/ beside the language's own folder and the contract.
    #[serde(default)]
    pub sdk: Vec<String>,
    /// Programs, and how to get each.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
    /// Said when a command fails.
    pub hint: Option<String>,
}

fn usual_world() -> World {
    World::Policy
}

fn world<'de, D: Deserializer<'de>>(deserializer: D) -> Result<World, D::Error> {
    let name = String::deserialize(deserializer)?;
    World::from_name(&name).ok_or_else(|| D::Error::custom("expected policy, source or channel"))
}

fn usual_cases() -> Vec<PathBuf> {
    vec!["cases".into()]
}
