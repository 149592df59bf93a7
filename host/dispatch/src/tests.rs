//! Senders against fakes that enforce each provider's contract, and against a real mail server where there is one.

mod channel;
mod email;
mod pagerduty;
mod slack;
mod webhook;

use crate::{Channels, Dispatcher, Letter, Settings, sample};
use bellwire_core::{
    Alert, Delivery, Earlier, IncidentState, Labels, Message, NoticeId, NoticeKind, Receiver, ReceiverKind, Span,
};
use bellwire_support::{
    Fault,
    pagerduty::PagerDuty,
    slack::Slack,
    webhook::{Verification, Webhook},
};
use std::{collections::BTreeMap, sync::Arc};

const NAME: &str = "payments/receiver";

/// With a clock that stands still at the sample's instant, and more time than any attempt needs.
fn dispatcher(kinds: impl IntoIterator<Item = (&'static str, ReceiverKind)>) -> Dispatcher {
    patient(Span::from_secs(60), kinds)
}

/// For those who never answer.
fn impatient(kinds: impl IntoIterator<Item = (&'static str, ReceiverKind)>) -> Dispatcher {
    patient(Span::from_secs(1), kinds)
}

fn patient(timeout: Span, kinds: impl IntoIterator<Item = (&'static str, ReceiverKind)>) -> Dispatcher {
    Dispatcher::new(&receivers(timeout, kinds), &Channels::new(), settings()).unwrap()
}

fn settings() -> Settings {
    let now = sample::sample().now;
    let external_url = Some("https://bellwire.example".into());
    Settings { external_url, clock: Arc::new(move || now), links: None, slack_buttons: true }
}

fn receivers(
    timeout: Span,
    kinds: impl IntoIterator<Item = (&'static str, ReceiverKind)>,
) -> BTreeMap<Arc<str>, Receiver> {
    let receiver = |(name, kind): (&'static str, ReceiverKind)| {
        (name.into(), Receiver { name: name.into(), kind, timeout, ..sample::receiver() })
    };
    kinds.into_iter().map(receiver).collect()
}

fn message(key: &str) -> Message {
    let mut message = sample::sample();
    message.notice = NoticeId::new(&message.incident.id, 0, key, NAME);
    message.key = key.into();
    message.receiver = NAME.into();
    message
}

/// A storm told as one, or what became of it.
fn bundle(key: &str, kind: NoticeKind) -> Message {
    let mut bundle = sample::bundle().bundle;
    if let Some(bundle) = bundle.as_mut().filter(|_| kind.is_update()) {
        bundle.shown.iter_mut().for_each(|one| one.kind = kind);
    }
    Message { kind, bundle, ..message(key) }
}

fn letter() -> Letter {
    Letter {
        subject: "Week 47: 12 incidents".into(),
        text: "Week 47\n\nteam      pages\npayments     12\n".into(),
        markdown: "# Week 47\n\n| team | pages |\n|---|---:|\n| payments | 12 |\n".into(),
        html: "<!DOCTYPE html><html><body><h1>Week 47</h1></body></html>".into(),
    }
}

/// What the receiver hears after it has had `earlier`.
fn update(kind: NoticeKind, state: IncidentState, earlier: &[Earlier]) -> Message {
    let mut message = message(&format!("bellwire:{kind:?}"));
    message.kind = kind;
    message.page = false;
    message.text = None;
    message.incident.state = state;
    message.earlier = earlier.to_vec();
    message
}

fn earlier(message: &Message, delivery: &Delivery) -> Earlier {
    Earlier {
        notice: message.notice.clone(),
        kind: message.kind,
        receipt: receipt(delivery),
        bundled: message.bundle.is_some(),
    }
}

fn receipt(delivery: &Delivery) -> Option<String> {
    match delivery {
        Delivery::Delivered { receipt } => receipt.clone(),
        Delivery::Retry { reason, .. } | Delivery::Permanent { reason } => panic!("it was not delivered: {reason}"),
    }
}

/// A hundred alerts, of which twenty are shown, each with 10 kB in every place and every trick in it.
fn extreme() -> Message {
    let hostile = "<!channel> <script>alert(1)</script> & \u{202E}🔥\r\nBcc: eve@example.org\u{0}".repeat(130);
    let mut message = message(&"k".repeat(120));
    let labels = |index: usize| {
        let index = index.to_string();
        Labels::from_pairs([("alertname", hostile.as_str()), ("instance", &hostile), ("index", &index)])
    };
    let annotations = Labels::from_pairs([
        ("summary", hostile.as_str()),
        ("description", &hostile),
        ("runbook_url", "https://runbooks.example/?a=<b>|c"),
        ("dashboard_url", "https://dashboards.example/?a=b&c=d"),
    ]);
    let sample = Arc::clone(&message.alerts[0]);
    let alert =
        |index| Arc::new(Alert { labels: labels(index), annotations: annotations.clone(), ..(*sample).clone() });
    message.alerts = (0..Message::ALERTS_MAX).map(alert).collect();
    message.firing = 100;
    message.text = Some(hostile.clone());
    message.incident.reason = hostile.clone();
    message.incident.route = hostile.clone().into();
    message.incident.group = labels(0);
    message.told = std::iter::repeat_n(message.told[0].clone(), 50).collect();
    message
}

/// One line, and none of the secrets.
fn assert_fit_for_people(delivery: &Delivery, secrets: &[&str]) {
    let reason = match delivery {
        Delivery::Delivered { .. } => return,
        Delivery::Retry { reason, .. } | Delivery::Permanent { reason } => reason,
    };
    assert!(!reason.is_empty() && reason.len() < 500 && !reason.contains('\n'), "{reason:?}");
    assert!(secrets.iter().all(|secret| !reason.contains(secret)), "{reason:?}");
}

#[tokio::test]
async fn a_reload_keeps_what_a_receiver_has_under_way() {
    let kind = || ReceiverKind::Webhook(webhook::unsigned("http://127.0.0.1:1/"));
    let first = dispatcher([(NAME, kind()), ("other", kind())]);
    let mut changed = receivers(Span::from_secs(1), [(NAME, kind()), ("other", kind())]);
    changed.get_mut("other").unwrap().concurrency_max = 1;
    let second = first.with_receivers(&changed, &Channels::new()).unwrap();
    assert!(second.shares_gate(&first, NAME));
    assert!(!second.shares_gate(&first, "other"));
    assert!(matches!(
        first.with_receivers(&BTreeMap::new(), &Channels::new()).unwrap().send(&message("a")).await,
        Delivery::Permanent { .. }
    ));
}

#[tokio::test]
async fn who_never_answers_is_given_up_in_time() {
    let pagerduty = PagerDuty::start(&[pagerduty::KEY]).await.unwrap();
    let hook = Webhook::start(Verification::None).await.unwrap();
    let slack = Slack::start(&["#ops"]).await.unwrap();
    pagerduty.script(pagerduty::KEY, [Fault::Hold]);
    hook.script("/", [Fault::Hold]);
    slack.script("#ops", [Fault::Hold, Fault::Hold]);
    let dispatcher = impatient([
        ("pagerduty", pagerduty::service(&pagerduty)),
        ("hook", ReceiverKind::Webhook(webhook::unsigned(&hook.url("/")))),
        ("bot", slack::bot(&slack)),
        ("incoming", slack::incoming(&slack)),
    ]);
    let ask = async |receiver: &str| dispatcher.send(&Message { receiver: receiver.into(), ..message("step-1") }).await;
    let (a, b, c, d) = tokio::join!(ask("pagerduty"), ask("hook"), ask("bot"), ask("incoming"));
    for delivery in [a, b, c, d] {
        assert_eq!(delivery, Delivery::Retry { after: None, reason: "no answer within 1s".into() });
    }
}

#[tokio::test]
async fn a_report_goes_to_whoever_can_show_it() {
    let pagerduty = PagerDuty::start(&[pagerduty::KEY]).await.unwrap();
    let hook = Webhook::start(Verification::None).await.unwrap();
    let slack = Slack::start(&["#ops"]).await.unwrap();
    let dispatcher = dispatcher([
        ("pagerduty", pagerduty::service(&pagerduty)),
        ("hook", ReceiverKind::Webhook(webhook::unsigned(&hook.url("/")))),
        ("bot", slack::bot(&slack)),
        ("incoming", slack::incoming(&slack)),
    ]);
    for receiver in ["hook", "bot", "incoming"] {
        receipt(&dispatcher.send_report(receiver, &letter()).await);
    }
    insta::assert_snapshot!(slack.seen().messages("#ops")[0].shown(), @r"
    Week 47: 12 incidents
    *Week 47*
    ```
    team      pages
    payments     12
    ```
    ");
    assert_eq!(slack.seen().messages("#ops")[1].shown(), slack.seen().messages("#ops")[0].shown());
    let body = &hook.seen().deliveries[0].body;
    assert_eq!((&body["version"], &body["kind"]), (&"1".into(), &"report".into()));
    assert_eq!(body["title"], letter().subject);
    for (name, text) in [("text", letter().text), ("markdown", letter().markdown), ("html", letter().html)] {
        assert_eq!(body[name], text);
    }
    for (receiver, why) in [("pagerduty", "PagerDuty takes no reports"), ("nobody", "there is no receiver nobody")] {
        let refused = dispatcher.send_report(receiver, &letter()).await;
        assert!(matches!(&refused, Delivery::Permanent { reason } if reason.starts_with(why)), "{refused:?}");
    }
    assert!(pagerduty.seen().events.is_empty());
}

#[tokio::test]
async fn a_long_report_fits_and_says_what_is_missing() {
    let slack = Slack::start(&["#ops"]).await.unwrap();
    let dispatcher = dispatcher([(NAME, slack::bot(&slack))]);
    let rows = "| <!channel> & everybody | 1 |\n".repeat(5_000);
    receipt(&dispatcher.send_report(NAME, &Letter { subject: "s".repeat(500), markdown: rows, ..letter() }).await);
    let shown = slack.seen().messages("#ops")[0].shown();
    assert!(!shown.contains("<!") && shown.contains("more parts left out"), "{shown}");
}

/// `app` runs it on its own tasks.
#[tokio::test]
async fn a_send_may_run_on_any_thread() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let dispatcher = dispatcher([]);
    assert!(matches!(is_send(dispatcher.send(&message("step-1"))).await, Delivery::Permanent { .. }));
}
