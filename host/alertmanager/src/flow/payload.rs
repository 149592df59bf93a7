//! What a webhook is sent: version 4, byte for byte as Alertmanager's, but for the zone of its times.

use super::alerts::Alert;
use bellwire_core::{Instant, Labels};
use serde::Serialize;
use std::{cmp::Ordering, sync::Arc};

const NO_END: &str = "0001-01-01T00:00:00Z";

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub receiver: String,
    pub status: &'static str,
    pub alerts: Vec<PayloadAlert>,
    pub group_labels: Labels,
    pub common_labels: Labels,
    pub common_annotations: Labels,
    #[serde(rename = "externalURL")]
    pub external_url: String,
    pub version: &'static str,
    pub group_key: String,
    pub truncated_alerts: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PayloadAlert {
    pub status: &'static str,
    pub labels: Labels,
    pub annotations: Labels,
    pub starts_at: String,
    pub ends_at: String,
    #[serde(rename = "generatorURL")]
    pub generator_url: Box<str>,
    pub fingerprint: String,
}

/// Of which group, to whom.
pub(super) struct Envelope<'a> {
    pub receiver: &'a str,
    pub group_labels: &'a Labels,
    pub group_key: &'a str,
    pub external_url: &'a str,
    /// 0: all.
    pub alerts_max: usize,
}

impl Payload {
    /// `alerts`: in Alertmanager's order. It truncates before it looks at what they have in common and whether one fires.
    pub(super) fn new(now: Instant, alerts: &[Arc<Alert>], envelope: &Envelope<'_>) -> Self {
        let shown = if envelope.alerts_max == 0 { alerts.len() } else { alerts.len().min(envelope.alerts_max) };
        let (shown, left_out) = alerts.split_at(shown);
        let fires = shown.iter().any(|alert| !alert.is_resolved(now));
        Self {
            receiver: envelope.receiver.to_owned(),
            status: if fires { "firing" } else { "resolved" },
            common_labels: common(shown.iter().map(|alert| &alert.labels)),
            common_annotations: common(shown.iter().map(|alert| &alert.annotations)),
            alerts: shown.iter().map(|alert| PayloadAlert::new(now, alert)).collect(),
            group_labels: envelope.group_labels.clone(),
            external_url: envelope.external_url.to_owned(),
            version: "4",
            group_key: envelope.group_key.to_owned(),
            truncated_alerts: left_out.len() as u64,
        }
    }
}

impl PayloadAlert {
    fn new(now: Instant, alert: &Alert) -> Self {
        let is_resolved = alert.is_resolved(now);
        Self {
            status: if is_resolved { "resolved" } else { "firing" },
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            starts_at: alert.starts_at.to_string(),
            ends_at: if is_resolved { alert.ends_at.to_string() } else { NO_END.to_owned() },
            generator_url: alert.generator_url.clone(),
            fingerprint: alert.labels.fingerprint().to_string(),
        }
    }
}

fn common<'a>(mut all: impl Iterator<Item = &'a Labels>) -> Labels {
    let Some(first) = all.next() else { return Labels::default() };
    let mut pairs: Vec<(&str, &str)> = first.iter().collect();
    for labels in all {
        pairs.retain(|(name, value)| labels.get(name) == *value);
    }
    Labels::from_pairs(pairs)
}

/// By `job`, by `instance`, and then by all labels, fewer ones first.
pub(super) fn order(left: &Labels, right: &Labels) -> Ordering {
    for key in ["job", "instance"] {
        match (left.get(key), right.get(key)) {
            ("", "") => {}
            ("", _) => return Ordering::Greater,
            (_, "") => return Ordering::Less,
            (left, right) if left != right => return left.cmp(right),
            _ => {}
        }
    }
    let mut names: Vec<&str> = left.iter().chain(right.iter()).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let by_name = |name: &&str| match (left.get(name), right.get(name)) {
        ("", _) => Some(Ordering::Less),
        (_, "") => Some(Ordering::Greater),
        (left, right) => Some(left.cmp(right)).filter(|order| order.is_ne()),
    };
    left.len().cmp(&right.len()).then_with(|| names.iter().find_map(by_name).unwrap_or(Ordering::Equal))
}
