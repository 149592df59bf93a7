//! The real Prometheus and the real Alertmanager, started for one test in a temporary folder and killed on drop.
//! Both are told to be quick: a rule is evaluated twice a second.

use crate::debian::{self, Missing, Program};
use crate::process::{Running, StartError, free_port};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;
use tokio::process::Command;

/// Another program may take the free port before ours binds it; then we choose again.
const START_ATTEMPTS: u32 = 3;

/// Where Prometheus sends its alerts: an Alertmanager, or Bellwire's `/api/v2/alerts`.
#[derive(Clone, Debug)]
pub struct AlertsTo {
    /// `127.0.0.1:PORT`
    pub address: String,
    pub bearer: Option<String>,
}

#[derive(Clone, Debug)]
pub struct PrometheusSettings {
    /// The targets to scrape, `127.0.0.1:PORT`.
    pub targets: Vec<String>,
    /// A rules file, as one would write it: `groups: …`.
    pub rules: String,
    pub alerts_to: AlertsTo,
}

pub struct Prometheus {
    part: Part,
}

impl Prometheus {
    pub async fn start(settings: PrometheusSettings) -> Result<Self, StartError> {
        let configure = |folder: &Path| {
            std::fs::write(folder.join("rules.yml"), &settings.rules)?;
            std::fs::write(folder.join("prometheus.yml"), prometheus_config(&settings).to_string())
        };
        let arguments = |folder: &Path, port: u16| {
            vec![
                format!("--config.file={}", folder.join("prometheus.yml").display()),
                format!("--storage.tsdb.path={}", folder.join("data").display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
                // Without it the links carry the name of this machine.
                format!("--web.external-url=http://127.0.0.1:{port}"),
            ]
        };
        let part = Part::start(Program::Prometheus, "Server is ready to receive web requests", configure, arguments);
        Ok(Self { part: part.await? })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.part.address())
    }

    pub fn log(&self) -> String {
        self.part.running.log()
    }
}

/// JSON is YAML, and quotes itself.
fn prometheus_config(settings: &PrometheusSettings) -> Value {
    let mut alertmanager = json!({"api_version": "v2", "static_configs": [{"targets": [settings.alerts_to.address]}]});
    if let Some(bearer) = &settings.alerts_to.bearer {
        alertmanager["authorization"] = json!({"type": "Bearer", "credentials": bearer});
    }
    json!({
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [alertmanager]},
        "scrape_configs": [{"job_name": "test", "static_configs": [{"targets": settings.targets}]}],
    })
}

#[derive(Clone, Debug)]
pub struct AlertmanagerSettings {
    pub webhook_url: String,
    /// Sent as `Authorization: Bearer`.
    pub bearer: Option<String>,
    pub group_by: Vec<String>,
    /// Durations as Alertmanager writes them: `0s`, `200ms`.
    pub group_wait: String,
    pub group_interval: String,
    pub repeat_interval: String,
}

impl AlertmanagerSettings {
    /// Everything at once, grouped by `alertname`, to this webhook.
    pub fn to(webhook_url: &str) -> Self {
        Self {
            webhook_url: webhook_url.to_owned(),
            bearer: None,
            group_by: vec!["alertname".to_owned()],
            group_wait: "0s".to_owned(),
            group_interval: "1s".to_owned(),
            repeat_interval: "1h".to_owned(),
        }
    }
}

pub struct Alertmanager {
    part: Part,
}

impl Alertmanager {
    pub async fn start(settings: AlertmanagerSettings) -> Result<Self, StartError> {
        Self::start_with(&alertmanager_config(&settings).to_string()).await
    }

