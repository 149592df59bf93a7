//! A backend of the real engine, in memory, and ways to call this room.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use bellwire_core::{
    Alert, AlertInput, Answer, Effects, Engine, Entry, Event, Firing, GroupBy, Incident, IncidentId, Instant, Limits,
    Matchers, OverrideRequest, Policy, Report, ReportScope, Roster, Route, Silence, SilenceRequest, Snapshot, Span,
    Tables, Tally, Team, Wants, Write,
};
use bellwire_http::{
    Acted, ActionLink, AlertView, Backend, IncidentDetail, IncidentQuery, IncidentSummary, LinkRefusal, Readiness,
    ReloadError, ReportQuery, Server, Settings, StateFilter, TimelineEntry, Tls, Unavailable, Unread, Webhook,
    decode::Batch, router,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Semaphore, oneshot};
use tower::ServiceExt;

pub const NOW: u64 = 1_795_230_720_000;
pub const WEBHOOK: &str = "/webhook/alertmanager";
pub const ALERTS: &str = "/api/v2/alerts";

/// The engine, and what a store would hold.
pub struct InMemory {
    pub state: Mutex<State>,
    pub readiness: Readiness,
    pub reload: Result<String, ReloadError>,
    pub unavailable: Option<Unavailable>,
    /// One permit for each batch that may be answered.
    pub answers: Semaphore,
    pub now: Instant,
    /// By token.
    pub links: BTreeMap<String, Result<ActionLink, LinkRefusal>>,
    /// By name: what its plugin would make of a webhook.
    pub sources: BTreeMap<Arc<str>, Conversion>,
    /// What was said to people in Slack: where, and what.
    pub said: Mutex<Vec<(String, String)>>,
}

/// Stands for a plugin.
pub type Conversion = fn(Webhook) -> Result<Batch, Unread>;

pub struct State {
    engine: Engine,
    batches: Vec<Vec<AlertInput>>,
    incidents: BTreeMap<IncidentId, Incident>,
    alerts: Vec<Arc<Alert>>,
    journal: Vec<Entry>,
}

impl InMemory {
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self::with_tables(tables(limits))
    }

    pub fn with_tables(tables: Tables) -> Self {
        let engine = Engine::load(Arc::new(tables), Snapshot::default(), Instant::from_millis(NOW));
        let state = State { engine, batches: vec![], incidents: BTreeMap::new(), alerts: vec![], journal: vec![] };
        Self {
            state: Mutex::new(state),
            readiness: Readiness::Ready,
            reload: Ok("nothing changed".into()),
            unavailable: None,
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
            now: Instant::from_millis(NOW),
            links: BTreeMap::new(),
            sources: BTreeMap::new(),
            said: Mutex::default(),
        }
    }

    /// Every alert that was offered, in order.
    pub fn taken(&self) -> Vec<AlertInput> {
        self.state.lock().unwrap().batches.concat()
    }

    /// As if the policy of the incident had come to its end, and nobody had acknowledged.
    pub fn forsake(&self, id: &str) {
        let mut state = self.state.lock().unwrap();
        let incident = state.incidents.get_mut(&id.parse().unwrap()).unwrap();
        incident.unowned_since = Some(Instant::from_millis(NOW));
    }

    fn step(&self, event: Event) -> Answer {
        let mut state = self.state.lock().unwrap();
        let mut effects = Effects::default();
        let answer = state.engine.step(Instant::from_millis(NOW), event, &mut effects);
        state.engine.settle(Instant::from_millis(NOW), &mut effects);
        for write in effects.writes {
            match write {
                Write::Alert(alert) => state.alerts.push(alert),
                Write::Incident(incident) => drop(state.incidents.insert(incident.id.clone(), *incident)),
                Write::Notice(_)
                | Write::ForgetAlert(_)
                | Write::Override(_)
                | Write::ForgetOverride { .. }
                | Write::Silence(_)
                | Write::ForgetSilence(_)
                | Write::Mark { .. } => {}
            }
        }
        state.journal.extend(effects.journal);
        answer
    }

    fn check(&self) -> Result<(), Unavailable> {
        self.unavailable.clone().map_or(Ok(()), Err)
    }
}

