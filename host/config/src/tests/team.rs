//! What a team says beside its receivers: last resort, flapping, maintenance, bundling, reports; and what it is answered.

use super::{TEAM, load, said};
use crate::{Config, Report};
use bellwire_core::{Route, Target, Wants};
use insta::{assert_debug_snapshot, assert_snapshot};

const HOST: &str = r#"
[slack]
token = { env = "SLACK_TOKEN" }
signing_secret = { env = "SIGNING_KEY" }
[pagerduty]
webhook_secrets = [{ env = "OLD_KEY" }, { env = "NEW_KEY" }]
"#;

const ON_CALL: &str = r#"
[people.ann]
slack = "U024BE7LH"

[schedules.primary]
zone = "UTC"
layers = [{ people = ["ann"], start = 2026-11-02T09:00 }]

[windows.night]
zone = "UTC"
hours = ["mon-sun 22:00-06:00"]
"#;

/// The smallest team with `first` before its tables, people and a schedule, and `last` at the end of its root.
fn team(first: &str, last: &str) -> Result<Config, Report> {
    let team = format!("{first}\n{TEAM}{last}\n").replace("[route]", &format!("{ON_CALL}\n[route]"));
    load(&[("bellwire.toml", HOST), ("routes/payments.toml", &team)])
}

