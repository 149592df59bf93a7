//! The app embedded in a test, with a clock that stands still until the test moves it: alert → expect → fast-forward →
//! expect. Sends are real, to the fakes of the stage.

use crate::{
    alerts::{self, Alert, Status},
    stage::Stage,
};
use bellwire_app::{
    App, Clock, ManualClock, Options, StartError,
    core::{Instant, Span},
};
use serde_json::{Value, json};
use std::{fs, ops::Deref, time::Duration};

pub fn seconds(count: u64) -> Span {
    Span::from_secs(count)
}

pub fn minutes(count: u64) -> Span {
    Span::from_secs(count * 60)
}

/// An HTTP client; reqwest needs a TLS provider even for plain HTTP, and the app may have chosen it already.
pub fn client() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap()
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<u64>,
    pub body: String,
}

impl Reply {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        let retry_after = reply.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
        Self { status, retry_after, body: reply.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The message of an error.
    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// A stage with a running Bellwire on it.
pub struct Story {
    pub stage: Stage,
    pub http: reqwest::Client,
    app: App,
    clock: ManualClock,
}

impl Deref for Story {
    type Target = Stage;
    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Story {
    /// A Wednesday morning.
    pub async fn begin(stage: Stage) -> Self {
        let start: jiff::Timestamp = "2026-11-18T10:00:00Z".parse().unwrap();
        let clock = ManualClock::at(Instant::from_millis(start.as_millisecond().try_into().unwrap()));
        let app = start_on(&stage, clock.clone()).await.unwrap_or_else(|error| panic!("{error}"));
        Self { stage, http: client(), app, clock }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.app.url())
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub async fn fast_forward(&self, span: Span) {
        self.app.fast_forward(span).await;
    }

    /// Until nothing is under way. Do not ask for it while a receiver hangs.
    pub async fn settle(&self) {
        self.app.fast_forward(Span::ZERO).await;
    }

    /// Stops, lets `span` pass, and starts anew on the same folder.
    pub async fn restart_after(self, span: Span) -> Self {
        let Self { stage, app, clock, .. } = self;
        app.stop().await;
        let clock = ManualClock::at(clock.now().saturating_add(span));
        let app = start_on(&stage, clock.clone()).await.unwrap_or_else(|error| panic!("{error}"));
        Self { stage, http: client(), app, clock }
    }

    /// As after `kill -9` at this instant: what is on disk now is all that the next one finds. The old one is stopped, and what
    /// it may have written on the way is undone.
    pub async fn kill(self) -> Self {
        let database = ["bellwire.db", "bellwire.db-wal"].map(|name| self.stage.path(name));
        let on_disk = database.each_ref().map(|file| fs::read(file).unwrap());
        let Self { stage, app, clock, .. } = self;
        app.stop().await;
        for (file, bytes) in database.iter().zip(on_disk) {
            fs::write(file, bytes).unwrap();
        }
        let app = start_on(&stage, clock.clone()).await.unwrap_or_else(|error| panic!("{error}"));
        Self { stage, http: client(), app, clock }
    }

    /// The fakes go first, so that no send to one that hangs is waited for.
    pub async fn end(self) {
        let Self { stage, app, http, .. } = self;
        drop((stage, http));
        app.stop().await;
    }

    /// As Alertmanager's webhook says it.
    pub async fn fires(&self, alerts: &[Alert]) {
        let now = self.now().to_string();
        let reply = self.post("/webhook/alertmanager", &alerts::webhook(Status::Firing, alerts, &now, &now)).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    }

    /// As Alertmanager's webhook says it.
    pub async fn resolves(&self, alerts: &[Alert]) {
        let now = self.now().to_string();
        let reply = self.post("/webhook/alertmanager", &alerts::webhook(Status::Resolved, alerts, &now, &now)).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    }

    /// As Prometheus says it: firing now, and taken for resolved after `heartbeat` without another word.
    pub async fn prometheus_fires(&self, alerts: &[Alert], heartbeat: Span) {
        let (now, end) = (self.now().to_string(), self.now().saturating_add(heartbeat).to_string());
        let reply = self.post("/api/v2/alerts", &alerts::prometheus(alerts, &now, &end)).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.http.post(self.url(path)).json(body)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.http.get(self.url(path))).await
    }

    pub async fn reload(&self) -> Reply {
        Reply::of(self.http.post(self.url("/-/reload"))).await
    }

    pub async fn acknowledge(&self, incident: &str, by: &str) {
        let reply = self.post(&format!("/api/v1/incidents/{incident}/acknowledge"), &json!({"by": by})).await;
        assert_eq!((reply.status, reply.json()), (200, json!({"result": "done"})));
    }

    pub async fn incident(&self, id: &str) -> Value {
        let reply = self.get(&format!("/api/v1/incidents/{id}")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }

    /// Every incident there is, the newest first: `id state priority`.
    pub async fn incidents(&self) -> Vec<String> {
        let page = self.get("/api/v1/incidents?state=all").await.json();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let line = |incident: &Value| {
            format!("{} {} {}", text(&incident["id"]), text(&incident["state"]), text(&incident["priority"]))
        };
        page["incidents"].as_array().unwrap().iter().map(line).collect()
    }
}

pub async fn start_on(stage: &Stage, clock: ManualClock) -> Result<App, StartError> {
    let environment = stage.look_up();
    App::start(Options { config: stage.config(), listen: None, environment, clock: Clock::Manual(clock) }).await
}
