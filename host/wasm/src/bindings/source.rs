//! A webhook to a source, and its alerts back.

pub(crate) use super::converter::Guest;
use super::{
    clip, converter as wit, list, problems,
    wit::{PairResult, Problem as Wrong},
};
use crate::{Problem, SourceFault, SourceWants, Webhook, source::Incoming};
use bellwire_core::{Instant, PluginFault};

/// Calls `with` with a view of the webhook, whose body is copied once: into the guest's memory.
pub(crate) fn with_webhook<R>(webhook: &Webhook, with: impl FnOnce(wit::Webhook<'_>) -> R) -> R {
    let Webhook { now, content_type, query, headers, body } = webhook;
    with(wit::Webhook {
        now: now.as_millis(),
        content_type,
        query: &list(query),
        headers: &list(headers),
        body,
        ext: &[],
    })
}

/// What `convert` said. `ext` is for later versions of the contract, and says nothing yet.
pub(crate) fn incoming(answer: Result<Vec<wit::Incoming>, wit::SourceError>) -> Result<Vec<Incoming>, SourceFault> {
    let texts = |pairs: Vec<PairResult>| pairs.into_iter().map(|pair| (pair.name, pair.value)).collect();
    let incoming = answer.map_err(fault)?.into_iter().map(|alert| Incoming {
        labels: texts(alert.labels),
        annotations: texts(alert.annotations),
        starts_at: alert.starts_at.map(Instant::from_millis),
        ends_at: alert.ends_at.map(Instant::from_millis),
        generator_url: alert.generator_url,
    });
    Ok(incoming.collect())
}

fn fault(error: wit::SourceError) -> SourceFault {
    SourceFault::Plugin(match error {
        wit::SourceError::Malformed(message) => return SourceFault::Malformed(clip(message)),
        wit::SourceError::Settings(message) => PluginFault::Settings(clip(message)),
        wit::SourceError::Failed(message) => PluginFault::Failed(clip(message)),
        wit::SourceError::Other(pair) => PluginFault::Failed(clip(format!("{}: {}", pair.name, pair.value))),
    })
}

/// What `check` said.
pub(crate) fn verdict(verdict: Result<wit::SourceWants, Vec<Wrong>>) -> Result<SourceWants, Vec<Problem>> {
    verdict.map(|wants| SourceWants { headers: wants.headers }).map_err(problems)
}
