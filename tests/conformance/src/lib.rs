//! What the tests in `tests/` and the figures of `cargo xtask bench --plugins` are made of: the cases that every language
//! shares, the plugins that were built, and those that mean harm.
#![expect(clippy::unwrap_used, reason = "used by tests and measurements only, which may fail by panicking")]

mod hostile;

pub use hostile::{Door, hostile};

use bellwire_workbench::CaseFile;
use std::{fs, path::PathBuf};

pub const LANGUAGES: [&str; 8] = ["assemblyscript", "c", "go", "json", "python", "rust", "typescript", "zig"];

/// Of the clone.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Those that the ladder passes in every language.
pub fn cases() -> CaseFile {
    let text = fs::read_to_string(root().join("examples/languages/cases/ladder.toml")).unwrap();
    CaseFile::parse(&text).unwrap()
}

/// The ladder as `cargo xtask plugins --languages` built it. None: it did not, which is said.
pub fn built(language: &str) -> Option<Vec<u8>> {
    let built = fs::read(root().join(format!("target/plugins/languages/{language}.wasm"))).ok();
    if built.is_none() {
        eprintln!("skipped: the ladder in {language} is not built: cargo xtask plugins --languages {language}");
    }
    built
}

/// The ladder as it was built for that version of the contract. It is in the clone, so it is always there.
pub fn built_for(version: &str, language: &str) -> Vec<u8> {
    fs::read(root().join(format!("tests/conformance/versions/{version}/{language}.wasm"))).unwrap()
}
