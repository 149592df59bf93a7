//! What a person reads of each fact.

use bellwire_core::{
    Decision, Delivery, Fact, Fingerprint, IncidentId, Instant, Labels, NoticeId, NoticeKind, PluginFault, Priority,
    Span, SuppressedBy, Target, Verdicted,
};
use bellwire_http::sentence;

fn decided(verdict: Verdicted, next_check: Option<Instant>) -> Fact {
    let decision = Decision { priority: Priority::P1, notices: vec![], next_check, reason: "severity is P1".into() };
    Fact::Decided { revision: 1, policy: "ladder".into(), policy_hash: "ab".into(), fuel: 9, decision, verdict }
}

fn attempted(attempt: u32, delivery: Delivery) -> Fact {
    let incident: IncidentId = "payments-12".parse().unwrap();
    Fact::Attempted { notice: NoticeId::new(&incident, 2, "step-1", "payments/oncall"), attempt, delivery }
}

#[test]
fn every_fact_is_one_sentence() {
    let noticed = |notice_kind, page| Fact::Noticed {
        notice: NoticeId("i/k/r".into()),
        key: "step-1".into(),
        target: Target::Receiver("oncall".into()),
        receiver: "payments/oncall".into(),
        notice_kind,
        page,
    };
    let labels = |value: &str| Labels::from_pairs([("a", value)]);
    let retry = |after| Delivery::Retry { after, reason: "HTTP 500".into() };
    let facts = [
        (decided(Verdicted::Applied, None), "P1 by policy ladder: severity is P1"),
        (
            decided(Verdicted::Applied, Some(Instant::from_millis(0))),
            "P1 by policy ladder: severity is P1; asked again at 1970-01-01 00:00:00 UTC",
        ),
        (
            decided(Verdicted::Outdated, None),
            "policy ladder said P1, but the incident had changed meanwhile, so it is asked again",
        ),
        (
            Fact::Faulted {
                revision: 1,
                policy: "ladder".into(),
                policy_hash: "ab".into(),
                fault: PluginFault::OutOfFuel(7),
            },
            "policy ladder gave no answer: the plugin used up its fuel (7 units)",
        ),
        (attempted(1, Delivery::Delivered { receipt: None }), "told payments/oncall (step-1) at the first attempt"),
        (attempted(22, Delivery::Delivered { receipt: None }), "told payments/oncall (step-1) at the 22nd attempt"),
        (
            attempted(12, retry(None)),
            "could not tell payments/oncall (step-1) at the 12th attempt, and will try again: HTTP 500",
        ),
        (
            attempted(2, retry(Some(Span::from_secs(30)))),
            "could not tell payments/oncall (step-1) at the second attempt, and was asked to wait 30s: HTTP 500",
        ),
        (
            attempted(1, Delivery::Permanent { reason: "invalid_auth".into() }),
            "cannot tell payments/oncall (step-1): invalid_auth",
        ),
        (noticed(NoticeKind::Decided, true), "to tell payments/oncall (step-1, page)"),
        (noticed(NoticeKind::PolicyFault, false), "to tell payments/oncall that the policy failed (step-1, no page)"),
        (
            Fact::Alerts {
                state: bellwire_core::AlertState::Resolved,
                count: 5,
                examples: vec![labels("1"), labels("2")],
            },
            r#"5 alerts ceased to fire: {a="1"}, {a="2"} and 3 more"#,
        ),
        (Fact::PriorityChanged { from: Some(Priority::P3), to: Priority::P1 }, "priority rose from P3 to P1"),
        (Fact::PriorityChanged { from: Some(Priority::P1), to: Priority::P2 }, "priority fell from P1 to P2"),
        (Fact::PriorityChanged { from: None, to: Priority::P2 }, "priority P2"),
        (Fact::Resolved { by: None, via: None }, "resolved: nothing fires any more"),
        (
            Fact::Reopened { route: "db".into(), reopened: 2, cause: "an alert fires again".into() },
            "re-opened for the second time on route db: an alert fires again",
        ),
    ];
    for (fact, expected) in facts {
        assert_eq!(sentence(&fact), expected);
    }
}

#[test]
fn what_keeps_an_incident_quiet() {
    let silence = |id: &str| SuppressedBy::Silence { id: id.into() };
    let source = Fingerprint(0xab);
    let inhibited = SuppressedBy::Inhibition { rule: "node-down".into(), source };
    let muted = |windows: &[&str], outside: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
        Fact::Muted { windows: names(windows), outside: names(outside) }
    };
    for (fact, expected) in [
        (
            Fact::Suppressed { by: vec![silence("s1"), inhibited.clone()], cause: None },
            format!("told to nobody, because of silence s1, alert {source} by the rule node-down"),
        ),
        (
            Fact::Suppressed { by: vec![inhibited], cause: "ops-3".parse().ok() },
            format!("told to nobody: a symptom of ops-3 (alert {source} by the rule node-down)"),
        ),
        (
            Fact::Suppressed { by: ["a", "b", "c", "d", "e"].map(silence).into(), cause: None },
            "told to nobody, because of silence a, silence b, silence c and 2 more".into(),
        ),
        (Fact::Released, "no longer silenced or explained by other alerts: told as if it opened now".into()),
        (muted(&["upgrade", "night"], &[]), "held back by maintenance: upgrade, night".into()),
        (muted(&[], &["office"]), "held back: it is outside of office".into()),
        (muted(&["night"], &["office"]), "held back by maintenance: night, and outside of office".into()),
    ] {
        assert_eq!(sentence(&fact), expected);
    }
}
