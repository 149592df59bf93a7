//! `bellwire plugin inspect`: what a plugin's file is, and what it costs.

use super::{
    cases,
    file::{self, Compile, elapsed, grouped, size},
};
use crate::{Failure, printable, table};
use bellwire_app::plugins::{PublicKey, signature_file, verify};
use bellwire_workbench::{
    Anatomy, AnyPlugin, Door,
    wasm::{Limits, World},
};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Files of cases, or folders of them: show what each one costs
    #[arg(long, num_args = 1.., value_name = "CASES.toml")]
    cases: Vec<PathBuf>,
    /// Print nothing but the JSON Schema of its settings
    #[arg(long, conflicts_with = "cases")]
    schema: bool,
    /// Check that FILE.wasm.minisig is its signature with this key of minisign
    #[arg(long, value_name = "RW…", value_parser = super::registry::public_key, conflicts_with = "schema")]
    public_key: Option<PublicKey>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = &arguments.plugin;
    let bytes = file::read(path)?;
    if !arguments.schema {
        outside(&bytes);
    }
    if let Some(key) = &arguments.public_key {
        signed(path, &bytes, key)?;
    }
    let loaded = file::compile(path, &bytes, Compile::Anew)?;
    let describe = loaded.plugin.describe();
    let description = describe.map_err(|fault| Failure::Failed(format!("it does not describe itself: {fault}")))?;
    let schema = schema(&description.settings_schema);
    if arguments.schema {
        println!("{schema}");
        return Ok(());
    }
    line("world", &world(&bytes, loaded.plugin.world()));
    line("compiled", &format!("in {}", elapsed(loaded.elapsed)));
    line("name", &description.name);
    line("version", &description.version);
    line("summary", &description.summary);
    println!("settings");
    for text in schema.lines() {
        println!("  {text}");
    }
    costs(arguments, &loaded.plugin)
}

fn outside(bytes: &[u8]) {
    // What is wrong with it is said when it is loaded.
    let Ok(anatomy) = Anatomy::of(bytes) else { return };
    let door = match anatomy.door {
        Door::Component => "a component",
        Door::Module => "a core module that carries its component type; Bellwire makes a component of it",
        Door::Json => "a core module without a component type: a WASI command that reads and writes JSON",
    };
    line("door", door);
    line("size", &format!("{} ({} bytes)", size(bytes.len() as u64), grouped(bytes.len() as u64)));
    line("sha256", &anatomy.sha256);
    names("imports", &anatomy.imports);
    names("exports", &anatomy.exports);
}

fn signed(path: &Path, bytes: &[u8], key: &PublicKey) -> Result<(), Failure> {
    let signature = signature_file(path);
    let text = if signature.is_file() { Some(file::text(&signature)?) } else { None };
    let comment =
        verify(bytes, text.as_deref(), key).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    line("signed", &comment);
    Ok(())
}

fn world(bytes: &[u8], world: World) -> String {
    let anatomy = Anatomy::of(bytes).ok();
    match anatomy.as_ref().and_then(Anatomy::version) {
        Some(version) => format!("{world} of bellwire:policy@{version}"),
        None => format!("{world}, by JSON"),
    }
}

fn line(name: &str, value: &str) {
    println!("{name:<9} {}", printable(value));
}

fn names(what: &str, names: &[String]) {
    const SHOWN_MAX: usize = 40;
    match names {
        [] => line(what, "nothing"),
        [first, rest @ ..] => {
            line(what, first);
            rest.iter().take(SHOWN_MAX).for_each(|name| line("", name));
            if rest.len() > SHOWN_MAX {
                line("", &format!("and {} more", rest.len() - SHOWN_MAX));
            }
        }
    }
}

/// Laid out for reading; text that is no JSON as it is, but for what a terminal would obey.
fn schema(text: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    let laid_out = value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| text.into());
    laid_out.lines().map(printable).collect::<Vec<_>>().join("\n")
}

fn costs(arguments: &Arguments, plugin: &AnyPlugin) -> Result<(), Failure> {
    if arguments.cases.is_empty() {
        return Ok(());
    }
    let Limits { fuel_max, memory_bytes_max, time_max, .. } = Limits::default();
    let limits = ["limit".into(), grouped(fuel_max), size(memory_bytes_max as u64), elapsed(time_max)];
    let mut rows = vec![limits];
    for cases in cases::open(&arguments.cases)? {
        for run in cases.of(plugin)?.run() {
            let name = printable(&run.name);
            rows.push([name, grouped(run.fuel), size(run.memory_bytes), elapsed(run.elapsed)]);
        }
    }
    println!();
    let rows: Vec<[String; 4]> =
        rows.into_iter().map(|[name, fuel, memory, time]| [fuel, memory, time, name]).collect();
    table::print(["FUEL", "MEMORY", "TIME", "CASE"], &rows);
    Ok(())
}
