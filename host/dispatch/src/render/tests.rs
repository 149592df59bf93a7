//! What people read, and what they read when a template fails.

use super::*;
use crate::sample::{bundle, person, receiver};
use bellwire_core::{Acknowledgement, IncidentState, Labels, Message, NoticeKind, Span, Target};
use insta::assert_snapshot;
use std::sync::Arc;

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
    message.text = Some("the plugin used up its fuel (1000 units)".into());
    message.incident.priority = None;
    message.incident.reason.clear();
    assert_snapshot!(render(&message, &receiver(), Format::Text), @r"
    Policy failed: InstanceDown: web-1 is down (1 alert) · payments-42

    The policy failed, so you are told instead: the plugin used up its fuel (1000 units)

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
    assert_snapshot!(check_template("{{ sumary }}").unwrap_err(), @"there is no `sumary`; there is: ack_command, actions, alerts, bundle, buttons, count, firing, incident, late, links, more, name, notice, person, quiet, resolved, since, status, summary, symptoms, title, told, where");
    assert_snapshot!(check_template("{% if %}").unwrap_err(), @"syntax error: unexpected end of block (line 1)");
    assert_snapshot!(check_template("{{ name|shout }}").unwrap_err(), @"unknown filter: filter shout is unknown (line 1)");
    let of_one_incident = templates().filter(|(name, _)| !name.starts_with("bundle"));
    for (name, source) in of_one_incident {
        assert_eq!(check_template(source), Ok(()), "{name}");
    }
}

