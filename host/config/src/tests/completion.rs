//! What plugins say about their settings is shown where the settings are.

use super::{TEAM, load};
use crate::{Config, Report};
use bellwire_core::{Target, Wants};
use insta::assert_snapshot;

const SETTINGS: &str = r#"settings = { zone = "Mars/Base", rules = [
    { above = { "error.rate" = 5 } },
    { below = 7 },
], steps = [
    { to = ["oncal", "receiver:mail"], window = "business-hour" },
] }
"#;

fn config() -> Config {
    let window = "[windows.business-hours]\nzone = \"UTC\"\nhours = [\"mon-fri 09:00-17:00\"]\n";
    let team = TEAM.replace("plugin = \"standard\"\n", &format!("plugin = \"standard\"\n{SETTINGS}\n{window}"));
    load(&[("bellwire.toml", ""), ("routes/payments.toml", &team)]).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn settings_travel_as_json() {
    let settings = &config().policies[0].plugin.settings;
    assert_snapshot!(settings, @r#"
    {"rules":[{"above":{"error.rate":5}},{"below":7}],"steps":[{"to":["oncal","receiver:mail"],"window":"business-hour"}],"zone":"Mars/Base"}
    "#);
}

#[test]
fn what_is_wanted_and_missing() {
    let wants = Wants {
        zones: vec!["Mars/Base".into(), "UTC".into()],
        windows: vec!["business-hour".into(), "business-hours".into(), "digest".into()],
        targets: vec![Target::Receiver("oncal".into()), Target::Receiver("mail".into()), Target::Person("ada".into())],
        ..Wants::default()
    };
    assert_snapshot!(Report::new(config().with_wants("payments", "ladder", wants)), @r#"
      × there is no time zone `Mars/Base`
       ╭─[routes/payments.toml:8:21]
     7 │ plugin = "standard"
     8 │ settings = { zone = "Mars/Base", rules = [
       ·                     ───────────
     9 │     { above = { "error.rate" = 5 } },
       ╰────
      help: an IANA name, such as Europe/Berlin or UTC

      × there is no window `business-hour`
        ╭─[routes/payments.toml:12:49]
     11 │ ], steps = [
     12 │     { to = ["oncal", "receiver:mail"], window = "business-hour" },
        ·                                                 ───────────────
     13 │ ] }
        ╰────
      help: did you mean `business-hours`?

      × the policy `ladder` tells `receiver:oncal`, which team payments does not have
        ╭─[routes/payments.toml:12:13]
     11 │ ], steps = [
     12 │     { to = ["oncal", "receiver:mail"], window = "business-hour" },
        ·             ───────
     13 │ ] }
        ╰────
      help: did you mean `oncall`?

      × the policy `ladder` tells `receiver:mail`, which team payments does not have
        ╭─[routes/payments.toml:12:22]
     11 │ ], steps = [
     12 │     { to = ["oncal", "receiver:mail"], window = "business-hour" },
        ·                      ───────────────
     13 │ ] }
        ╰────
      help: there are: `oncall`

      × the policy `ladder` tells `person:ada`, which team payments does not have
       ╭─[routes/payments.toml:7:10]
     6 │ [policies.ladder]
     7 │ plugin = "standard"
       ·          ──────────
     8 │ settings = { zone = "Mars/Base", rules = [
       ╰────
      help: the team has no people: [people.NAME] email = "…"

    errors: 5
    "#);
}

#[test]
fn what_is_there_is_looked_up() {
    let mut config = config();
    let wants = Wants {
        zones: vec!["Europe/Berlin".into()],
        windows: vec!["business-hours".into(), "digest".into()],
        ..Wants::default()
    };
    assert!(config.with_wants("payments", "ladder", wants).is_empty());
    let policy = &config.tables.teams["payments"].policies["ladder"];
    assert_eq!(policy.zones[0].1.iana_name(), Some("Europe/Berlin"));
    // The settings do not name "digest", so that the team does not have it is fine.
    assert_eq!(policy.wants.windows, ["business-hours"]);
}

#[test]
fn problems_of_settings_at_their_place() {
    let config = config();
    let problem =
        |path: &str| config.settings_problem("policy `ladder`", &config.policies[0].plugin, path, "is wrong").line();
    let paths = ["rules[0].above.error.rate", "rules[1].below", "rules[9].below", "steps[0].to[1]", "nothing", ""];
    assert_snapshot!(paths.map(problem).join("\n"), @r#"
    routes/payments.toml:9:32: policy `ladder`: `rules[0].above.error.rate`: is wrong
    routes/payments.toml:10:15: policy `ladder`: `rules[1].below`: is wrong
    routes/payments.toml:8:42: policy `ladder`: `rules[9].below`: is wrong
    routes/payments.toml:12:22: policy `ladder`: `steps[0].to[1]`: is wrong
    routes/payments.toml:8:12: policy `ladder`: `nothing`: is wrong
    routes/payments.toml:8:12: policy `ladder`: the settings: is wrong
    "#);
}

#[test]
fn a_plugin_that_cannot_be_loaded() {
    let config = config();
    let problem =
        config.plugin_problem("policy `ladder`", &config.policies[0].plugin, "plugins/standard.wasm cannot be read");
    assert_snapshot!(Report::new(vec![problem]), @r#"
      × policy `ladder`: plugins/standard.wasm cannot be read
       ╭─[routes/payments.toml:7:10]
     6 │ [policies.ladder]
     7 │ plugin = "standard"
       ·          ──────────
     8 │ settings = { zone = "Mars/Base", rules = [
       ╰────
      help: `bellwire plugin inspect` tries it out alone; NAME.wasm lies in the folder `plugins`

    errors: 1
    "#);
}

#[test]
fn a_receiver_that_nothing_tells() {
    let mut config = load(&[
        ("bellwire.toml", "[receivers.spare]\nwebhook = { url = \"https://x\" }\n"),
        ("routes/payments.toml", TEAM),
    ])
    .ok()
    .unwrap();
    assert!(config.warnings().is_empty(), "the policy may yet tell it");
    assert!(config.with_wants("payments", "ladder", Wants::default()).is_empty());
    assert_snapshot!(Report::new(config.warnings()), @r#"
      ⚠ nothing tells the receiver `spare`
       ╭─[bellwire.toml:1:12]
     1 │ [receivers.spare]
       ·            ─────
     2 │ webhook = { url = *********** }
       ╰────

    warnings: 1
    "#);
}
