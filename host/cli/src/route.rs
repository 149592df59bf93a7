//! `bellwire route test`: what would happen to an alert.

use crate::{Configuration, Failure, printable};
use bellwire_app::{
    Clock, Rehearsal,
    core::{Instant, Labels},
};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Say which team, route and policy take an alert, and what the policy decides; nobody is told
    ///
    /// The configuration's real plugins are asked, on an incident of this one alert, when its group_wait is over.
    Test(Test),
}

#[derive(clap::Args)]
pub struct Test {
    #[command(flatten)]
    configuration: Configuration,
    /// The alert's labels
    #[arg(required = true, value_name = "LABEL=VALUE", value_parser = pair)]
    labels: Vec<(String, String)>,
    /// An annotation, such as a value that a rule's threshold reads; may be given again
    #[arg(short, long = "annotation", value_name = "NAME=VALUE", value_parser = pair)]
    annotations: Vec<(String, String)>,
    /// When it begins to fire, such as 2026-11-22T03:00:00Z, instead of now: what happens on a Sunday at three?
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
}

pub fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name before the = is missing".into());
    }
    Ok((name.into(), value.into()))
}

fn instant(text: &str) -> Result<Instant, String> {
    let timestamp: jiff::Timestamp = text
        .parse()
        .map_err(|_| "write a time of RFC 3339, such as 2026-11-22T03:00:00Z or 2026-11-22T03:00:00+01:00")?;
    let millis = u64::try_from(timestamp.as_millisecond()).map_err(|_| "a time before 1970")?;
    Ok(Instant::from_millis(millis))
}

pub fn run(command: Command) -> Result<(), Failure> {
    let Command::Test(test) = command;
    let (labels, annotations) = (Labels::from_pairs(test.labels), Labels::from_pairs(test.annotations));
    let now = test.at.unwrap_or_else(|| Clock::System.now());
    let rehearsals =
        bellwire_app::rehearse(&test.configuration.config, &crate::environment(), labels, annotations, now)
            .map_err(|report| Failure::Wrong(report.to_string()))?;
    for (index, rehearsal) in rehearsals.iter().enumerate() {
        if index > 0 {
            println!();
        }
        show(rehearsal, now);
    }
    let faulted = rehearsals.iter().any(|rehearsal| rehearsal.result.is_err());
    if faulted { Err(Failure::Failed("a policy gave no decision: the fallback would be told".into())) } else { Ok(()) }
}

fn show(rehearsal: &Rehearsal, now: Instant) {
    let Rehearsal { team, route, policy, group, fallback, facts, result, fuel } = rehearsal;
    println!("team      {team}");
    println!("route     {route}");
    println!("group     {}", printable(&group.to_string()));
    if facts.incident.opened_at > now {
        let end = facts.incident.opened_at;
        println!("held      back by maintenance until {end}, and looked at as if it opened then");
    }
    println!("policy    {policy} ({fuel} fuel)");
    match result {
        Ok(decision) => {
            println!("priority  {}", decision.priority);
            println!("reason    {}", printable(&decision.reason));
            for notice in &decision.notices {
                let to: Vec<String> = notice.to.iter().map(ToString::to_string).collect();
                let kind = if notice.page { "page" } else { "inform" };
                println!("tells     {} ({}, {kind})", printable(&to.join(", ")), printable(&notice.key));
            }
            if decision.notices.is_empty() {
                println!("tells     nobody yet");
            }
            if let Some(at) = decision.next_check {
                println!("next      {} after it opened, at {at}", at.since(facts.incident.opened_at));
            }
        }
        Err(fault) => {
            println!("fault     {}", printable(&fault.to_string()));
            println!("tells     {} (the route's fallback)", fallback.join(", "));
        }
    }
}
