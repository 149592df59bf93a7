//! `cargo xtask bench`: Bellwire beside Debian's Alertmanager, on this machine, in the same run, under the same load.
//!
//! Nothing here is a test: machines are shared and noisy, so what counts are ratios of medians over alternating runs.

mod figures;
mod machine;
mod plugins;
mod rows;
mod subject;

use crate::{plugins as policies, steps::Steps, workspace::Workspace};
use anyhow::{Context, ensure};
use bellwire_support::debian::{self, Program};
use figures::{Figures, Side};
use machine::Machine;
use rows::Scale;
use std::{fs, path::PathBuf, process::Command};
use subject::Stage;

#[derive(clap::Args)]
pub struct Arguments {
    /// Three smaller runs, in two minutes
    #[arg(long)]
    quick: bool,
    /// Also write every figure as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only these rows: new, single, latency, groups, storm
    #[arg(long, value_name = "ROW", value_delimiter = ',')]
    rows: Vec<rows::Row>,
    /// The engine alone instead: deadlines among many, schedules, growth; no peer has these
    #[arg(long, conflicts_with_all = ["quick", "json", "rows", "alone", "binary", "runs"])]
    core: bool,
    /// Plugins instead: what each language takes, and what a hostile one costs its neighbours
    #[arg(long, conflicts_with_all = ["core", "quick", "json", "rows", "alone", "binary", "runs"])]
    plugins: bool,
    /// Write the plugins' tables into docs/performance.md
    #[arg(long, requires = "plugins")]
    write: bool,
    /// Bellwire alone, for one who changes it and knows Alertmanager's figures
    #[arg(long)]
    alone: bool,
    /// Another build of Bellwire than this clone's, to compare two
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// How often each row runs on each side
    #[arg(long, value_name = "COUNT")]
    runs: Option<usize>,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.core {
        return core(workspace);
    }
    if arguments.plugins {
        policies::build(workspace)?;
        return plugins::run(workspace, arguments.write);
    }
    let mut steps = Steps::new(3);
    steps.begin("Policies, and Bellwire as it is released");
    policies::build(workspace)?;
    let binary = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => build(workspace)?,
    };

    steps.begin("The machine");
    // In cargo's target folder and not in /tmp, which may be memory: a 2xx of ours means that the alerts are on disk.
    let databases = workspace.target.join("bench");
    fs::create_dir_all(&databases).with_context(|| format!("cannot make {}", databases.display()))?;
    let peer = match arguments.alone {
        true => None,
        false => peer(),
    };
    let machine = Machine::look(version(workspace, arguments), peer.as_deref(), &databases)?;
    println!("{machine}");

    let scale = if arguments.quick { Scale::QUICK } else { Scale::FULL };
    let runs = arguments.runs.unwrap_or(scale.runs);
    steps.begin(&format!("{runs} runs on each side, by turns"));
    let stage = Stage { binary, plugins: workspace.root.join("target/plugins"), databases };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime does not start")?;
    let sides = if peer.is_some() { &[Side::Bellwire, Side::Alertmanager][..] } else { &[Side::Bellwire] };
    let mut figures = Figures::default();
    for run in 1..=runs {
        for row in rows::Row::ALL.into_iter().filter(|row| arguments.rows.is_empty() || arguments.rows.contains(row)) {
            for side in sides {
                let measured = runtime.block_on(rows::measure(row, &stage, *side, &scale));
                let measured = measured.with_context(|| format!("{side}, row `{row:?}`"))?;
                println!("{run}/{runs} {side:12} {measured}");
                figures.add(*side, measured);
            }
        }
    }
    println!("\n{}", figures.table(&scale));
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&figures.json(&machine, runs))?;
        fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Programs that print what they measure.
fn core(workspace: &Workspace) -> anyhow::Result<()> {
    const MEASURED: [(&str, &str, &str); 3] = [
        ("Who is on call: 5 layers, 50 overrides", "bellwire-core", "on_call_speed"),
        ("A deadline among many", "bellwire-sim", "timers"),
        ("Growth", "bellwire-sim", "growth"),
    ];
    let mut steps = Steps::new(MEASURED.len());
    for (title, package, example) in MEASURED {
        steps.begin(title);
        let run = workspace.cargo().args(["run", "--release", "--quiet", "-p", package, "--example", example]).status();
        ensure!(run.context("cannot start cargo")?.success(), "{example} failed: see above");
    }
    Ok(())
}

fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let built = workspace.cargo().args(["build", "--release", "--workspace", "--bin", "bellwire"]).status();
    ensure!(built.context("cannot start cargo")?.success(), "Bellwire does not compile: see above");
    Ok(workspace.target.join("release/bellwire"))
}

/// Of the build that is measured: this clone's commit says nothing of another's.
fn version(workspace: &Workspace, arguments: &Arguments) -> String {
    let version = env!("CARGO_PKG_VERSION");
    if let Some(binary) = &arguments.binary {
        return format!("of {}", binary.display());
    }
    let commit = Command::new("git").current_dir(&workspace.root).args(["describe", "--always", "--dirty"]).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    format!("{version} ({commit})")
}

/// Alertmanager's version; without it, Bellwire is measured alone.
fn peer() -> Option<String> {
    let found = debian::program(Program::Alertmanager).inspect_err(|missing| println!("skipped: {missing}")).ok()?;
    let output = found.command().arg("--version").output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Some(text.split_once("version ")?.1.split_whitespace().next()?.to_owned())
}
