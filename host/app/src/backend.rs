//! What `http` asks of us: alerts and actions go to the loop, questions to the store's readers.

use crate::{
    clock::Clock,
    inbox::{Inbox, NotStored, Order},
    links::Links,
    reload::Reloader,
    slack_voice::SlackVoice,
    sources::Sources,
    writer::StoreHealth,
};
use arc_swap::ArcSwap;
use bellwire_core::{
    AlertInput, Answer, Engine, Event, Firing, Incident, IncidentId, IncidentState, Instant, OverrideRequest, Roster,
    Silence, SilenceRequest,
};
use bellwire_http::{
    Acted, ActionLink, AlertView, Backend, IncidentDetail, IncidentQuery, IncidentSummary, LinkRefusal, NoticeView,
    Readiness, ReloadError, ReportQuery, StateFilter, TimelineEntry, Unavailable, Unread, Webhook, decode::Batch,
};
use bellwire_store::{Reader, StoreError};
use metrics_exporter_prometheus::PrometheusHandle;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Semaphore, oneshot};

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
    pub sources: Arc<ArcSwap<Sources>>,
    pub links: Option<Arc<Links>>,
    pub slack: Option<SlackVoice>,
}

impl Door {
    async fn ask(&self, event: Event) -> Result<Answer, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let busy = || unavailable("more waits than can be taken in");
        self.inbox.offer(Order::Event(event), Some(reply)).map_err(|_full| busy())?;
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(NotStored)) => {
                Err(unavailable("the store refuses writes; what was sent is being acted on and is not on disk"))
            }
            Err(_stopped) => Err(unavailable("stopping")),
        }
    }

    /// What the engine shows, after everything that was taken in before.
    async fn look<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        // Whoever looks at everything keeps the loop from its work, so that they take turns.
        static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);
        let _turn = ONE_AT_A_TIME.acquire().await;
        let (tell, told) = oneshot::channel();
        let look = Order::Look(Box::new(move |engine| drop(tell.send(question(engine)))));
        self.inbox.offer(look, None).map_err(|_full| unavailable("more waits than can be taken in"))?;
        told.await.map_err(|_stopped| unavailable("stopping"))
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

    fn sources(&self) -> Vec<Arc<str>> {
        self.sources.load().names()
    }

    async fn converted(&self, source: &Arc<str>, webhook: Webhook) -> Result<Batch, Unread> {
        self.sources.load_full().convert(source, webhook, self.clock.now()).await
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

    async fn silenced(&self, request: SilenceRequest, by: Arc<str>, via: Arc<str>) -> Result<Answer, Unavailable> {
        self.ask(Event::Silenced { request, by, via }).await
    }

    async fn beaten(&self, team: Arc<str>, heartbeat: Arc<str>) -> Result<Answer, Unavailable> {
        self.ask(Event::Beat { team, heartbeat }).await
    }

    async fn silences(&self) -> Result<Vec<Silence>, Unavailable> {
        self.look(Engine::silences).await
    }

    async fn silence(&self, id: Arc<str>) -> Result<Option<Silence>, Unavailable> {
        self.look(move |engine| engine.silence(&id).cloned()).await
    }

    async fn firing(&self) -> Result<Firing, Unavailable> {
        self.look(Engine::firing).await
    }

    fn roster(&self) -> Arc<Roster> {
        self.roster.load_full()
    }

    fn link(&self, token: &str) -> Result<ActionLink, LinkRefusal> {
        self.links.as_ref().ok_or(LinkRefusal::Forged)?.open(token, self.clock.now())
    }

    fn say_to_slack(&self, url: String, text: String) {
        match &self.slack {
            Some(voice) => voice.say(url, &text),
            None => tracing::warn!("an answer for somebody in Slack is lost: there is no HTTP client"),
        }
    }

    async fn incidents(&self, query: IncidentQuery) -> Result<Vec<IncidentSummary>, Unavailable> {
        let active = || vec![IncidentState::Open, IncidentState::Acknowledged, IncidentState::Snoozed];
        let states = match query.state {
            StateFilter::Active | StateFilter::Unowned => active(),
            StateFilter::Open => vec![IncidentState::Open],
            StateFilter::Acknowledged => vec![IncidentState::Acknowledged],
            StateFilter::Snoozed => vec![IncidentState::Snoozed],
            StateFilter::Resolved => vec![IncidentState::Resolved],
            StateFilter::All => Vec::new(),
        };
        let (unowned, wanted) = (query.state == StateFilter::Unowned, query.limit);
        // The store has no column for it, so that they are picked out of what it reads.
        let limit = if unowned { ROWS_MAX } else { u32::try_from(wanted).unwrap_or(u32::MAX) };
        let query =
            bellwire_store::IncidentQuery { team: query.team.map(Into::into), states, limit, before: query.before };
        let incidents = self.read(move |reader| reader.incidents(&query)).await?;
        let picked = incidents.iter().filter(|incident| !unowned || incident.unowned_since.is_some());
        Ok(picked.take(wanted).map(summary).collect())
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

    async fn report(&self, query: ReportQuery) -> Result<bellwire_core::Report, Unavailable> {
        let _turn = crate::reports::AT_ONCE.acquire().await;
        let roster = self.roster.load_full();
        self.read(move |reader| crate::reports::count(reader, &roster, query)).await
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
