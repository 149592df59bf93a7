//! Of a source: webhook in, alerts out.

use super::{CaseRun, Verdict};
use crate::subject::Refused;
use bellwire_cases::{
    Moment,
    source::{SourceAlert, SourceAnswer, SourceCase},
};
use bellwire_core::{AlertInput, Ends, Instant, Labels, PluginFault};
use bellwire_wasm::{Converted, Source, SourceFault, Webhook};
use std::{collections::BTreeMap, path::Path};

/// `settings`: a JSON document. `folder` is the one that the file of cases lies in: bodies may lie beside it.
pub fn run_source_case(source: &Source, settings: &str, case: &SourceCase, folder: &Path) -> CaseRun {
    let expected = case.expected();
    let headers = match source.check(settings) {
        Ok(Ok(wants)) => wants.headers,
        Ok(Err(problems)) => return CaseRun::not_asked(&case.name, Refused::Problems(problems)),
        Err(fault) => return CaseRun::not_asked(&case.name, Refused::Fault(fault)),
    };
    let body = match case.body(folder) {
        Ok(body) => body,
        Err(error) => return CaseRun::not_asked(&case.name, format!("its body cannot be read: {error}")),
    };
    let pairs =
        |map: &BTreeMap<String, String>| map.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let wanted = case.headers.iter().filter(|(name, _)| headers.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
    let webhook = Webhook {
        now: Instant::from_millis(case.now()),
        content_type: case.content_type.clone(),
        query: pairs(&case.query),
        headers: wanted.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
        body,
    };
    CaseRun::of(&case.name, source.convert(settings, &webhook), |result| match answer(result) {
        Ok(answer) => Verdict::compare(expected.written(case.now()), answer.written(case.now())),
        Err(why) => Verdict::Faulted(why),
    })
}

/// What a source says, as a case has it. The error: it did not say anything that the host could use.
fn answer(result: Result<Converted, SourceFault>) -> Result<SourceAnswer, String> {
    match result {
        Ok(converted) => Ok(SourceAnswer::Alerts(source_alerts(&converted)?)),
        Err(SourceFault::Malformed(why)) => Ok(SourceAnswer::Error(format!("malformed: {why}"))),
        Err(SourceFault::Plugin(PluginFault::Settings(why))) => Ok(SourceAnswer::Error(format!("settings: {why}"))),
        Err(SourceFault::Plugin(PluginFault::Failed(why))) => Ok(SourceAnswer::Error(format!("failed: {why}"))),
        Err(SourceFault::Plugin(fault)) => Err(fault.to_string()),
    }
}

/// In the words of a case. The error: a host would not take all of them.
pub fn source_alerts(converted: &Converted) -> Result<Vec<SourceAlert>, String> {
    let Converted { alerts, unusable, beyond } = converted;
    match (unusable.first(), beyond) {
        (Some(first), _) => Err(format!("a host would not take its alert {}: {}", first.index + 1, first.message)),
        (None, 1..) => Err(format!("a host would not take so many alerts: the last {beyond} are beyond its limit")),
        (None, 0) => Ok(alerts.iter().map(alert).collect()),
    }
}

fn alert(alert: &AlertInput) -> SourceAlert {
    let AlertInput { labels, annotations, starts_at, ends, generator_url } = alert;
    let table = |labels: &Labels| labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    SourceAlert {
        labels: table(labels),
        annotations: table(annotations),
        starts_at: starts_at.map(|at| Moment::At(at.as_millis())),
        ends_at: match ends {
            Ends::Open | Ends::Unsaid => None,
            Ends::At(at) | Ends::Resolved(at) => Some(Moment::At(at.as_millis())),
        },
        generator_url: generator_url.as_ref().into(),
    }
}
