//! Receivers that a plugin speaks for: what is wrong with them, before and after their plugin was asked.

use super::{TEAM, load, said_of_host, said_of_team_with};
use crate::{Config, Report};
use bellwire_core::{ChannelWants, ReceiverKind, Span};
use insta::assert_snapshot;

const TELEGRAM: &str = r#"[receivers.phone]
channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
"#;

fn config(more: &str) -> Config {
    let team = TEAM.replace("[route]", &format!("{more}\n[route]"));
    load(&[("bellwire.toml", ""), ("routes/payments.toml", &team)]).unwrap_or_else(|report| panic!("{report}"))
}

fn wants(secrets: &[&str], hosts: &[&str]) -> ChannelWants {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    ChannelWants { secrets: owned(secrets), hosts: owned(hosts) }
}

#[test]
fn a_receiver_with_all_that_its_plugin_needs() {
    let config = config(TELEGRAM);
    let receiver = &config.tables.receivers["payments/phone"];
    let ReceiverKind::Channel(channel) = &receiver.kind else { panic!("it is no channel") };
    assert_eq!((&*channel.plugin, &*channel.settings), ("telegram", r#"{"card":{"title":7},"chat":"-1"}"#));
    assert_eq!(channel.secrets["token"].expose(), "sesame");
    let hosts: Vec<_> = channel.hosts.iter().map(|host| (&*host.host, host.port, host.plain)).collect();
    assert_eq!(hosts, [("api.telegram.org", 443, false), ("localhost", 8081, true)]);
    assert_eq!((receiver.bundle_window, receiver.rate_per_minute), (Span::from_secs(30), None));
    assert!(config.channels["payments/phone"].plugin.source.origin.to_string().ends_with("plugins/telegram.wasm"));
}

#[test]
fn a_shared_one_and_a_contact() {
    let host = "[receivers.ops]\nchannel = { plugin = \"ntfy\", hosts = [\"ntfy.sh\"], settings = { topic = \"x\" } }";
    assert_eq!(said_of_host(host), "sound");
    let person = "[people.ann]\ncontact = [{ channel = { plugin = \"ntfy\", hosts = [\"ntfy.sh\"] } }]";
    let config = config(person);
    assert!(matches!(config.tables.receivers["payments/ann:channel"].kind, ReceiverKind::Channel(_)));
    assert_eq!(&*config.channels["payments/ann:channel"].plugin.source.name, "ntfy");
}

#[test]
fn what_is_wrong_in_the_file() {
    let bad = r#"[receivers.a]
channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = "in clear", "a b" = 1 }, setting = {} }
[receivers.b]
channel = { hosts = [] }
[receivers.c]
channel = { plugin = "ntfy", secrets = { token = { env = "UNSET" } } }
[receivers.d]
channel = { plugin = "ntfy", hosts = ["ntfy.sh"] }
slack = { webhook_url = { env = "SLACK_URL" } }"#;
    assert_snapshot!(said_of_team_with(bad), @r##"
      × `https://api.telegram.org/` is not a host
        ╭─[routes/payments.toml:10:43]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                           ───────────────────────────
     11 │ [receivers.b]
        ╰────
      help: https is understood: "api.telegram.org"

      × `*.telegram.org` is not a host
        ╭─[routes/payments.toml:10:72]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                                                        ────────────────
     11 │ [receivers.b]
        ╰────
      help: each host is named by itself, so that it is known where requests go

      × `a/b` is not a host
        ╭─[routes/payments.toml:10:90]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                                                                          ─────
     11 │ [receivers.b]
        ╰────
      help: a name, or `name:port`, for https; `http://name:port` where nothing is encrypted; no path

      × `hosts` must be text in quotes, and not a number
        ╭─[routes/payments.toml:10:97]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                                                                                 ─
     11 │ [receivers.b]
        ╰────

      ⚠ `token` is a secret, and everybody who can read this file knows it
        ╭─[routes/payments.toml:10:121]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                                                                                                         ──────────
     11 │ [receivers.b]
        ╰────
      help: take it from the environment or a file: { env = "NAME" } or { file = "path" }

      × `a b` cannot be a name
        ╭─[routes/payments.toml:10:133]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                                                                                                                     ─────
     11 │ [receivers.b]
        ╰────
      help: letters, digits, `-`, `_` and `.`, at most 64 of them

      × there is no key `setting` here
        ╭─[routes/payments.toml:10:146]
      9 │ [receivers.a]
     10 │ channel = { plugin = "telegram", hosts = ["https://api.telegram.org/", "*.telegram.org", "a/b", 7], secrets = { token = **********, "a b" = 1 }, setting = {} }
        ·                                                                                                                                                  ───────
     11 │ [receivers.b]
        ╰────
      help: did you mean `settings`?

      × `plugin` is missing
        ╭─[routes/payments.toml:12:11]
     11 │ [receivers.b]
     12 │ channel = { hosts = [] }
        ·           ──────────────
     13 │ [receivers.c]
        ╰────
      help: the plugin's name, as in plugin = "standard"

      × `hosts` is empty, so the plugin could send nothing
        ╭─[routes/payments.toml:12:21]
     11 │ [receivers.b]
     12 │ channel = { hosts = [] }
        ·                     ──
     13 │ [receivers.c]
        ╰────
      help: where its requests may go, as in hosts = ["api.telegram.org"]

      × `hosts` is missing
        ╭─[routes/payments.toml:14:11]
     13 │ [receivers.c]
     14 │ channel = { plugin = "ntfy", secrets = { token = { env = "UNSET" } } }
        ·           ────────────────────────────────────────────────────────────
     15 │ [receivers.d]
        ╰────
      help: where its requests may go, as in hosts = ["api.telegram.org"]

      × the environment variable `UNSET` is not set
        ╭─[routes/payments.toml:14:58]
     13 │ [receivers.c]
     14 │ channel = { plugin = "ntfy", secrets = { token = { env = "UNSET" } } }
        ·                                                          ───────
     15 │ [receivers.d]
        ╰────
      help: set it where Bellwire is started

      × a receiver must have exactly one of `slack`, `email`, `pagerduty`, `webhook` and `channel`
        ╭─[routes/payments.toml:15:1]
     14 │ channel = { plugin = "ntfy", secrets = { token = { env = "UNSET" } } }
     15 │ [receivers.d]
        · ─────────────
     16 │ channel = { plugin = "ntfy", hosts = ["ntfy.sh"] }
        ╰────
      help: as in slack = { channel = "#oncall" } or email = { to = ["oncall@example.com"] }

    errors: 11, warnings: 1
    "##);
}

#[test]
fn what_the_plugin_needs_and_the_receiver_does_not_have() {
    let mut config = config(TELEGRAM);
    let missing = wants(&["token", "tokne", "a b"], &["api.telegram.org", "api.example.com:8443", "every where"]);
    assert_snapshot!(Report::new(config.with_channel_wants("payments/phone", &missing)), @r#"
      × receiver `payments/phone`: the plugin `telegram` needs the secret `tokne`
        ╭─[routes/payments.toml:10:99]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                                                                                                   ─────────────────────────────────
     11 │ 
        ╰────
      help: did you mean `token`?

      × receiver `payments/phone`: the plugin `telegram` needs a secret `a b`
        ╭─[routes/payments.toml:10:99]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                                                                                                   ─────────────────────────────────
     11 │ 
        ╰────
      help: its author must rename it: letters, digits, `-`, `_` and `.`, at most 64 of them

      × receiver `payments/phone`: the plugin `telegram` sends to `api.example.com:8443`, which it may not
        ╭─[routes/payments.toml:10:42]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                                          ─────────────────────────────────────────────
     11 │ 
        ╰────
      help: if it is to be allowed: hosts = ["api.example.com:8443"]

      × receiver `payments/phone`: the plugin `telegram` wants to send to `every where`, which is no host
        ╭─[routes/payments.toml:10:42]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                                          ─────────────────────────────────────────────
     11 │ 
        ╰────
      help: look at its settings

    errors: 4
    "#);
}

#[test]
fn what_the_receiver_has_and_the_plugin_does_not_need() {
    let mut config = config(TELEGRAM);
    assert!(config.with_channel_wants("payments/phone", &wants(&["token"], &[])).is_empty());
    assert!(config.warnings.is_empty(), "a plugin that names no host may need any");
    assert!(config.with_channel_wants("payments/phone", &wants(&[], &["api.telegram.org"])).is_empty());
    assert_snapshot!(Report::new(config.warnings.clone()), @r#"
      ⚠ receiver `payments/phone`: the plugin `telegram` has no use for the secret `token`
        ╭─[routes/payments.toml:10:101]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                                                                                                     ─────
     11 │ 
        ╰────

      ⚠ receiver `payments/phone`: the plugin `telegram` has no use for the host `http://localhost:8081`
        ╭─[routes/payments.toml:10:63]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                                                               ───────────────────────
     11 │ 
        ╰────

    warnings: 2
    "#);
}

#[test]
fn problems_of_settings_at_their_place() {
    let sections = r#"[receivers.phone.channel]
plugin = "telegram"
hosts = ["api.telegram.org"]
[receivers.phone.channel.settings]
chat = "-1"
card = { title = 7 }"#;
    let contact = r#"[people.ann]
contact = [{ channel = { plugin = "ntfy", hosts = ["ntfy.sh"], settings = { chat = 1 } } }]"#;
    let said = |text: &str, receiver: &str| {
        let config = config(text);
        let (user, plugin) = (format!("receiver `{receiver}`"), &config.channels[receiver].plugin);
        let problem = |path: &str| config.settings_problem(&user, plugin, path, "is wrong").line();
        ["chat", "card.title", "nothing", ""].map(problem).join("\n")
    };
    let all = [(TELEGRAM, "payments/phone"), (sections, "payments/phone"), (contact, "payments/ann:channel")];
    assert_snapshot!(all.map(|(text, receiver)| said(text, receiver)).join("\n"), @r#"
    routes/payments.toml:10:154: receiver `payments/phone`: `chat`: is wrong
    routes/payments.toml:10:177: receiver `payments/phone`: `card.title`: is wrong
    routes/payments.toml:10:145: receiver `payments/phone`: `nothing`: is wrong
    routes/payments.toml:10:145: receiver `payments/phone`: the settings: is wrong
    routes/payments.toml:13:8: receiver `payments/phone`: `chat`: is wrong
    routes/payments.toml:14:18: receiver `payments/phone`: `card.title`: is wrong
    routes/payments.toml:12:1: receiver `payments/phone`: `nothing`: is wrong
    routes/payments.toml:12:1: receiver `payments/phone`: the settings: is wrong
    routes/payments.toml:10:84: receiver `payments/ann:channel`: `chat`: is wrong
    routes/payments.toml:10:75: receiver `payments/ann:channel`: `card.title`: is wrong
    routes/payments.toml:10:75: receiver `payments/ann:channel`: `nothing`: is wrong
    routes/payments.toml:10:75: receiver `payments/ann:channel`: the settings: is wrong
    "#);
    let (config, why) = (config(TELEGRAM), "plugins/telegram.wasm cannot be read");
    let problem = config.plugin_problem("receiver `payments/phone`", &config.channels["payments/phone"].plugin, why);
    assert_snapshot!(Report::new(vec![problem]), @r#"
      × receiver `payments/phone`: plugins/telegram.wasm cannot be read
        ╭─[routes/payments.toml:10:22]
      9 │ [receivers.phone]
     10 │ channel = { plugin = "telegram", hosts = ["api.telegram.org", "http://localhost:8081"], secrets = { token = { env = "BOT_TOKEN" } }, settings = { chat = "-1", card = { title = 7 } } }
        ·                      ──────────
     11 │ 
        ╰────
      help: `bellwire plugin inspect` tries it out alone; NAME.wasm lies in the folder `plugins`

    errors: 1
    "#);
}
