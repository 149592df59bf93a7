//! PagerDuty's webhooks, version 3, as a subscription sends them: signed with each of its secrets, an id for each event
//! (contracts.md §3).

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// Who did it, as PagerDuty names them.
#[derive(Clone, Copy, Debug)]
pub enum Agent<'a> {
    /// A user, by the name shown there.
    User(&'a str),
    /// Whoever sent the event by which it was done: us.
    Integration,
    /// A time-out of its own.
    Nobody,
}

#[derive(Clone, Debug)]
pub struct SignedEvent {
    /// `X-PagerDuty-Signature`
    pub signature: String,
    pub body: String,
}

impl SignedEvent {
    pub fn new(secrets: &[&str], body: String) -> Self {
        let signatures: Vec<String> = secrets.iter().map(|secret| format!("v1={}", mac(secret, &body))).collect();
        Self { signature: signatures.join(","), body }
    }

    /// An event of an incident that was opened with `dedup_key`.
    pub fn of_incident(secrets: &[&str], id: &str, kind: &str, dedup_key: &str, agent: Agent<'_>) -> Self {
        let data = json!({"id": "PGR0VU2", "type": "incident", "number": 2, "incident_key": dedup_key,
            "created_at": "2026-11-21T03:12:00Z", "title": "HighLatency", "urgency": "high", "assignees": [],
            "service": {"id": "PF9KMXH", "summary": "payments", "type": "service_reference"}});
        Self::new(secrets, event(id, kind, agent, &data).to_string())
    }

    /// To the subscription's URL; the status that came back.
    pub async fn post(&self, url: &str) -> reqwest::Result<u16> {
        let request = crate::http().post(url).header("content-type", "application/json");
        let request = request.header("x-pagerduty-signature", &self.signature);
        Ok(request.body(self.body.clone()).send().await?.status().as_u16())
    }
}

fn event(id: &str, kind: &str, agent: Agent<'_>, data: &Value) -> Value {
    let agent = match agent {
        Agent::User(name) => json!({"id": "PLH1HKV", "summary": name, "type": "user_reference"}),
        Agent::Integration => json!({"id": "PXYZ123", "summary": "Bellwire", "type": "inbound_integration_reference"}),
        Agent::Nobody => Value::Null,
    };
    json!({"event": {"id": id, "event_type": kind, "resource_type": "incident",
        "occurred_at": "2026-11-21T03:13:00.000Z", "agent": agent, "client": null, "data": data}})
}

fn mac(secret: &str, body: &str) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
