//! From a file's bytes to a plugin that keeps the contract, or to a sentence that says what to do about it.
//!
//! All of this happens before anything is compiled: a plugin that asks for WASI is refused in milliseconds.

use crate::{
    World,
    json_door::{self, PREVIEW1},
};
use bellwire_core::PluginFault;
use std::{borrow::Cow, panic};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::ComponentEncoder;

/// Put under core modules that import preview 1; translated at each use, in less than a millisecond.
const DENY_ALL_PREVIEW1: &str = include_str!("deny_all_preview1.wat");
/// All that is of the contract, in whatever version.
const PACKAGE: &str = "bellwire:policy/";
/// What a plugin may import: its log, and the names of the types.
const IMPORTS: [&str; 2] = ["bellwire:policy/log", "bellwire:policy/types"];
/// Versions that the bindings can talk to begin so; within 0.1, releases only add.
const VERSIONS: &str = "0.1.";
/// The last of these that is known: what a later one added is not.
const PATCH_KNOWN: u64 = 1;

/// Why a plugin is not taken, and what its author can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error(
        "it has {bytes} bytes, and at most {max} are taken: strip debug information (`wasm-tools strip`), or raise the limit"
    )]
    TooLarge { bytes: usize, max: usize },
    #[error(
        "it is not WebAssembly: it begins neither as a component nor as a core module (text is assembled with `wasm-tools parse`)"
    )]
    NotWasm,
    #[error("it is damaged or cut short ({0}): build or copy it again")]
    Damaged(String),
    #[error(
        "it is a core module that does not say which component it is: build it with wit-bindgen, whose bindings embed that, \
         or add it with `wasm-tools component embed`. Or make it a WASI command, a program with a `main`, that reads and \
         writes JSON: see sdk/json"
    )]
    NoComponentType,
    #[error("the core module cannot be made a component: {0}")]
    NotEncodable(String),
    #[error(
        "it imports {}, but a plugin gets no WASI, only what it is asked; leave it out. Rust: --target wasm32-unknown-unknown; \
         JavaScript: componentize-qjs --stub-wasi; Python: componentize-py componentize --stub-wasi; \
         C, Zig, Go: hand in the core module, under which Bellwire puts a WASI that denies everything", .0.join(", ")
    )]
    ImportsWasi(Vec<String>),
    #[error(
        "it imports {} of {PREVIEW1}, which not even Bellwire's own, that denies everything, has: a plugin has no files \
         and no network; take out what uses them", .0.join(", ")
    )]
    ImportsPreview1(Vec<String>),
    #[error("it imports {}, but a WASI command may import the functions of {PREVIEW1} and nothing else", .0.join(", "))]
    ImportsBeyondPreview1(Vec<String>),
    #[error("it is no WASI command that can be run: {0}")]
    OtherCommand(String),
    #[error("it imports {}, but a plugin may import nothing beyond bellwire:policy/log", .0.join(", "))]
    ImportsUnknown(Vec<String>),
    #[error("it is built for {0}; this Bellwire knows bellwire:policy 0.1.0 and 0.1.1: build it for one of these")]
    OtherVersion(String),
    #[error(
        "it is built for bellwire:policy {version}, and this Bellwire knows no later one than 0.1.1, which does not have \
         what it needs ({needs}): use a newer Bellwire, or build it for 0.1.1"
    )]
    LaterVersion { version: String, needs: String },
    #[error("it is a {is}, and not a {wanted}: {}", .is.place())]
    OtherWorld { is: World, wanted: World },
    #[error(
        "it does not export {} (it exports {}): build it for the world `{wanted}` of bellwire:policy@0.1.1",
        .wanted.export(), if .exports.is_empty() { "nothing".into() } else { .exports.join(", ") }
    )]
    NoWorld { wanted: World, exports: Vec<String> },
    #[error("its {} is not as {} has it ({why}): generate the bindings again", .world.export(), .world.file())]
    OtherTypes { world: World, why: String },
    #[error("the runtime does not take it: {0}")]
    Rejected(String),
    #[error("it would take too long to compile ({0}): leave out what is not used, and split large functions")]
    TooLaborious(String),
    #[error("it cannot be started: {0}")]
    Unstartable(PluginFault),
}

