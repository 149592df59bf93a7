//! One message as it could be: what a receiver's template is tried on before it is needed.

use bellwire_core::{
    Alert, AlertState, Incident, IncidentId, Instant, Labels, Message, NoticeId, NoticeKind, Priority, SentOutcome,
    Told,
};

pub(crate) fn sample() -> Message {
    let now = Instant::from_millis(1_795_230_720_000);
    let id = IncidentId { team: "payments".into(), number: 42 };
    let labels = Labels::from_pairs([
        ("alertname", "InstanceDown"),
        ("instance", "web-1"),
        ("job", "web"),
        ("severity", "critical"),
    ]);
    let alert = Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations: Labels::from_pairs([
            ("summary", "web-1 is down"),
            ("runbook_url", "https://runbooks.example/InstanceDown"),
        ]),
        generator_url: "https://prometheus.example/graph".into(),
        state: AlertState::Firing,
        starts_at: now,
        ends_at: None,
        updated_at: now,
        incidents: vec![id.clone()],
    };
    Message {
        notice: NoticeId::new(&id, 0, "step-1", "payments/chat"),
        receiver: "payments/chat".into(),
        attempt: 1,
        kind: NoticeKind::Decided,
        key: "step-1".into(),
        page: true,
        text: Some("step 1: the on-call team".into()),
        now,
        deadline: now,
        firing: 1,
        resolved: 0,
        alerts: vec![alert.into()],
        told: vec![Told { receiver: "payments/mail".into(), at: now, outcome: SentOutcome::Delivered }],
        earlier: Vec::new(),
        incident: Incident {
            priority: Some(Priority::P1),
            reason: "severity is critical".into(),
            firing: 1,
            ..Incident::opened(id, "default".into(), Labels::from_pairs([("alertname", "InstanceDown")]), now)
        },
        person: None,
        bundle: None,
    }
}

#[cfg(test)]
pub(crate) fn receiver() -> bellwire_core::Receiver {
    use bellwire_core::{Receiver, ReceiverKind, Secret, Span, WebhookReceiver};
    Receiver {
        name: "payments/chat".into(),
        kind: ReceiverKind::Webhook(WebhookReceiver { url: Secret::new("http://localhost"), secret: None }),
        fallback: None,
        deadline: Span::from_secs(300),
        updates: true,
        concurrency_max: 4,
        bundle_window: Span::ZERO,
        rate_per_minute: None,
        timeout: Span::from_secs(5),
        title_template: None,
        body_template: None,
    }
}
