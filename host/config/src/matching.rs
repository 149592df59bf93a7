//! What must be said of the matchers of a silence, a rule or a heartbeat: they are there, and something can match them.

use crate::reader::{Fields, Value};
use bellwire_core::{Labels, MatchOperator, Matchers};
use toml::de::DeValue;

/// Those of `key`, which must be there and name something; `otherwise`: what would be without any.
pub(crate) fn required(fields: &Fields<'_>, key: &'static str, otherwise: &str) -> Option<Matchers> {
    let help = format!("{key} = ['alertname=\"…\"']: matchers, all of which must match");
    filled(&fields.require(key, &help)?, otherwise)
}

/// The same where the key is there.
pub(crate) fn filled(value: &Value<'_>, otherwise: &str) -> Option<Matchers> {
    let DeValue::Array(items) = value.value else {
        value.wrong_kind("a list in [ ]");
        return None;
    };
    if items.is_empty() {
        value.error(format!("`{}` is empty, so {otherwise}", value.key), "as in ['alertname=\"NodeDown\"']");
        return None;
    }
    let matchers = value.matchers();
    // What is wrong with the others has been said.
    if matchers.0.len() < items.len() {
        return None;
    }
    if let Some(name) = impossible(&matchers) {
        let message = format!("no alert can match this: it asks two things of `{name}` that cannot both be");
        value.scope.warning(&value.span, message, "all matchers of a list must match; one of several: name=~\"a|b\"");
    }
    Some(matchers)
}

/// A label of which it asks what cannot be.
fn impossible(matchers: &Matchers) -> Option<&str> {
    let fixed = matchers.0.iter().filter(|matcher| matcher.operator == MatchOperator::Equal);
    let contradicted = fixed.filter(|fixed| {
        let labels = Labels::from_pairs([(&*fixed.name, &*fixed.value)]);
        matchers.0.iter().any(|other| other.name == fixed.name && !other.matches(&labels))
    });
    contradicted.map(|matcher| &*matcher.name).next()
}
