//! Channels that are components.

use crate::{FOR_EVER, channel, channel_module, engine, limits};
use bellwire_core::{
    Alert, AlertState, ChannelLink, ChannelMessage, ChannelRequest, ChannelResponse, ChannelStep, ChannelWants,
    Earlier, Incident, Instant, Labels, Message, NoticeId, NoticeKind, Part, PluginFault, Span,
};
use bellwire_wasm::Limits;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use wit_component::ComponentEncoder;

fn incident() -> Incident {
    let row = json!({
        "id": "payments-42",
        "route": "root",
        "group": {"alertname": "Fire"},
        "state": "acknowledged",
        "revision": 3,
        "opened_at": 900,
        "first_opened_at": 900,
        "changed_at": 901,
        "resolved_at": 902,
        "reopened": 0,
        "acknowledged": {"by": "ann", "at": 901},
        "priority": "P2",
        "reason": "it burns",
        "faults": 0,
        "fallbacks": 0,
        "closed": false,
    });
    serde_json::from_value(row).unwrap()
}

pub fn message() -> ChannelMessage {
    let labels = Labels::from_pairs([("alertname", "Fire")]);
    let alert = Alert {
        fingerprint: labels.fingerprint(),
        annotations: Labels::from_pairs([("summary", "hot")]),
        labels,
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: Instant::from_millis(7),
        ends_at: None,
        updated_at: Instant::from_millis(7),
        incidents: Vec::new(),
    };
    let earlier = |key: &str, bundled| Earlier {
        notice: NoticeId(key.into()),
        kind: NoticeKind::Decided,
        receipt: Some(format!("receipt of {key}")),
        bundled,
    };
    let message = Message {
        notice: NoticeId("payments-42/step-2/payments/ops".into()),
        receiver: "payments/ops".into(),
        person: None,
        attempt: 2,
        kind: NoticeKind::PriorityChanged,
        key: "step-2".into(),
        page: true,
        text: None,
        now: Instant::from_millis(1_700_000_000_000),
        deadline: Instant::from_millis(1_700_000_060_000),
        incident: incident(),
        firing: 1,
        resolved: 0,
        alerts: vec![Arc::new(alert)],
        told: Vec::new(),
        earlier: vec![earlier("step-1", false), earlier("digest", true)],
        symptoms: Vec::new(),
        bundle: None,
    };
    ChannelMessage {
        message,
        title: "Fire at payments".into(),
        text: "It burns.".into(),
        links: vec![ChannelLink { name: "incident", url: "https://bellwire/incidents/payments-42".into() }],
    }
}

pub fn response(body: &str) -> ChannelResponse {
    ChannelResponse { status: 429, headers: vec![("retry-after".into(), "7".into())], body: body.into() }
}

fn step(next: &str) -> Result<ChannelStep, PluginFault> {
    channel(next).next("{}", &message(), &[response("first"), response("second")]).result
}