#[test]
fn every_kind_says_in_its_title_what_it_is() {
    let renderer = Renderer::new();
    let mut message = sample();
    message.incident.assigned_to = Some(Target::Person("ann".into()));
    let mut titles = String::new();
    for kind in [
        NoticeKind::Decided,
        NoticeKind::PolicyFault,
        NoticeKind::Failover,
        NoticeKind::AlertsJoined,
        NoticeKind::Reassigned,
        NoticeKind::LastResort,
        NoticeKind::Flapping,
        NoticeKind::Acknowledged,
        NoticeKind::Unacknowledged,
        NoticeKind::Snoozed,
        NoticeKind::PriorityChanged,
        NoticeKind::Resolved,
    ] {
        message.kind = kind;
        (message.incident.state, message.incident.snoozed_until) = match kind {
            NoticeKind::Snoozed => (IncidentState::Snoozed, Some(message.now.saturating_add(Span::from_secs(3_600)))),
            _ => (IncidentState::Open, None),
        };
        let view = View::new(&message, None);
        let title = |heading| renderer.title(&view, &receiver(), heading);
        titles.push_str(&format!("{}\n  {}\n", title(Heading::Title), title(Heading::Subject)));
    }
    assert_snapshot!(titles, @r"
    P1 InstanceDown: web-1 is down (1 alert) · payments-42
      [P1] InstanceDown on web-1 — payments-42
    Policy failed: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Policy failed: [P1] InstanceDown on web-1 — payments-42
    P1 InstanceDown: web-1 is down (1 alert) · payments-42
      [P1] InstanceDown on web-1 — payments-42
    More alerts: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      [P1] InstanceDown on web-1 — payments-42
    Reassigned to ann: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Reassigned: [P1] InstanceDown on web-1 — payments-42
    Nobody acknowledged: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Nobody acknowledged: [P1] InstanceDown on web-1 — payments-42
    Flapping: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Flapping: [P1] InstanceDown on web-1 — payments-42
    Acknowledged: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Acknowledged: [P1] InstanceDown on web-1 — payments-42
    No longer acknowledged: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      No longer acknowledged: [P1] InstanceDown on web-1 — payments-42
    Snoozed until 2026-11-21 04:12 UTC, assigned to ann: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Snoozed: [P1] InstanceDown on web-1 — payments-42
    Now P1 InstanceDown: web-1 is down (1 alert) · payments-42
      [P1] InstanceDown on web-1 — payments-42
    Resolved: P1 InstanceDown: web-1 is down (1 alert) · payments-42
      Resolved: [P1] InstanceDown on web-1 — payments-42
    ");
}

#[test]
fn a_last_resort_and_a_flapping_incident_say_why_they_come() {
    let mut message = sample();
    message.text = None;
    let first_words = |message: &Message| {
        let formats = [Format::Text, Format::Slack, Format::Html];
        let bodies = formats.map(|format| render(message, &receiver(), format));
        let said = |body: &String| {
            body.lines().find(|line| line.contains("it opened") || line.contains("last resort")).map(str::to_owned)
        };
        bodies.iter().filter_map(said).collect::<Vec<_>>().join("\n")
    };
    message.kind = NoticeKind::LastResort;
    assert_snapshot!(first_words(&message), @r"
    You are the last resort: nobody acknowledged
    :warning: You are the last resort: nobody acknowledged
    <p><b>You are the last resort:</b> nobody acknowledged</p>
    ");
    message.kind = NoticeKind::Flapping;
    message.text = Some("flapping: it opened 3 times within 30m".into());
    assert_snapshot!(first_words(&message), @r"
    flapping: it opened 3 times within 30m
    :warning: flapping: it opened 3 times within 30m
    <p><b>flapping: it opened 3 times within 30m</b></p>
    ");
}

#[test]
fn the_state_says_who_has_it() {
    let mut message = sample();
    let status = |message: &Message| View::new(message, None).status;
    assert_snapshot!(status(&message), @"open");
    message.incident.unowned_since = Some(message.now);
    message.incident.assigned_to = Some(Target::Schedule("primary".into()));
    assert_snapshot!(status(&message), @"open, assigned to primary, nobody acknowledged");
    message.incident.state = IncidentState::Acknowledged;
    message.incident.acknowledged = Some(Acknowledgement { by: "kim".into(), at: message.now });
    assert_snapshot!(status(&message), @"acknowledged by kim, assigned to primary");
    message.incident.state = IncidentState::Snoozed;
    message.incident.snoozed_until = Some(message.now.saturating_add(Span::from_secs(3_600)));
    assert_snapshot!(status(&message), @"snoozed by kim until 2026-11-21 04:12 UTC, assigned to primary");
}

#[test]
fn a_person_reads_times_in_the_own_zone_too() {
    let mut message = sample();
    message.person = Some(Arc::new(person()));
    assert!(
        render(&message, &receiver(), Format::Text)
            .contains("Since:  2026-11-21 03:12 UTC (04:12 Europe/Berlin), just now")
    );
    let bundled = Message { person: message.person, ..bundle() };
    assert!(render(&bundled, &receiver(), Format::Text).contains("since 03:11 UTC (04:11 Europe/Berlin)"));
}

#[test]
fn a_bundle_is_one_summary() {
    let message = bundle();
    let mut receiver = receiver();
    // It is written for one incident.
    receiver.body_template = Some("{{ incident.id }}".into());
    assert_snapshot!(render(&message, &receiver, Format::Text), @r"
    6 P2 incidents: DiskFull, <!channel> & <b>

    - P2 payments-1 DiskFull on db-1, since 03:11 UTC
    - P2 payments-2 DiskFull on db-2 (nobody acknowledged), since 03:10 UTC
    - P2 payments-3 <!channel> & <b> on web-7 (flapping), since 03:09 UTC
    - P2 payments-4, since 03:08 UTC
    … and 2 more

    All of them: https://bellwire.example/incidents?team=payments&state=open
    ");
    assert_snapshot!(render(&message, &receiver, Format::Slack), @r"
    • *P2* <https://bellwire.example/incidents/payments-1|payments-1> DiskFull on db-1, since 03:11 UTC
    • *P2* <https://bellwire.example/incidents/payments-2|payments-2> DiskFull on db-2 (nobody acknowledged), since 03:10 UTC
    • *P2* <https://bellwire.example/incidents/payments-3|payments-3> &lt;!channel&gt; &amp; &lt;b&gt; on web-7 (flapping), since 03:09 UTC
    • *P2* <https://bellwire.example/incidents/payments-4|payments-4>, since 03:08 UTC
    … and 2 more
    <https://bellwire.example/incidents?team=payments&amp;state=open|All of them>
    ");
    assert_snapshot!(render(&message, &receiver, Format::Html), @r#"
    <!DOCTYPE html>
    <html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
    <body style="font-family: sans-serif; max-width: 40em">
    <h2>6 P2 incidents: DiskFull, &lt;!channel&gt; &amp; &lt;b&gt;</h2>
    <ul>
    <li><b>P2</b> <a href="https:&#x2f;&#x2f;bellwire.example&#x2f;incidents&#x2f;payments-1">payments-1</a> DiskFull on db-1, since 03:11 UTC</li>
    <li><b>P2</b> <a href="https:&#x2f;&#x2f;bellwire.example&#x2f;incidents&#x2f;payments-2">payments-2</a> DiskFull on db-2 (nobody acknowledged), since 03:10 UTC</li>
    <li><b>P2</b> <a href="https:&#x2f;&#x2f;bellwire.example&#x2f;incidents&#x2f;payments-3">payments-3</a> &lt;!channel&gt; &amp; &lt;b&gt; on web-7 (flapping), since 03:09 UTC</li>
    <li><b>P2</b> <a href="https:&#x2f;&#x2f;bellwire.example&#x2f;incidents&#x2f;payments-4">payments-4</a>, since 03:08 UTC</li>
    </ul>
    <p>… and 2 more</p>
    <p><a href="https:&#x2f;&#x2f;bellwire.example&#x2f;incidents?team=payments&amp;state=open">All of them</a></p>
    </body></html>
    "#);
}

#[test]
fn a_bundle_of_updates_says_what_became_of_all() {
    let mut message = bundle();
    let title = |message: &Message, kind| {
        let message = Message { kind, ..message.clone() };
        Renderer::new().title(&View::new(&message, None), &receiver(), Heading::Title)
    };
    assert_snapshot!(title(&message, NoticeKind::Resolved), @"6 incidents changed: DiskFull, <!channel> & <b>");
    let bundle = message.bundle.as_mut().unwrap();
    bundle.shown.iter_mut().for_each(|one| one.kind = NoticeKind::Resolved);
    bundle.shown[0].priority = None;
    message.kind = NoticeKind::Resolved;
    assert_snapshot!(title(&message, NoticeKind::Resolved), @"6 incidents resolved: DiskFull, <!channel> & <b>");
    let repriced = |message: &Message| {
        let mut message = Message { kind: NoticeKind::PriorityChanged, ..message.clone() };
        message.bundle.iter_mut().flat_map(|bundle| &mut bundle.shown).for_each(|one| one.kind = message.kind);
        title(&message, message.kind)
    };
    assert_snapshot!(repriced(&message), @"6 incidents changed priority: DiskFull, <!channel> & <b>");
    assert_snapshot!(render(&message, &receiver(), Format::Text), @r"
    6 incidents resolved: DiskFull, <!channel> & <b>

    - payments-1 DiskFull on db-1, since 03:11 UTC
    - P2 payments-2 DiskFull on db-2, since 03:10 UTC
    - P2 payments-3 <!channel> & <b> on web-7, since 03:09 UTC
    - P2 payments-4, since 03:08 UTC
    … and 2 more

    All of them: https://bellwire.example/incidents?team=payments
    ");
}

#[test]
fn what_is_not_told_is_counted_where_the_cause_is_told() {
    let mut message = sample();
    (message.incident.symptoms, message.incident.firing) = (7, 3);
    let symptom = |node: &str| {
        let labels = Labels::from_pairs([("alertname", "TargetDown"), ("node", node)]);
        Arc::new(bellwire_core::Alert { labels, ..(*message.alerts[0]).clone() })
    };
    message.symptoms = ["n1", "<n2>", "n3", "n4", "n5", "n6", "n7"].map(symptom).into();
    message.incident.first_opened_at = message.now.saturating_sub(Span::from_secs(3_600));
    assert_snapshot!(render(&message, &receiver(), Format::Text), @r"
    P1 InstanceDown: web-1 is down (1 alert, 7 symptoms, 2 more are not told) · payments-42

    step 1: the on-call team

    Where:  web-1
    Since:  2026-11-21 03:12 UTC, just now
    Why:    severity is critical
    Explains: TargetDown on n1, TargetDown on <n2>, TargetDown on n3, TargetDown on n4, TargetDown on n5 and 2 more
    Late:   held back from 2026-11-21 02:12 UTC until 2026-11-21 03:12 UTC
    Told:   payments/mail (delivered)

    1 firing, 0 resolved, 7 symptoms, 2 more are not told
    - firing: InstanceDown on web-1: web-1 is down

    Runbook:   https://runbooks.example/InstanceDown
    Rule:      https://prometheus.example/graph
    Incident:  https://bellwire.example/incidents/payments-42
    Ack:       bellwire incidents ack payments-42
    ");
    assert!(
        render(&message, &receiver(), Format::Slack)
            .contains("*Alerts:* 1 firing, 0 resolved, 7 symptoms, 2 more are not told\n•")
    );
    assert!(
        render(&message, &receiver(), Format::Html)
            .contains("<p>1 firing, 0 resolved, 7 symptoms, 2 more are not told</p>")
    );
    // Once somebody has it, that it was late is history.
    message.incident.state = IncidentState::Acknowledged;
    assert!(!render(&message, &receiver(), Format::Text).contains("Late:"));
}
