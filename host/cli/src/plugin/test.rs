//! `bellwire plugin test`: golden cases, and what must hold for every incident.

use super::{
    cases::{self, Cases},
    file::{self, grouped},
    properties,
};
use crate::{Failure, printable};
use bellwire_app::core::Span;
use bellwire_workbench::{
    AnyPlugin, CaseRun, Trial, Verdict,
    properties::Plan,
    update,
    wasm::{LogLevel, LogLine},
};
use std::{fs, path::PathBuf};

/// Each case says, as TOML, what the plugin is given and what it shall answer: a policy facts and a decision, a source a
/// webhook and alerts, a channel a message and a request. The plugin itself is asked, under the limits that a server has.
#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Files of cases, or folders of them
    #[arg(required = true, value_name = "CASES.toml")]
    cases: Vec<PathBuf>,
    /// Write what was answered into the files as what is expected; comments stay. Read the difference before you commit it
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
    /// Show what the plugin logs in each case, not only in those that fail
    #[arg(long)]
    log: bool,
}

fn within(text: &str) -> Result<Span, String> {
    match bellwire_workbench::span(text)? {
        0 => Err("a time of nothing is too short".into()),
        milliseconds => Ok(Span::from_millis(milliseconds)),
    }
}

/// What is done with the cases.
#[derive(Clone, Copy, Default)]
struct Wanted {
    update: bool,
    log: bool,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    updated: usize,
    differ: usize,
    /// There was no answer at all.
    unanswered: usize,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let &Arguments { update, log, .. } = arguments;
    let files = cases::open(&arguments.cases)?;
    let plugin = file::open(&arguments.plugin)?;
    let trials = trials(&plugin, &files)?;
    let cases = run_all(&trials, Wanted { update, log })?.verdict();
    let Some(seed) = arguments.properties else { return cases };
    let plan = Plan { seed, within: arguments.within, incidents: arguments.incidents as usize };
    let holds = trials.iter().try_for_each(|(trial, cases)| properties::run(trial, cases, plan));
    match (cases, holds) {
        (Err(Failure::Failed(cases)), Err(Failure::Failed(holds))) => Err(Failure::Failed(format!("{cases}; {holds}"))),
        (cases, holds) => cases.and(holds),
    }
}

/// Only the cases, in these files or folders.
pub fn cases_of(plugin: &AnyPlugin, paths: &[PathBuf]) -> Result<(), Failure> {
    let files = cases::open(paths)?;
    run_all(&trials(plugin, &files)?, Wanted::default())?.verdict()
}

type Tried<'a> = (Trial<'a>, &'a Cases);

/// All files are read before anything is run.
fn trials<'a>(plugin: &'a AnyPlugin, files: &'a [Cases]) -> Result<Vec<Tried<'a>>, Failure> {
    files.iter().map(|cases| Ok((cases.of(plugin)?, cases))).collect()
}

fn run_all(trials: &[Tried<'_>], wanted: Wanted) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (trial, cases) in trials {
        run_file(trial, cases, wanted, &mut tally)?;
    }
    Ok(tally)
}

fn run_file(trial: &Trial<'_>, cases: &Cases, wanted: Wanted, tally: &mut Tally) -> Result<(), Failure> {
    println!("{}", cases.path.display());
    let runs = trial.run();
    for run in &runs {
        show(run, wanted);
        tally.count(&run.verdict, wanted);
    }
    println!();
    let differs = |run: &CaseRun| matches!(run.verdict, Verdict::Differs { .. });
    if wanted.update && runs.iter().any(differs) {
        let failed = |error: String| Failure::Failed(format!("{} is not updated: {error}", cases.path.display()));
        let text = update(trial.world(), &cases.text, &runs).map_err(|error| failed(error.to_string()))?;
        fs::write(&cases.path, text).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

fn show(run: &CaseRun, wanted: Wanted) {
    let word = match (&run.verdict, wanted.update) {
        (Verdict::Passed, _) => "passed",
        (Verdict::Differs { .. }, false) => "DIFFERS",
        (Verdict::Differs { .. }, true) => "updated",
        (Verdict::Faulted(_), _) => "FAILED",
    };
    println!("  {word:<7} {}  ({} fuel)", printable(&run.name), grouped(run.fuel));
    for line in run.verdict.explained().lines() {
        println!("          {}", printable(line));
    }
    if wanted.log || !run.passed() {
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
    fn count(&mut self, verdict: &Verdict, wanted: Wanted) {
        match (verdict, wanted.update) {
            (Verdict::Passed, _) => self.passed += 1,
            (Verdict::Differs { .. }, true) => self.updated += 1,
            (Verdict::Differs { .. }, false) => self.differ += 1,
            (Verdict::Faulted(_), _) => self.unanswered += 1,
        }
    }

    fn verdict(&self) -> Result<(), Failure> {
        let Self { passed, updated, differ, unanswered } = *self;
        let all = passed + updated + differ + unanswered;
        let cases = if all == 1 { "1 case".to_owned() } else { format!("{all} cases") };
        if differ + unanswered > 0 {
            let legend = match differ {
                0 => "",
                _ => " (- was expected, + was answered; --update makes what was answered the expected)",
            };
            return Err(Failure::Failed(format!("{} of {cases} failed{legend}", differ + unanswered)));
        }
        match updated {
            0 => println!("{cases}: passed"),
            _ => println!("{cases}: {passed} passed, {updated} updated"),
        }
        Ok(())
    }
}