/// The send of a text that lies at this address, as its body.
fn body(at: &str, length: &str) -> String {
    match step(&format!("(call $send {at} {length})")).unwrap() {
        ChannelStep::Send(ChannelRequest { body, .. }) => match &*body {
            [Part::Text(text)] => text.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The text at this place, counted from the start of what the channel is given.
fn text_at(offset: u32) -> String {
    let load = |offset: u32| format!("(i32.load offset={offset} (local.get $in))");
    body(&load(offset), &load(offset + 4))
}

const SEND: &str = "(call $send (i32.const 2048) (i32.const 6))";

#[test]
fn a_request_has_its_secrets_by_name() {
    let both = || vec![Part::Text("steady".into()), Part::Secret("steady".into())];
    let request = ChannelRequest {
        method: "POST".into(),
        url: both(),
        headers: vec![("steady".into(), both())],
        body: vec![Part::Text("steady".into())],
    };
    let module = channel_module(SEND);
    let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    let engine = engine(limits());
    let [one, other] = [module, component].map(|bytes| engine.load_channel(&bytes).unwrap());
    let [one, other] = [one, other].map(|channel| channel.next("{}", &message(), &[]));
    assert_eq!(one.result, Ok(ChannelStep::Send(request)));
    assert_eq!((&one.result, one.fuel, one.memory_bytes), (&other.result, other.fuel, other.memory_bytes));
}

#[test]
fn describes_itself_and_checks_its_settings() {
    let channel = channel(SEND);
    assert_eq!(channel.describe().unwrap().name, "steady");
    assert_eq!(channel.hash().len(), 64);
    let wants = ChannelWants { secrets: vec!["steady".into()], hosts: Vec::new() };
    assert_eq!(channel.check("{}").unwrap(), Ok(wants));
    assert_eq!(channel.check("").unwrap().unwrap_err()[0].message, "steady");
}

#[test]
fn a_message_arrives_where_the_contract_has_it() {
    let at_message = |offset: u32| text_at(8 + offset);
    let at_incident = |offset: u32| text_at(56 + offset);
    assert_eq!(text_at(0), "{}");
    assert_eq!(at_message(0), "payments-42/step-2/payments/ops");
    assert_eq!(at_message(20), "priority_changed");
    assert_eq!((at_message(32).as_str(), at_message(40).as_str()), ("Fire at payments", "It burns."));
    assert_eq!((at_incident(0).as_str(), at_incident(8).as_str()), ("payments-42", "payments"));
    assert_eq!((at_incident(16).as_str(), at_incident(28).as_str()), ("root", "it burns"));
    let inside = |list: u32, offset: u32| {
        let load = |offset: u32| format!("(i32.load offset={offset} (i32.load offset={list} (local.get $in)))");
        body(&load(offset), &load(offset + 4))
    };
    assert_eq!(inside(56 + 36, 8), "Fire");
    assert_eq!(inside(8 + 164, 8), "https://bellwire/incidents/payments-42");
    assert_eq!(inside(8 + 156, 0), message().message.alerts[0].fingerprint.to_string());
    // The second response: each has 28 bytes.
    assert_eq!(inside(200, 28 + 12), "second");
}

/// A message that was for several notices is nobody's to edit.
#[test]
fn what_was_told_together_comes_without_its_receipt() {
    // Of the entry of this number: has it a receipt?
    let has_receipt = |entry: u32| {
        let next = format!(
            "(if (result i32) (i32.load8_u offset={} (i32.load offset=180 (local.get $in)))
                (then (call $step (i32.const 3))) (else {SEND}))",
            entry * 28 + 16
        );
        matches!(step(&next), Ok(ChannelStep::Permanent { .. }))
    };
    assert_eq!((has_receipt(0), has_receipt(1)), (true, false));
}

#[test]
fn every_step_is_taken() {
    let delivered = step("(call $deliver (i32.const 2048) (i32.const 6))");
    assert_eq!(delivered, Ok(ChannelStep::Delivered { receipt: Some("steady".into()) }));
    let retry = step("(call $retry (i32.const 2048) (i32.const 6))");
    let after = Some(Span::from_millis(7_000));
    assert_eq!(retry, Ok(ChannelStep::Retry { after, reason: "steady".into() }));
    assert_eq!(step("(call $step (i32.const 3))"), Ok(ChannelStep::Permanent { reason: "steady".into() }));
    let other = step("(call $step (i32.const 4))").unwrap_err();
    assert!(other.to_string().contains("the step \"steady\", which this Bellwire does not know"), "{other}");
}

#[test]
fn a_refusal_is_the_fault_that_it_names() {
    let refusal = |case: u32| step(&format!("(call $refuse (i32.const {case}))")).unwrap_err();
    assert_eq!(refusal(0), PluginFault::Settings("steady".into()));
    assert_eq!(refusal(1), PluginFault::Failed("steady".into()));
    assert_eq!(refusal(2), PluginFault::Failed("steady: steady".into()));
}

#[test]
fn every_limit_holds() {
    let fault = |next: &str| step(next).unwrap_err();
    assert_eq!(fault(FOR_EVER), PluginFault::OutOfFuel(50_000_000));
    assert_eq!(fault("(drop (memory.grow (i32.const 65535))) unreachable"), PluginFault::OutOfMemory(64 << 20));
    assert!(matches!(fault("unreachable"), PluginFault::Trap(_)));
    let limits = Limits { fuel_max: u64::MAX, time_max: Duration::from_millis(50), ..Limits::default() };
    let slow = engine(limits).load_channel(&channel_module(FOR_EVER)).unwrap().next("{}", &message(), &[]);
    assert_eq!(slow.result, Err(PluginFault::OutOfTime(50)));
    let of = |kind: &str, bytes: u32| {
        step(&format!("(drop (memory.grow (i32.const 100))) (call ${kind} (i32.const 131072) (i32.const {bytes}))"))
    };
    let too_large = |step: Result<ChannelStep, PluginFault>| match step {
        Err(PluginFault::OutputTooLarge(why)) => why,
        other => panic!("{other:?}"),
    };
    let request = too_large(of("send", 300_000));
    assert!(request.starts_with("a request of 300") && request.ends_with("at most 262144 are taken"), "{request}");
    assert_eq!(too_large(of("send", 5_000_000)), "more than 1048576 bytes at once");
    assert_eq!(too_large(of("deliver", 5_000)), "a receipt of 5000 bytes; at most 4096 are taken");
    // What people read is cut.
    let Ok(ChannelStep::Retry { reason, .. }) = of("retry", 5_000) else { panic!("it is taken") };
    assert_eq!(reason.len(), 1_024);
}

#[test]
fn a_thousand_steps_are_one() {
    let channel = channel(SEND);
    let first = channel.next("{}", &message(), &[]);
    for _ in 0..1_000 {
        let again = channel.next("{}", &message(), &[]);
        assert_eq!((&again.result, again.fuel, again.memory_bytes), (&first.result, first.fuel, first.memory_bytes));
    }
}
