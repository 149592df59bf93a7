//! Python: componentize-py from PyPI, run by the Python that is here. The plugin has a Python of its own.

use super::{
    languages::{Builder, Language},
    python_package,
};
use anyhow::{Context, ensure};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const VERSION: &str = "0.25.1";
/// Of the example, and of what the template makes: whichever is there.
const MODULES: [&str; 2] = ["ladder", "policy_plugin"];

pub const LANGUAGE: Language = Language {
    name: "python",
    find: |_| Ok(Box::new(Componentize { packages: python_package::fetch("componentize-py", VERSION)? })),
};

struct Componentize {
    /// For PYTHONPATH.
    packages: PathBuf,
}

impl Builder for Componentize {
    /// The flags are in sdk/python/build.py, which is a source.
    fn version(&self) -> String {
        format!("componentize-py {VERSION}")
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        let is_here = |module: &&&str| project.join(format!("{module}.py")).is_file();
        let module = MODULES.iter().find(is_here).context("there is no module to compile")?;
        let sdk = [project.join("sdk/python"), project.join("../../../sdk/python")];
        let sdk = sdk.iter().find(|sdk| sdk.is_dir()).context("there is no SDK")?;
        let mut build = Command::new("python3");
        build.arg(sdk.join("build.py")).arg(module).arg(wasm);
        // What the examples share.
        if project.join("../cases").is_dir() {
            build.arg("../cases");
        }
        // No cache beside the sources, nothing of the caller's.
        build.env("PYTHONPATH", &self.packages).env("PYTHONDONTWRITEBYTECODE", "1").env_remove("VIRTUAL_ENV");
        let status = build.current_dir(project).stdin(Stdio::null()).status();
        ensure!(status.context("cannot start python3")?.success(), "it does not compile: see above");
        Ok(())
    }
}
