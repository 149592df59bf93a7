//! What is wrong within one file, and what is said about it.

use super::{TEAM, load, said_of_host, said_of_team, said_of_team_with};
use crate::{Config, Report};
use insta::assert_snapshot;

/// One line for each error, under the text that has it.
fn table(of: impl Fn(&str) -> Result<Config, Report>, texts: &[&str]) -> String {
    let said = texts.iter().map(|text| format!("{text}\n    {}\n", super::lines(of(text)).replace('\n', "\n    ")));
    said.collect()
}

fn host(text: &str) -> Result<Config, Report> {
    load(&[("bellwire.toml", text), ("routes/payments.toml", TEAM)])
}

/// `text` is a receiver.
fn receiver(text: &str) -> Result<Config, Report> {
    let team = TEAM.replace("[policies.ladder]", &format!("[receivers]\nother = {text}\n\n[policies.ladder]"));
    load(&[("bellwire.toml", ""), ("routes/payments.toml", &team)])
}

/// `text` is added to the root.
fn routes(text: &str) -> Result<Config, Report> {
    load(&[("bellwire.toml", ""), ("routes/payments.toml", &format!("{TEAM}{text}"))])
}

#[test]
fn every_error_is_shown_at_once_with_its_line_and_a_remedy() {
    assert_snapshot!(said_of_team(
        r##"
team = "Payments"
matches = ['service="pay"']

[receivers.oncall]
slack = { chanel = "#payments" }
deadline = "soon"

[windows.business-hours]
zone = "Europe/Berln"
hours = ["mon-fri 09:00-17:00", "sat 10:00-25:00"]

[route]
policy = "lader"
fallback = ["oncal"]
group_wait = "3d"
"##
    ), @r##"
      × `Payments` cannot be a team's name
       ╭─[routes/payments.toml:2:8]
     1 │ 
     2 │ team = "Payments"
       ·        ──────────
     3 │ matches = ['service="pay"']
       ╰────
      help: lower-case letters, digits and `-`, at most 40 of them

      × there is no key `matches` here
       ╭─[routes/payments.toml:3:1]
     2 │ team = "Payments"
     3 │ matches = ['service="pay"']
       · ───────
     4 │ 
       ╰────
      help: did you mean `match`?

      × `slack` must have one of `channel` and `webhook_url`
       ╭─[routes/payments.toml:6:9]
     5 │ [receivers.oncall]
     6 │ slack = { chanel = "#payments" }
       ·         ────────────────────────
     7 │ deadline = "soon"
       ╰────
      help: slack = { channel = "#oncall" } or slack = { webhook_url = { env = "NAME" } }

      × there is no key `chanel` here
       ╭─[routes/payments.toml:6:11]
     5 │ [receivers.oncall]
     6 │ slack = { chanel = "#payments" }
       ·           ──────
     7 │ deadline = "soon"
       ╰────
      help: did you mean `channel`?

      × `deadline` is not a length of time
       ╭─[routes/payments.toml:7:12]
     6 │ slack = { chanel = "#payments" }
     7 │ deadline = "soon"
       ·            ──────
     8 │ 
       ╰────
      help: write a number with ms, s, m, h or d, as in "90s", "1h30m" or "250ms"

      × there is no time zone `Europe/Berln`
        ╭─[routes/payments.toml:10:8]
      9 │ [windows.business-hours]
     10 │ zone = "Europe/Berln"
        ·        ──────────────
     11 │ hours = ["mon-fri 09:00-17:00", "sat 10:00-25:00"]
        ╰────
      help: did you mean `Europe/Berlin`?

      × `25:00` is not a time of day
        ╭─[routes/payments.toml:11:44]
     10 │ zone = "Europe/Berln"
     11 │ hours = ["mon-fri 09:00-17:00", "sat 10:00-25:00"]
        ·                                            ─────
     12 │ 
        ╰────
      help: write hours and minutes, from 00:00 to 24:00

      × there is no policy `lader`
        ╭─[routes/payments.toml:14:10]
     13 │ [route]
     14 │ policy = "lader"
        ·          ───────
     15 │ fallback = ["oncal"]
        ╰────
      help: [policies.NAME] plugin = "standard"

      × there is no receiver `oncal`
        ╭─[routes/payments.toml:15:13]
     14 │ policy = "lader"
     15 │ fallback = ["oncal"]
        ·             ───────
     16 │ group_wait = "3d"
        ╰────
      help: did you mean `oncall`?

      × `group_wait` must be from 0ms to 1d
        ╭─[routes/payments.toml:16:14]
     15 │ fallback = ["oncal"]
     16 │ group_wait = "3d"
        ·              ────
        ╰────

    errors: 10
    "##);
}

#[test]
fn toml_that_is_none() {
    assert_snapshot!(said_of_host("listen = \"127.0.0.1:9095\nroutes = \n"), @r#"
      × this is not TOML: invalid basic string, expected `"`
       ╭─[bellwire.toml:1:25]
     1 │ listen = "127.0.0.1:9095
       ·                         ▲
     2 │ routes = 
       ╰────

      × this is not TOML: string values must be quoted, expected literal string
       ╭─[bellwire.toml:2:10]
     1 │ listen = "127.0.0.1:9095
     2 │ routes = 
       ·          ▲
       ╰────

    errors: 2
    "#);
}

#[test]
fn a_secret_in_the_file_is_a_warning_and_never_shown() {
    assert_snapshot!(said_of_host("[slack]\ntoken = \"xoxb-secret\"\n[pagerduty]\napi = \"https://pagerduty\"\n"), @r#"
      ⚠ `token` is a secret, and everybody who can read this file knows it
       ╭─[bellwire.toml:2:9]
     1 │ [slack]
     2 │ token = *************
       ·         ─────────────
     3 │ [pagerduty]
       ╰────
      help: take it from the environment or a file: { env = "NAME" } or { file = "path" }

    warnings: 1
    "#);
}

#[test]
fn a_host_that_everybody_may_use() {
    assert_snapshot!(said_of_host("listen = \"0.0.0.0:9095\"\n"), @r#"
      ⚠ everybody who can reach this address may send alerts and acknowledge incidents
       ╭─[bellwire.toml:1:10]
     1 │ listen = "0.0.0.0:9095"
       ·          ──────────────
       ╰────
      help: [auth] bearer_tokens = [{ env = "BELLWIRE_TOKEN" }]

    warnings: 1
    "#);
}

#[test]
fn values_of_the_host() {
    assert_snapshot!(table(host, &[
        r#"listen = "localhost""#,
        r#"listen = 9095"#,
        r#"external_url = "bellwire.example.com""#,
        r#"plugin = "plugins""#,
        r#"auth = { bearer_tokens = [{ env = "NOT_SET" }, { env = "EMPTY" }, { file = "no/such" }, {}] }"#,
        r#"auth = { basic = [{ user = "a:b", password = { env = "A_KEY", file = "x" } }, { user = "a" }] }"#,
        r#"auth = { metrics = "opn" }"#,
        r#"tls = { certificate = "no/such.pem" }"#,
        r#"smtp = { host = "mail", from = "nobody", encryption = "tls" }"#,
        r#"smtp = { host = "mail", from = "a@b.c", encryption = "none", user = "a", password = { env = "A_KEY" } }"#,
        r#"smtp = { host = "mail", from = "a@b.c", user = "a", port = 0 }"#,
        r#"limits = { alerts_max = 0, body_bytes_max = 1e9, resolve_timeout = "2d", labels = 1 }"#,
        r#"policy_limits = { wall_clock = "1h", fuel_max = -1 }"#,
        r#"default_team = "payment""#,
        r#"routes = "rutes/*.toml""#,
        r#"routes = "routes/*.yaml""#,
        r#"receivers = { "a b" = { email = { to = ["a@b.c"] } } }"#,
    ]), @r#"
    listen = "localhost"
        bellwire.toml:1:10: `localhost` is not an address to listen on (write an IP address and a port, as in "127.0.0.1:9095" or "[::]:9095")
    listen = 9095
        bellwire.toml:1:10: `listen` must be text in quotes, and not a number
    external_url = "bellwire.example.com"
        bellwire.toml:1:16: `external_url` is not a URL that can be used: it must begin with https:// or http://
    plugin = "plugins"
        bellwire.toml:1:1: there is no key `plugin` here (did you mean `plugins`?)
    auth = { bearer_tokens = [{ env = "NOT_SET" }, { env = "EMPTY" }, { file = "no/such" }, {}] }
        bellwire.toml:1:35: the environment variable `NOT_SET` is not set (set it where Bellwire is started)
        bellwire.toml:1:56: the environment variable `EMPTY` is empty, and should hold a secret
        bellwire.toml:1:76: the file no/such cannot be read: No such file or directory (os error 2) (paths are relative to the folder of bellwire.toml)
        bellwire.toml:1:89: `bearer_tokens` must have one of `env` and `file` ({ env = "NAME" } or { file = "path" })
    auth = { basic = [{ user = "a:b", password = { env = "A_KEY", file = "x" } }, { user = "a" }] }
        bellwire.toml:1:28: a user's name cannot have a colon
        bellwire.toml:1:46: `password` must have one of `env` and `file` ({ env = "NAME" } or { file = "path" })
        bellwire.toml:1:79: `password` is missing ({ user = "prometheus", password = { env = "NAME" } })
    auth = { metrics = "opn" }
        bellwire.toml:1:20: `metrics` cannot be `opn` (did you mean `open`?)
    tls = { certificate = "no/such.pem" }
        bellwire.toml:1:7: `key` is missing (the path of a PEM file with the private key)
        bellwire.toml:1:23: the file no/such.pem cannot be read: No such file or directory (os error 2) (paths are relative to the folder of bellwire.toml)
    smtp = { host = "mail", from = "nobody", encryption = "tls" }
        bellwire.toml:1:32: `nobody` is not an e-mail address: Missing separator character '@'. (write oncall@example.com or "On call <oncall@example.com>")
        bellwire.toml:1:55: `encryption` cannot be `tls` (there are: `starttls`, `implicit`, `none`)
    smtp = { host = "mail", from = "a@b.c", encryption = "none", user = "a", password = { env = "A_KEY" } }
        bellwire.toml:1:85: a password is not sent over a connection without encryption (encryption = "starttls")
    smtp = { host = "mail", from = "a@b.c", user = "a", port = 0 }
        bellwire.toml:1:48: `user` and `password` are given together or not at all
        bellwire.toml:1:60: `port` must be from 1 to 65535
    limits = { alerts_max = 0, body_bytes_max = 1e9, resolve_timeout = "2d", labels = 1 }
        bellwire.toml:1:25: `alerts_max` must be from 1 to 100000000
        bellwire.toml:1:45: `body_bytes_max` must be a whole number, and not a number with a fraction
        bellwire.toml:1:68: `resolve_timeout` must be from 1s to 1d
        bellwire.toml:1:74: there is no key `labels` here (there are: `body_bytes_max`, `bodies_bytes_max`, `batch_alerts_max`, `connections_max`, `queue_max`, `alerts_max`, `labels_max`, `label_bytes_max`, `annotation_bytes_max`, `facts_alerts_max`, `resolve_timeout`, `fault_retry`, `fallback_repeat`)
    policy_limits = { wall_clock = "1h", fuel_max = -1 }
        bellwire.toml:1:32: `wall_clock` must be from 10ms to 10s
        bellwire.toml:1:49: `fuel_max` must be from 100000 to 100000000000
    default_team = "payment"
        bellwire.toml:1:16: there is no team `payment` (did you mean `payments`?)
    routes = "rutes/*.toml"
        bellwire.toml:1:10: the folder of the routes files `rutes/*.toml` cannot be read: No such file or directory (os error 2) (make the folder beside bellwire.toml and put a file for each team in it, or set `routes`)
    routes = "routes/*.yaml"
        bellwire.toml:1:10: there is no routes file: nothing matches `routes/*.yaml` (write one file for each team, such as routes/platform.toml; docs/configuration.md begins with one)
    receivers = { "a b" = { email = { to = ["a@b.c"] } } }
        bellwire.toml:1:15: `a b` cannot be a name (letters, digits, `-`, `_` and `.`, at most 64 of them)
    "#);
}

#[test]
fn receivers() {
    assert_snapshot!(table(receiver, &[
        r#"{}"#,
        r#"{ slack = { webhook_url = { env = "SLACK_URL" } }, email = { to = ["a@b.c"] } }"#,
        r##"{ slack = { channel = "#x" } }"##,
        r#"{ email = { to = ["a@b.c", "nobody"] } }"#,
        r#"{ pagerduty = {} }"#,
        r#"{ webhook = { url = "ftp://x" } }"#,
        r#"{ webhook = { url = "https://x" }, fallback = "on-call" }"#,
        r#"{ webhook = { url = "https://x" }, fallback = "other" }"#,
        r#"{ webhook = { url = "https://x" }, concurrency_max = 0, rate_per_minute = 0, timeout = "1h", updates = "no" }"#,
    ]), @r##"
    {}
        routes/payments.toml:7:9: a receiver must have exactly one of `slack`, `email`, `pagerduty`, `webhook` and `channel` (as in slack = { channel = "#oncall" } or email = { to = ["oncall@example.com"] })
    { slack = { webhook_url = { env = "SLACK_URL" } }, email = { to = ["a@b.c"] } }
        routes/payments.toml:7:9: a receiver must have exactly one of `slack`, `email`, `pagerduty`, `webhook` and `channel` (as in slack = { channel = "#oncall" } or email = { to = ["oncall@example.com"] })
    { slack = { channel = "#x" } }
        routes/payments.toml:7:31: a Slack channel needs a bot's token, and bellwire.toml has none ([slack] token = { env = "SLACK_BOT_TOKEN" } in bellwire.toml, or webhook_url here)
    { email = { to = ["a@b.c", "nobody"] } }
        routes/payments.toml:7:26: mail needs a mail server, and bellwire.toml has none ([smtp] host = "…" and from = "…" in bellwire.toml)
        routes/payments.toml:7:36: `nobody` is not an e-mail address: Missing separator character '@'. (write oncall@example.com or "On call <oncall@example.com>")
    { pagerduty = {} }
        routes/payments.toml:7:23: `routing_key` is missing (pagerduty = { routing_key = { env = "NAME" } })
    { webhook = { url = "ftp://x" } }
        routes/payments.toml:7:29: `url` is not a URL that can be used: it must begin with https:// or http://
    { webhook = { url = "https://x" }, fallback = "on-call" }
        routes/payments.toml:7:55: there is no receiver `on-call` (did you mean `oncall`?)
    { webhook = { url = "https://x" }, fallback = "other" }
        routes/payments.toml:7:55: these fallbacks go round in a circle: other → other (a notice that cannot be given must end somewhere: take one `fallback` away)
    { webhook = { url = "https://x" }, concurrency_max = 0, rate_per_minute = 0, timeout = "1h", updates = "no" }
        routes/payments.toml:7:62: `concurrency_max` must be from 1 to 100
        routes/payments.toml:7:83: `rate_per_minute` must be from 1 to 100000
        routes/payments.toml:7:96: `timeout` must be from 100ms to 2m
        routes/payments.toml:7:112: `updates` must be true or false, and not text
    "##);
}

#[test]
fn fallbacks_in_a_circle() {
    let webhook = |name: &str, fallback: &str| {
        format!("[receivers.{name}]\nwebhook = {{ url = \"https://x\" }}\nfallback = \"{fallback}\"\n")
    };
    let circle = [webhook("a", "b"), webhook("b", "c"), webhook("c", "b")].concat();
    assert_snapshot!(said_of_team_with(&circle), @r#"
      × these fallbacks go round in a circle: b → c → b
        ╭─[routes/payments.toml:14:12]
     13 │ webhook = { url = *********** }
     14 │ fallback = "c"
        ·            ───
     15 │ [receivers.c]
        ╰────
      help: a notice that cannot be given must end somewhere: take one `fallback` away

    errors: 1
    "#);
}

#[test]
fn routes_of_a_team() {
    assert_snapshot!(table(routes, &[
        r#"group_by = ["...", "a"]"#,
        r#"match = ['a="b"']"#,
        r#"routes = [{ match = ['a="b"'] }, { match = ['a="b"'] }]"#,
        r#"routes = [{ match = ['a=~"("', 'b', 'c="'] }]"#,
        r#"routes = [{ match = 'a="b"', continue = "yes" }]"#,
        r#"routes = [{ match = ['a="b"'], policy = "ladr", fallback = [] }]"#,
        r#"routes = [{ name = "payments" }]"#,
    ]), @r#"
    group_by = ["...", "a"]
        routes/payments.toml:12:12: "..." stands for every label, and cannot be beside others (group_by = ["..."])
    match = ['a="b"']
        routes/payments.toml:12:1: there is no key `match` here (there are: `policy`, `fallback`, `group_by`, `group_wait`, `group_interval`, `reopen_window`, `flapping`, `mute`, `active`, `routes`)
    routes = [{ match = ['a="b"'] }, { match = ['a="b"'] }]
        routes/payments.toml:12:34: another route of this team is `a="b"` already (give it a name of its own with name = "…", or make the two one)
    routes = [{ match = ['a=~"("', 'b', 'c="'] }]
        routes/payments.toml:12:22: the regular expression of `a` is not valid: regex parse error:     ^(?s:()$      ^ error: unclosed group (as in 'severity="critical"' or 'service=~"pay.*"')
        routes/payments.toml:12:32: `b` has no operator; write `name="value"`, with =, !=, =~ or !~ (as in 'severity="critical"' or 'service=~"pay.*"')
        routes/payments.toml:12:37: the value of `c="` has a quote that does not close (as in 'severity="critical"' or 'service=~"pay.*"')
    routes = [{ match = 'a="b"', continue = "yes" }]
        routes/payments.toml:12:21: `match` must be a list in [ ], and not text
        routes/payments.toml:12:41: `continue` must be true or false, and not text
    routes = [{ match = ['a="b"'], policy = "ladr", fallback = [] }]
        routes/payments.toml:12:41: there is no policy `ladr` (there are: `ladder`)
        routes/payments.toml:12:60: `fallback` is empty (name at least one receiver, so that an incident whose policy fails is not silenced)
    routes = [{ name = "payments" }]
        routes/payments.toml:12:20: another route of this team is `payments` already (give it a name of its own with name = "…", or make the two one)
    "#);
}

#[test]
fn a_team_without_routes() {
    assert_snapshot!(said_of_team("team = \"payments\"\n"), @r#"
      × `route` is missing
       ╭─[routes/payments.toml:1:1]
     1 │ team = "payments"
       · ▲
       ╰────
      help: [route] policy = "…" and fallback = ["…"]: the root, which takes what no route below it takes

    errors: 1
    "#);
}

#[test]
fn a_root_without_policy_and_fallback() {
    assert_snapshot!(said_of_team("team = \"payments\"\n[route]\n"), @r#"
      × `fallback` is missing
       ╭─[routes/payments.toml:2:1]
     1 │ team = "payments"
     2 │ [route]
       · ───────
       ╰────
      help: fallback = ["RECEIVER"]: who hears of an incident when its policy fails, so that nothing is silenced

      × `policy` is missing
       ╭─[routes/payments.toml:2:1]
     1 │ team = "payments"
     2 │ [route]
       · ───────
       ╰────
      help: [policies.NAME] plugin = "standard", and policy = "NAME" here

    errors: 2
    "#);
}

#[test]
fn routes_too_deep() {
    let deep = (0..20).fold(String::new(), |inner, level| format!("{{ name = \"{level}\", routes = [{inner}] }}"));
    assert_snapshot!(super::lines(routes(&format!("routes = [{deep}]"))), @r#"
    routes/payments.toml:12:380: routes within routes, too deep (16 levels are taken)
    "#);
}

#[test]
fn a_policy_that_no_route_uses() {
    assert_snapshot!(said_of_team_with("[policies.other]\nplugin = \"standard\""), @r#"
      ⚠ no route uses the policy `other`
        ╭─[routes/payments.toml:9:11]
      8 │ 
      9 │ [policies.other]
        ·           ─────
     10 │ plugin = "standard"
        ╰────

    warnings: 1
    "#);
}

#[test]
fn a_pin_that_is_no_hash() {
    let said = said_of_team_with("[policies.other]\nplugin = { name = \"standard\", sha256 = \"deadbeef\" }");
    assert!(said.contains("`sha256` is not a SHA-256") && said.contains("bellwire plugin inspect"), "{said}");
}

#[test]
fn pagerduty_is_never_told_of_many_at_once() {
    let pagerduty = |window: &str| {
        let text = r#"{ pagerduty = { routing_key = "0123456789abcdef0123456789abcdef" }, bundle_window = "WINDOW" }"#;
        receiver(&text.replace("WINDOW", window))
    };
    let said = super::lines(pagerduty("30s"));
    assert!(said.contains("take `bundle_window` away here"), "{said}");
    assert!(pagerduty("0s").is_ok());
}
