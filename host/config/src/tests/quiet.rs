//! Silences, inhibition, dependencies, heartbeats and active windows: what becomes of them, and what is said of wrong ones.

use super::{TEAM, load, said_of_team_with};
use crate::{Config, Report};
use bellwire_core::{Heartbeat, Inhibition, Route, Span, StandingSilence};
use insta::assert_snapshot;

const WINDOWS: &str = r#"[windows.night]
zone = "UTC"
hours = ["mon-sun 22:00-06:00"]

[windows.office]
zone = "UTC"
hours = ["mon-fri 09:00-17:00"]
"#;

/// The smallest team with windows and `more`.
fn team(more: &str) -> Result<Config, Report> {
    let text = TEAM.replace("[receivers.oncall]", &format!("{more}\n\n{WINDOWS}\n[receivers.oncall]"));
    load(&[("bellwire.toml", ""), ("routes/payments.toml", &text)])
}

/// One line for each error and warning.
fn lines(loaded: Result<Config, Report>) -> String {
    let report = loaded.map_or_else(|report| report, |config| Report::new(config.warnings));
    let lines = report.lines().collect::<Vec<_>>().join("\n");
    if lines.is_empty() { "sound".into() } else { lines }
}

#[track_caller]
fn sound(loaded: Result<Config, Report>) -> Config {
    loaded.unwrap_or_else(|report| panic!("{report}"))
}

/// Each text with what is said about it, one line for each error.
fn table(texts: &[&str]) -> String {
    let said = texts.iter().map(|text| format!("{text}\n    {}\n", lines(team(text)).replace('\n', "\n    ")));
    said.collect()
}

fn rule(rule: &Inhibition) -> String {
    let Inhibition { name, sources, targets, equal, kind } = rule;
    format!("{name}: {sources} -> {targets} on {equal:?} ({kind:?})")
}

