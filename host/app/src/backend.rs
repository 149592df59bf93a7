//! What `http` asks of us: alerts and actions go to the loop, questions to the store's readers.

use crate::{
    clock::Clock,
    inbox::{Inbox, NotStored},
    reload::Reloader,
    writer::StoreHealth,
};
use arc_swap::ArcSwap;
use bellwire_core::{AlertInput, Answer, Event, Incident, IncidentId, IncidentState, Instant, OverrideRequest, Roster};
use bellwire_http::{
    Acted, ActionLink, AlertView, Backend, IncidentDetail, IncidentQuery, IncidentSummary, LinkRefusal, NoticeView,
    Readiness, ReloadError, StateFilter, TimelineEntry, Unavailable,
};
use bellwire_store::{Reader, StoreError};
use metrics_exporter_prometheus::PrometheusHandle;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// What a sender is asked to wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Of one incident in one answer.
const ROWS_MAX: u32 = 10_000;

pub(crate) struct Door {
    pub inbox: Arc<Inbox>,
    pub reader: Arc<dyn Reader>,
    pub clock: Clock,
    pub health: StoreHealth,
    pub reloader: Reloader,
    pub metrics: PrometheusHandle,
    pub roster: Arc<ArcSwap<Roster>>,
}

impl Door {
    async fn ask(&self, event: Event) -> Result<Answer, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let busy = || unavailable("more waits than can be taken in");
        self.inbox.offer(event, reply).map_err(|_full| busy())?;
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(NotStored)) => {
                Err(unavailable("the store refuses writes; what was sent is being acted on and is not on disk"))
            }
            Err(_stopped) => Err(unavailable("stopping")),
        }
    }

    /// Off the async threads, since a reader blocks.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let reader = self.reader.clone();
        let read = tokio::task::spawn_blocking(move || work(&*reader)).await;
        match read {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => {
                tracing::error!(%error, "a read of the store failed");
                Err(unavailable("the store cannot be read"))
            }
            Err(_panicked) => Err(unavailable("the store cannot be read")),
        }
    }
}

impl Backend for Door {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    async fn received(&self, alerts: Vec<AlertInput>) -> Result<Answer, Unavailable> {
        self.ask(Event::Received(alerts)).await
    }

    async fn acted(&self, acted: Acted) -> Result<Answer, Unavailable> {
        let Acted { incident, action, revision, by, via } = acted;
        match self.ask(Event::Acted { incident: incident.clone(), action, revision, by, via }).await? {
            // It may be closed: known to the store, and no longer to the engine.
            Answer::UnknownIncident => {
                self.read(move |reader| reader.incident(&incident)).await.map(|known| match known {
                    Some(_) => Answer::AlreadyResolved,
                    None => Answer::UnknownIncident,
                })
            }
            answer => Ok(answer),
        }
    }

    async fn overridden(&self, request: OverrideRequest, by: Arc<str>, via: Arc<str>) -> Result<Answer, Unavailable> {
        self.ask(Event::Overridden { request, by, via }).await
    }

    fn roster(&self) -> Arc<Roster> {
        self.roster.load_full()
    }

    fn link(&self, _token: &str) -> Result<ActionLink, LinkRefusal> {
        Err(LinkRefusal::Forged)
    }

    async fn incidents(&self, query: IncidentQuery) -> Result<Vec<IncidentSummary>, Unavailable> {
        let states = match query.state {
            StateFilter::Open => vec![IncidentState::Open, IncidentState::Snoozed],
            StateFilter::Acknowledged => vec![IncidentState::Acknowledged],
            StateFilter::Resolved => vec![IncidentState::Resolved],
            StateFilter::All => Vec::new(),
        };
        let team = query.team.map(Into::into);
        let limit = u32::try_from(query.limit).unwrap_or(u32::MAX);
        let query = bellwire_store::IncidentQuery { team, states, limit, before: query.before };
        let incidents = self.read(move |reader| reader.incidents(&query)).await?;
        Ok(incidents.iter().map(summary).collect())
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<IncidentDetail>, Unavailable> {
        self.read(move |reader| {
            let Some(incident) = reader.incident(&id)? else { return Ok(None) };
            let timeline = reader.timeline(&id, 0, ROWS_MAX)?;
            Ok(Some(IncidentDetail {
                incident: summary(&incident),
                alerts: reader.alerts(&id, ROWS_MAX)?.iter().map(AlertView::from).collect(),
                notices: reader.notices(&id, ROWS_MAX)?.iter().map(NoticeView::from).collect(),
                timeline: timeline.iter().map(|(seq, entry)| TimelineEntry::new(*seq, entry)).collect(),
            }))
        })
        .await
    }

    fn readiness(&self) -> Readiness {
        match self.health.problem() {
            None => Readiness::Ready,
            Some(problem) => Readiness::Waiting(format!("the store refuses writes: {problem}")),
        }
    }

    async fn reload(&self) -> Result<String, ReloadError> {
        self.reloader.reload().await
    }

    fn metrics(&self) -> String {
        self.metrics.render()
    }
}

fn summary(incident: &Incident) -> IncidentSummary {
    IncidentSummary::new(incident, incident.firing, incident.resolved)
}

fn unavailable(reason: &str) -> Unavailable {
    Unavailable { reason: reason.into(), retry_after: RETRY_AFTER }
}