    /// On a configuration file with this text.
    pub async fn start_with(config: &str) -> Result<Self, StartError> {
        let configure = |folder: &Path| std::fs::write(folder.join("alertmanager.yml"), config);
        let arguments = |folder: &Path, port: u16| {
            vec![
                format!("--config.file={}", folder.join("alertmanager.yml").display()),
                format!("--storage.path={}", folder.join("data").display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
                // Without it the links carry the name of this machine.
                format!("--web.external-url=http://127.0.0.1:{port}"),
                "--cluster.listen-address=".to_owned(),
            ]
        };
        Ok(Self { part: Part::start(Program::Alertmanager, "Listening on", configure, arguments).await? })
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        self.part.address()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn log(&self) -> String {
        self.part.running.log()
    }

    /// For its CPU time and its memory.
    pub fn process_id(&self) -> Option<u32> {
        self.part.running.id()
    }

    /// Posts alerts in the form of `POST /api/v2/alerts`, as Prometheus would.
    pub async fn post(&self, alerts: &Value) -> Result<(), reqwest::Error> {
        self.post_to("alerts", alerts).await
    }

    /// To `/api/v2/PATH`.
    pub async fn post_to(&self, path: &str, body: &Value) -> Result<(), reqwest::Error> {
        let request = crate::http().post(format!("{}/api/v2/{path}", self.url())).json(body);
        request.send().await?.error_for_status().map(drop)
    }
}

fn alertmanager_config(settings: &AlertmanagerSettings) -> Value {
    let mut webhook = json!({"url": settings.webhook_url, "send_resolved": true});
    if let Some(bearer) = &settings.bearer {
        webhook["http_config"] = json!({"authorization": {"type": "Bearer", "credentials": bearer}});
    }
    json!({
        "route": {
            "receiver": "bellwire",
            "group_by": settings.group_by,
            "group_wait": settings.group_wait,
            "group_interval": settings.group_interval,
            "repeat_interval": settings.repeat_interval,
        },
        "receivers": [{"name": "bellwire", "webhook_configs": [webhook]}],
    })
}

/// A running program with its folder.
pub(crate) struct Part {
    running: Running,
    port: u16,
    _folder: TempDir,
}

impl Part {
    pub async fn start(
        program: Program,
        ready: &str,
        configure: impl Fn(&Path) -> std::io::Result<()>,
        arguments: impl Fn(&Path, u16) -> Vec<String>,
    ) -> Result<Self, StartError> {
        let name = match program {
            Program::Prometheus => "prometheus",
            Program::Promtool => "promtool",
            Program::Alertmanager => "alertmanager",
            Program::Amtool => "amtool",
            Program::Registry => "docker-registry",
            Program::Minisign => "minisign",
        };
        let io = |source| StartError::Io { program: name, source };
        let looked = tokio::task::spawn_blocking(move || debian::program(program)).await;
        let found = looked.map_err(|_| Missing { what: name, remedy: "looking for it failed".to_owned() })??;
        let folder = tempfile::tempdir().map_err(io)?;
        configure(folder.path()).map_err(io)?;
        let mut attempt = 1;
        loop {
            let port = free_port().map_err(io)?;
            let mut command = Command::from(found.command());
            command.args(arguments(folder.path(), port));
            match Running::start(name, command, ready).await {
                Ok(running) => return Ok(Self { running, port, _folder: folder }),
                Err(StartError::NotReady { log, .. }) if attempt < START_ATTEMPTS && log.contains("in use") => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn log(&self) -> String {
        self.running.log()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
    use super::*;
    use crate::metrics;
    use crate::webhook::{Verification, Webhook};
    use std::time::Duration;

    const RULES: &str = r#"
groups:
  - name: queue
    rules:
      - alert: QueueFull
        expr: queue_depth > 10
        labels: {severity: critical}
        annotations: {summary: "{{ $value }} jobs are waiting"}
"#;
    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_metric_becomes_a_webhook_by_way_of_prometheus_and_alertmanager() {
        let programs = [Program::Prometheus, Program::Alertmanager].map(debian::program);
        if programs.map(debian::or_skip).contains(&None) {
            return;
        }
        let webhook = Webhook::start(Verification::None).await.unwrap();
        let mut settings = AlertmanagerSettings::to(&webhook.url("/webhook/alertmanager"));
        settings.bearer = Some("secret".to_owned());
        let alertmanager = Alertmanager::start(settings).await.unwrap();
        let metrics = metrics::Server::start().await.unwrap();
        metrics.set("queue_depth", 42.0);
        let alerts_to = AlertsTo { address: alertmanager.address(), bearer: None };
        let settings = PrometheusSettings { targets: vec![metrics.target()], rules: RULES.to_owned(), alerts_to };
        let prometheus = Prometheus::start(settings).await.unwrap();
        metrics.scraped(PATIENCE).await.unwrap();

        let with_status = |status: &'static str| {
            move |seen: &crate::webhook::Seen| {
                seen.deliveries.iter().find(|delivery| delivery.body["status"] == status).cloned()
            }
        };
        let firing = webhook.wait_for("firing", PATIENCE, with_status("firing")).await.unwrap();
        assert_eq!(firing.authorization, "Bearer secret");
        assert_eq!(firing.body["version"], "4");
        assert_eq!(firing.body["alerts"][0]["annotations"]["summary"], "42 jobs are waiting", "{}", prometheus.log());
        metrics.set("queue_depth", 0.0);
        let resolved = webhook.wait_for("resolved", PATIENCE, with_status("resolved")).await.unwrap();
        assert_eq!(resolved.body["alerts"][0]["fingerprint"], firing.body["alerts"][0]["fingerprint"]);
    }

    #[tokio::test]
    async fn a_start_that_fails_shows_the_log() {
        if debian::or_skip(debian::program(Program::Prometheus)).is_none() {
            return;
        }
        let alerts_to = AlertsTo { address: "127.0.0.1:9".to_owned(), bearer: None };
        let settings = PrometheusSettings { targets: vec![], rules: "groups: 7".to_owned(), alerts_to };
        let error = Prometheus::start(settings).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("rules.yml"), "{error}");
    }
}