impl Backend for InMemory {
    fn now(&self) -> Instant {
        self.now
    }

    async fn received(&self, alerts: Vec<AlertInput>) -> Result<Answer, Unavailable> {
        self.check()?;
        self.state.lock().unwrap().batches.push(alerts.clone());
        self.answers.acquire().await.unwrap().forget();
        Ok(self.step(Event::Received(alerts)))
    }

    fn sources(&self) -> Vec<Arc<str>> {
        self.sources.keys().cloned().collect()
    }

    async fn converted(&self, source: &Arc<str>, webhook: Webhook) -> Result<Batch, Unread> {
        self.sources[source](webhook)
    }

    async fn acted(&self, acted: Acted) -> Result<Answer, Unavailable> {
        self.check()?;
        let Acted { incident, action, revision, by, via } = acted;
        let answer = self.step(Event::Acted { incident, action, revision, by, via });
        drop(self.answers.acquire().await.unwrap());
        Ok(answer)
    }

    async fn overridden(&self, request: OverrideRequest, by: Arc<str>, via: Arc<str>) -> Result<Answer, Unavailable> {
        Ok(self.step(Event::Overridden { request, by, via }))
    }

    async fn silenced(&self, request: SilenceRequest, by: Arc<str>, via: Arc<str>) -> Result<Answer, Unavailable> {
        self.check()?;
        Ok(self.step(Event::Silenced { request, by, via }))
    }

    async fn beaten(&self, team: Arc<str>, heartbeat: Arc<str>) -> Result<Answer, Unavailable> {
        self.check()?;
        Ok(self.step(Event::Beat { team, heartbeat }))
    }

    async fn silences(&self) -> Result<Vec<Silence>, Unavailable> {
        self.check()?;
        Ok(self.state.lock().unwrap().engine.silences())
    }

    async fn silence(&self, id: Arc<str>) -> Result<Option<Silence>, Unavailable> {
        self.check()?;
        Ok(self.state.lock().unwrap().engine.silence(&id).cloned())
    }

    async fn firing(&self) -> Result<Firing, Unavailable> {
        self.check()?;
        Ok(self.state.lock().unwrap().engine.firing())
    }

    fn roster(&self) -> Arc<Roster> {
        self.state.lock().unwrap().engine.roster().clone()
    }

    fn link(&self, token: &str) -> Result<ActionLink, LinkRefusal> {
        self.links.get(token).cloned().unwrap_or(Err(LinkRefusal::Forged))
    }

    fn say_to_slack(&self, url: String, text: String) {
        self.said.lock().unwrap().push((url, text));
    }

