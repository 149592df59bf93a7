//! `cargo xtask`: everything a developer does with this repository, one word each.
//!
//! This crate may use `tests/support`, and no host crate: `cargo xtask --help` must not wait for wasmtime to compile.
//! What needs the host runs it as a child process.

mod bench;
mod ci;
mod demo;
mod plugins;
mod schemas;
mod steps;
mod test;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use workspace::Workspace;

/// Everything a developer does with Bellwire, one word each.
///
/// Nothing needs to be installed by hand: what a task lacks it fetches into a cache outside the clone, or it says in
/// one line what is missing and goes on without it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Watch the main job: real alerts, a Wasm policy, and who was told, when and why
    Demo(demo::Arguments),
    /// Run every test: unit, doc, end to end with real Prometheus, Alertmanager and SMTP, and the policies' own
    Test(test::Arguments),
    /// Compile the policies in plugins/ to Wasm
    Plugins(plugins::Arguments),
    /// Write the JSON Schemas of the simple door anew, from the contract in sdk/wit
    Schemas,
    /// Check the rules that no compiler knows: crate graph, headers, sizes, clocks, links
    Tidy,
    /// Measure Bellwire beside Alertmanager, under the same load
    Bench(bench::Arguments),
    /// Run what CI runs: format, lints, licences, tidy, tests
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        // Not returned: a developer wants the sentence, not a stack of this program's frames.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Demo(arguments) => demo::run(&workspace, &arguments),
        Task::Test(arguments) => test::run(&workspace, &arguments),
        Task::Plugins(arguments) => plugins::run(&workspace, &arguments),
        Task::Schemas => schemas::run(&workspace),
        Task::Tidy => tidy::run(&workspace),
        Task::Bench(arguments) => bench::run(&workspace, &arguments),
        Task::Ci => ci::run(&workspace),
    }
}
