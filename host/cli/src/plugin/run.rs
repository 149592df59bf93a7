//! `bellwire plugin run`: what a policy decides about one alert, and why.

use super::{
    file::{self, elapsed, grouped, size},
    test::show_log,
};
use crate::{Failure, printable};
use bellwire_app::{
    Clock,
    core::{Decision, Facts, Instant, Labels, Priority},
};
use bellwire_workbench::{Moment, Subject, facts_document, fire, opened, settings_json};
use std::path::{Path, PathBuf};

/// The incident is open and has this one alert; nothing was sent yet. With --facts it is whatever the document says.
#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Its settings: a file, or the text itself, as TOML or JSON
    #[arg(short, long, value_name = "FILE|TEXT", default_value = "{}")]
    settings: String,
    /// The alert's labels
    #[arg(required_unless_present = "facts", value_name = "LABEL=VALUE", value_parser = crate::route::pair)]
    labels: Vec<(String, String)>,
    /// An annotation of the alert; may be given again
    #[arg(short, long = "annotation", value_name = "NAME=VALUE", value_parser = crate::route::pair)]
    annotations: Vec<(String, String)>,
    /// When it is asked: +15m is that long after the incident opened; at a time such as 2026-11-22T03:00:00Z it opens then
    #[arg(long, value_name = "TIME", default_value = "+0m")]
    now: Moment,
    /// What the policy said before
    #[arg(long, value_parser = priority)]
    priority: Option<Priority>,
    /// The facts as the JSON document that the simple door has, instead of an alert
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["labels", "annotations", "now", "priority"])]
    facts: Option<PathBuf>,
}

fn priority(text: &str) -> Result<Priority, &'static str> {
    match text {
        "P1" | "p1" => Ok(Priority::P1),
        "P2" | "p2" => Ok(Priority::P2),
        "P3" | "p3" => Ok(Priority::P3),
        "P4" | "p4" => Ok(Priority::P4),
        _ => Err("write P1, P2, P3 or P4"),
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings = settings(&arguments.settings)?;
    let facts = match &arguments.facts {
        Some(path) => document(path)?,
        None => one_alert(arguments),
    };
    let plugin = file::open(&arguments.plugin)?.plugin;
    let subject = Subject::new(&plugin, &settings)
        .map_err(|refused| Failure::Wrong(refused.to_string().lines().map(printable).collect::<Vec<_>>().join("\n")))?;
    let evaluation = subject.evaluate(&facts);
    if let Ok(decision) = &evaluation.result {
        show(decision, &facts);
    }
    let (memory, time) = (size(evaluation.memory_bytes), elapsed(evaluation.elapsed));
    println!("cost      {} fuel, {memory} of memory, {time}", grouped(evaluation.fuel));
    evaluation.log.iter().for_each(show_log);
    evaluation.result.map(|_| ()).map_err(|fault| Failure::Failed(printable(&fault.to_string())))
}

fn settings(argument: &str) -> Result<String, Failure> {
    let path = Path::new(argument);
    let text = if path.is_file() { file::text(path)? } else { argument.to_owned() };
    if text.trim_start().starts_with('{') {
        return Ok(text);
    }
    settings_json(&text).map_err(|error| {
        let hint = if argument.contains('=') { "" } else { " (and there is no file of that name)" };
        Failure::Wrong(format!("--settings is neither JSON nor TOML{hint}: {error}"))
    })
}

fn document(path: &Path) -> Result<Facts, Failure> {
    facts_document(&file::text(path)?)
        .map_err(|error| Failure::Wrong(format!("{}: {}", path.display(), printable(&error.to_string()))))
}

fn one_alert(arguments: &Arguments) -> Facts {
    let opened_at = match arguments.now {
        Moment::After(_) => Clock::System.now(),
        Moment::At(at) => Instant::from_millis(at),
    };
    let mut facts = opened(opened_at);
    let pairs = |pairs: &[(String, String)]| Labels::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
    fire(&mut facts, pairs(&arguments.labels), pairs(&arguments.annotations));
    facts.incident.priority = arguments.priority;
    facts.now = Instant::from_millis(arguments.now.from(opened_at.as_millis()));
    facts
}

fn show(decision: &Decision, facts: &Facts) {
    println!("priority  {}", decision.priority);
    println!("reason    {}", printable(&decision.reason));
    for notice in &decision.notices {
        let to: Vec<String> = notice.to.iter().map(ToString::to_string).collect();
        let kind = if notice.page { "page" } else { "inform" };
        println!("tells     {} ({}, {kind})", printable(&to.join(", ")), printable(&notice.key));
        if let Some(text) = &notice.text {
            println!("          {}", printable(text));
        }
    }
    if decision.notices.is_empty() {
        println!("tells     nobody yet");
    }
    if let Some(at) = decision.next_check {
        println!("next      {} after it opened, at {at}", at.since(facts.incident.opened_at));
    }
}
