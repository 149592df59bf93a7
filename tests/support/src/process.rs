//! A real program under a test: started on a free port, ready when its own log says so, killed on drop.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::observed::Observed;

const LOG_LINES_MAX: usize = 300;
const START_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Missing(#[from] crate::debian::Missing),
    #[error("{program} could not be started")]
    Io { program: &'static str, source: std::io::Error },
    #[error("{program} did not become ready; its log ends with:\n{log}")]
    NotReady { program: &'static str, log: String },
}

#[derive(Clone, Debug, Default)]
struct Log {
    lines: VecDeque<String>,
    ended: bool,
}

pub(crate) struct Running {
    child: Child,
    log: Observed<Log>,
    reading: JoinHandle<()>,
}

impl Running {
    /// Starts `command` and waits until a line of its stderr contains `ready`.
    pub async fn start(program: &'static str, mut command: Command, ready: &str) -> Result<Self, StartError> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| StartError::Io { program, source })?;
        let log = Observed::<Log>::default();
        let reading = match child.stderr.take() {
            Some(stderr) => tokio::spawn(keep(stderr, log.clone())),
            None => unreachable!("stderr is piped above"),
        };
        let running = Self { child, log, reading };
        let is_ready = |log: &Log| {
            let found = log.lines.iter().any(|line| line.contains(ready));
            if found { Some(true) } else { log.ended.then_some(false) }
        };
        match running.log.wait_for("ready line", START_TIMEOUT, is_ready).await {
            Ok(true) => Ok(running),
            Ok(false) | Err(_) => Err(StartError::NotReady { program, log: running.log() }),
        }
    }

    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The last lines that it wrote.
    pub fn log(&self) -> String {
        self.log.read(|log| Vec::from(log.lines.clone()).join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.reading.abort();
        // `kill_on_drop` reaps it; an error means that it has ended by itself.
        drop(self.child.start_kill());
    }
}

async fn keep(stderr: impl AsyncRead + Unpin, log: Observed<Log>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.change(|log| {
            log.lines.push_back(line);
            if log.lines.len() > LOG_LINES_MAX {
                log.lines.pop_front();
            }
        });
    }
    log.change(|log| log.ended = true);
}

/// A port that was free a moment ago; for programs that cannot choose one and tell.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
