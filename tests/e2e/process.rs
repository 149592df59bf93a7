//! The real `bellwire` command: run to its end, or served until it is told to stop, or killed.

use crate::{
    stage::{PATIENCE, Stage},
    story::{Reply, client},
};
use bellwire_support::Observed;
use serde_json::Value;
use std::process::{ExitStatus, Stdio};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStderr, Command},
    task::JoinHandle,
    time::timeout,
};

/// What a command that has ended left.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub error: String,
}

/// `bellwire ARGUMENTS` with the stage's environment and nothing else of ours.
pub fn bellwire(stage: &Stage, arguments: &[&str]) -> Command {
    prepared(Command::new(env!("CARGO_BIN_EXE_bellwire")), stage, arguments)
}

fn prepared(mut command: Command, stage: &Stage, arguments: &[&str]) -> Command {
    let ours = |name: &str| name.starts_with("BELLWIRE_") || name == "USER";
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.args(arguments).envs(stage.environment()).current_dir(stage.folder());
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

pub async fn run(command: &mut Command) -> Ended {
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

/// `bellwire serve`, ready.
pub struct Serving {
    pub url: String,
    pub http: reqwest::Client,
    child: Child,
    log: Observed<Log>,
    reading: JoinHandle<()>,
}

#[derive(Clone, Debug, Default)]
struct Log {
    lines: Vec<Value>,
    ended: bool,
}

impl Serving {
    pub async fn start(stage: &Stage) -> Self {
        Self::start_as(bellwire(stage, SERVE)).await.unwrap_or_else(|log| panic!("it does not start:\n{log}"))
    }

    /// Its writes fail from the moment that `limit_files` says: `trap` keeps the signal that comes with it away.
    pub async fn start_limitable(stage: &Stage) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_bellwire")]);
        Self::start_as(prepared(command, stage, SERVE)).await.unwrap_or_else(|log| panic!("it does not start:\n{log}"))
    }

    /// The error: what it logged before it ended.
    pub async fn start_as(mut command: Command) -> Result<Self, String> {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Observed::<Log>::default();
        let reading = tokio::spawn(keep(child.stderr.take().unwrap(), log.clone()));
        let ready = |log: &Log| {
            let ready = log.lines.iter().find(|line| line["fields"]["message"] == "ready");
            let url = ready.map(|line| line["fields"]["url"].as_str().unwrap().to_owned());
            if url.is_some() || log.ended { Some(url) } else { None }
        };
        match log.wait_for("ready line", PATIENCE, ready).await.unwrap() {
            Some(url) => Ok(Self { url, http: client(), child, log, reading }),
            None => Err(log.read(|log| format!("{:#?}", log.lines))),
        }
    }

    pub fn process_id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// `HUP`, `TERM` and so on.
    pub async fn signal(&self, name: &str) {
        let process = self.process_id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Until a line of its log has this message, and how many have it then.
    pub async fn logged(&self, message: &str, count: usize) -> Vec<Value> {
        let find = |log: &Log| {
            let has = |line: &&Value| line["fields"]["message"].as_str().is_some_and(|text| text.contains(message));
            let found: Vec<Value> = log.lines.iter().filter(has).cloned().collect();
            (found.len() >= count).then_some(found)
        };
        self.log.wait_for(message, PATIENCE, find).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.http.get(format!("{}{path}", self.url))).await
    }

    /// A metric as `/metrics` has it, with its labels if it has any.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let page = self.get("/metrics").await.body;
        let value = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
        page.lines().find_map(value)
    }

    /// SIGTERM, and until it has ended.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM").await;
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }

    /// SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

const SERVE: &[&str] = &["serve", "--log-format", "json"];

async fn keep(stderr: ChildStderr, log: Observed<Log>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // What is no JSON is the error that it ends with.
        let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
        log.change(|log| log.lines.push(line));
    }
    log.change(|log| log.ended = true);
}