fn sound(first: &str, last: &str) -> Config {
    team(first, last).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn the_last_resort() {
    let config =
        sound("last_resort = [\"schedule:primary\", \"person:ann\", \"oncall\"]\nlast_resort_after = \"1h\"", "");
    let team = &config.tables.teams["payments"];
    assert_snapshot!(format!("{} after {}", shown(&team.last_resort), team.last_resort_after), @r#"schedule:primary, person:ann, receiver:oncall after 1h"#);
    let lines = |first: &str| super::lines(team_of(first));
    let said = [
        "last_resort = [\"primary\", \"ann\", \"schedule:primry\", \"person:bob\", \"oncal\", \"oncall\", \"receiver:oncall\"]",
        "last_resort_after = \"soon\"",
    ];
    assert_snapshot!(said.map(lines).join("\n"), @r#"
    routes/payments.toml:1:16: there is no receiver `primary` (did you mean `schedule:primary`?)
    routes/payments.toml:1:27: there is no receiver `ann` (did you mean `person:ann`?)
    routes/payments.toml:1:34: there is no schedule `primry` (did you mean `primary`?)
    routes/payments.toml:1:53: there is no person `bob` (there are: `ann`)
    routes/payments.toml:1:67: there is no receiver `oncal` (did you mean `oncall`?)
    routes/payments.toml:1:86: `receiver:oncall` is here twice
    routes/payments.toml:1:21: `last_resort_after` is not a length of time (write a number with ms, s, m, h or d, as in "90s", "1h30m" or "250ms")
    "#);
}

fn team_of(first: &str) -> Result<Config, Report> {
    team(first, "")
}

fn shown(targets: &[Target]) -> String {
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn routes_inherit_flapping_and_maintenance() {
    let config = sound(
        "",
        r#"mute = ["night"]
routes = [
    { name = "a", match = ['a="b"'] },
    { name = "b", match = ['a="c"'], flapping = false, mute = [] },
    { name = "c", match = ['a="d"'], flapping = { opens = 3 } },
]"#,
    );
    let root = &config.tables.teams["payments"].root;
    let shown = |route: &Route| {
        let flapping = route.flapping.map_or("never flaps".into(), |limits| {
            format!("{} opens within {}, stable after {}", limits.opens, limits.within, limits.stable)
        });
        format!("{}: {flapping}, muted in {:?}", route.name, route.mute)
    };
    let routes: Vec<_> = std::iter::once(root).chain(&root.routes).map(shown).collect();
    assert_snapshot!(routes.join("\n"), @r#"
    payments: 5 opens within 30m, stable after 5m, muted in ["night"]
    a: 5 opens within 30m, stable after 5m, muted in ["night"]
    b: never flaps, muted in []
    c: 3 opens within 30m, stable after 5m, muted in ["night"]
    "#);
    let said = ["flapping = true", "flapping = { opens = 1, within = \"1s\", steady = \"5m\" }", "mute = [\"nigth\"]"];
    assert_snapshot!(said.map(|last| super::lines(team("", last))).join("\n"), @r#"
    routes/payments.toml:25:12: `flapping` says when an incident that opens often is held (flapping = { opens = 5, within = "30m", stable = "5m" }, or flapping = false)
    routes/payments.toml:25:22: `opens` must be from 2 to 1000
    routes/payments.toml:25:34: `within` must be from 1m to 1d
    routes/payments.toml:25:40: there is no key `steady` here (there are: `opens`, `within`, `stable`)
    routes/payments.toml:25:9: there is no window `nigth` (did you mean `night`?)
    "#);
}

#[test]
fn people_read_bundles_and_machines_do_not() {
    let receivers = r##"
[receivers]
slack = { slack = { channel = "#x" } }
webhook = { webhook = { url = "https://x" } }
slow = { slack = { channel = "#x" }, bundle_window = "5m" }
"##;
    let team = TEAM.replace("[receivers.oncall]", &format!("{receivers}\n[receivers.oncall]"));
    let config = load(&[("bellwire.toml", HOST), ("routes/payments.toml", &team)]).ok().unwrap();
    let windows: Vec<_> =
        config.tables.receivers.values().map(|it| format!("{} {}", it.name, it.bundle_window)).collect();
    assert_snapshot!(windows.join("\n"), @r#"
    payments/oncall 30s
    payments/slack 30s
    payments/slow 5m
    payments/webhook 0ms
    "#);
}

#[test]
fn reports_that_are_sent() {
    let report = |text: &str| team(&format!("reports = [{text}]"), "");
    let config = report(r#"{ when = "mon 09:00", zone = "Europe/Berlin", to = ["oncall"] }"#).ok().unwrap();
    assert_debug_snapshot!(config.reports, @r#"
    [
        ReportPlan {
            team: "payments",
            to: [
                "payments/oncall",
            ],
            every: Week(
                Monday,
            ),
            time: 09:00:00,
            zone: TimeZone(
                TZif(
                    "Europe/Berlin",
                ),
            ),
        },
    ]
    "#);
    let said = [
        r#"{}"#,
        r#"{ when = "monday 9:00", zone = "Mars/Base", to = ["oncal"] }"#,
        r#"{ when = "monthly 24:00", zone = "UTC", to = [] }"#,
    ];
    assert_snapshot!(said.map(|text| super::lines(report(text))).join("\n"), @r#"
    routes/payments.toml:1:12: `when` is missing (write "mon 09:00" for a week's, "daily 09:00" or "monthly 09:00", which is on the first)
    routes/payments.toml:1:12: `zone` is missing (the name of a time zone, as in zone = "Europe/Berlin")
    routes/payments.toml:1:12: `to` is missing (the receivers that get it, as in to = ["mail"])
    routes/payments.toml:1:21: `monday 9:00` does not say when the report is sent (write "mon 09:00" for a week's, "daily 09:00" or "monthly 09:00", which is on the first)
    routes/payments.toml:1:43: there is no time zone `Mars/Base` (an IANA name, such as Europe/Berlin or UTC)
    routes/payments.toml:1:62: there is no receiver `oncal` (did you mean `oncall`?)
    routes/payments.toml:1:21: `monthly 24:00` does not say when the report is sent (write "mon 09:00" for a week's, "daily 09:00" or "monthly 09:00", which is on the first)
    routes/payments.toml:1:57: `to` is empty, so nobody would get the report (to = ["mail"])
    "#);
}

#[test]
fn secrets_of_what_comes_back() {
    let config = sound("", "");
    let integrations = &config.integrations;
    assert_eq!(integrations.slack_signing_secret.as_ref().map(|secret| secret.expose()), Some("sesame"));
    assert_eq!(integrations.pagerduty_webhook_secrets.len(), 2);
    assert!(integrations.link_secret.is_none());
    assert_snapshot!(super::said_of_host("links = { secret = { env = \"SHORT_KEY\" } }"), @r#"
      × the secret of links must have at least 16 bytes
       ╭─[bellwire.toml:1:20]
     1 │ links = { secret = { env = "SHORT_KEY" } }
       ·                    ─────────────────────
       ╰────
      help: as `openssl rand -hex 32` makes it: whoever guesses it can acknowledge in anybody's name

    errors: 1
    "#);
}

#[test]
fn a_policy_asks_for_a_schedule_and_tells_one() {
    let wants = Wants {
        schedules: vec!["secondary".into(), "primry".into(), "primary".into()],
        targets: vec![
            Target::Schedule("primry".into()),
            Target::Person("anne".into()),
            Target::Receiver("primary".into()),
        ],
        ..Wants::default()
    };
    let missing = sound("", "").with_wants("payments", "ladder", wants);
    assert_snapshot!(Report::new(missing).lines().collect::<Vec<_>>().join("\n"), @r#"
    routes/payments.toml:8:10: the policy `ladder` asks for the schedule `secondary`, which team payments does not have (there are: `primary`)
    routes/payments.toml:8:10: the policy `ladder` tells `schedule:primry`, which team payments does not have (did you mean `primary`?)
    routes/payments.toml:8:10: the policy `ladder` tells `person:anne`, which team payments does not have (did you mean `ann`?)
    routes/payments.toml:8:10: the policy `ladder` tells `receiver:primary`, which team payments does not have (did you mean `schedule:primary`?)
    "#);
}

#[test]
fn a_schedule_that_nothing_tells() {
    let warned = |first: &str| {
        let mut config = sound(first, "");
        assert!(config.with_wants("payments", "ladder", Wants::default()).is_empty());
        let warnings = config.warnings();
        if warnings.is_empty() { said(Ok(config)) } else { Report::new(warnings).to_string() }
    };
    assert_eq!(warned("last_resort = [\"schedule:primary\"]"), "sound");
    assert_snapshot!(warned(""), @r#"
      ⚠ nothing tells the schedule `primary`
        ╭─[routes/payments.toml:14:12]
     13 │ 
     14 │ [schedules.primary]
        ·            ───────
     15 │ zone = "UTC"
        ╰────

    warnings: 1
    "#);
}
