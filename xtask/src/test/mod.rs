//! `cargo xtask test`: every test there is, with plain cargo, after fetching what the tests can use.
//!
//! The real components are fetched here once, with progress, rather than by the first test that happens to need one.

mod tally;

use crate::{
    steps::{Steps, readable},
    workspace::Workspace,
};
use anyhow::{Context, ensure};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};
use tally::Tally;

#[derive(clap::Args)]
pub struct Arguments {
    /// Run only the tests whose name contains this
    name: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "a developer's stopwatch: it measures this run and decides nothing")]
pub fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    println!(
        "Compiles the shipped policies to Wasm, fetches Prometheus, Alertmanager and an SMTP server (unpacked into a \
         cache, nothing is installed),\nthen runs every test. The first time takes some ten minutes, nearly all of it \
         compiling; after that it is one or two."
    );
    let mut steps = Steps::new(2);

    let mut tally = Tally::default();
    steps.begin("Tests of the host, the SDK and the tools");
    let host = cargo_test(workspace.cargo().args(["test", "--workspace"]), arguments, &mut tally)?;
    steps.begin("Tests of the policies, compiled natively");
    let policies = cargo_test(workspace.cargo_in_plugins().arg("test"), arguments, &mut tally)?;

    println!();
    for reason in tally.reasons_to_skip() {
        println!("skipped: {reason}");
    }
    for name in tally.failures() {
        println!("failed: {name}");
    }
    println!("Took {}.", readable(started.elapsed()));
    println!("{tally}");
    ensure!(host && policies, "not everything passed");
    ensure!(!tally.is_empty(), "no test's name contains `{}`", arguments.name.as_deref().unwrap_or_default());
    Ok(())
}

/// Runs `cargo test` to its end, whatever fails on the way, and says whether all passed.
fn cargo_test(cargo: &mut Command, arguments: &Arguments, tally: &mut Tally) -> anyhow::Result<bool> {
    cargo.arg("--no-fail-fast").args(&arguments.name).args(["--", "--show-output"]);
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read cargo's output")?;
        if let Some(line) = tally.read(&String::from_utf8_lossy(&line)) {
            println!("{line}");
        }
    }
    Ok(child.wait().context("cannot wait for cargo")?.success())
}
