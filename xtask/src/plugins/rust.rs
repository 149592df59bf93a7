//! Rust: the toolchain that compiles plugins/, and cargo.

use super::{TARGET, cache_folder, flags, languages::Builder, languages::Language, toolchain::Toolchain, wasm_files};
use anyhow::{Context, ensure};
use std::{fs, path::Path};

pub const LANGUAGE: Language = Language {
    name: "rust",
    find: |workspace| {
        let toolchain = Toolchain::find(workspace, &cache_folder()?.join("rust-wasm"))?;
        Ok(Box::new(Cargo { toolchain }))
    },
};

struct Cargo {
    toolchain: Toolchain,
}

impl Builder for Cargo {
    fn version(&self) -> String {
        format!("{} {}", self.toolchain.version, super::LINK_FLAGS.join(" "))
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        // Beside the project: templates are laid out in one place, one after the other, and share what they depend on.
        let target = project.with_file_name("target");
        // The SDK lies outside of an example.
        let sources = cache_folder()?.join("languages").join(LANGUAGE.name);
        let mut cargo = self.toolchain.cargo();
        cargo
            .current_dir(project)
            .args(["build", "--release", "--target", TARGET, "--target-dir"])
            .arg(&target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags(&sources)?);
        // A template has no lock file: the policy that is made of it gets its own.
        if project.join("Cargo.lock").is_file() {
            cargo.arg("--locked");
        }
        let status = cargo.status().context("cannot start cargo")?;
        ensure!(status.success(), "it does not compile: see above");
        let made = wasm_files(&target.join(TARGET).join("release"))?;
        ensure!(made.len() == 1, "expected one .wasm file, not {}", made.len());
        fs::copy(&made[0], wasm).with_context(|| format!("cannot write {}", wasm.display()))?;
        Ok(())
    }
}
