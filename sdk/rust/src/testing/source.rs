//! Golden cases of a source: webhooks in, alerts out, as `bellwire_cases` writes them.

use crate::{
    Pair,
    source::{Incoming, Source, SourceError, Webhook, check_settings},
};
use bellwire_cases::{
    Moment,
    source::{SourceAlert, SourceAnswer, SourceCase, SourceCaseFile},
};
use std::{collections::BTreeMap, path::Path};

/// Runs every case of a TOML file, by its path from the folder of Cargo.toml, and panics with all that differ. Bodies in
/// files of their own are beside it.
pub fn run_source_cases<S: Source>(path: &str) {
    let path = Path::new(path);
    let file = SourceCaseFile::parse(&super::read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let folder = path.parent().unwrap_or(Path::new(""));
    super::compare(file.cases.iter().map(|case| {
        let actual = answer::<S>(case, &file.settings(case), folder);
        (case.name.as_str(), case.expected().written(case.now()), actual.written(case.now()))
    }));
}

fn answer<S: Source>(case: &SourceCase, settings: &str, folder: &Path) -> SourceAnswer {
    if let Err(problems) = check_settings::<S>(settings) {
        panic!("case {:?}: the source refuses its settings: {problems:#?}", case.name);
    }
    let settings = serde_json::from_str(settings).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let webhook = Webhook {
        now: case.now(),
        content_type: case.content_type.clone(),
        query: pairs(&case.query),
        headers: pairs(&case.headers),
        body: case.body(folder).unwrap_or_else(|error| panic!("case {:?}: its body: {error}", case.name)),
        ext: Vec::new(),
    };
    match S::convert(&settings, &webhook) {
        Ok(alerts) => SourceAnswer::Alerts(alerts.into_iter().map(alert).collect()),
        Err(error) => SourceAnswer::Error(match error {
            SourceError::Settings(text) => format!("settings: {text}"),
            SourceError::Malformed(text) => format!("malformed: {text}"),
            SourceError::Failed(text) => format!("failed: {text}"),
            SourceError::Other(pair) => format!("{}: {}", pair.name, pair.value),
        }),
    }
}

fn alert(alert: Incoming) -> SourceAlert {
    let map = |pairs: Vec<Pair>| pairs.into_iter().map(|pair| (pair.name, pair.value)).collect();
    SourceAlert {
        labels: map(alert.labels),
        annotations: map(alert.annotations),
        starts_at: alert.starts_at.map(Moment::At),
        ends_at: alert.ends_at.map(Moment::At),
        generator_url: alert.generator_url,
    }
}

pub(super) fn pairs(map: &BTreeMap<String, String>) -> Vec<Pair> {
    map.iter().map(|(name, value)| Pair { name: name.clone(), value: value.clone() }).collect()
}
