//! Bellwire itself, as a child process: started, killed, asked and told things with its own command line.
//! Touches that process, its folder and its port.

use super::sinks::{PAGERS, Sinks, WEBHOOK_SECRET, routing_key};
use anyhow::{Context, bail, ensure};
use bellwire_support::slack;
use serde_json::Value;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// A debug build on a busy machine needs some seconds, the first time most of them to compile the plugins.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const LOG_LINES_SHOWN: usize = 60;

pub struct Server {
    program: PathBuf,
    folder: PathBuf,
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Writes its configuration into `folder`, and starts it.
    pub async fn start(program: PathBuf, folder: PathBuf, plugins: &Path, sinks: &Sinks) -> anyhow::Result<Self> {
        write_configuration(&folder, plugins, sinks).context("cannot write the demo's configuration")?;
        // It starts twice, so it needs a port of its own; one that was free a moment ago will do.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let address = listener.local_addr().context("no port is free")?;
        drop(listener);
        let child = spawn(&program, &folder, address)?;
        let mut server = Self { program, folder, address, child };
        server.ready().await?;
        Ok(server)
    }

    /// SIGKILL: it can finish nothing and write nothing.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot kill the server")
    }

    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.child = spawn(&self.program, &self.folder, self.address)?;
        self.ready().await
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let answering = async {
            loop {
                if let Some(status) = self.child.try_wait().context("cannot watch the server")? {
                    bail!("the server ended by itself: {status}");
                }
                if matches!(request(self.address, "GET", "/-/ready", "").await, Ok((200, _))) {
                    return Ok(());
                }
                sleep(POLL).await;
            }
        };
        let outcome = timeout(START_TIMEOUT, answering).await.context("the server did not become ready").flatten();
        outcome.with_context(|| format!("Bellwire does not start; its log ends with:\n{}\n", self.log_tail()))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs `bellwire ARGUMENTS` as anybody would, and returns what it prints.
    pub async fn bellwire(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("BELLWIRE_URL", self.url()).env_remove("BELLWIRE_TOKEN");
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.context("cannot run bellwire")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`bellwire {}` failed: {}", arguments.join(" "), said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Waits until the incident's details have what `look` looks for. What they have is on disk.
    pub async fn wait_for<T>(
        &self,
        incident: &str,
        what: &str,
        patience: Duration,
        look: impl Fn(&Value) -> Option<T>,
    ) -> anyhow::Result<T> {
        let path = format!("/api/v1/incidents/{incident}");
        let looking = async {
            loop {
                if let Ok((200, body)) = request(self.address, "GET", &path, "").await
                    && let Ok(detail) = serde_json::from_str(&body)
                    && let Some(found) = look(&detail)
                {
                    return found;
                }
                sleep(POLL).await;
            }
        };
        timeout(patience, looking).await.with_context(|| format!("{incident}: no {what} within {patience:?}"))
    }

    pub fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.folder.join("bellwire.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}

fn spawn(program: &Path, folder: &Path, address: SocketAddr) -> anyhow::Result<Child> {
    let log = fs::File::options().create(true).append(true).open(folder.join("bellwire.log"));
    let log = log.context("cannot write the server's log")?;
    let mut command = Command::new(program);
    command.args(["serve", "--listen", &address.to_string(), "--config"]).arg(folder.join("bellwire.toml"));
    command.env("BELLWIRE_LOG", "info").env("BELLWIRE_LOG_FORMAT", "text").env("NO_COLOR", "1");
    command.env("DEMO_SLACK_TOKEN", slack::TOKEN).env("DEMO_WEBHOOK_SECRET", WEBHOOK_SECRET);
    command.env("DEMO_SLACK_SIGNING_SECRET", slack::press::SIGNING_SECRET);
    for receiver in PAGERS {
        let name = receiver.trim_end_matches(":pagerduty").to_uppercase().replace('/', "_");
        command.env(format!("DEMO_{name}"), routing_key(receiver));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
    command.spawn().with_context(|| format!("cannot start {}", program.display()))
}

fn write_configuration(folder: &Path, plugins: &Path, sinks: &Sinks) -> anyhow::Result<()> {
    let files = [
        ("bellwire.toml", include_str!("configuration/bellwire.toml")),
        ("routes/payments.toml", include_str!("configuration/payments.toml")),
        ("routes/platform.toml", include_str!("configuration/platform.toml")),
    ];
    let plugins = plugins.to_str().context("the clone's path is not UTF-8")?;
    fs::create_dir(folder.join("routes"))?;
    for (name, text) in files {
        let text = text
            .replace("PLUGINS", plugins)
            .replace("SLACK_URL", &sinks.slack.url())
            .replace("PAGERDUTY_URL", &sinks.pagerduty.url())
            .replace("SMTP_PORT", &sinks.mail.address.port().to_string())
            .replace("WEBHOOK_URL", &sinks.webhook.url(""));
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// The status of the answer.
pub async fn post(address: SocketAddr, path: &str, body: &str) -> anyhow::Result<u16> {
    Ok(request(address, "POST", path, body).await?.0)
}

/// One exchange of HTTP/1.0 with our own child on loopback, which is no reason to build a client: status and body.
async fn request(address: SocketAddr, method: &str, path: &str, body: &str) -> anyhow::Result<(u16, String)> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = timeout(REQUEST_TIMEOUT, exchange).await.context("Bellwire does not answer")??;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status.context("Bellwire's answer is no HTTP")?, body.to_owned()))
}
