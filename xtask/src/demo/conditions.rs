//! What goes wrong in the story, and who says so: the real Prometheus and Alertmanager, watching metrics that we
//! serve, or webhook bodies that were recorded from them. Touches loopback sockets and those two programs.

use super::{
    server::post,
    teller::{Teller, Tint},
};
use anyhow::{Context, ensure};
use bellwire_support::{
    fixtures, metrics,
    prometheus::{Alertmanager, AlertmanagerSettings, AlertsTo, Prometheus, PrometheusSettings},
};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Something that a metric shows and a rule of Prometheus' makes an alert of.
pub struct Condition {
    pub alert: &'static str,
    pub series: &'static str,
    pub limit: f64,
    pub healthy: f64,
    pub broken: f64,
    labels: &'static [(&'static str, &'static str)],
    annotations: &'static [(&'static str, &'static str)],
    /// Of its annotation `log`.
    log_bytes: usize,
}

pub const SLOW: Condition = Condition {
    alert: "CheckoutSlow",
    series: "checkout_latency_seconds",
    limit: 2.0,
    healthy: 0.3,
    broken: 2.6,
    labels: &[("service", "checkout"), ("severity", "warning")],
    annotations: &[("summary", "a checkout takes {{ $value }} s")],
    log_bytes: 0,
};
pub const ERRORS: Condition = Condition {
    alert: "HighErrorRate",
    series: "checkout_errors_percent",
    limit: 1.0,
    healthy: 0.1,
    broken: 7.4,
    labels: &[("service", "checkout")],
    annotations: &[
        ("summary", "{{ $value }} % of checkouts fail"),
        ("error_rate", "{{ $value }}"),
        ("runbook_url", "https://runbooks.example.com/checkout-errors"),
    ],
    log_bytes: 0,
};
pub const DISK: Condition = Condition {
    alert: "DiskFillingUp",
    series: "disk_used_percent",
    limit: 90.0,
    healthy: 40.0,
    broken: 97.0,
    labels: &[("team", "platform"), ("instance", "db-1"), ("severity", "high")],
    annotations: &[("summary", "{{ $value }} % of the disk is used")],
    log_bytes: 0,
};
pub const LOGS: Condition = Condition {
    alert: "LogFlood",
    series: "checkout_log_lines_per_second",
    limit: 1000.0,
    healthy: 20.0,
    broken: 90_000.0,
    labels: &[("service", "checkout"), ("severity", "info")],
    annotations: &[("summary", "{{ $value }} lines a second")],
    log_bytes: 8 << 10,
};
const ALL: [&Condition; 4] = [&SLOW, &ERRORS, &DISK, &LOGS];

/// Who tells Bellwire.
pub enum Source {
    /// Dropped, the programs end.
    Real {
        metrics: metrics::Server,
        _prometheus: Box<Prometheus>,
        _alertmanager: Box<Alertmanager>,
    },
    Recorded {
        bellwire: SocketAddr,
    },
}

impl Source {
    /// Prometheus watches us, Alertmanager posts to `bellwire`.
    pub async fn real(bellwire: SocketAddr) -> anyhow::Result<Self> {
        let metrics = metrics::Server::start().await.context("cannot serve metrics")?;
        ALL.into_iter().for_each(|condition| metrics.set(condition.series, condition.healthy));
        let settings = AlertmanagerSettings::to(&format!("http://{bellwire}/webhook/alertmanager"));
        let alertmanager = Alertmanager::start(settings).await?;
        let rules: Vec<Value> = ALL.into_iter().map(Condition::rule).collect();
        let prometheus = Prometheus::start(PrometheusSettings {
            targets: vec![metrics.target()],
            // JSON is YAML.
            rules: json!({"groups": [{"name": "demo", "rules": rules}]}).to_string(),
            alerts_to: AlertsTo { address: alertmanager.address(), bearer: None },
        });
        Ok(Self::Real { metrics, _prometheus: Box::new(prometheus.await?), _alertmanager: Box::new(alertmanager) })
    }

    pub async fn break_down(&self, condition: &Condition, teller: &Teller) -> anyhow::Result<()> {
        let Condition { alert, series, limit, broken, .. } = condition;
        teller.say(self.name(), &format!("{series} is {broken}, above {limit}: {alert} fires"), Tint::Trouble);
        self.set(condition, condition.broken, fixtures::FIRING).await
    }

    pub async fn recover(&self, condition: &Condition, teller: &Teller) -> anyhow::Result<()> {
        let Condition { alert, series, healthy, .. } = condition;
        teller.say(self.name(), &format!("{series} is {healthy}: {alert} is over"), Tint::Relief);
        self.set(condition, condition.healthy, fixtures::RESOLVED).await
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Real { .. } => "Prometheus",
            Self::Recorded { .. } => "recorded",
        }
    }

    async fn set(&self, condition: &Condition, value: f64, recording: &str) -> anyhow::Result<()> {
        match self {
            Self::Real { metrics, .. } => metrics.set(condition.series, value),
            Self::Recorded { bellwire } => {
                let body = condition.in_recording(recording)?.to_string();
                let status = post(*bellwire, "/webhook/alertmanager", &body).await?;
                ensure!(status == 200, "Bellwire answered {status} to a webhook recorded from Alertmanager");
            }
        }
        Ok(())
    }
}

impl Condition {
    fn rule(&self) -> Value {
        json!({
            "alert": self.alert,
            // Without the labels of the scrape, and not over at once when a busy machine misses a scrape.
            "expr": format!("max(last_over_time({}[1m])) > {}", self.series, self.limit),
            "labels": object(self.labels),
            "annotations": self.annotations(),
        })
    }

    fn annotations(&self) -> Value {
        let mut annotations = object(self.annotations);
        if self.log_bytes > 0 {
            annotations["log"] = json!("abc".repeat(self.log_bytes / 3));
        }
        annotations
    }

    /// A body that Alertmanager sent, with this condition's alert in the place of the first one in it.
    fn in_recording(&self, recording: &str) -> anyhow::Result<Value> {
        let mut body: Value = serde_json::from_str(recording).context("a recorded body is no JSON")?;
        let mut alert = body["alerts"][0].take();
        let mut labels = object(self.labels);
        labels["alertname"] = json!(self.alert);
        let annotations = self.annotations().to_string().replace("{{ $value }}", &self.broken.to_string());
        let annotations: Value = serde_json::from_str(&annotations)?;
        for (key, value) in [("commonLabels", &labels), ("commonAnnotations", &annotations)] {
            body[key] = value.clone();
        }
        (alert["labels"], alert["annotations"]) = (labels, annotations);
        body["groupLabels"] = json!({"alertname": self.alert});
        body["groupKey"] = json!(format!("{{}}:{{alertname={:?}}}", self.alert));
        body["alerts"] = json!([alert]);
        Ok(body)
    }
}

fn object(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}
