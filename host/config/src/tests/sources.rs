//! `[sources.NAME]`: what is taken, what is refused, and where a plugin's complaint is shown.

use super::{TEAM, load, said_of_host};
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
    assert_eq!((&*grafana.name, &*grafana.settings, grafana.labels.len()), ("grafana", "{}", 0));
    let PluginOrigin::File(file) = &grafana.plugin.origin else { panic!("{:?}", grafana.plugin) };
    assert!(file.ends_with("elsewhere/grafana.wasm"), "{}", file.display());
    assert_eq!(&*checkout.settings, r#"{"alerts":"events","rules":[{"label":5}]}"#);
    assert_eq!(checkout.labels.to_string(), r#"{team="payments"}"#);
}

#[test]
fn what_a_plugin_says_is_shown_where_it_is_written() {
    let config = config();
    let problems = vec![
        config.source_settings_problem("checkout", "rules[0].label", "must be text"),
        config.source_settings_problem("grafana", "", "`alerts` is missing"),
        config.source_plugin_problem("checkout", "checkout.wasm cannot be read"),
    ];
    assert_snapshot!(Report::new(problems), @r#""#);
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
    assert_snapshot!(bad.map(said_of_host).join("\n"), @r#""#);
}
