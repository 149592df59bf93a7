//! C: `make` with the C compiler that is in Zig, which brings its own libc for Wasm.

use super::{
    languages::{Builder, Language},
    wasm_files, zig,
};
use anyhow::{Context, ensure};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

pub const LANGUAGE: Language = Language {
    name: "c",
    find: |_| {
        let version = Command::new("make").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        ensure!(version.is_ok_and(|status| status.success()), "it needs `make`: apt-get install make");
        Ok(Box::new(Make { zig: zig::Zig::fetch()? }))
    },
};

struct Make {
    zig: zig::Zig,
}

impl Builder for Make {
    /// The flags are in the makefile, which is a source.
    fn version(&self) -> String {
        self.zig.version()
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        let mut make = Command::new("make");
        make.current_dir(project).args(["--always-make", "--silent"]);
        let status = self.zig.put_in_path(&mut make)?.arg("CC=zig cc").status().context("cannot start make")?;
        ensure!(status.success(), "it does not compile: see above");
        let made = wasm_files(project)?;
        ensure!(made.len() == 1, "expected one .wasm file, not {}", made.len());
        fs::rename(&made[0], wasm).with_context(|| format!("cannot write {}", wasm.display()))
    }
}