impl LoadError {
    pub(crate) fn other_types(world: World, error: &wasmtime::Error) -> Self {
        Self::OtherTypes { world, why: format!("{error:#}") }
    }
}

/// A plugin by the door that it comes through.
pub(crate) enum Taken<'a> {
    /// As it is, or made of a core module that carries its component's type.
    Component { bytes: Cow<'a, [u8]>, later: Later },
    /// A program that speaks JSON.
    Command(&'a [u8]),
}

/// The version that a component is built for, if that is later than the last one known. What it does not need of that is
/// no matter; what it does is an error that says so.
pub(crate) struct Later(Option<String>);

impl Later {
    /// In place of an error about something that only a later version may have.
    pub fn explain(&self, error: LoadError) -> LoadError {
        match (&self.0, error) {
            (Some(version), LoadError::OtherTypes { why: needs, .. } | LoadError::Rejected(needs)) => {
                LoadError::LaterVersion { version: version.clone(), needs }
            }
            (_, error) => error,
        }
    }
}

/// Finds the door, and refuses what would not get through it.
pub(crate) fn take(bytes: &[u8], world: World, bytes_max: usize) -> Result<Taken<'_>, LoadError> {
    if bytes.len() > bytes_max {
        return Err(LoadError::TooLarge { bytes: bytes.len(), max: bytes_max });
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    let surface = Surface::of(bytes)?;
    match surface.encoding {
        Encoding::Component => {
            let later = surface.conforms(world)?;
            Ok(Taken::Component { bytes: Cow::Borrowed(bytes), later })
        }
        Encoding::Module if surface.component_type => {
            let encoded = encode(bytes, &surface)?;
            let later = Surface::of(&encoded)?.conforms(world)?;
            Ok(Taken::Component { bytes: Cow::Owned(encoded), later })
        }
        Encoding::Module if surface.exports.contains(&json_door::ENTRY) => {
            surface.is_command()?;
            Ok(Taken::Command(bytes))
        }
        Encoding::Module => Err(LoadError::NoComponentType),
    }
}

fn encode(module: &[u8], surface: &Surface<'_>) -> Result<Vec<u8>, LoadError> {
    let adapter = wat::parse_str(DENY_ALL_PREVIEW1).map_err(|error| LoadError::NotEncodable(error.to_string()))?;
    let denied = Surface::of(&adapter)?.exports;
    let missing = owned(surface.imports.iter().filter(|name| !denied.contains(name)));
    if !missing.is_empty() {
        return Err(LoadError::ImportsPreview1(missing));
    }
    let encode = || {
        let encoder = ComponentEncoder::default().validate(true).module(module)?;
        encoder.adapter(PREVIEW1, &adapter)?.encode()
    };
    // The encoder is a build tool, made for its own users' modules: here a panic of it is one more way to say no.
    match panic::catch_unwind(encode) {
        Ok(encoded) => encoded.map_err(|error| LoadError::NotEncodable(error.root_cause().to_string())),
        Err(_) => Err(LoadError::NotEncodable("the encoder gave up on it".into())),
    }
}

/// What a file shows on its outside, without a look at its code.
struct Surface<'a> {
    encoding: Encoding,
    component_type: bool,
    /// A component's; of a core module only the functions of preview 1.
    imports: Vec<&'a str>,
    /// A core module's: `MODULE.NAME` of all others.
    others: Vec<String>,
    exports: Vec<&'a str>,
}

