//! `bellwire plugin run`: what a plugin answers to one alert, webhook or message, and why.

mod channel;
mod policy;
mod source;

use super::{
    file::{self, elapsed, grouped, size},
    test::show_log,
};
use crate::{Failure, printable};
use bellwire_workbench::{
    AnyPlugin, Moment, settings_json,
    wasm::{Answer, World},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A policy is asked about an incident that is open and has this one alert, of which nobody was told yet. A source is given
/// a webhook, a channel a message about the alert. Nothing is sent.
#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Its settings: a file, or the text itself, as TOML or JSON
    #[arg(short, long, value_name = "FILE|TEXT", default_value = "{}")]
    settings: String,
    #[command(flatten)]
    alert: Alert,
    /// When a policy is asked: +15m is that long after the incident opened; at a time such as 2026-11-22T03:00:00Z it opens
    /// then. When a source's webhook comes
    #[arg(long, value_name = "TIME", conflicts_with = "facts")]
    now: Option<Moment>,
    #[command(flatten)]
    policy: policy::OfPolicy,
    #[command(flatten)]
    source: source::OfSource,
    #[command(flatten)]
    channel: channel::OfChannel,
}

/// What a policy or a channel is asked about.
#[derive(clap::Args)]
struct Alert {
    /// The alert's labels, for a policy or a channel
    #[arg(value_name = "LABEL=VALUE", value_parser = crate::route::pair)]
    labels: Vec<(String, String)>,
    /// An annotation of the alert; may be given again
    #[arg(short, long = "annotation", value_name = "NAME=VALUE", value_parser = crate::route::pair)]
    annotations: Vec<(String, String)>,
    /// What a policy said before, or what a channel's message says
    #[arg(long, value_parser = ["P1", "P2", "P3", "P4"], ignore_case = true)]
    priority: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings = settings(&arguments.settings)?;
    let plugin = file::open(&arguments.plugin)?;
    arguments.fit(plugin.world())?;
    let Arguments { alert, now, .. } = arguments;
    match &plugin {
        AnyPlugin::Policy(policy) => arguments.policy.run(policy, &settings, alert, *now),
        AnyPlugin::Source(source) => arguments.source.run(source, &settings, *now),
        AnyPlugin::Channel(channel) => arguments.channel.run(channel, &settings, alert),
    }
}

impl Arguments {
    /// What is meant for a plugin of another kind is not ignored.
    fn fit(&self, world: World) -> Result<(), Failure> {
        let given = [
            (self.policy.given(), World::Policy),
            (self.source.given(), World::Source),
            (self.channel.given(), World::Channel),
        ];
        let stray = given.into_iter().find_map(|(option, of)| Some((option?, of)).filter(|_| of != world));
        let plugin = self.plugin.display();
        if let Some((option, of)) = stray {
            return Err(Failure::Wrong(format!("{option} is for a {of}, and {plugin} is a {world}")));
        }
        match world {
            World::Source if !self.alert.is_empty() => Err(Failure::Wrong(format!(
                "{plugin} is a source, which is given a webhook and no alert: --body FILE, or the body on stdin"
            ))),
            World::Channel if self.now.is_some() => {
                Err(Failure::Wrong(format!("--now is for a policy or a source, and {plugin} is a channel")))
            }
            World::Policy | World::Source | World::Channel => Ok(()),
        }
    }
}

impl Alert {
    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.annotations.is_empty() && self.priority.is_none()
    }
}

fn table(pairs: &[(String, String)]) -> BTreeMap<String, String> {
    pairs.iter().cloned().collect()
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

/// One line of what it answered.
fn line(name: &str, value: &str) {
    println!("{name:<9} {}", printable(value));
}

/// What it cost, and what it logged.
fn account<T, E>(answer: &Answer<T, E>) {
    let Answer { fuel, memory_bytes, elapsed: time, log, .. } = answer;
    println!("cost      {} fuel, {} of memory, {}", grouped(*fuel), size(*memory_bytes), elapsed(*time));
    log.iter().for_each(show_log);
}

/// An error of several lines, such as all problems of the settings.
fn wrong(text: &str) -> Failure {
    Failure::Wrong(text.lines().map(printable).collect::<Vec<_>>().join("\n"))
}
