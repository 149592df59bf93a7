//! `[sources.NAME]`: what is taken, what is refused, and where a plugin's complaint is shown.

use super::{TEAM, lines, load};
use crate::{Config, PluginOrigin, Report};
use insta::assert_snapshot;

const SOURCES: &str = r#"
plugins = "elsewhere"

[sources.grafana]
plugin = "grafana"

[sources.checkout]
plugin = { file = "checkout.wasm" }
labels = { team = "payments", empty = "" }

[sources.checkout.settings]
alerts = "events"
rules = [{ label = 5 }]
"#;

fn config() -> Config {
    let loaded = load(&[("bellwire.toml", SOURCES), ("routes/payments.toml", TEAM)]);
    loaded.unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn each_has_a_plugin_settings_and_labels() {
    let sources = config().sources;
    let [checkout, grafana] = &sources[..] else { panic!("{sources:?}") };
    assert_eq!((&*grafana.name, &*grafana.plugin.settings, grafana.labels.len()), ("grafana", "{}", 0));
    let PluginOrigin::File(file) = &grafana.plugin.source.origin else { panic!("{:?}", grafana.plugin) };
    assert!(file.ends_with("elsewhere/grafana.wasm"), "{}", file.display());
    assert_eq!(&*checkout.plugin.settings, r#"{"alerts":"events","rules":[{"label":5}]}"#);
    assert_eq!(checkout.labels.to_string(), r#"{team="payments"}"#);
}

#[test]
fn what_a_plugin_says_is_shown_where_it_is_written() {
    let config = config();
    let [checkout, grafana] = &config.sources[..] else { panic!("{:?}", config.sources) };
    let problems = vec![
        config.settings_problem("source `checkout`", &checkout.plugin, "rules[0].label", "must be text"),
        config.settings_problem("source `grafana`", &grafana.plugin, "", "`alerts` is missing"),
        config.plugin_problem("source `checkout`", &checkout.plugin, "checkout.wasm cannot be read"),
    ];
    assert_snapshot!(Report::new(problems), @r#"
      × source `checkout`: `rules[0].label`: must be text
        ╭─[bellwire.toml:13:20]
     12 │ alerts = "events"
     13 │ rules = [{ label = 5 }]
        ·                    ─
        ╰────

      × source `grafana`: the settings: `alerts` is missing
       ╭─[bellwire.toml:5:10]
     4 │ [sources.grafana]
     5 │ plugin = "grafana"
       ·          ─────────
     6 │ 
       ╰────

      × source `checkout`: checkout.wasm cannot be read
       ╭─[bellwire.toml:8:10]
     7 │ [sources.checkout]
     8 │ plugin = { file = "checkout.wasm" }
       ·          ──────────────────────────
     9 │ labels = { team = "payments", empty = "" }
       ╰────
      help: `bellwire plugin inspect` tries it out alone; NAME.wasm lies in the folder `plugins`

    errors: 3
    "#);
}

#[test]
fn names_and_labels_are_checked() {
    let bad = [
        "[sources.alertmanager]\nplugin = \"x\"",
        "[sources.\"..\"]\nplugin = \"x\"",
        "[sources.x]\nsettings = 5\nlabel = {}",
        "[sources.x]\nplugin = \"x\"\nlabels = { a = 1, \"\" = \"b\" }",
        "[sources.x]\nplugin = \"x\"\nlabels = [\"a\"]",
    ];
    let said = bad.map(|text| lines(load(&[("bellwire.toml", text), ("routes/payments.toml", TEAM)])));
    assert_snapshot!(said.join("\n"), @r#"
    bellwire.toml:1:10: a source cannot have the name `alertmanager` (Alertmanager needs no source: /webhook/alertmanager is always there)
    bellwire.toml:1:10: `..` cannot be part of an address (a name that does not begin with a dot)
    bellwire.toml:1:1: `plugin` is missing (the plugin's name, as in plugin = "standard")
    bellwire.toml:2:12: `settings` must be a table, and not a number
    bellwire.toml:3:1: there is no key `label` here (did you mean `labels`?)
    bellwire.toml:3:16: the label `a` must have a name, and a text as its value (labels = { source = "grafana" })
    bellwire.toml:3:24: the label `` must have a name, and a text as its value (labels = { source = "grafana" })
    bellwire.toml:3:10: `labels` must be a table, as in { source = "grafana" }, and not a list
    "#);
}
