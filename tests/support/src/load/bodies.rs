//! Alerts by the thousand, rendered once, the same bytes for the same shape.

use bytes::Bytes;
use serde_json::{Value, json};
use std::time::SystemTime;

/// One request body in the form of `POST /api/v2/alerts`.
#[derive(Clone, Debug)]
pub struct Batch {
    pub body: Bytes,
    pub alerts: u32,
}

#[derive(Clone, Debug)]
pub struct Shape {
    /// All different, by their `instance`.
    pub alerts: u32,
    /// Different values of `alertname`, which are `Load000000` and so on.
    pub groups: u32,
    /// Alerts in a request; Prometheus sends 64.
    pub batch: u32,
    /// Another run's alerts are others.
    pub run: u32,
    /// RFC 3339.
    pub starts_at: String,
    /// RFC 3339; later than the measurement ends, else the alerts are resolved.
    pub ends_at: String,
}

/// For `Shape::starts_at`. Who groups counts his wait from an alert's start, so that an old alert is told at once.
pub fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

/// The bodies for a shape. Each alert has eight labels and two annotations, as from a usual rule.
pub fn alerts(shape: &Shape) -> Vec<Batch> {
    let batch = shape.batch.max(1);
    let starts = (0..shape.alerts).step_by(batch as usize);
    let batches = starts.map(|first| {
        let last = first.saturating_add(batch).min(shape.alerts);
        let alerts: Vec<Value> = (first..last).map(|number| alert(shape, number)).collect();
        Batch { body: Value::Array(alerts).to_string().into(), alerts: last - first }
    });
    batches.collect()
}

fn alert(shape: &Shape, number: u32) -> Value {
    let group = number % shape.groups.max(1);
    let severity = ["critical", "warning", "info"][(group % 3) as usize];
    let instance = format!("10.{}.{}.{}:9100", number >> 16, (number >> 8) & 255, number & 255);
    json!({
        "labels": {
            "alertname": format!("Load{group:06}"),
            "cluster": "eu-1",
            "instance": instance,
            "job": "node",
            "namespace": format!("team-{}", group % 12),
            "pod": format!("run-{}-worker-{number:07}", shape.run),
            "service": format!("service-{}", group % 40),
            "severity": severity,
        },
        "annotations": {
            "runbook_url": format!("https://runbooks.example.org/load/{group}"),
            "summary": format!("{instance} has been busy for 5 minutes"),
        },
        "startsAt": shape.starts_at,
        "endsAt": shape.ends_at,
        "generatorURL": format!("http://prometheus.example.org/graph?g0.expr=load{group}"),
    })
}
