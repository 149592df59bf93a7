//! `[[inhibit]]` and `[[dependencies]]`: which alerts keep others quiet, and which explain others. Of a team in its routes
//! file, of everybody in bellwire.toml.

use crate::{
    file::at_most,
    keys, matching,
    reader::{Fields, Value},
    silences::own_name,
};
use bellwire_core::{Inhibition, InhibitionKind, Matchers};
use std::{collections::BTreeSet, sync::Arc};

/// Of a file, both kinds together.
const RULES_MAX: usize = 10_000;
const LABELS_MAX: usize = 64;

/// How a rule of a kind is written.
struct Words {
    table: &'static str,
    keys: keys::Keys,
    kind: InhibitionKind,
    sources: &'static str,
    targets: &'static str,
    equal: &'static str,
}

const INHIBIT: Words = Words {
    table: "inhibit",
    keys: keys::INHIBIT,
    kind: InhibitionKind::Quiet,
    sources: "source",
    targets: "target",
    equal: "equal",
};
const DEPENDENCY: Words = Words {
    table: "dependencies",
    keys: keys::DEPENDENCY,
    kind: InhibitionKind::Symptom,
    sources: "cause",
    targets: "symptoms",
    equal: "on",
};

/// `everybodys`: the rules of bellwire.toml, whose names are taken.
pub(crate) fn read(fields: &Fields<'_>, everybodys: &[Inhibition]) -> Vec<Inhibition> {
    let mut taken: BTreeSet<Arc<str>> = everybodys.iter().map(|rule| rule.name.clone()).collect();
    let mut rules = Vec::new();
    for words in [&INHIBIT, &DEPENDENCY] {
        let Some(value) = fields.get(words.table) else { continue };
        let items = value.list().unwrap_or_default();
        let room = RULES_MAX.saturating_sub(rules.len());
        if items.len() > room {
            let message = format!("{} rules in [[inhibit]] and [[dependencies]]", rules.len() + items.len());
            value.error(message, at_most(RULES_MAX));
        }
        rules.extend(items.iter().take(room).filter_map(|item| rule(item, words, &mut taken)));
    }
    rules
}

fn rule(item: &Value<'_>, words: &Words, taken: &mut BTreeSet<Arc<str>>) -> Option<Inhibition> {
    let fields = item.fields(words.keys)?;
    let name = own_name(&fields, "rule", taken);
    let sources = matching::required(&fields, words.sources, "every alert would keep others quiet");
    let targets = matching::required(&fields, words.targets, "everything would be kept quiet");
    let equal = equal(&fields, words);
    if sources.is_some() && same(sources.as_ref(), targets.as_ref()) {
        let message = format!("`{}` and `{}` are the same, so this rule does nothing", words.sources, words.targets);
        fields.error(message, "alerts that are on both sides do not keep one another quiet: tell the two sides apart");
    }
    Some(Inhibition { name: name?, sources: sources?, targets: targets?, equal: equal?, kind: words.kind })
}

fn same(sources: Option<&Matchers>, targets: Option<&Matchers>) -> bool {
    let sorted = |matchers: Option<&Matchers>| -> BTreeSet<String> {
        matchers.map(|matchers| matchers.0.iter().map(ToString::to_string).collect()).unwrap_or_default()
    };
    sorted(sources) == sorted(targets)
}

fn equal(fields: &Fields<'_>, words: &Words) -> Option<Vec<Arc<str>>> {
    let value = match words.kind {
        InhibitionKind::Quiet => match fields.get(words.equal) {
            Some(value) => value,
            None => return Some(Vec::new()),
        },
        InhibitionKind::Symptom => fields.require(
            words.equal,
            "on = [\"node\"]: the labels in which a symptom and its cause agree; on = []: none",
        )?,
    };
    let listed = value.listed();
    if listed.len() > LABELS_MAX {
        value.error(format!("{} labels", listed.len()), at_most(LABELS_MAX));
    }
    for (_, value) in listed.iter().filter(|(name, _)| name.is_empty()) {
        value.error("a label's name is empty", "");
    }
    let names: BTreeSet<Arc<str>> = listed.into_iter().map(|(name, _)| name).collect();
    Some(names.into_iter().collect())
}
