//! `bellwire plugin test`: golden cases, and what must hold for every incident.

use super::{
    cases::{self, Cases},
    file::{self, grouped},
    properties,
};
use crate::{Failure, printable};
use bellwire_app::core::Span;
use bellwire_workbench::{
    CaseRun, Verdict,
    properties::Plan,
    run_cases, update,
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
    /// Also try what must hold for every incident, on incidents made of the cases' alerts; the same SEED makes the same ones
    #[arg(long, value_name = "SEED", num_args = 0..=1, default_missing_value = "1")]
    properties: Option<u64>,
    /// For --properties: within this time a P1 must page somebody
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = within)]
    within: Span,
    /// For --properties: how many incidents are made for each settings that the cases have
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    incidents: u32,
    /// Show what the policy logs in each case, not only in those that fail
    #[arg(long)]
    log: bool,
}

fn within(text: &str) -> Result<Span, String> {
    match bellwire_workbench::span(text)? {
        0 => Err("a time of nothing is too short".into()),
        milliseconds => Ok(Span::from_millis(milliseconds)),
    }
}

impl Arguments {
    /// Only the cases.
    pub fn plain(plugin: PathBuf, cases: Vec<PathBuf>) -> Self {
        let (within, incidents) = (Span::from_secs(30 * 60), 100);
        Self { plugin, cases, update: false, properties: None, within, incidents, log: false }
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    updated: usize,
    differ: usize,
    /// There was no decision at all.
    undecided: usize,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let files = cases::open(&arguments.cases)?;
    let plugin = file::open(&arguments.plugin)?.plugin;
    let mut tally = Tally::default();
    for cases in &files {
        test(&plugin, cases, arguments, &mut tally)?;
    }
    let cases = tally.verdict();
    let Some(seed) = arguments.properties else { return cases };
    let plan = Plan { seed, within: arguments.within, incidents: arguments.incidents as usize };
    let holds = files.iter().try_for_each(|cases| properties::run(&plugin, cases, plan));
    match (cases, holds) {
        (Err(Failure::Failed(cases)), Err(Failure::Failed(holds))) => Err(Failure::Failed(format!("{cases}; {holds}"))),
        (cases, holds) => cases.and(holds),
    }
}

fn test(plugin: &Plugin, cases: &Cases, arguments: &Arguments, tally: &mut Tally) -> Result<(), Failure> {
    println!("{}", cases.path.display());
    let runs = run_cases(plugin, &cases.file);
    for run in &runs {
        show(run, arguments);
        tally.count(&run.verdict, arguments);
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
    fn count(&mut self, verdict: &Verdict, arguments: &Arguments) {
        match (verdict, arguments.update) {
            (Verdict::Passed, _) => self.passed += 1,
            (Verdict::Differs { .. }, true) => self.updated += 1,
            (Verdict::Differs { .. }, false) => self.differ += 1,
            (Verdict::Faulted(_), _) => self.undecided += 1,
        }
    }

    fn verdict(&self) -> Result<(), Failure> {
        let Self { passed, updated, differ, undecided } = *self;
        let all = passed + updated + differ + undecided;
        let cases = if all == 1 { "1 case".to_owned() } else { format!("{all} cases") };
        if differ + undecided > 0 {
            let legend = match differ {
                0 => "",
                _ => " (- was expected, + was decided; --update makes what was decided the expected)",
            };
            return Err(Failure::Failed(format!("{} of {cases} failed{legend}", differ + undecided)));
        }
        match updated {
            0 => println!("{cases}: passed"),
            _ => println!("{cases}: {passed} passed, {updated} updated"),
        }
        Ok(())
    }
}
