//! One message that says it is a test: is the token right, is the channel there, does the mail arrive?

use crate::{
    clock::Clock,
    setup::{self, Prepared, Report},
};
use bellwire_core::{
    Alert, AlertState, Delivery, Fingerprint, Incident, IncidentId, Labels, Message, NoticeId, NoticeKind, Priority,
    Span,
};
use std::{sync::Arc, time::Duration};

#[derive(Debug, thiserror::Error)]
pub enum SendTestError {
    #[error("{0}")]
    Configuration(Report),
    #[error("there is no receiver {name}; there are: {}", known.join(", "))]
    Unknown { name: String, known: Vec<String> },
    #[error("{name} is more than one receiver; say which: {}", candidates.join(", "))]
    Ambiguous { name: String, candidates: Vec<String> },
    #[error(transparent)]
    Setup(#[from] bellwire_dispatch::SetupError),
}

pub(crate) async fn send(prepared: &Prepared, name: &str) -> Result<Delivery, SendTestError> {
    let receiver = find(prepared, name)?;
    let dispatcher = setup::dispatcher(prepared, &Clock::System, None)?;
    let message = message(receiver);
    let wait = Duration::from_secs(60);
    let sent = tokio::time::timeout(wait, dispatcher.send(&message)).await;
    Ok(sent.unwrap_or(Delivery::Retry { after: None, reason: "no answer within a minute".into() }))
}

/// By its full name, or by the last part of it where that is one receiver's only.
fn find(prepared: &Prepared, name: &str) -> Result<Arc<str>, SendTestError> {
    let receivers = &prepared.tables.receivers;
    if let Some((full, _)) = receivers.get_key_value(name) {
        return Ok(full.clone());
    }
    let short = |full: &&Arc<str>| full.rsplit('/').next() == Some(name);
    let candidates: Vec<&Arc<str>> = receivers.keys().filter(short).collect();
    match candidates.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(SendTestError::Unknown {
            name: name.into(),
            known: receivers.keys().map(ToString::to_string).collect(),
        }),
        many => Err(SendTestError::Ambiguous {
            name: name.into(),
            candidates: many.iter().map(ToString::to_string).collect(),
        }),
    }
}

fn message(receiver: Arc<str>) -> Message {
    let now = Clock::System.now();
    let id = IncidentId { team: "test".into(), number: now.as_millis() / 1_000 };
    let alert = Alert {
        fingerprint: Fingerprint(0),
        labels: Labels::from_pairs([("alertname", "BellwireTest"), ("severity", "none")]),
        annotations: Labels::from_pairs([("summary", "This is a test of the way to you. Nothing is wrong.")]),
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: now,
        ends_at: None,
        updated_at: now,
        incidents: vec![id.clone()],
    };
    Message {
        notice: NoticeId::new(&id, 0, "test", &receiver),
        receiver,
        attempt: 1,
        kind: NoticeKind::Decided,
        key: "test".into(),
        page: false,
        text: Some("Sent by `bellwire send-test`.".into()),
        now,
        deadline: now.saturating_add(Span::from_secs(60)),
        incident: Incident {
            priority: Some(Priority::P4),
            reason: "somebody asked for a test message".into(),
            evaluated_at: Some(now),
            firing: 1,
            ..Incident::opened(id, "test".into(), alert.labels.clone(), now)
        },
        person: None,
        symptoms: Vec::new(),
        bundle: None,
        firing: 1,
        resolved: 0,
        alerts: vec![Arc::new(alert)],
        told: Vec::new(),
        earlier: Vec::new(),
    }
}
