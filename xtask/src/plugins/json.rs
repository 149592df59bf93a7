//! The simple door: an ordinary program for WASI, in Rust. Its standard library is another than that of the plugins that
//! are components, and comes from rustup or, where that has none, out of Debian's packages.

use super::{
    cache_folder, flags,
    languages::{Builder, Language},
    toolchain::Toolchain,
    wasm_files,
};
use crate::workspace::Workspace;
use anyhow::{Context, ensure};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-wasip1";

pub const LANGUAGE: Language = Language { name: "json", find: |workspace| Ok(Box::new(Program::find(workspace)?)) };

struct Program {
    toolchain: Toolchain,
    /// With the standard library, where the compiler has none of its own; and the linker for it.
    private: Option<(PathBuf, PathBuf)>,
}

impl Program {
    fn find(workspace: &Workspace) -> anyhow::Result<Self> {
        let compiler = cache_folder()?.join("rust-wasm");
        let toolchain = Toolchain::find(workspace, &compiler)?;
        if !toolchain.is_private() {
            let added = Command::new("rustup").current_dir(&workspace.root).args(["target", "add", TARGET]).status();
            ensure!(added.is_ok_and(|status| status.success()), "it needs `rustup target add {TARGET}`");
            return Ok(Self { toolchain, private: None });
        }
        let folder = cache_folder()?.join("rust-wasip1");
        let script = workspace.root.join("xtask/rust-wasip1-from-debian.sh");
        let status = Command::new(&script).arg(&folder).arg(&compiler).status();
        let status = status.with_context(|| format!("cannot start {}", script.display()))?;
        ensure!(status.success(), "no Rust for {TARGET}: see above why Debian's packages did not do");
        let linker = toolchain.linkers().context("this toolchain has no rust-lld")?.join("rust-lld");
        Ok(Self { toolchain, private: Some((folder.join("sysroot"), linker)) })
    }
}

impl Builder for Program {
    fn version(&self) -> String {
        format!("{TARGET} {}", self.toolchain.version)
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        // Beside the project: templates are laid out in one place, one after the other, and share what they depend on.
        let target = project.with_file_name("target");
        let mut cargo = self.toolchain.cargo();
        let mut flags = flags(project)?;
        if let Some((sysroot, linker)) = &self.private {
            flags.push(OsString::from("\x1f--sysroot="));
            flags.push(sysroot);
            cargo.env("CARGO_TARGET_WASM32_WASIP1_LINKER", linker);
        }
        cargo
            .current_dir(project)
            .args(["build", "--release", "--target", TARGET, "--target-dir"])
            .arg(&target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags);
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