impl<'a> Surface<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let damaged = |error: wasmparser::BinaryReaderError| LoadError::Damaged(error.to_string());
        let mut surface = Self {
            encoding: Encoding::Module,
            component_type: false,
            imports: Vec::new(),
            others: Vec::new(),
            exports: Vec::new(),
        };
        // How many modules and components we are inside of; the names of inner ones are nobody's business.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(damaged)? {
                Payload::Version { encoding, .. } => {
                    depth += 1;
                    if depth == 1 {
                        surface.encoding = encoding;
                    }
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) if depth == 1 => {
                    surface.component_type |= section.name().starts_with("component-type");
                }
                Payload::ImportSection(section) if depth == 1 => {
                    for import in section.into_imports() {
                        let import = import.map_err(damaged)?;
                        match import.module {
                            PREVIEW1 => surface.imports.push(import.name),
                            module => surface.others.push(format!("{module}.{}", import.name)),
                        }
                    }
                }
                Payload::ExportSection(section) if depth == 1 => {
                    for export in section {
                        surface.exports.push(export.map_err(damaged)?.name);
                    }
                }
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        surface.imports.push(import.map_err(damaged)?.name.name);
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        surface.exports.push(export.map_err(damaged)?.name.name);
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }

    fn is_command(&self) -> Result<(), LoadError> {
        let unknown = self.imports.iter().filter(|name| !json_door::has(name));
        let foreign: Vec<String> =
            self.others.iter().cloned().chain(unknown.map(|name| format!("{PREVIEW1}.{name}"))).collect();
        if foreign.is_empty() { Ok(()) } else { Err(LoadError::ImportsBeyondPreview1(foreign)) }
    }

    /// Not equality: the tools of some languages export more, and names only are looked at. The types are
    /// compared when the plugin is started for the first time.
    fn conforms(&self, world: World) -> Result<Later, LoadError> {
        let later = self.later()?;
        let foreign = self.imports.iter().copied().filter(|name| !IMPORTS.contains(&split(name).0));
        let (wasi, unknown): (Vec<&str>, Vec<&str>) = foreign.partition(|name| name.starts_with("wasi:"));
        match &later {
            Some(version) if !unknown.is_empty() && unknown.iter().all(|name| name.starts_with(PACKAGE)) => {
                return Err(LoadError::LaterVersion { version: version.clone(), needs: unknown.join(", ") });
            }
            _ if !unknown.is_empty() => return Err(LoadError::ImportsUnknown(owned(unknown.iter()))),
            _ if !wasi.is_empty() => return Err(LoadError::ImportsWasi(owned(wasi.iter()))),
            _ => {}
        }
        let has = |world: World| self.exports.iter().any(|name| split(name).0 == world.export());
        if has(world) {
            return Ok(Later(later));
        }
        if let Some(is) = World::ALL.into_iter().find(|other| has(*other)) {
            return Err(LoadError::OtherWorld { is, wanted: world });
        }
        match (later, self.exports.iter().find(|name| name.starts_with(PACKAGE))) {
            (Some(version), Some(needs)) => Err(LoadError::LaterVersion { version, needs: (*needs).to_owned() }),
            _ => Err(LoadError::NoWorld { wanted: world, exports: owned(self.exports.iter()) }),
        }
    }

    /// The latest version of the contract that it names, if that is later than the last one known.
    fn later(&self) -> Result<Option<String>, LoadError> {
        let mut latest = PATCH_KNOWN;
        for name in self.exports.iter().chain(&self.imports).filter(|name| name.starts_with(PACKAGE)) {
            let patch = split(name).1.strip_prefix(VERSIONS).and_then(|patch| patch.parse().ok());
            latest = latest.max(patch.ok_or_else(|| LoadError::OtherVersion((*name).to_owned()))?);
        }
        Ok((latest > PATCH_KNOWN).then(|| format!("{VERSIONS}{latest}")))
    }
}

/// An interface's name and its version, which is empty if it has none.
fn split(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, ""))
}

fn owned<'a>(names: impl Iterator<Item = &'a &'a str>) -> Vec<String> {
    names.map(|name| (*name).to_owned()).collect()
}
