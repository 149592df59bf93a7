//! `cargo xtask demo`: the main job, told as it happens. Real alerts, a Wasm policy, and an outside world that listens.
//!
//! Everything happens on loopback and in one temporary folder, which is gone afterwards.

mod conditions;
mod heard;
mod server;
mod sinks;
mod story;
mod teller;

use crate::{plugins, steps::Steps, workspace::Workspace};
use anyhow::{Context, bail, ensure};
use bellwire_support::{
    Observed,
    debian::{self, Program},
};
use conditions::Source;
use heard::{Delivery, Heard};
use server::Server;
use sinks::Sinks;
use std::{
    future,
    io::{IsTerminal, stdout},
    path::Path,
};
use story::{Story, missing};
use teller::Teller;
use tokio::signal::{
    ctrl_c,
    unix::{SignalKind, signal},
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Run unattended, and fail if a delivery is missing or one arrives that nobody expects
    #[arg(long)]
    check: bool,
    /// Post webhook bodies recorded from Alertmanager, even where Prometheus and Alertmanager can be had
    #[arg(long)]
    recorded: bool,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    println!("A minute's story about an outage, with a real Bellwire in it. Nothing leaves this machine.");
    let mut steps = Steps::new(4);
    steps.begin(
        "Bellwire, a debug build: some five minutes the first time, nearly all of it the Wasm engine; then seconds",
    );
    // With --workspace the dependencies have the features that the tests have, and are not built twice.
    let build = workspace.cargo().args(["build", "--workspace", "--bin", "bellwire"]).status();
    ensure!(build.context("cannot start cargo")?.success(), "Bellwire does not compile: see above");
    steps.begin("Its policies, to Wasm");
    plugins::build(workspace)?;
    steps.begin("Prometheus and Alertmanager, unpacked into a cache and not installed");
    let recorded = if arguments.recorded { Some("as you asked".to_owned()) } else { missing_programs() };
    println!("{}", if recorded.is_none() { "both are there" } else { "not used" });
    steps.begin("The story");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the runtime does not start")?.block_on(async {
        tokio::select! {
            outcome = perform(workspace, arguments, recorded) => outcome,
            () = told_to_stop() => interrupted(arguments),
        }
    })
}

async fn told_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return future::pending().await };
    tokio::select! {
        _ = ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Everything that was started and written goes away when this returns.
fn interrupted(arguments: &Arguments) -> anyhow::Result<()> {
    println!();
    ensure!(!arguments.check, "interrupted");
    Ok(())
}

/// Why there is no Prometheus or no Alertmanager here.
fn missing_programs() -> Option<String> {
    let programs = [Program::Prometheus, Program::Alertmanager].map(debian::program);
    programs.into_iter().find_map(Result::err).map(|missing| missing.to_string())
}

async fn perform(workspace: &Workspace, arguments: &Arguments, recorded: Option<String>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("bellwire-demo-").tempdir().context("there is no temporary folder")?;
    let sinks = Sinks::start().await?;
    let program = workspace.target.join("debug/bellwire");
    let server =
        Server::start(program.clone(), folder.path().to_owned(), &workspace.root.join("target/plugins"), &sinks)
            .await?;
    let source = source(recorded, &server).await;
    let (teller, record) = (Teller::begin(), Observed::default());
    let mut story = Story { teller: &teller, sinks: &sinks, record: &record, source, server, expected: Vec::new() };
    let told = async {
        let main = story.tell().await;
        let outcome = conclude(&story, main).await;
        if outcome.is_ok() && !arguments.check && stdout().is_terminal() {
            invite(&story.server, &program, folder.path());
            future::pending::<()>().await;
        }
        outcome
    };
    tokio::select! {
        outcome = told => outcome,
        never = sinks.follow(&teller, &record) => match never {},
    }
}

/// Says which it is.
async fn source(recorded: Option<String>, server: &Server) -> Source {
    let why = match recorded {
        Some(why) => why,
        None => match Source::real(server.address).await {
            Ok(source) => {
                println!(
                    "Alerts: a real Prometheus evaluates rules on metrics of this demo, a real Alertmanager posts what fires."
                );
                return source;
            }
            // Without the program's log, which follows.
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        },
    };
    println!("Alerts: webhook bodies recorded from a real Alertmanager, with this story's labels ({why}).");
    Source::Recorded { bellwire: server.address }
}

/// The timeline, the summary, and whether everybody heard what they should have and nothing else.
async fn conclude(story: &Story<'_>, main: anyhow::Result<String>) -> anyhow::Result<()> {
    let record = story.record.read(Vec::clone);
    let heard = || record.iter().map(|heard| &heard.what);
    let lost = missing(&story.expected, heard().collect());
    let unexpected = missing(heard(), story.expected.iter().collect());
    if let Ok(incident) = &main {
        story.teller.heading(&format!("$ bellwire incidents show {incident}"));
        print!("{}", story.server.bellwire(&["incidents", "show", incident]).await?);
    }
    story.teller.heading("Slack, as it looks now");
    print!("{}", story.sinks.slack.seen().rendering("#payments"));
    story.teller.heading("Who was told, when, why");
    summarise(&record);
    if main.is_ok() && lost.is_empty() && unexpected.is_empty() {
        println!("\nAll {} expected deliveries arrived, and no other.", record.len());
        return Ok(());
    }
    lost.iter().for_each(|delivery| println!("missing: {delivery}"));
    unexpected.iter().for_each(|delivery| println!("unexpected: {delivery}"));
    println!("\nThe end of the server's log:\n{}", story.server.log_tail());
    main?;
    bail!("{} deliveries are missing, {} are unexpected: see above", lost.len(), unexpected.len())
}

fn summarise(record: &[Heard]) {
    let row = |heard: &Heard| {
        let Delivery { receiver, action, key, .. } = &heard.what;
        let what = if key.is_empty() { action.to_string() } else { format!("{action} ({key})") };
        let why = if action.is_first() { heard.why.as_str() } else { "" };
        [format!("+{}s", heard.at.as_secs()), heard.incident.clone(), receiver.clone(), what, why.to_owned()]
    };
    let header = ["WHEN", "INCIDENT", "WHO", "WHAT", "WHY"].map(String::from);
    let rows: Vec<[String; 5]> = [header].into_iter().chain(record.iter().map(row)).collect();
    let widths: [usize; 4] = std::array::from_fn(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    for row in &rows {
        let cells: Vec<String> = widths.iter().zip(row).map(|(width, cell)| format!("{cell:width$}")).collect();
        println!("{}", format!("{}  {}", cells.join("  "), row[4]).trim_end());
    }
}

fn invite(server: &Server, program: &Path, folder: &Path) {
    let (url, program, folder) = (server.url(), program.display(), folder.display());
    println!(
        "\nBellwire stays up for a look, on {url}; Ctrl-C ends it and removes everything.\n\
         \n  export BELLWIRE_URL={url}\n  \
         {program} incidents list --state all\n  \
         {program} incidents show payments-1\n  \
         curl {url}/metrics\n\
         \nIts configuration: {folder}/bellwire.toml and routes/; its log: {folder}/bellwire.log"
    );
}
