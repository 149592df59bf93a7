//! A message to a channel, from the words of a case to those of the domain.

use bellwire_cases::{
    self as cases,
    channel::{self as case, Message as CaseMessage},
};
use bellwire_core::{
    Acknowledgement, Alert, AlertState, Bundle, ChannelLink, ChannelMessage, Earlier, Fingerprint, Incident,
    IncidentId, IncidentState, Instant, Labels, Message, NoticeId, NoticeKind, Span,
};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as UnknownName},
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// What a person says of a message to try a channel with; the rest is that of a first page about a P2.
#[derive(Clone, Debug)]
pub struct Sample {
    /// As the contract names it: `decided`, `resolved`, …
    pub kind: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub priority: Option<String>,
    /// What the channel gave when it told of the incident first.
    pub receipt: Option<String>,
}

impl Sample {
    /// As a case says it. The error: the kind or the priority is none.
    pub fn message(&self) -> Result<CaseMessage, String> {
        let Self { kind: name, labels, annotations, priority, receipt } = self;
        let (state, verb) = match kind(name)? {
            NoticeKind::Acknowledged => ("acknowledged", "Acknowledged: "),
            NoticeKind::Snoozed => ("snoozed", "Snoozed: "),
            NoticeKind::Resolved => ("resolved", "Resolved: "),
            NoticeKind::Unacknowledged => ("open", "Unacknowledged: "),
            NoticeKind::PriorityChanged => ("open", "Now "),
            NoticeKind::Decided
            | NoticeKind::PolicyFault
            | NoticeKind::Failover
            | NoticeKind::AlertsJoined
            | NoticeKind::Reassigned
            | NoticeKind::LastResort
            | NoticeKind::Flapping => ("open", ""),
        };
        let is_news = verb.is_empty();
        let priority = priority.as_deref().unwrap_or("P2");
        let name_of_alert = labels.get("alertname").map_or("Down", String::as_str);
        let title = format!("{verb}{priority} {name_of_alert} (1 alert) · payments-12");
        let earlier = json!({ "id": "notice-1", "kind": "decided", "receipt": receipt });
        let resolved = state == "resolved";
        let message = json!({
            "id": if is_news { "notice-1" } else { "notice-2" },
            "now": if is_news { "+0m" } else { "+10m" },
            "kind": name,
            "page": is_news,
            "title": title,
            "text": format!("{title}\n\nSince:  2026-11-21 03:12 UTC"),
            "incident": {
                "state": state,
                "priority": priority,
                "resolved_at": resolved.then_some("+10m"),
                "acknowledged_by": (state == "acknowledged").then_some("ann"),
            },
            "alerts": [{ "labels": labels, "annotations": annotations, "resolved": resolved }],
            "earlier": if is_news && receipt.is_none() { json!([]) } else { json!([earlier]) },
        });
        serde_json::from_value(message).map_err(|error| error.to_string())
    }
}

/// The message of a case, as a host hands it over. The error: it says something that there is not.
pub fn channel_message(told: &CaseMessage) -> Result<ChannelMessage, String> {
    let mut alerts: Vec<Arc<Alert>> =
        told.alerts.iter().enumerate().map(|(index, one)| Arc::new(alert(index, one, told))).collect();
    alerts.sort_by_key(|alert| alert.state);
    let message = Message {
        notice: NoticeId(told.id.as_str().into()),
        receiver: "receiver".into(),
        person: None,
        attempt: told.attempt,
        kind: kind(&told.kind)?,
        key: "told".into(),
        page: told.page,
        text: None,
        now: Instant::from_millis(told.now()),
        deadline: Instant::from_millis(told.now()).saturating_add(Span::from_secs(3_600)),
        incident: incident(told)?,
        firing: told.firing(),
        resolved: told.resolved(),
        alerts,
        symptoms: Vec::new(),
        told: Vec::new(),
        earlier: told.earlier.iter().map(earlier).collect::<Result<_, _>>()?,
        bundle: (told.together > 1).then(|| Bundle { count: told.together, shown: Vec::new() }),
    };
    let links = told.links.iter().map(link).collect::<Result<_, _>>()?;
    Ok(ChannelMessage { message, title: told.title.clone(), text: told.text.clone(), links })
}

fn incident(told: &CaseMessage) -> Result<Incident, String> {
    let opened_at = Instant::from_millis(told.opened_at());
    let id: IncidentId =
        told.incident.id.parse().map_err(|id| format!("{id:?} is no incident's id, such as payments-12"))?;
    let opened =
        Incident::opened(id, told.incident.route.as_str().into(), Labels::from_pairs(&told.incident.group), opened_at);
    let acknowledgement = |by: &String| Acknowledgement { by: by.as_str().into(), at: opened_at };
    Ok(Incident {
        state: match told.incident.state {
            case::IncidentState::Open => IncidentState::Open,
            case::IncidentState::Acknowledged => IncidentState::Acknowledged,
            case::IncidentState::Snoozed => IncidentState::Snoozed,
            case::IncidentState::Resolved => IncidentState::Resolved,
        },
        priority: told.incident.priority.map(crate::facts::priority),
        reason: told.incident.reason.clone(),
        resolved_at: told.resolved_at().map(Instant::from_millis),
        acknowledged: told.incident.acknowledged_by.as_ref().map(acknowledgement),
        ..opened
    })
}

fn alert(index: usize, alert: &cases::Alert, told: &CaseMessage) -> Alert {
    let opened_at = Instant::from_millis(told.opened_at());
    let (state, ends_at) = match alert.resolved {
        true => (AlertState::Resolved, Some(opened_at)),
        false => (AlertState::Firing, None),
    };
    Alert {
        fingerprint: Fingerprint(index as u64),
        labels: Labels::from_pairs(&alert.labels),
        annotations: Labels::from_pairs(&alert.annotations),
        generator_url: "".into(),
        state,
        starts_at: opened_at,
        ends_at,
        updated_at: opened_at,
        incidents: Vec::new(),
    }
}

fn earlier(earlier: &case::Earlier) -> Result<Earlier, String> {
    let case::Earlier { id, kind, receipt } = earlier;
    Ok(Earlier {
        notice: NoticeId(id.as_str().into()),
        kind: self::kind(kind)?,
        receipt: receipt.clone(),
        bundled: false,
    })
}

fn kind(name: &str) -> Result<NoticeKind, String> {
    NoticeKind::deserialize(name.into_deserializer()).map_err(|error: UnknownName| format!("kind: {error}"))
}

fn link(link: &case::Link) -> Result<ChannelLink, String> {
    const NAMES: [&str; 4] = ["incident", "runbook", "dashboard", "generator"];
    let name = NAMES.into_iter().find(|name| *name == link.name);
    let unknown = || format!("unknown link {:?}: expected one of {}", link.name, NAMES.join(", "));
    Ok(ChannelLink { name: name.ok_or_else(unknown)?, url: link.url.clone() })
}
