//! What is in a plugin's file, whether it can be loaded or not: read from its outside, without running it.

use sha2::{Digest, Sha256};
use wasmparser::{BinaryReaderError, Encoding, Parser, Payload};

/// The way in which a plugin meets the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A component, taken as it is.
    Component,
    /// A core module that carries its component type; the host encodes it.
    Module,
    /// A WASI command that reads JSON and writes JSON.
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    pub door: Door,
    pub bytes: usize,
    /// In hex.
    pub sha256: String,
    /// Of a core module as `module.name`.
    pub imports: Vec<String>,
    pub exports: Vec<String>,
}

/// The file is not WebAssembly, or it ends in the middle; loading it says so in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Truncated(String);

impl Anatomy {
    pub fn of(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut anatomy = Self {
            door: Door::Component,
            bytes: bytes.len(),
            sha256: hex::encode(Sha256::digest(bytes)),
            imports: Vec::new(),
            exports: Vec::new(),
        };
        let mut typed = false;
        // The names inside of inner modules and components are nobody's business.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(truncated)?;
            match &payload {
                Payload::Version { encoding, .. } => {
                    depth += 1;
                    if depth == 1 && *encoding == Encoding::Module {
                        anatomy.door = Door::Json;
                    }
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) if depth == 1 => typed |= section.name().starts_with("component-type"),
                _ if depth == 1 => anatomy.note(payload).map_err(truncated)?,
                _ => {}
            }
        }
        if anatomy.door == Door::Json && typed {
            anatomy.door = Door::Module;
        }
        Ok(anatomy)
    }

    /// Of the contract that it was built for. None: nothing in it says so, as with the JSON door.
    pub fn version(&self) -> Option<&str> {
        let versions = self.exports.iter().chain(&self.imports).filter_map(|name| {
            let (_, version) = name.strip_prefix("bellwire:policy/")?.split_once('@')?;
            version.split(|c: char| c != '.' && !c.is_ascii_digit()).next()
        });
        versions.into_iter().next()
    }

    fn note(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports.push(export?.name.to_owned());
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn truncated(error: BinaryReaderError) -> Truncated {
    Truncated(error.to_string())
}