#[test]
fn what_becomes_of_them() {
    let text = r#"[[silences]]
name = "backup"
match = ['alertname="DiskBusy"', 'host=~"db-.*"']
windows = ["night", "office"]
comment = "The backup runs"

[[silences]]
name = "bare"
match = ['a="b"']
windows = ["night"]

[[inhibit]]
name = "critical"
source = ['severity="critical"']
target = ['severity!="critical"']
equal = ["cluster", "alertname", "cluster"]

[[dependencies]]
name = "node"
cause = ['alertname="NodeDown"']
symptoms = ['alertname=~".*Down"']
on = ["node"]

[heartbeats.watchdog]
match = ['alertname="Watchdog"']
every = "1m"

[heartbeats.backup]
every = "1d"
grace = "2h"
labels = { severity = "warning", job = "backup" }
"#;
    let everybodys = "[[inhibit]]\nname = \"everybodys\"\nsource = ['a=\"b\"']\ntarget = ['c=\"d\"']\n";
    let text = TEAM.replace("[route]", &format!("{WINDOWS}\n{text}\n\n[route]"));
    let config = sound(load(&[("bellwire.toml", everybodys), ("routes/payments.toml", &text)]));
    assert_eq!(config.warnings.len(), 0);
    let rules: Vec<String> = config.tables.inhibitions.iter().map(rule).collect();
    assert_eq!(rules, [r#"everybodys: a="b" -> c="d" on [] (Quiet)"#]);
    let team = &config.tables.teams["payments"];
    let silences = team.silences.iter().map(|StandingSilence { name, matchers, windows, comment }| {
        format!("{name}: {matchers} in {windows:?}: {comment}")
    });
    let heartbeats = team.heartbeats.iter().map(|Heartbeat { name, matchers, every, grace, labels }| {
        let matchers = matchers.as_ref().map_or("HTTP".into(), ToString::to_string);
        format!("{name}: {matchers} every {every}, grace {grace}, {labels}")
    });
    let shown: Vec<String> = silences.chain(team.inhibitions.iter().map(rule)).chain(heartbeats).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    backup: alertname="DiskBusy", host=~"db-.*" in ["night", "office"]: The backup runs
    bare: a="b" in ["night"]: 
    critical: severity="critical" -> severity!="critical" on ["alertname", "cluster"] (Quiet)
    node: alertname="NodeDown" -> alertname=~".*Down" on ["node"] (Symptom)
    backup: HTTP every 1d, grace 2h, {job="backup", severity="warning"}
    watchdog: alertname="Watchdog" every 1m, grace 1m, {}
    "#);
    assert_eq!(team.heartbeats.iter().find(|one| &*one.name == "watchdog").unwrap().grace, Span::from_secs(60));
}

#[test]
fn routes_inherit_their_active_windows() {
    let routes = r#"active = ["office"]
routes = [
    { name = "a", match = ['a="b"'] },
    { name = "b", match = ['a="c"'], active = [] },
    { name = "c", match = ['a="d"'], active = ["night", "office"] },
]"#;
    let text = TEAM.replace("[route]", &format!("{WINDOWS}\n[route]\n{routes}"));
    let config = sound(load(&[("bellwire.toml", ""), ("routes/payments.toml", &text)]));
    let root = &config.tables.teams["payments"].root;
    let shown = |route: &Route| format!("{}: {:?}", route.name, route.active);
    let shown: Vec<String> = std::iter::once(root).chain(&root.routes).map(shown).collect();
    assert_eq!(shown, [r#"payments: ["office"]"#, r#"a: ["office"]"#, "b: []", r#"c: ["night", "office"]"#]);
}

#[test]
fn silences_that_are_wrong() {
    assert_snapshot!(table(&[
        r#"silences = [{ match = ['a="b"'], windows = ["night"] }]"#,
        r#"silences = [{ name = "x", windows = ["night"] }]"#,
        r#"silences = [{ name = "x", match = [], windows = ["night"] }]"#,
        r#"silences = [{ name = "x", match = ['a!="b"'], windows = ["night"] }]"#,
        r#"silences = [{ name = "x", match = ['a'], windows = ["nigth"] }]"#,
        r#"silences = [{ name = "x", match = ['a="b"'], windows = [] }]"#,
        r#"silences = [{ name = "x", match = ['a="b"'] }]"#,
        r#"silences = [{ name = "x y", match = ['a="b"'], windows = ["night"], coment = "" }]"#,
        r#"silences = [{ name = "x", match = ['a="b"'], windows = ["night"] }, { name = "x", match = ['a="b"'], windows = ["night"] }]"#,
        r#"silences = [{ name = "x", match = ['a="b"', 'a=~"c|d"'], windows = ["night"] }]"#,
        r#"silences = "night""#,
    ]), @r#"
    silences = [{ match = ['a="b"'], windows = ["night"] }]
        routes/payments.toml:3:13: `name` is missing (name = "…": what this silence is called where it keeps an alert quiet)
    silences = [{ name = "x", windows = ["night"] }]
        routes/payments.toml:3:13: `match` is missing (match = ['alertname="…"']: matchers, all of which must match)
    silences = [{ name = "x", match = [], windows = ["night"] }]
        routes/payments.toml:3:35: `match` is empty, so it would silence everything (as in ['alertname="NodeDown"'])
    silences = [{ name = "x", match = ['a!="b"'], windows = ["night"] }]
        routes/payments.toml:3:35: each of these matchers matches a label that is missing, so it would silence everything (name a label that must be there, as in 'alertname="BackupRunning"')
    silences = [{ name = "x", match = ['a'], windows = ["nigth"] }]
        routes/payments.toml:3:36: `a` has no operator; write `name="value"`, with =, !=, =~ or !~ (as in 'severity="critical"' or 'service=~"pay.*"')
        routes/payments.toml:3:53: there is no window `nigth` (did you mean `night`?)
    silences = [{ name = "x", match = ['a="b"'], windows = [] }]
        routes/payments.toml:3:56: `windows` is empty, so the silence would never hold (windows = ["NAME"])
    silences = [{ name = "x", match = ['a="b"'] }]
        routes/payments.toml:3:13: `windows` is missing (windows = ["NAME"]: the windows within which it holds; one for once is `bellwire silence add`)
    silences = [{ name = "x y", match = ['a="b"'], windows = ["night"], coment = "" }]
        routes/payments.toml:3:22: `x y` cannot be a name (letters, digits, `-`, `_` and `.`, at most 64 of them)
        routes/payments.toml:3:69: there is no key `coment` here (did you mean `comment`?)
    silences = [{ name = "x", match = ['a="b"'], windows = ["night"] }, { name = "x", match = ['a="b"'], windows = ["night"] }]
        routes/payments.toml:3:78: another silence is `x` already (give each a name of its own)
    silences = [{ name = "x", match = ['a="b"', 'a=~"c|d"'], windows = ["night"] }]
        routes/payments.toml:3:35: no alert can match this: it asks two things of `a` that cannot both be (all matchers of a list must match; one of several: name=~"a|b")
    silences = "night"
        routes/payments.toml:3:12: `silences` must be a list in [ ], and not text
    "#);
}

#[test]
fn rules_that_are_wrong() {
    assert_snapshot!(table(&[
        r#"inhibit = [{ source = ['a="b"'], target = ['c="d"'] }]"#,
        r#"inhibit = [{ name = "x", target = ['c="d"'] }]"#,
        r#"inhibit = [{ name = "x", source = [], target = [] }]"#,
        r#"inhibit = [{ name = "x", source = ['a="b"', 'c="d"'], target = ['c="d"', 'a="b"'], equal = ["e"] }]"#,
        r#"inhibit = [{ name = "x", source = ['a="b"'], target = ['c="d"'], on = ["e"] }]"#,
        r#"inhibit = [{ name = "x", source = ['a="b"'], target = ['c="d"'], equal = [""] }]"#,
        r#"dependencies = [{ name = "x", cause = ['a="b"'], symptoms = ['c="d"'] }]"#,
        r#"dependencies = [{ name = "x", cause = ['a="b"'], symptoms = ['a="b"'], on = ["node"] }]"#,
        r#"inhibit = [{ name = "x", source = ['a="b"'], target = ['c="d"'] }]
dependencies = [{ name = "x", cause = ['a="b"'], symptoms = ['c="d"'], on = [] }]"#,
    ]), @r#"
    inhibit = [{ source = ['a="b"'], target = ['c="d"'] }]
        routes/payments.toml:3:12: `name` is missing (name = "…": what this rule is called where it keeps an alert quiet)
    inhibit = [{ name = "x", target = ['c="d"'] }]
        routes/payments.toml:3:12: `source` is missing (source = ['alertname="…"']: matchers, all of which must match)
    inhibit = [{ name = "x", source = [], target = [] }]
        routes/payments.toml:3:35: `source` is empty, so every alert would keep others quiet (as in ['alertname="NodeDown"'])
        routes/payments.toml:3:48: `target` is empty, so everything would be kept quiet (as in ['alertname="NodeDown"'])
    inhibit = [{ name = "x", source = ['a="b"', 'c="d"'], target = ['c="d"', 'a="b"'], equal = ["e"] }]
        routes/payments.toml:3:12: `source` and `target` are the same, so this rule does nothing (alerts that are on both sides do not keep one another quiet: tell the two sides apart)
    inhibit = [{ name = "x", source = ['a="b"'], target = ['c="d"'], on = ["e"] }]
        routes/payments.toml:3:66: there is no key `on` here (there are: `name`, `source`, `target`, `equal`)
    inhibit = [{ name = "x", source = ['a="b"'], target = ['c="d"'], equal = [""] }]
        routes/payments.toml:3:75: a label's name is empty
    dependencies = [{ name = "x", cause = ['a="b"'], symptoms = ['c="d"'] }]
        routes/payments.toml:3:17: `on` is missing (on = ["node"]: the labels in which a symptom and its cause agree; on = []: none)
    dependencies = [{ name = "x", cause = ['a="b"'], symptoms = ['a="b"'], on = ["node"] }]
        routes/payments.toml:3:17: `cause` and `symptoms` are the same, so this rule does nothing (alerts that are on both sides do not keep one another quiet: tell the two sides apart)
    inhibit = [{ name = "x", source = ['a="b"'], target = ['c="d"'] }]
    dependencies = [{ name = "x", cause = ['a="b"'], symptoms = ['c="d"'], on = [] }]
        routes/payments.toml:4:26: another rule is `x` already (give each a name of its own)
    "#);
}

#[test]
fn heartbeats_that_every_alert_would_be() {
    assert_snapshot!(table(&[
        r#"heartbeats = { x = { match = ['job=~".*"'], every = "1m" } }"#,
        r#"heartbeats = { x = { match = [], every = "1m" } }"#,
        r#"heartbeats = { x = { match = ['job=~".+"', 'severity!="page"'], every = "1m" } }"#,
    ]), @r#"
    heartbeats = { x = { match = ['job=~".*"'], every = "1m" } }
        routes/payments.toml:3:30: each of these matchers matches a label that is missing, so every alert would be a beat (name a label that must be there, as in 'alertname="Watchdog"')
    heartbeats = { x = { match = [], every = "1m" } }
        routes/payments.toml:3:30: `match` is empty, so every alert would be a beat, and open no incident (as in ['alertname="NodeDown"'])
    heartbeats = { x = { match = ['job=~".+"', 'severity!="page"'], every = "1m" } }
        sound
    "#);
}

#[test]
fn a_rule_has_another_name_than_those_for_everybody() {
    let rule = "[[inhibit]]\nname = \"x\"\nsource = ['a=\"b\"']\ntarget = ['c=\"d\"']\n";
    let text = TEAM.replace("[route]", &format!("{rule}\n[route]"));
    let said = lines(load(&[("bellwire.toml", rule), ("routes/payments.toml", &text)]));
    assert_eq!(said, "routes/payments.toml:10:8: another rule is `x` already (give each a name of its own)");
}

#[test]
fn heartbeats_that_are_wrong() {
    assert_snapshot!(table(&[
        "heartbeats.x = {}",
        r#"heartbeats.x = { every = "1ms" }"#,
        r#"heartbeats.x = { every = "1m", match = [] }"#,
        r#"heartbeats.x = { every = "1m", labels = { team = "ops", heartbeat = "y", severity = "info" } }"#,
        r#"heartbeats.x = { every = "1m", match = ['alertname="Watchdog"', 'alertname="Other"'] }"#,
        r#"heartbeats.x = { every = "1m", match = ['alertname="Watchdog"', 'alertname!~"Watch.*"'] }"#,
    ]), @r#"
    heartbeats.x = {}
        routes/payments.toml:3:16: `every` is missing (every = "1m": how often it is heard of at least)
    heartbeats.x = { every = "1ms" }
        routes/payments.toml:3:26: `every` must be from 1s to 366d
    heartbeats.x = { every = "1m", match = [] }
        routes/payments.toml:3:40: `match` is empty, so every alert would be a beat, and open no incident (as in ['alertname="NodeDown"'])
    heartbeats.x = { every = "1m", labels = { team = "ops", heartbeat = "y", severity = "info" } }
        routes/payments.toml:3:41: the label `heartbeat` is Bellwire's own here (labels = { severity = "warning" })
        routes/payments.toml:3:41: the label `team` is Bellwire's own here (labels = { severity = "warning" })
    heartbeats.x = { every = "1m", match = ['alertname="Watchdog"', 'alertname="Other"'] }
        routes/payments.toml:3:40: no alert can match this: it asks two things of `alertname` that cannot both be (all matchers of a list must match; one of several: name=~"a|b")
    heartbeats.x = { every = "1m", match = ['alertname="Watchdog"', 'alertname!~"Watch.*"'] }
        routes/payments.toml:3:40: no alert can match this: it asks two things of `alertname` that cannot both be (all matchers of a list must match; one of several: name=~"a|b")
    "#);
}

#[test]
fn a_heartbeat_that_no_alert_can_be_is_warned_of_with_its_place() {
    let text = "[heartbeats.prometheus]\nmatch = ['alertname=\"Watchdog\"', 'alertname=\"Other\"']\nevery = \"1m\"";
    assert_snapshot!(said_of_team_with(text), @r#"
      ⚠ no alert can match this: it asks two things of `alertname` that cannot both be
        ╭─[routes/payments.toml:10:9]
      9 │ [heartbeats.prometheus]
     10 │ match = ['alertname="Watchdog"', 'alertname="Other"']
        ·         ─────────────────────────────────────────────
     11 │ every = "1m"
        ╰────
      help: all matchers of a list must match; one of several: name=~"a|b"

    warnings: 1
    "#);
}

#[test]
fn windows_that_there_are_not() {
    let text = TEAM.replace("[route]", &format!("{WINDOWS}\n[route]\nactive = [\"ofice\"]"));
    assert_eq!(
        lines(load(&[("bellwire.toml", ""), ("routes/payments.toml", &text)])),
        "routes/payments.toml:18:11: there is no window `ofice` (did you mean `office`?)"
    );
}

#[test]
fn there_may_be_so_many_and_no_more() {
    let rules = |count: usize| {
        let rule = |number| format!("{{ name = \"{number}\", source = ['a=\"b\"'], target = ['c=\"d\"'] }}");
        let rules: Vec<String> = (0..count).map(rule).collect();
        lines(team(&format!("inhibit = [{}]", rules.join(","))))
    };
    assert_eq!(rules(10_000), "sound");
    assert!(rules(10_001).contains("10001 rules in [[inhibit]] and [[dependencies]] (at most 10000 are taken)"));
}
