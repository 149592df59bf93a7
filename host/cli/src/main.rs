//! The `bellwire` command: reads arguments, calls `app` or a running Bellwire's API, and writes for a human.

mod check;
mod client;
mod import;
mod incidents;
mod on_call;
mod plugin;
mod report;
mod route;
mod send_test;
mod serve;
mod silence;
mod table;
mod worst_case;

use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Decides whom an alert should wake, and makes sure it does.
///
/// Prometheus and Alertmanager post alerts to `bellwire serve`; a sandboxed WebAssembly policy decides how urgent they
/// are and whom to tell; Slack, email, PagerDuty and webhooks hear of it, durably.
///
/// Exit codes: 0 all is well, 1 it did not work, 2 the command or the configuration is wrong.
#[derive(Parser)]
#[command(name = "bellwire", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take alerts in, ask policies, tell people
    Serve(serve::Arguments),
    /// Check the configuration, every plugin and its settings: every error at once, with file and line
    Check(Configuration),
    /// Ask what would happen to an alert
    #[command(subcommand)]
    Route(route::Command),
    /// See incidents and act on them, on a running Bellwire
    Incidents(incidents::Arguments),
    /// Keep alerts quiet for a while, and see what keeps them so, on a running Bellwire
    Silence(silence::Arguments),
    /// See who is on call and when nobody is, and change it for a while, on a running Bellwire
    #[command(name = "oncall")]
    OnCall(on_call::Arguments),
    /// Say what happened in a week: incidents, who was paged when, what was noisy and what failed
    Report(report::Arguments),
    /// Write plugins of your own: begin, build, try out, test and measure one, without a server
    #[command(subcommand)]
    Plugin(plugin::Command),
    /// Move from Alertmanager: write bellwire.toml and a routes file from its configuration
    Import(import::Arguments),
    /// Send a receiver one message that says it is a test
    SendTest(send_test::Arguments),
}

/// Where the configuration is.
#[derive(Args, Clone)]
struct Configuration {
    /// The main configuration file; routes and plugins are found from it
    #[arg(short, long, value_name = "FILE", default_value = "bellwire.toml", env = "BELLWIRE_CONFIG")]
    config: PathBuf,
}

/// Why a command ends badly. The text has been shown already, or is in the error.
enum Failure {
    /// It did not work: exit code 1.
    Failed(String),
    /// What was asked for is wrong: exit code 2.
    Wrong(String),
}

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("bellwire: the runtime does not start: {error}");
            return ExitCode::from(1);
        }
    };
    let command = Arguments::parse().command;
    if !matches!(command, Command::Serve(_)) {
        end_where_nobody_reads_on();
    }
    let outcome = runtime.block_on(run(command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(message)) => {
            eprintln!("bellwire: {message}");
            ExitCode::from(1)
        }
        Err(Failure::Wrong(message)) => {
            // A report of the configuration has many lines, and needs nobody's name before the first.
            let name = if message.contains('\n') { "" } else { "bellwire: " };
            eprintln!("{name}{message}");
            ExitCode::from(2)
        }
    }
}

/// `bellwire … | head`: whoever reads has seen enough. Printing panics then, which is no fault to be told of.
fn end_where_nobody_reads_on() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>();
        if said.is_some_and(|said| said.starts_with("failed printing to stdout") && said.contains("Broken pipe")) {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Check(configuration) => check::run(&configuration),
        Command::Route(command) => route::run(command),
        Command::Incidents(arguments) => incidents::run(arguments).await,
        Command::Silence(arguments) => silence::run(arguments).await,
        Command::OnCall(arguments) => on_call::run(arguments).await,
        Command::Report(arguments) => report::run(arguments).await,
        Command::Plugin(command) => plugin::run(command).await,
        Command::Import(arguments) => import::run(&arguments),
        Command::SendTest(arguments) => send_test::run(arguments).await,
    }
}

/// What strangers wrote, fit for a terminal: a control character or one that turns the text around is shown, not obeyed.
fn printable(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let shown = |c: char| if obeyed(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// Secrets given as `{ env = … }` come from the process's environment.
fn environment() -> bellwire_app::Environment {
    Arc::new(|name| std::env::var(name).ok())
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_a_terminal_obeys_reaches_it() {
        assert_eq!(printable("Platte voll: größer 🔥"), "Platte voll: größer 🔥");
        assert_eq!(printable("a\u{1b}[2Jb\r\n\u{9b}c\u{202e}d"), "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9b}c\\u{202e}d");
    }
}
