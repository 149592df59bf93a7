//! A team with people and a schedule, an incident, and ways to act on it from outside.

use crate::world::{ALERTS, InMemory, NOW, Reply, World, tables};
use axum::http::Method;
use bellwire_core::{
    Contact, Cover, Every, GroupBy, Layer, Limits, Person, Rotation, Schedule, Secret, Span, Tables, TurnsBy,
};
use bellwire_http::{Integrations, Settings};
use bellwire_support::{
    pagerduty_webhook::SignedEvent,
    slack::press::{SIGNING_SECRET, SignedForm, User},
};
use std::sync::Arc;

pub const SECONDS: u64 = NOW / 1_000;
pub const ACTIONS: &str = "/slack/actions";
pub const COMMAND: &str = "/slack/command";
pub const PAGERDUTY: &str = "/pagerduty/webhook";
pub const RESPONSE_URL: &str = "https://hooks.slack.com/actions/T1/2/three";
pub const OLD_SECRET: &str = "the secret that is being replaced";
pub const NEW_SECRET: &str = "the secret that replaces it";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub fn settings() -> Settings {
    let integrations = Integrations {
        slack_signing_secret: Some(Secret::new(SIGNING_SECRET)),
        slack_response_base: None,
        pagerduty_webhook_secrets: vec![Secret::new(OLD_SECRET), Secret::new(NEW_SECRET)],
    };
    Settings { integrations, ..Settings::default() }
}

/// Ann Smith, in Slack and PagerDuty, is on call in the schedule `primary`.
pub fn staffed() -> Tables {
    let mut tables = tables(Limits::default());
    let ann = Person {
        name: "ann".into(),
        display: "Ann Smith".into(),
        zone: None,
        slack_user: Some("U0ANN".into()),
        email: Some("ann@example.org".into()),
        contacts: vec![Contact { receiver: "ops/ann:email".into(), after: Span::ZERO }],
    };
    let rotation = Rotation {
        start: "2026-01-05T09:00".parse().unwrap(),
        until: None,
        every: Every::Weeks(1),
        turns_by: TurnsBy::Shift,
        turns: vec![vec!["ann".into()]],
        hours: vec![],
        only: None,
        except: Arc::new([]),
    };
    let schedule = Schedule {
        name: "primary".into(),
        zone_name: "UTC".into(),
        zone: jiff::tz::TimeZone::UTC,
        layers: vec![Layer { name: "weekly".into(), cover: Cover::Rotation(rotation), adds: false }],
        overrides: vec![],
    };
    let team = tables.teams.get_mut("ops").unwrap();
    team.root.group_by = GroupBy::Labels(vec!["alertname".into()]);
    team.people.insert("ann".into(), Arc::new(ann));
    team.schedules.insert("primary".into(), schedule);
    tables
}

pub fn ann() -> User {
    User::new("U0ANN", "ann.s")
}

/// With the incident `ops-1`, open.
pub async fn outside() -> World {
    outside_with(&settings(), InMemory::with_tables(staffed())).await
}

pub async fn outside_with(settings: &Settings, backend: InMemory) -> World {
    let world = World::with(settings, backend);
    let alert = r#"[{"labels":{"alertname":"Disk"},"annotations":{"summary":"<b>full</b> & \"hot\""}}]"#;
    assert_eq!(world.post(ALERTS, alert).await.status, 200);
    world
}

/// As one of our buttons carries it.
pub fn carried(incident: &str, revision: u64) -> String {
    serde_json::json!({"incident": incident, "revision": revision}).to_string()
}

pub fn press(user: &User, button: &str, value: &str) -> SignedForm {
    SignedForm::press(SECONDS, user, button, value, RESPONSE_URL)
}

impl World {
    pub async fn slack(&self, path: &str, form: &SignedForm) -> Reply {
        let headers = [
            FORM,
            ("x-slack-request-timestamp", form.timestamp.as_str()),
            ("x-slack-signature", form.signature.as_str()),
        ];
        self.call(Method::POST, path, &headers, form.body.clone()).await
    }

    /// The answer to `/bellwire TEXT`, given by Ann.
    pub async fn command(&self, text: &str) -> String {
        let reply = self.slack(COMMAND, &SignedForm::command(SECONDS, &ann(), text, RESPONSE_URL)).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["response_type"]), (200, &serde_json::json!("ephemeral")));
        reply.json()["text"].as_str().unwrap().to_owned()
    }

    pub async fn pagerduty(&self, event: &SignedEvent) -> Reply {
        let headers = [("content-type", "application/json"), ("x-pagerduty-signature", event.signature.as_str())];
        self.call(Method::POST, PAGERDUTY, &headers, event.body.clone()).await
    }

    pub async fn form(&self, path: &str, body: &str) -> Reply {
        self.call(Method::POST, path, &[FORM], body.to_owned()).await
    }

    /// State, revision, and the last line of the timeline.
    pub async fn standing(&self, incident: &str) -> (String, u64, String) {
        let detail = self.get(&format!("/api/v1/incidents/{incident}")).await.json();
        let state = detail["incident"]["state"].as_str().unwrap().to_owned();
        let last = detail["timeline"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap().to_owned();
        (state, detail["incident"]["revision"].as_u64().unwrap(), last)
    }

    /// What was said to people in Slack since the last look.
    pub fn said(&self) -> Vec<String> {
        self.backend.said.lock().unwrap().drain(..).map(|(_, text)| text).collect()
    }
}
