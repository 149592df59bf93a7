//! Of sources.

use super::{super::source, Amount, at, examples, mismatch, samples, schema};
use crate::{SourceFault, SourceWants, Webhook};
use bellwire_core::PluginFault;
use serde_json::{Value, json};

/// The webhook of the README.
fn webhook() -> Webhook {
    Webhook {
        now: at(300),
        content_type: "application/json".into(),
        query: vec![("env".into(), "prod".into())],
        headers: vec![("x-event".into(), "down".into())],
        body: br#"{"host": "db1"}"#.into(),
    }
}

fn asked() -> Value {
    serde_json::from_slice(&source::convert(r#"{"severity": "critical"}"#, &webhook(), 1 << 20).unwrap()).unwrap()
}

#[test]
fn the_readme_has_the_webhook_as_it_is() {
    let [_, convert, _, _] = examples("### A source");
    assert_eq!(convert, asked());
    assert_eq!(mismatch(&schema("webhook"), &schema("webhook"), &asked()["webhook"]), None);
}

#[test]
fn the_readme_has_answers_that_are_taken() {
    let [wants, _, alerts, error] = examples("### A source").map(|example| example.to_string());
    assert_eq!(source::verdict(wants.as_bytes()), Ok(Ok(SourceWants { headers: vec!["x-event".into()] })));
    let alerts = source::incoming(alerts.as_bytes()).unwrap();
    assert_eq!((alerts.len(), alerts[0].labels.len(), alerts[0].starts_at), (1, 2, Some(at(300))));
    let error = source::incoming(error.as_bytes()).err();
    assert_eq!(error, Some(SourceFault::Malformed("there is no `host`".into())));
}

#[test]
fn what_the_schemas_allow_is_taken() {
    for amount in [Amount::Least, Amount::Most] {
        for one in samples("alerts", amount) {
            assert!(source::incoming(json!({ "ok": one }).to_string().as_bytes()).is_ok(), "{one}");
        }
        for one in samples("source-error", amount) {
            let fault = source::incoming(json!({ "error": one }).to_string().as_bytes()).err().unwrap();
            let unread = matches!(&fault, SourceFault::Plugin(PluginFault::Failed(why)) if why.contains("stdout"));
            assert!(!unread, "{fault} of {one}");
        }
        for one in samples("source-wants", amount) {
            assert!(source::verdict(json!({ "ok": one }).to_string().as_bytes()).is_ok(), "{one}");
        }
    }
}
