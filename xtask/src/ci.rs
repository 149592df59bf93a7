//! `cargo xtask ci`: the script that CI runs, by a name that people remember.

use crate::workspace::Workspace;
use anyhow::{Context, ensure};
use std::process::Command;

pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let script = workspace.root.join(".ci/run");
    let status = Command::new(&script).status().with_context(|| format!("cannot start {}", script.display()))?;
    ensure!(status.success(), "CI would fail: see the step above");
    Ok(())
}
