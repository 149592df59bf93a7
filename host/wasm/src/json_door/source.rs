//! What a source that is a program finds on stdin, and what it writes to stdout.

use super::{
    answer::{self, Pair as Written},
    question::{self, Pair},
};
use crate::{Problem, SourceFault, SourceWants, Webhook, bindings::clip, source::Incoming};
use bellwire_core::{Instant, PluginFault};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Convert<'a> {
    settings: &'a RawValue,
    webhook: Hook<'a>,
}

#[derive(Serialize)]
struct Hook<'a> {
    now: u64,
    content_type: &'a str,
    query: Vec<Pair<'a>>,
    headers: Vec<Pair<'a>>,
    body: &'a str,
    ext: [Pair<'a>; 0],
}

pub(super) fn convert(settings: &str, webhook: &Webhook, bytes_max: usize) -> Result<Vec<u8>, SourceFault> {
    let Webhook { now, content_type, query, headers, body } = webhook;
    let body = str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        SourceFault::Malformed(format!("it is not UTF-8 from byte {at} on, and this source reads text only"))
    })?;
    let document = Convert {
        settings: question::raw(settings)?,
        webhook: Hook {
            now: now.as_millis(),
            content_type,
            query: question::list(query),
            headers: question::list(headers),
            body,
            ext: [],
        },
    };
    Ok(question::write(&document, bytes_max)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Converted {
    Ok(Vec<Alert>),
    Error(Refused),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    #[serde(default)]
    labels: Vec<Written>,
    #[serde(default)]
    annotations: Vec<Written>,
    #[serde(default)]
    starts_at: Option<u64>,
    #[serde(default)]
    ends_at: Option<u64>,
    generator_url: String,
    /// For later versions of the contract; says nothing yet.
    #[serde(default, rename = "ext")]
    _ext: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refused {
    Settings(String),
    Malformed(String),
    Failed(String),
    Other(Written),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default, rename = "ext")]
    _ext: Vec<Written>,
}

pub(super) fn incoming(stdout: &[u8]) -> Result<Vec<Incoming>, SourceFault> {
    let texts = |pairs: Vec<Written>| pairs.into_iter().map(|Written { name, value }| (name, value)).collect();
    let incoming = |alert| {
        let Alert { labels, annotations, starts_at, ends_at, generator_url, _ext } = alert;
        Incoming {
            labels: texts(labels),
            annotations: texts(annotations),
            starts_at: starts_at.map(Instant::from_millis),
            ends_at: ends_at.map(Instant::from_millis),
            generator_url,
        }
    };
    match answer::read(stdout).map_err(PluginFault::Failed)? {
        Converted::Ok(alerts) => Ok(alerts.into_iter().map(incoming).collect()),
        Converted::Error(refused) => Err(fault(refused)),
    }
}

fn fault(refused: Refused) -> SourceFault {
    SourceFault::Plugin(match refused {
        Refused::Malformed(message) => return SourceFault::Malformed(clip(message)),
        Refused::Settings(message) => PluginFault::Settings(clip(message)),
        Refused::Failed(message) => PluginFault::Failed(clip(message)),
        Refused::Other(Written { name, value }) => PluginFault::Failed(clip(format!("{name}: {value}"))),
    })
}

pub(super) fn verdict(stdout: &[u8]) -> Result<Result<SourceWants, Vec<Problem>>, PluginFault> {
    Ok(answer::checked(stdout)?.map(|Wanted { headers, _ext }| SourceWants { headers }))
}
