//! Of channels.

use super::{super::channel, Amount, alert, at, examples, mismatch, samples, schema};
use bellwire_core::{
    ChannelLink, ChannelMessage, ChannelResponse, ChannelStep, Earlier, Incident, IncidentState, Message, NoticeId,
    NoticeKind, PluginFault, Span,
};
use serde_json::{Value, json};

fn incident() -> Incident {
    let row = json!({
        "id": "payments-42",
        "route": "root",
        "group": {"alertname": "Down"},
        "state": "open",
        "revision": 1,
        "opened_at": at(0),
        "first_opened_at": at(0),
        "changed_at": at(0),
        "reopened": 0,
        "priority": "P1",
        "reason": "P1 because severity is critical",
        "faults": 0,
        "fallbacks": 0,
        "closed": false,
    });
    serde_json::from_value(row).unwrap()
}

/// The message of the README.
fn message() -> ChannelMessage {
    let earlier = Earlier {
        notice: NoticeId("payments-42/step-0/payments/chat".into()),
        kind: NoticeKind::Decided,
        receipt: Some("7".into()),
        bundled: false,
    };
    let url = "https://bellwire.example.com/incidents/payments-42".into();
    ChannelMessage {
        message: Message {
            notice: NoticeId("payments-42/step-1/payments/chat".into()),
            receiver: "payments/chat".into(),
            person: None,
            attempt: 1,
            kind: NoticeKind::Decided,
            key: "step-1".into(),
            page: true,
            text: None,
            now: at(300),
            deadline: at(360),
            incident: incident(),
            firing: 1,
            resolved: 0,
            alerts: vec![alert()],
            told: Vec::new(),
            earlier: vec![earlier],
            symptoms: Vec::new(),
            bundle: None,
        },
        title: "P1 payments: Down".into(),
        text: "Down: no answer for 5 minutes".into(),
        links: vec![ChannelLink { name: "incident", url }],
    }
}

fn asked(message: &ChannelMessage) -> Value {
    let headers = vec![("retry-after".into(), "5".into())];
    let response = ChannelResponse { status: 429, headers, body: "slow down".into() };
    let stdin = channel::next(r#"{"room": "ops"}"#, message, &[response], 1 << 20).unwrap();
    serde_json::from_slice(&stdin).unwrap()
}

#[test]
fn the_readme_has_the_message_as_it_is() {
    let [_, next, _, _, _, _] = examples("### A channel");
    assert_eq!(next, asked(&message()));
}

#[test]
fn messages_are_as_their_schema_has_them() {
    let mut told = message();
    told.message.earlier[0].bundled = true;
    told.message.incident.state = IncidentState::Resolved;
    told.message.incident.resolved_at = Some(at(9));
    told.message.incident.priority = None;
    for message in [message(), told] {
        let asked = asked(&message);
        assert_eq!(mismatch(&schema("message"), &schema("message"), &asked["message"]), None);
        assert_eq!(mismatch(&schema("responses"), &schema("responses"), &asked["responses"]), None);
    }
}

#[test]
fn the_readme_has_answers_that_are_taken() {
    let [wants, _, send, delivered, retry, permanent] = examples("### A channel").map(|example| example.to_string());
    assert_eq!(channel::verdict(wants.as_bytes()).unwrap().unwrap().hosts, ["chat.example.com"]);
    let step = |text: String| channel::step(text.as_bytes()).unwrap();
    let ChannelStep::Send(request) = step(send) else { unreachable!("it sends") };
    assert_eq!((&*request.method, request.headers[0].1.len()), ("POST", 2));
    assert_eq!(step(delivered), ChannelStep::Delivered { receipt: Some("7".into()) });
    let after = Some(Span::from_millis(5_000));
    assert_eq!(step(retry), ChannelStep::Retry { after, reason: "slow down".into() });
    assert_eq!(step(permanent), ChannelStep::Permanent { reason: "there is no room \"ops\"".into() });
}

#[test]
fn what_the_schemas_allow_is_taken() {
    let unread = |fault: &PluginFault| fault.to_string().contains("stdout");
    for amount in [Amount::Least, Amount::Most] {
        for (name, member) in [("step", "ok"), ("channel-error", "error")] {
            for one in samples(name, amount) {
                let taken = channel::step(json!({ member: one }).to_string().as_bytes());
                assert!(!taken.as_ref().is_err_and(unread), "{taken:?} of {one}");
            }
        }
        for one in samples("channel-wants", amount) {
            assert!(channel::verdict(json!({ "ok": one }).to_string().as_bytes()).is_ok(), "{one}");
        }
    }
}
