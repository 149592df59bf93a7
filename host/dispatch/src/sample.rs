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
            ..Incident::opened(id, "default".into(), Labels::from_pairs([("alertname", "InstanceDown")]), now)
        },
        person: None,
        symptoms: Vec::new(),
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

/// With a zone that is an hour ahead of UTC in winter.
#[cfg(test)]
pub(crate) fn person() -> bellwire_core::Person {
    let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").ok();
    bellwire_core::Person {
        name: "ann".into(),
        display: "Ann Smith".into(),
        zone: zone.map(|zone| ("Europe/Berlin".into(), zone)),
        slack_user: None,
        email: None,
        contacts: Vec::new(),
    }
}

/// A storm as one message: six notices, of which four are shown.
#[cfg(test)]
pub(crate) fn bundle() -> Message {
    use bellwire_core::{Bundle, Bundled, Span};
    let message = sample();
    let alert = |name: &str, instance: &str| {
        let labels = Labels::from_pairs([("alertname", name), ("instance", instance)]);
        Some(Alert { labels, ..(*message.alerts[0]).clone() }.into())
    };
    let bundled = |number: u64, kind, alert| Bundled {
        incident: IncidentId { team: "payments".into(), number },
        kind,
        priority: Some(Priority::P2),
        opened_at: message.now.saturating_sub(Span::from_secs(60 * number)),
        firing: 1,
        alert,
    };
    let shown = vec![
        bundled(1, NoticeKind::Decided, alert("DiskFull", "db-1")),
        bundled(2, NoticeKind::LastResort, alert("DiskFull", "db-2")),
        bundled(3, NoticeKind::Flapping, alert("<!channel> & <b>", "web-7")),
        bundled(4, NoticeKind::Decided, None),
    ];
    Message { bundle: Some(Bundle { count: 6, shown }), ..message }
}
