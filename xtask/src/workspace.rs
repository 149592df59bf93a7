//! Where the clone is, where it is built, and how cargo is called in it.

use anyhow::Context;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

pub struct Workspace {
    /// The root of the clone.
    pub root: PathBuf,
    /// Cargo's target folder for the root workspace.
    pub target: PathBuf,
}

impl Workspace {
    /// Asks the environment that cargo sets when it runs us, not the path that was compiled in: clones may share a
    /// target folder, and then a binary built in one of them runs in another.
    pub fn locate() -> anyhow::Result<Self> {
        let manifest = env::var("CARGO_MANIFEST_DIR").context("start it as `cargo xtask`")?;
        let root = Path::new(&manifest).parent().context("xtask/ lies in the root of the clone")?.to_owned();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        Ok(Self { root, target })
    }

    /// The cargo that runs us, started in the root of the clone.
    ///
    /// Without what it told us about our own package: some build scripts look at those variables, and their crates
    /// would be built anew after every change from `cargo` to `cargo xtask` and back.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The same for a folder that is a workspace of its own, with a target folder of its own.
    pub fn cargo_in(&self, folder: &str) -> Command {
        let mut command = self.cargo();
        command.current_dir(self.root.join(folder)).env("CARGO_TARGET_DIR", self.target.join("plugins-native"));
        command
    }
}
