//! The same sins in sources and channels, and those that only these can commit.

use super::{
    contained,
    table::{ACTS, CHANNEL, SOURCE},
};
use crate::engine;
use bellwire_conformance::{Door, hostile};
use bellwire_core::{ChannelMessage, ChannelStep, Instant, Message, NoticeId, NoticeKind};
use bellwire_wasm::{Engine, Webhook};
use serde_json::json;

/// As in the table of policies, but for what is harmless: that has another answer.
fn acts() -> Vec<(&'static str, &'static str)> {
    let harmless = |policy: &'static str| if policy.starts_with("decided") { "harmless" } else { policy };
    ACTS.iter().map(|(sin, policy, _)| (*sin, harmless(policy))).collect()
}

fn converted(engine: &Engine, sin: &str) -> String {
    let source = match engine.load_source(&hostile(Door::Source, sin)) {
        Ok(source) => source,
        Err(error) => return format!("refused: {error}"),
    };
    let webhook = Webhook {
        now: Instant::from_millis(1_700_000_000_000),
        content_type: "application/json".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    match source.convert("{}", &webhook).result {
        Ok(converted) if converted.alerts.is_empty() && converted.unusable.is_empty() => "harmless".into(),
        Ok(converted) => {
            let [alerts, unusable] = [converted.alerts.len(), converted.unusable.len()];
            format!("converted: {alerts} alerts, {unusable} unusable, {} beyond", converted.beyond)
        }
        Err(fault) => fault.to_string(),
    }
}

fn stepped(engine: &Engine, sin: &str) -> String {
    let channel = match engine.load_channel(&hostile(Door::Channel, sin)) {
        Ok(channel) => channel,
        Err(error) => return format!("refused: {error}"),
    };
    match channel.next("{}", &message(), &[]).result {
        Ok(ChannelStep::Delivered { receipt: None }) => "harmless".into(),
        Ok(step) => format!("{step:?}"),
        Err(fault) => fault.to_string(),
    }
}

/// That an incident opened.
fn message() -> ChannelMessage {
    let incident = json!({
        "id": "payments-42", "route": "root", "group": {"alertname": "Fire"}, "state": "open", "revision": 1,
        "opened_at": 900, "first_opened_at": 900, "changed_at": 900, "reopened": 0, "priority": "P1",
        "reason": "it burns", "faults": 0, "fallbacks": 0, "closed": false,
    });
    let message = Message {
        notice: NoticeId("payments-42/step-1/payments/ops".into()),
        receiver: "payments/ops".into(),
        person: None,
        attempt: 1,
        kind: NoticeKind::Decided,
        key: "step-1".into(),
        page: true,
        text: None,
        now: Instant::from_millis(1_000),
        deadline: Instant::from_millis(61_000),
        incident: serde_json::from_value(incident).unwrap(),
        firing: 1,
        resolved: 0,
        alerts: Vec::new(),
        symptoms: Vec::new(),
        told: Vec::new(),
        earlier: Vec::new(),
        bundle: None,
    };
    ChannelMessage { message, title: "Fire".into(), text: "It burns.".into(), links: Vec::new() }
}

#[test]
fn what_any_plugin_may_do_is_contained_in_a_source() {
    let engine = engine();
    contained("acts", &acts(), &engine, |sin| converted(&engine, sin));
}

#[test]
fn what_any_plugin_may_do_is_contained_in_a_channel() {
    let engine = engine();
    contained("acts", &acts(), &engine, |sin| stepped(&engine, sin));
}

#[test]
fn spoilt_answers_of_a_source_are_faults() {
    let engine = engine();
    contained("source", &SOURCE, &engine, |sin| converted(&engine, sin));
}

#[test]
fn spoilt_answers_of_a_channel_are_faults() {
    let engine = engine();
    contained("channel", &CHANNEL, &engine, |sin| stepped(&engine, sin));
}
