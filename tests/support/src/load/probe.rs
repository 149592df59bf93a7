//! From a POST to the webhook that follows from it, one at a time, on a target that does nothing else.

use super::{Batch, LoadError, Sink, Target, connect, histogram, post};
use crate::observed::TimedOut;
use hdrhistogram::Histogram;
use std::time::Duration;
use tokio::time::Instant;

/// Much longer than anything that would still be worth measuring.
const ARRIVAL_WAIT: Duration = Duration::from_secs(30);
/// Between two samples, so that what follows from an arrival (a commit, a log line) is over: the target is idle.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
    #[error("a request was answered with {0}")]
    Refused(u16),
}

/// Posts each batch once the one before has arrived. Each must bring an alertname of its own, the first of them
/// `Load000000`. Microseconds from the first byte sent to the sink's having the whole request.
pub async fn probe(target: &Target, sink: &Sink, batches: &[Batch]) -> Result<Histogram<u64>, ProbeError> {
    let mut latency = histogram().map_err(LoadError::from)?;
    let (mut sender, connection) = connect(target).await?;
    let driver = tokio::spawn(connection);
    for (number, batch) in batches.iter().enumerate() {
        tokio::time::sleep(PAUSE).await;
        let name = format!("Load{number:06}");
        let started = Instant::now();
        let status = post(&mut sender, target, batch).await?;
        if !status.is_success() {
            return Err(ProbeError::Refused(status.as_u16()));
        }
        let arrived = sink.wait_for(&name, ARRIVAL_WAIT, |arrivals| arrivals.first.get(&name).copied()).await?;
        let elapsed = arrived.saturating_duration_since(started);
        latency.saturating_record(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX));
    }
    driver.abort();
    Ok(latency)
}
