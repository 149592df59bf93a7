//! Zig: from PyPI, where it is one package that needs nothing else. It is the C compiler of `c.rs` as well.

use super::{
    cache_folder,
    languages::{Builder, Language},
    python_package, wasm_files,
};
use anyhow::{Context, ensure};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const VERSION: &str = "0.17.1";

pub const LANGUAGE: Language = Language { name: "zig", find: |_| Ok(Box::new(Zig::fetch()?)) };

pub struct Zig {
    /// With the program `zig` in it.
    folder: PathBuf,
}

impl Zig {
    pub fn fetch() -> anyhow::Result<Self> {
        Ok(Self { folder: python_package::fetch("ziglang", VERSION)?.join("ziglang") })
    }

    /// Before every other Zig, and with caches that outlive a project.
    pub fn put_in_path<'a>(&self, command: &'a mut Command) -> anyhow::Result<&'a mut Command> {
        let mut path = OsString::from(&self.folder);
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path);
        Ok(command.env("ZIG_GLOBAL_CACHE_DIR", cache_folder()?.join("languages/zig-cache")))
    }
}

impl Builder for Zig {
    fn version(&self) -> String {
        format!("zig {VERSION}")
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        let mut zig = Command::new(self.folder.join("zig"));
        let status = self.put_in_path(&mut zig)?.current_dir(project).arg("build").status();
        ensure!(status.context("cannot start zig")?.success(), "it does not compile: see above");
        let made = wasm_files(&project.join("zig-out/bin"))?;
        ensure!(made.len() == 1, "expected one .wasm file, not {}", made.len());
        fs::rename(&made[0], wasm).with_context(|| format!("cannot write {}", wasm.display()))
    }
}
