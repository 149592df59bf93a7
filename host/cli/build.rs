//! Puts the SDKs and their templates into the binary, for `bellwire plugin new`: whoever writes a policy has no clone of
//! this repository. What a tool has made in those folders stays out.
#![expect(clippy::panic, reason = "a build that cannot read its sources has nothing else to do")]

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const MADE: [&str; 7] = ["target", "zig-out", ".zig-cache", "node_modules", "build", "dist", "__pycache__"];

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../../sdk");
    println!("cargo::rerun-if-changed=../../sdk");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        // No path of this clone: another one that shares the target directory may take what this one made.
        writeln!(
            table,
            "    ({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../../sdk/{name}\"))),"
        )
        .unwrap_or_else(|error| panic!("a text takes every line: {error}"));
    }
    table.push(']');
    let to = Path::new(&variable("OUT_DIR")).join("sdk.rs");
    fs::write(&to, table).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let made = MADE.iter().any(|made| name == *made)
            || path.extension().is_some_and(|extension| extension == "wasm" || extension == "partial");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !made => collect(&path, files),
            Ok(kind) if kind.is_file() && !made => files.push(path),
            _ => {}
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("cargo sets {name}: {error}"))
}
