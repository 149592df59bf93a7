//! `cargo xtask test`: every test there is, with plain cargo, after fetching what the tests can use.
//!
//! The real components are fetched here once, with progress, rather than by the first test that happens to need one.

mod tally;

use crate::{
    plugins,
    steps::{Steps, readable},
    workspace::Workspace,
};
use anyhow::{Context, ensure};
use std::{
    io::{BufRead, BufReader, pipe},
    process::Command,
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
        "Compiles the shipped plugins, and one policy in eight languages, to Wasm; fetches Prometheus, Alertmanager and an \
         SMTP server\n(unpacked into a cache, nothing is installed); then runs every test. The first time takes some \
         fifteen minutes, nearly all of it\ncompiling; after that it is a few."
    );
    let mut steps = Steps::new(5);
    steps.begin("Plugins to Wasm");
    plugins::build(workspace)?;

    steps.begin("The same policy in every language whose tools can be had");
    plugins::languages::run(workspace, &[])?;

    steps.begin("Real components for the end-to-end tests");
    fetch_components();

    let mut tally = Tally::default();
    steps.begin("Tests of the host, the SDK and the tools");
    let host = cargo_test(|| workspace.cargo(), arguments, &mut tally)?;
    steps.begin("Tests of the plugins, compiled natively");
    let mut shipped = true;
    for folder in ["plugins", "examples/languages/rust"] {
        shipped &= cargo_test(|| workspace.cargo_in(folder), arguments, &mut tally)?;
    }

    println!();
    for reason in tally.reasons_to_skip() {
        println!("skipped: {reason}");
    }
    for name in tally.failures() {
        println!("failed: {name}");
    }
    println!("Took {}.", readable(started.elapsed()));
    println!("{tally}");
    ensure!(host && shipped, "not everything passed");
    ensure!(!tally.is_empty(), "no test's name contains `{}`", arguments.name.as_deref().unwrap_or_default());
    Ok(())
}

/// What cannot be had is said in one line; the tests that need it skip themselves with the same line.
fn fetch_components() {
    use bellwire_support::debian::{Program, aiosmtpd, program};
    let components = [
        program(Program::Prometheus).map(|found| found.path.display().to_string()),
        program(Program::Alertmanager).map(|found| found.path.display().to_string()),
        aiosmtpd().map(|_| "aiosmtpd".to_owned()),
    ];
    for component in components {
        match component {
            Ok(component) => println!("ready: {component}"),
            Err(missing) => println!("{missing}"),
        }
    }
}

/// Runs `cargo test` to its end, whatever fails on the way, and says whether all passed.
///
/// Compiles first, with cargo's own progress. Then one pipe takes both outputs, in order: a test that skips itself
/// says so on stderr, which the harness does not capture.
fn cargo_test(cargo: impl Fn() -> Command, arguments: &Arguments, tally: &mut Tally) -> anyhow::Result<bool> {
    let compiled = cargo().args(["test", "--workspace", "--no-run"]).status().context("cannot start cargo")?;
    if !compiled.success() {
        return Ok(false);
    }
    let (reader, writer) = pipe().context("cannot make a pipe")?;
    let mut child = cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(&arguments.name)
        .args(["--", "--show-output"])
        .stdout(writer.try_clone().context("cannot share a pipe")?)
        .stderr(writer)
        .spawn()
        .context("cannot start cargo")?;
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.context("cannot read cargo's output")?;
        if let Some(line) = tally.read(&String::from_utf8_lossy(&line)) {
            println!("{line}");
        }
    }
    Ok(child.wait().context("cannot wait for cargo")?.success())
}
