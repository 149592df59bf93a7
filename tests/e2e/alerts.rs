//! Alerts as their senders write them.

use serde_json::{Value, json};

/// One alert, before it is put into a sender's form.
#[derive(Clone)]
pub struct Alert {
    labels: Value,
    annotations: Value,
}

/// Something of the team `payments`, on one instance. The standard policy of the tests makes `critical` a P1,
/// `warning` a P2, and the rest a P3.
pub fn alert(name: &str, severity: &str) -> Alert {
    Alert {
        labels: json!({"alertname": name, "severity": severity, "service": "payments", "instance": "pay-1:9100"}),
        annotations: json!({
            "summary": format!("{name} on pay-1"),
            "runbook_url": format!("https://runbooks.example.com/{name}"),
        }),
    }
}

impl Alert {
    pub fn on(self, instance: &str) -> Self {
        self.labelled("instance", instance)
    }

    pub fn labelled(mut self, name: &str, value: &str) -> Self {
        self.labels[name] = value.into();
        self
    }

    pub fn annotated(mut self, name: &str, value: &str) -> Self {
        self.annotations[name] = value.into();
        self
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Firing,
    Resolved,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// The body of Alertmanager's webhook, version 4.
pub fn webhook(status: Status, alerts: &[Alert], starts_at: &str, ends_at: &str) -> Value {
    let one = |alert: &Alert| {
        json!({
            "status": status.name(),
            "labels": alert.labels,
            "annotations": alert.annotations,
            "startsAt": starts_at,
            "endsAt": if status == Status::Firing { "0001-01-01T00:00:00Z" } else { ends_at },
            "generatorURL": "http://prometheus.example.com/graph",
            "fingerprint": "0000000000000000",
        })
    };
    let group = json!({"alertname": alerts.first().map(|alert| alert.labels["alertname"].clone())});
    json!({
        "version": "4",
        "groupKey": format!("{{}}:{group}"),
        "truncatedAlerts": 0,
        "status": status.name(),
        "receiver": "bellwire",
        "groupLabels": group,
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
        "alerts": alerts.iter().map(one).collect::<Vec<_>>(),
    })
}

/// The body of `POST /api/v2/alerts`.
pub fn prometheus(alerts: &[Alert], starts_at: &str, ends_at: &str) -> Value {
    let one = |alert: &Alert| {
        json!({
            "labels": alert.labels,
            "annotations": alert.annotations,
            "startsAt": starts_at,
            "endsAt": ends_at,
            "generatorURL": "http://prometheus.example.com/graph",
        })
    };
    alerts.iter().map(one).collect()
}