    async fn incidents(&self, query: IncidentQuery) -> Result<Vec<IncidentSummary>, Unavailable> {
        self.check()?;
        let state = self.state.lock().unwrap();
        let summaries = state.incidents.values().rev().map(|incident| IncidentSummary::new(incident, 1, 0));
        let wanted = |summary: &IncidentSummary| {
            let state = match query.state {
                StateFilter::All => true,
                StateFilter::Active => summary.state != "resolved",
                StateFilter::Open => summary.state == "open",
                StateFilter::Acknowledged => summary.state == "acknowledged",
                StateFilter::Snoozed => summary.state == "snoozed",
                StateFilter::Resolved => summary.state == "resolved",
                StateFilter::Unowned => summary.unowned_since.is_some() && summary.state != "resolved",
            };
            state && query.team.as_ref().is_none_or(|team| *team == summary.team)
        };
        let after =
            |summary: &IncidentSummary| query.before.as_ref().is_none_or(|before| summary.id < before.to_string());
        Ok(summaries.filter(wanted).filter(after).take(query.limit).collect())
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<IncidentDetail>, Unavailable> {
        self.check()?;
        let state = self.state.lock().unwrap();
        let Some(incident) = state.incidents.get(&id) else { return Ok(None) };
        let own = |entry: &&Entry| entry.incident.as_ref() == Some(&id);
        let timeline = state.journal.iter().filter(own).zip(1..).map(|(entry, seq)| TimelineEntry::new(seq, entry));
        Ok(Some(IncidentDetail {
            incident: IncidentSummary::new(incident, 1, 0),
            alerts: state.alerts.iter().map(|alert| AlertView::from(&**alert)).collect(),
            notices: vec![],
            timeline: timeline.collect(),
        }))
    }

    async fn report(&self, query: ReportQuery) -> Result<Report, Unavailable> {
        self.check()?;
        let ReportQuery { from, until, team, zone } = query;
        let (zone, zones) = (zone.unwrap_or(jiff::tz::TimeZone::UTC), BTreeMap::new());
        let mut tally = Tally::new(ReportScope { from, until, team, zone, zones });
        self.state.lock().unwrap().journal.iter().for_each(|entry| tally.take(entry));
        Ok(tally.finish())
    }

    fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    async fn reload(&self) -> Result<String, ReloadError> {
        self.reload.clone()
    }

    fn metrics(&self) -> String {
        "bellwire_up 1\n".into()
    }
}

/// One team that takes everything, an incident for each `alertname`.
pub fn tables(limits: Limits) -> Tables {
    let root = Route {
        name: "ops".into(),
        matchers: Matchers::default(),
        continues: false,
        group_by: GroupBy::Labels(vec!["alertname".into()]),
        group_wait: Span::from_secs(3_600),
        group_interval: Span::from_secs(30),
        reopen_window: Span::from_secs(300),
        policy: "p".into(),
        fallback: vec!["mail".into()],
        flapping: None,
        mute: vec![],
        active: vec![],
        routes: vec![],
    };
    let policy =
        Policy { name: "p".into(), plugin: "p".into(), settings: "{}".into(), wants: Wants::default(), zones: vec![] };
    let team = Team {
        name: "ops".into(),
        matchers: Matchers::default(),
        root,
        receivers: BTreeMap::new(),
        policies: [("p".into(), policy)].into_iter().collect(),
        windows: BTreeMap::new(),
        people: BTreeMap::new(),
        schedules: BTreeMap::new(),
        silences: vec![],
        inhibitions: vec![],
        heartbeats: vec![],
        last_resort: vec![],
        last_resort_after: Span::from_secs(600),
    };
    Tables {
        teams: [("ops".into(), team)].into_iter().collect(),
        default_team: "ops".into(),
        receivers: BTreeMap::new(),
        inhibitions: vec![],
        limits,
        revision: "1".into(),
    }
}

pub struct World {
    pub backend: Arc<InMemory>,
    pub router: Router,
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(&Settings::default(), InMemory::new())
    }

    pub fn with(settings: &Settings, backend: InMemory) -> Self {
        let backend = Arc::new(backend);
        Self { router: router(settings, backend.clone()), backend }
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.call(Method::POST, path, &[("content-type", "application/json")], body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], Body::empty()).await
    }

    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }
}

/// A server on a free port, stopped when `test` is done.
pub async fn served<F: Future<Output = ()>>(
    settings: Settings,
    tls: Option<Tls>,
    backend: Arc<InMemory>,
    test: impl FnOnce(SocketAddr, oneshot::Sender<()>) -> F,
) {
    let server = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let test = test(server.address(), stop);
    let shutdown = async { drop(stopped.await) };
    let both = async { tokio::join!(server.serve(tls, &settings, backend, shutdown), test) };
    let (served, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap_or_else(|_| panic!("it hangs"));
    served.unwrap();
}
