//! What people read, and what they read when a template fails.

use super::*;
use crate::sample::receiver;
use bellwire_core::{Acknowledgement, IncidentState, Labels, Message, NoticeKind, Span};
use insta::assert_snapshot;

fn render(message: &Message, receiver: &Receiver, format: Format) -> String {
    let view = View::new(message, Some("https://bellwire.example/"));
    let renderer = Renderer::new();
    let title = renderer.title(&view, receiver, Heading::Title);
    renderer.body(&view, receiver, &title, format)
}

#[test]
fn the_first_line_says_all() {
    assert_snapshot!(render(&sample(), &receiver(), Format::Text), @r"
    P1 InstanceDown: web-1 is down (1 alert) · payments-42

    step 1: the on-call team

    Where:  web-1
    Since:  2026-11-21 03:12 UTC, just now
    Why:    severity is critical
    Told:   payments/mail (delivered)

    1 firing, 0 resolved
    - firing: InstanceDown on web-1: web-1 is down

    Runbook:   https://runbooks.example/InstanceDown
    Rule:      https://prometheus.example/graph
    Incident:  https://bellwire.example/incidents/payments-42
    Ack:       bellwire incidents ack payments-42
    ");
}

#[test]
fn slack() {
    assert_snapshot!(render(&sample(), &receiver(), Format::Slack), @r"
    step 1: the on-call team
    *Where:* web-1
    *Since:* 2026-11-21 03:12 UTC, just now
    *Why:* severity is critical
    *Told:* payments/mail (delivered)
    *Alerts:* 1 firing, 0 resolved
    • firing: InstanceDown on web-1: web-1 is down
    <https://runbooks.example/InstanceDown|Runbook>  <https://prometheus.example/graph|Rule>  <https://bellwire.example/incidents/payments-42|Incident>
    Acknowledge: `bellwire incidents ack payments-42`
    ");
}

#[test]
fn a_policy_fault_says_so_first() {
    let mut message = sample();
    message.kind = NoticeKind::PolicyFault;
    message.text = Some("the policy used up its fuel (1000 units)".into());
    message.incident.priority = None;
    message.incident.reason.clear();
    assert_snapshot!(render(&message, &receiver(), Format::Text), @r"
    Policy failed: InstanceDown: web-1 is down (1 alert) · payments-42

    The policy failed, so you are told instead: the policy used up its fuel (1000 units)

    Where:  web-1
    Since:  2026-11-21 03:12 UTC, just now
    Told:   payments/mail (delivered)

    1 firing, 0 resolved
    - firing: InstanceDown on web-1: web-1 is down

    Runbook:   https://runbooks.example/InstanceDown
    Rule:      https://prometheus.example/graph
    Incident:  https://bellwire.example/incidents/payments-42
    Ack:       bellwire incidents ack payments-42
    ");
}

#[test]
fn updates_say_what_changed() {
    let mut message = sample();
    message.kind = NoticeKind::Acknowledged;
    message.incident.state = IncidentState::Acknowledged;
    message.incident.acknowledged = Some(Acknowledgement { by: "kim".into(), at: message.now });
    let renderer = Renderer::new();
    let title = |message: &Message, heading| renderer.title(&View::new(message, None), &receiver(), heading);
    assert_snapshot!(title(&message, Heading::Title), @"Acknowledged by kim: P1 InstanceDown: web-1 is down (1 alert) · payments-42");
    message.kind = NoticeKind::Resolved;
    message.incident.resolved_at = Some(message.now.saturating_add(Span::from_secs(754)));
    (message.firing, message.resolved) = (0, 3);
    assert_snapshot!(title(&message, Heading::Title), @"Resolved: P1 InstanceDown: web-1 is down (3 alerts) · payments-42");
    assert_snapshot!(title(&message, Heading::Subject), @"Resolved: [P1] InstanceDown on web-1 — payments-42");
    message.kind = NoticeKind::PriorityChanged;
    assert_snapshot!(title(&message, Heading::Title), @"Now P1 InstanceDown: web-1 is down (3 alerts) · payments-42");
    assert_snapshot!(View::new(&message, None).since, @"2026-11-21 03:12 UTC, for 12m");
}

#[test]
fn a_stranger_cannot_speak_slack_or_html() {
    let mut message = sample();
    let mut alert = (*message.alerts[0]).clone();
    alert.annotations = Labels::from_pairs([
        ("summary", "<!channel> <script>alert('x')</script> & more"),
        ("runbook_url", "javascript:alert(1)"),
    ]);
    message.alerts = vec![alert.into()];
    message.text = Some("<!here> <b>".into());
    let slack = render(&message, &receiver(), Format::Slack);
    assert!(!slack.contains("<!") && !slack.contains("<b>") && !slack.contains("javascript"), "{slack}");
    let html = render(&message, &receiver(), Format::Html);
    assert!(!html.contains("<script") && !html.contains("<!channel") && !html.contains("javascript"), "{html}");
    let mut receiver = receiver();
    receiver.body_template = Some("{{ summary }} <https://safe|a link of the template's own>".into());
    let own = render(&message, &receiver, Format::Slack);
    assert!(
        own.starts_with("&lt;!channel&gt;") && own.ends_with("<https://safe|a link of the template's own>"),
        "{own}"
    );
}

#[test]
fn a_template_that_fails_falls_back_to_plain_text() {
    let mut receiver = receiver();
    receiver.body_template = Some("{{ summary|nonsense }}".into());
    assert_snapshot!(render(&sample(), &receiver, Format::Text), @r"
    P1 InstanceDown: web-1 is down (1 alert) · payments-42
    step 1: the on-call team
    Since 2026-11-21 03:12 UTC, just now. severity is critical
    - InstanceDown web-1 web-1 is down
    https://runbooks.example/InstanceDown
    bellwire incidents ack payments-42
    (This is plain because the receiver's template failed: unknown filter: filter nonsense is unknown (line 1))
    ");
    for (source, reason) in [
        ("{% if %}", "syntax error"),
        ("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "fuel"),
        ("{% for a in range(20000) %}{{ incident.id }}{% endfor %}", "65536 bytes"),
        ("  \n ", "it wrote nothing"),
    ] {
        receiver.body_template = Some(source.into());
        receiver.title_template = Some(source.into());
        for format in [Format::Slack, Format::Text, Format::Html] {
            let body = render(&sample(), &receiver, format);
            assert!(body.contains("InstanceDown web-1 · payments-42") && body.contains("web-1 is down"), "{body}");
            assert!(body.contains(reason), "{source}: {body}");
        }
    }
}

#[test]
fn templates_are_checked_before_they_are_needed() {
    assert_eq!(
        check_template(
            "{{ incident.priority }} {{ alerts[0].labels.pod }} {{ title }} {% for a in alerts %}{{ loop.index }}{% endfor %}"
        ),
        Ok(())
    );
    assert_snapshot!(check_template("{{ sumary }}").unwrap_err(), @"there is no `sumary`; there is: ack_command, actions, alerts, bundle, buttons, count, firing, incident, links, more, name, notice, person, resolved, since, status, summary, title, told, where");
    assert_snapshot!(check_template("{% if %}").unwrap_err(), @"syntax error: unexpected end of block (line 1)");
    assert_snapshot!(check_template("{{ name|shout }}").unwrap_err(), @"unknown filter: filter shout is unknown (line 1)");
    let of_one_incident = templates().filter(|(name, _)| !name.starts_with("bundle"));
    for (name, source) in of_one_incident {
        assert_eq!(check_template(source), Ok(()), "{name}");
    }
}
