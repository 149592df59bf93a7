//! `bellwire serve`: runs until it is told to stop; SIGHUP reloads.

use crate::{Configuration, Failure};
use bellwire_app::{App, Clock, Options, StartError};
use std::{io::IsTerminal, net::SocketAddr};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// SIGHUP and `POST /-/reload` read the configuration anew, all or nothing. SIGTERM and Ctrl-C stop: what is under way
/// is finished, and what is not is on disk for the next start.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: Configuration,
    /// Listen here instead of where the configuration says; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// How logs are written: for people or for machines
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "BELLWIRE_LOG_FORMAT")]
    log_format: LogFormat,
    /// What is logged, as in `info` or `warn,bellwire_dispatch=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "BELLWIRE_LOG")]
    log: String,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&arguments.log).map_err(|error| Failure::Wrong(format!("--log: {error}")))?;
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr);
    match arguments.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    let failed = |error: std::io::Error| Failure::Failed(format!("signals cannot be received: {error}"));
    let mut reload = signal(SignalKind::hangup()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;

    let options = Options {
        config: arguments.configuration.config,
        listen: arguments.listen,
        environment: crate::environment(),
        clock: Clock::System,
    };
    let app = App::start(options).await.map_err(|error| match error {
        StartError::Configuration(report) => Failure::Wrong(report.to_string()),
        other => Failure::Failed(other.to_string()),
    })?;
    tracing::info!(url = app.url(), "ready");
    let outcome = wait(&app, &mut reload, &mut terminate, &mut interrupt).await;
    tracing::info!("stopping");
    app.stop().await;
    outcome
}

/// An error: it did not end because it was told to. A supervisor that restarts on failure sees it by the exit code.
async fn wait(app: &App, reload: &mut Signal, terminate: &mut Signal, interrupt: &mut Signal) -> Result<(), Failure> {
    loop {
        tokio::select! {
            // Beside us, so that a stop is heard meanwhile. What became of it is in the log.
            _ = reload.recv() => app.reload_soon(),
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            reason = app.broken() => {
                tracing::error!(reason, "cannot go on; stopping, so that a supervisor starts us again");
                return Err(Failure::Failed(format!("{reason} broke off; the log says why")));
            }
        }
    }
}
