//! Records `fixtures/*.json` from the real Alertmanager: one alert fires, two more join its group, all resolve.

use anyhow::Context as _;
use bellwire_support::prometheus::{Alertmanager, AlertmanagerSettings};
use bellwire_support::webhook::{Seen, Verification, Webhook};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const HOSTS: [&str; 3] = ["db-1", "db-2", "db-3"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let webhook = Webhook::start(Verification::None).await?;
    let alertmanager = Alertmanager::start(AlertmanagerSettings::to(&webhook.url("/"))).await?;
    let record = async |file: &str, status: &'static str, alerts: usize| {
        let wanted = |seen: &Seen| {
            let is_wanted = |body: &Value| {
                let members = body["alerts"].as_array().map_or(&[][..], Vec::as_slice);
                members.len() == alerts && members.iter().all(|member| member["status"] == status)
            };
            seen.deliveries.iter().map(|delivery| &delivery.body).find(|body| is_wanted(body)).cloned()
        };
        let body = webhook.wait_for(file, PATIENCE, wanted).await?;
        let text =
            serde_json::to_string_pretty(&body)?.replace(&alertmanager.address(), "alertmanager.example.org:9093");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file);
        std::fs::write(&path, text + "\n").with_context(|| path.display().to_string())
    };
    alertmanager.post(&alerts(&HOSTS[..1], "2099-01-01T00:00:00Z")).await?;
    record("firing.json", "firing", 1).await?;
    alertmanager.post(&alerts(&HOSTS, "2099-01-01T00:00:00Z")).await?;
    record("grouped.json", "firing", 3).await?;
    alertmanager.post(&alerts(&HOSTS, "2026-01-01T08:30:00Z")).await?;
    record("resolved.json", "resolved", 3).await
}

fn alerts(hosts: &[&str], ends_at: &str) -> Value {
    hosts
        .iter()
        .map(|host| {
            json!({
                "labels": {
                    "alertname": "DiskWillFillSoon", "team": "storage", "service": "orders-db", "severity": "critical",
                    "instance": format!("{host}:9100"), "job": "node",
                },
                "annotations": {
                    "summary": format!("{host}: /var fills up within four hours"),
                    "runbook_url": "https://runbooks.example.org/disk",
                },
                "startsAt": "2026-01-01T08:00:00Z",
                "endsAt": ends_at,
                "generatorURL": "http://prometheus.example.org/graph?g0.expr=predict_linear",
            })
        })
        .collect()
}
