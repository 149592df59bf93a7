//! Plugins from registries: all of a configuration at once, within a bounded time, and from the cache where that will do.

use super::{
    artifact::Artifact,
    cache::Cache,
    registry::{Pulled, RegistryClient},
};
use crate::measure;
use bellwire_config::{OciReference, OciVersion, PluginSupply};
use std::{sync::Arc, thread, time::Duration};
use tokio::{runtime, task::JoinSet, time::timeout};

/// A start waits for a registry as long as this.
const PATIENCE: Duration = Duration::from_secs(30);
/// If there is a copy to go on with.
const PATIENCE_WITH_COPY: Duration = Duration::from_secs(10);

type Pin = Option<Arc<str>>;
type Fetched = (OciReference, Pin, Result<Artifact, Arc<str>>);

/// What is not in the cache, or may have changed since.
struct Question {
    reference: OciReference,
    pin: Pin,
    copy: Option<Pulled>,
}

pub(crate) fn fetch(supply: &PluginSupply, mut wanted: Vec<(OciReference, Pin)>) -> Vec<Fetched> {
    let cache = Cache { folder: &supply.cache };
    let mut seen = std::collections::HashSet::new();
    wanted.retain(|wanted| seen.insert(wanted.clone()));
    let (mut fetched, mut questions) = (Vec::new(), Vec::new());
    for (reference, pin) in wanted {
        match cache.find(&reference) {
            Some(copy) if is_final(&reference, &pin, &copy) => fetched.push((reference, pin, Ok(copy.into_artifact()))),
            copy => questions.push(Question { reference, pin, copy }),
        }
    }
    if questions.is_empty() {
        return fetched;
    }
    let answers = ask(supply, &questions);
    for (question, answer) in questions.into_iter().zip(answers) {
        let Question { reference, pin, copy } = question;
        let artifact = taken(&cache, &reference, copy, answer);
        fetched.push((reference, pin, artifact));
    }
    fetched
}

/// The registry could not say anything else about it.
fn is_final(reference: &OciReference, pin: &Pin, copy: &Pulled) -> bool {
    match &reference.version {
        OciVersion::Digest(_) => true,
        OciVersion::Tag(_) => pin.as_ref().is_some_and(|pin| **pin == *copy.manifest.plugin_sha256),
    }
}

fn taken(
    cache: &Cache<'_>,
    reference: &OciReference,
    copy: Option<Pulled>,
    answer: Result<Pulled, String>,
) -> Result<Artifact, Arc<str>> {
    match (answer, copy) {
        (Ok(pulled), _) => {
            measure::plugin_fetched("fetched");
            if let Err(error) = cache.keep(reference, &pulled) {
                let folder = cache.folder.display();
                tracing::warn!(%error, %folder, "{reference} is not kept: a start needs its registry");
            }
            Ok(pulled.into_artifact())
        }
        (Err(why), Some(copy)) => {
            measure::plugin_fetched("cached");
            tracing::warn!(
                "{reference}: {why}; the copy that was fetched before goes on, with the digest sha256:{}",
                copy.digest
            );
            Ok(copy.into_artifact())
        }
        (Err(why), None) => {
            measure::plugin_fetched("failed");
            Err(format!("{reference}: {why}").into())
        }
    }
}

/// In their order. On a thread and a runtime of its own: whoever asks may be inside of one, or have none.
fn ask(supply: &PluginSupply, questions: &[Question]) -> Vec<Result<Pulled, String>> {
    let pulls: Vec<_> = questions
        .iter()
        .map(|Question { reference, copy, .. }| {
            let registry = supply.registries.get(&reference.registry).cloned().unwrap_or_default();
            let patience = if copy.is_some() { PATIENCE_WITH_COPY } else { PATIENCE };
            (RegistryClient::new(&reference.registry, registry), reference.clone(), patience)
        })
        .collect();
    let failed = |why: String| questions.iter().map(|_| Err(why.clone())).collect();
    let work = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        Ok::<_, std::io::Error>(runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for (index, (client, reference, patience)) in pulls.into_iter().enumerate() {
                tasks.spawn(async move { (index, pull(client, &reference, patience).await) });
            }
            let mut answers = tasks.join_all().await;
            answers.sort_by_key(|(index, _)| *index);
            answers.into_iter().map(|(_, answer)| answer).collect()
        }))
    };
    match thread::Builder::new().name("registries".into()).spawn(work).map(thread::JoinHandle::join) {
        Ok(Ok(Ok(answers))) => answers,
        Ok(Ok(Err(error))) | Err(error) => failed(format!("it cannot be fetched: {error}")),
        Ok(Err(_panicked)) => failed("fetching it broke off".into()),
    }
}

async fn pull(
    client: Result<RegistryClient, super::RegistryError>,
    reference: &OciReference,
    patience: Duration,
) -> Result<Pulled, String> {
    let pull = async { client?.pull(reference).await };
    match timeout(patience, pull).await {
        Ok(pulled) => pulled.map_err(|error| error.to_string()),
        Err(_elapsed) => Err(format!("its registry took longer than {} s", patience.as_secs())),
    }
}
