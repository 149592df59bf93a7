//! `bellwire plugin test`: golden cases, and what must hold for every incident.

use super::{
    cases::{self, Cases},
    file::{self, grouped},
};
use crate::{Failure, printable};
use bellwire_workbench::{
    CaseRun, Verdict, run_cases, update,
    wasm::{LogLevel, LogLine, Plugin},
};
use std::{fs, path::PathBuf};

/// Each case is an incident at one moment, as TOML, and what the policy shall decide about it. The plugin itself is
/// asked, under the limits that a server has.
#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Files of cases, or folders of them
    #[arg(required = true, value_name = "CASES.toml")]
    cases: Vec<PathBuf>,
    /// Write what was decided into the files as what is expected; comments stay. Read the difference before you commit it
    #[arg(long)]
    update: bool,
    /// Show what the policy logs in each case, not only in those that fail
    #[arg(long)]
    log: bool,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    updated: usize,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let files = cases::open(&arguments.cases)?;
    let plugin = file::open(&arguments.plugin)?.plugin;
    let mut tally = Tally::default();
    for cases in &files {
        test(&plugin, cases, arguments, &mut tally)?;
    }
    tally.verdict(arguments)
}

fn test(plugin: &Plugin, cases: &Cases, arguments: &Arguments, tally: &mut Tally) -> Result<(), Failure> {
    println!("{}", cases.path.display());
    let runs = run_cases(plugin, &cases.file);
    for run in &runs {
        show(run, arguments);
        match (&run.verdict, arguments.update) {
            (Verdict::Passed, _) => tally.passed += 1,
            (Verdict::Differs { .. }, true) => tally.updated += 1,
            (Verdict::Differs { .. }, false) | (Verdict::Faulted(_), _) => tally.failed += 1,
        }
    }
    println!();
    let differs = |run: &CaseRun| matches!(run.verdict, Verdict::Differs { .. });
    if arguments.update && runs.iter().any(differs) {
        let failed = |error: String| Failure::Failed(format!("{} is not updated: {error}", cases.path.display()));
        let text = update(&cases.text, &cases.file, &runs).map_err(|error| failed(error.to_string()))?;
        fs::write(&cases.path, text).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

fn show(run: &CaseRun, arguments: &Arguments) {
    let word = match (&run.verdict, arguments.update) {
        (Verdict::Passed, _) => "passed",
        (Verdict::Differs { .. }, false) => "DIFFERS",
        (Verdict::Differs { .. }, true) => "updated",
        (Verdict::Faulted(_), _) => "FAILED",
    };
    println!("  {word:<7} {}  ({} fuel)", printable(&run.name), grouped(run.fuel));
    for line in run.verdict.explained().lines() {
        println!("          {}", printable(line));
    }
    if arguments.log || !run.passed() {
        run.log.iter().for_each(show_log);
    }
}

pub fn show_log(line: &LogLine) {
    let level = match line.level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    println!("          log {level}: {}", printable(&line.message));
}

impl Tally {
    fn verdict(&self, arguments: &Arguments) -> Result<(), Failure> {
        let Self { passed, failed, updated } = *self;
        let all = passed + failed + updated;
        let cases = if all == 1 { "1 case".to_owned() } else { format!("{all} cases") };
        match (failed, updated) {
            (0, 0) => println!("{cases}: passed"),
            (0, _) => println!("{cases}: {passed} passed, {updated} updated"),
            _ => {
                let hint = if arguments.update {
                    "what gave no decision cannot be updated"
                } else {
                    "- was expected, + was decided; --update makes what was decided the expected"
                };
                return Err(Failure::Failed(format!("{failed} of {cases} failed ({hint})")));
            }
        }
        Ok(())
    }
}
