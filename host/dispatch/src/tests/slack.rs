//! Slack, against a fake that enforces its published contract.

use super::*;
use bellwire_core::{Acknowledgement, Priority, Secret, SlackReceiver, Target};
use bellwire_support::{
    Fault,
    slack::{Slack, TOKEN},
};
use insta::assert_snapshot;
use std::time::Duration;

pub(super) fn bot(slack: &Slack) -> ReceiverKind {
    let api = format!("{}/api", slack.url());
    ReceiverKind::Slack(SlackReceiver::Bot { api, token: Secret::new(TOKEN), channel: "#ops".into() })
}

pub(super) fn incoming(slack: &Slack) -> ReceiverKind {
    ReceiverKind::Slack(SlackReceiver::Webhook { url: Secret::new(slack.webhook_url("#ops")) })
}

async fn workspace() -> Slack {
    Slack::start(&["#ops"]).await.unwrap()
}

#[tokio::test]
async fn an_incident_is_one_message_with_a_thread() {
    let slack = workspace().await;
    let dispatcher = dispatcher([(NAME, bot(&slack))]);
    let first = message("step-1");
    let mut had = vec![earlier(&first, &dispatcher.send(&first).await)];
    let mut second = message("step-2");
    second.text = Some("step 2: the manager".into());
    second.earlier.clone_from(&had);
    had.push(earlier(&second, &dispatcher.send(&second).await));
    let mut changed = update(NoticeKind::PriorityChanged, IncidentState::Open, &had);
    changed.incident.priority = Some(Priority::P2);
    receipt(&dispatcher.send(&changed).await);
    let mut acknowledged = update(NoticeKind::Acknowledged, IncidentState::Acknowledged, &had);
    acknowledged.incident.acknowledged = Some(Acknowledgement { by: "kim".into(), at: acknowledged.now });
    receipt(&dispatcher.send(&acknowledged).await);
    let mut resolved = update(NoticeKind::Resolved, IncidentState::Resolved, &had);
    (resolved.firing, resolved.resolved) = (0, 1);
    receipt(&dispatcher.send(&resolved).await);
    assert_snapshot!(slack.seen().rendering("#ops"), @r"
    #ops
      Resolved: P1 InstanceDown: web-1 is down (1 alert) · payments-42 (edited)
      *Where:* web-1
      *Since:* 2026-11-21 03:12 UTC, just now
      *State:* resolved
      *Told:* payments/mail (delivered)
      *Alerts:* 0 firing, 1 resolved
      • firing: InstanceDown on web-1: web-1 is down
      <https://runbooks.example/InstanceDown|Runbook>  <https://prometheus.example/graph|Rule>  <https://bellwire.example/incidents/payments-42|Incident>
        ↳ P1 InstanceDown: web-1 is down (1 alert) · payments-42
          step 2: the manager
          *Where:* web-1
          *Since:* 2026-11-21 03:12 UTC, just now
          *Why:* severity is critical
          *Told:* payments/mail (delivered)
          *Alerts:* 1 firing, 0 resolved
          • firing: InstanceDown on web-1: web-1 is down
          <https://runbooks.example/InstanceDown|Runbook>  <https://prometheus.example/graph|Rule>  <https://bellwire.example/incidents/payments-42|Incident>
          [Acknowledge] [Snooze 1 h] [Resolve] [Escalate]
        ↳ *Now P2 InstanceDown: web-1 is down (1 alert) · payments-42*
        ↳ *Acknowledged by kim: P1 InstanceDown: web-1 is down (1 alert) · payments-42*
        ↳ *Resolved: P1 InstanceDown: web-1 is down (1 alert) · payments-42*
    ");
    let broadcast: Vec<bool> = slack.seen().calls.iter().map(|call| call.body["reply_broadcast"] == true).collect();
    assert_eq!(broadcast.iter().filter(|broadcast| **broadcast).count(), 1, "only the page goes to the channel too");
}

#[tokio::test]
async fn extreme_messages_are_taken_and_ping_nobody() {
    let slack = workspace().await;
    let dispatcher = dispatcher([(NAME, bot(&slack)), ("incoming", incoming(&slack))]);
    let mut root = extreme();
    let mut reply = extreme();
    reply.earlier = vec![earlier(&root, &dispatcher.send(&root).await)];
    receipt(&dispatcher.send(&reply).await);
    receipt(&dispatcher.send(&update(NoticeKind::Resolved, IncidentState::Resolved, &reply.earlier)).await);
    root.receiver = "incoming".into();
    receipt(&dispatcher.send(&root).await);
    let calls = slack.seen().calls;
    assert_eq!(calls.len(), 6);
    for call in calls {
        assert_eq!(call.answer, "ok");
        assert!(!call.body.to_string().contains("<!"), "{}", call.body);
        assert!(call.body["blocks"].is_array() && call.body["text"].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert!(slack.seen().rendering("#ops").contains("… and 90 more"));
}

#[tokio::test]
async fn every_failure_is_classified_and_tells_no_secret() {
    let slack = workspace().await;
    let dispatcher = dispatcher([(NAME, bot(&slack)), ("incoming", incoming(&slack))]);
    let after = |seconds| Some(Span::from_secs(seconds));
    let url = slack.webhook_url("#ops");
    for (fault, expected) in [
        (Fault::RateLimited { retry_after_seconds: 7 }, Some(after(7))),
        (Fault::Unavailable { status: 503, retry_after_seconds: 9 }, Some(after(9))),
        (Fault::Status(500), Some(None)),
        (Fault::Cut, Some(None)),
        (Fault::CutAfterwards, Some(None)),
        (Fault::Status(302), None),
        (Fault::Status(404), None),
    ] {
        for receiver in [NAME, "incoming"] {
            slack.script("#ops", [fault.clone()]);
            let mut message = message("step-1");
            message.receiver = receiver.into();
            let delivery = dispatcher.send(&message).await;
            let retry = match &delivery {
                Delivery::Retry { after, .. } => Some(*after),
                Delivery::Permanent { .. } | Delivery::Delivered { .. } => None,
            };
            assert!(retry == expected && !matches!(delivery, Delivery::Delivered { .. }), "{fault:?}: {delivery:?}");
            assert_fit_for_people(&delivery, &[TOKEN, &url, "/services/"]);
        }
    }
    for (error, retried) in [
        ("ratelimited", true),
        ("internal_error", true),
        ("invalid_auth", false),
        ("channel_not_found", false),
        ("is_archived", false),
    ] {
        slack.script("#ops", [Fault::NotOk(error)]);
        let delivery = dispatcher.send(&message("step-1")).await;
        assert_eq!(matches!(delivery, Delivery::Retry { .. }), retried, "{delivery:?}");
        assert!(
            retried || matches!(&delivery, Delivery::Permanent { reason } if reason.contains(error)),
            "{delivery:?}"
        );
    }
}

#[tokio::test]
async fn a_page_that_arrived_is_delivered_even_if_the_edit_of_its_root_hangs() {
    let slack = workspace().await;
    let dispatcher = impatient([(NAME, bot(&slack))]);
    let first = message("step-1");
    let mut second = message("step-2");
    second.earlier = vec![earlier(&first, &dispatcher.send(&first).await)];
    slack.script("#ops", [Fault::Slow(Duration::ZERO), Fault::Hold]);
    receipt(&dispatcher.send(&second).await);
    assert_eq!(slack.seen().messages("#ops").len(), 2);
}

#[tokio::test]
async fn what_slack_refuses_is_said_more_plainly() {
    let slack = workspace().await;
    let dispatcher = dispatcher([(NAME, bot(&slack))]);
    slack.script("#ops", [Fault::NotOk("msg_blocks_too_long")]);
    let first = message("step-1");
    let mut had = earlier(&first, &dispatcher.send(&first).await);
    assert_eq!(slack.seen().messages("#ops")[0].shown(), "P1 InstanceDown: web-1 is down (1 alert) · payments-42");
    // The root was deleted: the page goes to the channel.
    had.receipt = had.receipt.map(|receipt| receipt.replace("1700000000", "1600000000"));
    let mut second = message("step-2");
    second.earlier = vec![had];
    receipt(&dispatcher.send(&second).await);
    let messages = slack.seen().messages("#ops").to_vec();
    assert!(messages.len() == 2 && messages[1].thread_ts.is_none());
}

#[tokio::test]
async fn a_receiver_that_moved_gets_its_pages_where_it_is_now() {
    let slack = Slack::start(&["#ops", "#new"]).await.unwrap();
    let first = message("step-1");
    let mut second = message("step-2");
    second.earlier = vec![earlier(&first, &dispatcher([(NAME, bot(&slack))]).send(&first).await)];
    let api = format!("{}/api", slack.url());
    let moved = SlackReceiver::Bot { api, token: Secret::new(TOKEN), channel: "#new".into() };
    let dispatcher = dispatcher([(NAME, ReceiverKind::Slack(moved))]);
    let mut third = message("step-3");
    third.earlier = [&second.earlier[..], &[earlier(&second, &dispatcher.send(&second).await)]].concat();
    receipt(&dispatcher.send(&third).await);
    let messages = slack.seen().messages("#new").to_vec();
    assert_eq!(messages[1].thread_ts.as_ref(), Some(&messages[0].ts), "and they are a thread there");
    assert_eq!((messages.len(), messages[0].edits), (2, 1));
}

/// The names of the buttons that a person sees under the last line.
fn buttons(message: &bellwire_support::slack::Message) -> Vec<String> {
    let actions = message.blocks.iter().filter(|block| block["type"] == "actions");
    let elements = actions.flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default());
    elements.filter_map(|element| element["text"]["text"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_button_says_what_it_is_for_and_of_which_revision() {
    let slack = workspace().await;
    let mut page = message("step-1");
    page.incident.revision = 7;
    receipt(&dispatcher([(NAME, bot(&slack))]).send(&page).await);
    let actions = slack.seen().messages("#ops")[0].blocks.last().cloned().unwrap();
    insta::assert_snapshot!(format!("{actions:#}"), @r#"
    {
      "block_id": "bellwire",
      "elements": [
        {
          "action_id": "bellwire_acknowledge",
          "style": "primary",
          "text": {
            "emoji": false,
            "text": "Acknowledge",
            "type": "plain_text"
          },
          "type": "button",
          "value": "{\"incident\":\"payments-42\",\"revision\":7}"
        },
        {
          "action_id": "bellwire_snooze",
          "text": {
            "emoji": false,
            "text": "Snooze 1 h",
            "type": "plain_text"
          },
          "type": "button",
          "value": "{\"incident\":\"payments-42\",\"revision\":7}"
        },
        {
          "action_id": "bellwire_resolve",
          "confirm": {
            "confirm": {
              "emoji": false,
              "text": "Resolve",
              "type": "plain_text"
            },
            "deny": {
              "emoji": false,
              "text": "Keep it open",
              "type": "plain_text"
            },
            "text": {
              "emoji": false,
              "text": "Nobody is told of it any more until it fires anew.",
              "type": "plain_text"
            },
            "title": {
              "emoji": false,
              "text": "Resolve payments-42?",
              "type": "plain_text"
            }
          },
          "text": {
            "emoji": false,
            "text": "Resolve",
            "type": "plain_text"
          },
          "type": "button",
          "value": "{\"incident\":\"payments-42\",\"revision\":7}"
        },
        {
          "action_id": "bellwire_escalate",
          "text": {
            "emoji": false,
            "text": "Escalate",
            "type": "plain_text"
          },
          "type": "button",
          "value": "{\"incident\":\"payments-42\",\"revision\":7}"
        }
      ],
      "type": "actions"
    }
    "#);
}

#[tokio::test]
async fn the_root_has_the_buttons_of_now() {
    let slack = workspace().await;
    let dispatcher = dispatcher([(NAME, bot(&slack))]);
    let first = message("step-1");
    let had = [earlier(&first, &dispatcher.send(&first).await)];
    let mut snoozed = update(NoticeKind::Snoozed, IncidentState::Snoozed, &had);
    snoozed.incident.snoozed_until = Some(snoozed.now.saturating_add(Span::from_secs(3_600)));
    snoozed.incident.assigned_to = Some(Target::Person("ann".into()));
    let mut acknowledged = update(NoticeKind::Acknowledged, IncidentState::Acknowledged, &had);
    acknowledged.incident.acknowledged = Some(Acknowledgement { by: "kim".into(), at: acknowledged.now });
    for (update, state, shown) in [
        (acknowledged, "*State:* acknowledged by kim", &["Snooze 1 h", "Resolve", "Escalate"][..]),
        (
            snoozed,
            "*State:* snoozed until 2026-11-21 04:12 UTC, assigned to ann",
            &["Acknowledge", "Snooze 1 h", "Resolve", "Escalate"],
        ),
        (
            update(NoticeKind::Unacknowledged, IncidentState::Open, &had),
            "*Why:* severity is critical",
            &["Acknowledge", "Snooze 1 h", "Resolve", "Escalate"],
        ),
        (update(NoticeKind::Resolved, IncidentState::Resolved, &had), "*State:* resolved", &[]),
    ] {
        receipt(&dispatcher.send(&update).await);
        let messages = slack.seen().messages("#ops").to_vec();
        assert_eq!(buttons(&messages[0]), shown);
        assert!(messages[0].shown().contains(state), "{}", messages[0].shown());
        assert!(messages[1..].iter().all(|reply| reply.thread_ts.is_some() && buttons(reply).is_empty()));
    }
}

#[tokio::test]
async fn there_are_no_buttons_where_nobody_would_hear_of_a_press() {
    let slack = workspace().await;
    let kinds = || receivers(Span::from_secs(60), [(NAME, bot(&slack)), ("incoming", incoming(&slack))]);
    let deaf = Dispatcher::new(&kinds(), &Channels::new(), Settings { slack_buttons: false, ..settings() }).unwrap();
    let hearing = Dispatcher::new(&kinds(), &Channels::new(), settings()).unwrap();
    receipt(&deaf.send(&message("step-1")).await);
    receipt(&hearing.send(&Message { receiver: "incoming".into(), ..message("step-1") }).await);
    let messages = slack.seen().messages("#ops").to_vec();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert!(buttons(&message).is_empty());
        assert!(message.shown().contains("Acknowledge: `bellwire incidents ack payments-42`"), "{}", message.shown());
    }
}

#[tokio::test]
async fn what_was_told_in_a_summary_gets_a_message_of_its_own_later() {
    let slack = workspace().await;
    let dispatcher = dispatcher([(NAME, bot(&slack))]);
    let summary = bundle("step-1", NoticeKind::Decided);
    let mut had = vec![earlier(&summary, &dispatcher.send(&summary).await)];
    // Nothing but the summary has told of it: one line under that.
    receipt(&dispatcher.send(&update(NoticeKind::Acknowledged, IncidentState::Acknowledged, &had)).await);
    let mut page = message("step-2");
    page.text = Some("step 2: the manager".into());
    page.earlier.clone_from(&had);
    had.push(earlier(&page, &dispatcher.send(&page).await));
    receipt(&dispatcher.send(&update(NoticeKind::Resolved, IncidentState::Resolved, &had)).await);
    receipt(&dispatcher.send(&bundle("resolved", NoticeKind::Resolved)).await);
    assert_snapshot!(slack.seen().rendering("#ops"), @r"
    #ops
      6 P2 incidents: DiskFull, &lt;!channel&gt; &amp; &lt;b&gt;
      • *P2* <https://bellwire.example/incidents/payments-1|payments-1> DiskFull on db-1, since 03:11 UTC
      • *P2* <https://bellwire.example/incidents/payments-2|payments-2> DiskFull on db-2 (nobody acknowledged), since 03:10 UTC
      • *P2* <https://bellwire.example/incidents/payments-3|payments-3> &lt;!channel&gt; &amp; &lt;b&gt; on web-7 (flapping), since 03:09 UTC
      • *P2* <https://bellwire.example/incidents/payments-4|payments-4>, since 03:08 UTC
      … and 2 more
      <https://bellwire.example/incidents?team=payments&amp;state=open|All of them>
        ↳ *Acknowledged: P1 InstanceDown: web-1 is down (1 alert) · payments-42*
      Resolved: P1 InstanceDown: web-1 is down (1 alert) · payments-42 (edited)
      *Where:* web-1
      *Since:* 2026-11-21 03:12 UTC, just now
      *State:* resolved
      *Told:* payments/mail (delivered)
      *Alerts:* 1 firing, 0 resolved
      • firing: InstanceDown on web-1: web-1 is down
      <https://runbooks.example/InstanceDown|Runbook>  <https://prometheus.example/graph|Rule>  <https://bellwire.example/incidents/payments-42|Incident>
        ↳ *Resolved: P1 InstanceDown: web-1 is down (1 alert) · payments-42*
      6 incidents resolved: DiskFull, &lt;!channel&gt; &amp; &lt;b&gt;
      • *P2* <https://bellwire.example/incidents/payments-1|payments-1> DiskFull on db-1, since 03:11 UTC
      • *P2* <https://bellwire.example/incidents/payments-2|payments-2> DiskFull on db-2, since 03:10 UTC
      • *P2* <https://bellwire.example/incidents/payments-3|payments-3> &lt;!channel&gt; &amp; &lt;b&gt; on web-7, since 03:09 UTC
      • *P2* <https://bellwire.example/incidents/payments-4|payments-4>, since 03:08 UTC
      … and 2 more
      <https://bellwire.example/incidents?team=payments|All of them>
    ");
}

#[tokio::test]
async fn a_person_is_told_in_the_conversation_with_the_bot() {
    let slack = Slack::start(&["U0000ANN"]).await.unwrap();
    let api = format!("{}/api", slack.url());
    let direct = SlackReceiver::Bot { api, token: Secret::new(TOKEN), channel: "U0000ANN".into() };
    let dispatcher = dispatcher([(NAME, ReceiverKind::Slack(direct))]);
    let page = message("step-1");
    let had = [earlier(&page, &dispatcher.send(&page).await)];
    receipt(&dispatcher.send(&update(NoticeKind::Resolved, IncidentState::Resolved, &had)).await);
    let messages = slack.seen().messages("U0000ANN").to_vec();
    assert!(messages.len() == 2 && messages[0].edits == 1 && messages[1].thread_ts.is_some());
    assert!(slack.seen().calls[1].body["channel"].as_str().unwrap().starts_with('D'));
}
