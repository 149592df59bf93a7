//! A fake of PagerDuty's Events API v2 that takes and refuses what the published contract takes and refuses
//! (contracts.md §3), keeps the alerts of each service, and knows which trigger would have woken somebody.

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

const EVENT_BYTES_MAX: usize = 512_000;
const SUMMARY_CHARACTERS_MAX: usize = 1024;
const DEDUP_KEY_CHARACTERS_MAX: usize = 255;
const ROUTING_KEY_CHARACTERS: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Triggered,
    Acknowledged,
    Resolved,
}

/// One alert of a service, found by its routing key and its dedup key.
#[derive(Clone, Debug)]
pub struct Alert {
    pub status: Status,
    pub summary: String,
    pub severity: String,
    /// Triggers since it was opened; all but the first only went to its log.
    pub triggers: u32,
}

/// A trigger that opened an alert: the on-call person of the service was woken.
#[derive(Clone, Debug)]
pub struct Page {
    pub at: Instant,
    pub routing_key: String,
    pub dedup_key: String,
    pub summary: String,
    pub severity: String,
}

/// One request to `/v2/enqueue` that was acted on, whatever the answer.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: Instant,
    pub body: Value,
    pub status: u16,
    pub errors: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub events: Vec<Event>,
    pub pages: Vec<Page>,
    /// By routing key and dedup key.
    pub alerts: BTreeMap<(String, String), Alert>,
}

impl Seen {
    pub fn alert(&self, routing_key: &str, dedup_key: &str) -> Option<&Alert> {
        self.alerts.get(&(routing_key.to_owned(), dedup_key.to_owned()))
    }
}

pub struct PagerDuty {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
}

impl PagerDuty {
    /// Knows these routing keys (32 characters each) and no others.
    pub async fn start(routing_keys: &[&str]) -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Seen>::default(), Script::default());
        let known: Vec<String> = routing_keys.iter().map(|&key| key.to_owned()).collect();
        let (state, faults) = (seen.clone(), script.clone());
        let server = Server::start(move |request| enqueue(request, known.clone(), state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script })
    }

    /// The base URL, to which a sender adds `/v2/enqueue`.
    pub fn url(&self) -> String {
        self.server.url("")
    }

    /// The next events for `routing_key` meet these faults.
    pub fn script(&self, routing_key: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(routing_key, faults);
    }

    pub fn faults(&self) -> &Script {
        &self.script
    }

    pub fn seen(&self) -> Seen {
        self.seen.read(Seen::clone)
    }

    pub async fn wait_for<R>(
        &self,
        what: &str,
        timeout: Duration,
        look: impl FnMut(&Seen) -> Option<R>,
    ) -> Result<R, TimedOut> {
        self.seen.wait_for(what, timeout, look).await
    }
}

async fn enqueue(request: Request, known: Vec<String>, seen: Observed<Seen>, script: Script) -> Outcome {
    if request.path != "/v2/enqueue" {
        return Some(Reply::text(404, "not found"));
    }
    if request.method != "POST" {
        return Some(Reply::text(405, "POST only"));
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let heard = match script.play(body["routing_key"].as_str().unwrap_or("")).await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    let errors = match request.body.len() {
        length if length > EVENT_BYTES_MAX => {
            seen.change(|seen| seen.events.push(event(Value::Null, 413, vec!["too large".to_owned()])));
            return heard.then(|| Reply::text(413, "Request Entity Too Large"));
        }
        _ => check(&body, &known),
    };
    let reply = if errors.is_empty() {
        let dedup_key = seen.change(|seen| {
            let dedup_key = apply(seen, &body);
            seen.events.push(event(body, 202, Vec::new()));
            dedup_key
        });
        json!({"status": "success", "message": "Event processed", "dedup_key": dedup_key})
    } else {
        seen.change(|seen| seen.events.push(event(body, 400, errors.clone())));
        json!({"status": "invalid event", "message": "Event object is invalid", "errors": errors})
    };
    let status = if errors.is_empty() { 202 } else { 400 };
    heard.then(|| Reply::json(status, &reply))
}

fn event(body: Value, status: u16, errors: Vec<String>) -> Event {
    Event { at: Instant::now(), body, status, errors }
}

/// Moves the alert of a valid event, and returns its dedup key (made up, as PagerDuty does, where none was sent).
fn apply(seen: &mut Seen, body: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let routing_key = text(&body["routing_key"]);
    let made_up = format!("{:032x}", seen.events.len() + 1);
    let dedup_key = body["dedup_key"].as_str().map_or(made_up, str::to_owned);
    let key = (routing_key.clone(), dedup_key.clone());
    let open = seen.alerts.get_mut(&key).filter(|alert| alert.status != Status::Resolved);
    match (body["event_action"].as_str(), open) {
        (Some("trigger"), Some(alert)) => alert.triggers += 1,
        (Some("trigger"), None) => {
            let (summary, severity) = (text(&body["payload"]["summary"]), text(&body["payload"]["severity"]));
            let alert =
                Alert { status: Status::Triggered, summary: summary.clone(), severity: severity.clone(), triggers: 1 };
            seen.alerts.insert(key, alert);
            let at = Instant::now();
            seen.pages.push(Page { at, routing_key, dedup_key: dedup_key.clone(), summary, severity });
        }
        (Some("acknowledge"), Some(alert)) => alert.status = Status::Acknowledged,
        (Some("resolve"), Some(alert)) => alert.status = Status::Resolved,
        // PagerDuty takes an acknowledge or a resolve of what is not open, and does nothing.
        _ => {}
    }
    dedup_key
}

/// Everything that is wrong with an event, in PagerDuty's manner: `'field' …`.
fn check(body: &Value, known: &[String]) -> Vec<String> {
    let Some(event) = body.as_object() else { return vec!["the body is not a JSON object".to_owned()] };
    let mut errors = Vec::new();
    match event.get("routing_key").and_then(Value::as_str) {
        None => errors.push("'routing_key' is missing or not a string".to_owned()),
        Some(key) if key.chars().count() != ROUTING_KEY_CHARACTERS => {
            errors.push("'routing_key' must be 32 characters".to_owned());
        }
        Some(key) if !known.iter().any(|known| known == key) => errors.push("'routing_key' is invalid".to_owned()),
        Some(_) => {}
    }
    let action = event.get("event_action").and_then(Value::as_str);
    match action {
        Some("trigger") => match event.get("payload").and_then(Value::as_object) {
            Some(payload) => check_payload(payload, &mut errors),
            None => errors.push("'payload' is missing or not an object".to_owned()),
        },
        Some("acknowledge" | "resolve") if !event.contains_key("dedup_key") => {
            errors.push("'dedup_key' is missing".to_owned());
        }
        Some("acknowledge" | "resolve") => {}
        _ => errors.push("'event_action' must be one of trigger, acknowledge, resolve".to_owned()),
    }
    optional_text(event, "dedup_key", DEDUP_KEY_CHARACTERS_MAX, &mut errors);
    optional_text(event, "client", usize::MAX, &mut errors);
    optional_text(event, "client_url", usize::MAX, &mut errors);
    list_of(event, "links", "href", &mut errors);
    list_of(event, "images", "src", &mut errors);
    errors
}

fn check_payload(payload: &Map<String, Value>, errors: &mut Vec<String>) {
    for required in ["summary", "source"] {
        if payload.get(required).and_then(Value::as_str).is_none_or(str::is_empty) {
            errors.push(format!("'payload.{required}' is missing or blank"));
        }
    }
    optional_text(payload, "summary", SUMMARY_CHARACTERS_MAX, errors);
    for text in ["timestamp", "component", "group", "class"] {
        optional_text(payload, text, usize::MAX, errors);
    }
    if !matches!(payload.get("severity").and_then(Value::as_str), Some("critical" | "error" | "warning" | "info")) {
        errors.push("'payload.severity' must be one of critical, error, warning, info".to_owned());
    }
    if payload.get("custom_details").is_some_and(|details| !details.is_object()) {
        errors.push("'payload.custom_details' is not an object".to_owned());
    }
}

fn optional_text(object: &Map<String, Value>, name: &str, characters_max: usize, errors: &mut Vec<String>) {
    match object.get(name) {
        None => {}
        Some(Value::String(text)) if text.chars().count() <= characters_max => {}
        Some(Value::String(_)) => errors.push(format!("'{name}' is longer than {characters_max} characters")),
        Some(_) => errors.push(format!("'{name}' is not a string")),
    }
}

fn list_of(event: &Map<String, Value>, name: &str, required: &str, errors: &mut Vec<String>) {
    let Some(list) = event.get(name) else { return };
    let well_formed = |entry: &Value| entry[required].as_str().is_some_and(|link| link.starts_with("http"));
    if !list.as_array().is_some_and(|entries| entries.iter().all(well_formed)) {
        errors.push(format!("'{name}' must be a list of objects with a '{required}' that is a URL"));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn trigger() -> Value {
        json!({"routing_key": KEY, "event_action": "trigger", "dedup_key": "one", "client": "Bellwire",
            "payload": {"summary": "Disk full", "source": "db-1", "severity": "critical"},
            "links": [{"href": "https://example.org", "text": "runbook"}]})
    }

    fn act(action: &str) -> Value {
        json!({"routing_key": KEY, "event_action": action, "dedup_key": "one"})
    }

    async fn post(pagerduty: &PagerDuty, body: &Value) -> (u16, Value) {
        let url = format!("{}/v2/enqueue", pagerduty.url());
        let reply = crate::http().post(url).body(body.to_string()).send().await.unwrap();
        (reply.status().as_u16(), serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    #[tokio::test]
    async fn refuses_what_the_published_contract_refuses() {
        let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
        let table: [(&str, Value, &str); 14] = [
            ("/routing_key", json!("short"), "'routing_key' must be 32 characters"),
            ("/routing_key", json!("f".repeat(32)), "'routing_key' is invalid"),
            ("/event_action", json!("page"), "'event_action' must be one of trigger, acknowledge, resolve"),
            ("/dedup_key", json!("é".repeat(256)), "'dedup_key' is longer than 255 characters"),
            ("/dedup_key", json!(7), "'dedup_key' is not a string"),
            ("/client", json!(7), "'client' is not a string"),
            ("/payload", Value::Null, "'payload' is missing or not an object"),
            ("/payload/summary", json!(""), "'payload.summary' is missing or blank"),
            ("/payload/summary", json!("x".repeat(1025)), "'summary' is longer than 1024 characters"),
            ("/payload/source", json!(""), "'payload.source' is missing or blank"),
            ("/payload/severity", json!("P1"), "'payload.severity' must be one of critical, error, warning, info"),
            ("/links", json!({}), "'links' must be a list of objects with a 'href' that is a URL"),
            ("/links/0/href", json!(1), "'links' must be a list of objects with a 'href' that is a URL"),
            ("/event_action", json!(null), "'event_action' must be one of trigger, acknowledge, resolve"),
        ];
        for (pointer, value, error) in table {
            let mut body = trigger();
            *body.pointer_mut(pointer).unwrap() = value;
            let (status, reply) = post(&pagerduty, &body).await;
            assert_eq!((status, &reply["errors"], &reply["status"]), (400, &json!([error]), &json!("invalid event")));
        }
        let mut large = trigger();
        large["payload"]["custom_details"] = json!({"log": "x".repeat(EVENT_BYTES_MAX)});
        assert_eq!(post(&pagerduty, &large).await.0, 413);
        let unkeyed = json!({"routing_key": KEY, "event_action": "resolve"});
        assert_eq!(post(&pagerduty, &unkeyed).await.1["errors"], json!(["'dedup_key' is missing"]));
        assert!(pagerduty.seen().pages.is_empty());
    }

    #[tokio::test]
    async fn a_repeated_trigger_on_an_open_key_pages_nobody() {
        let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
        let success = json!({"status": "success", "message": "Event processed", "dedup_key": "one"});
        for (body, pages, status) in [
            (act("resolve"), 0, None),
            (trigger(), 1, Some(Status::Triggered)),
            (trigger(), 1, Some(Status::Triggered)),
            (act("acknowledge"), 1, Some(Status::Acknowledged)),
            (trigger(), 1, Some(Status::Acknowledged)),
            (act("resolve"), 1, Some(Status::Resolved)),
            (trigger(), 2, Some(Status::Triggered)),
        ] {
            assert_eq!(post(&pagerduty, &body).await, (202, success.clone()));
            let seen = pagerduty.seen();
            assert_eq!((seen.pages.len(), seen.alert(KEY, "one").map(|alert| alert.status)), (pages, status));
        }
        pagerduty.script(KEY, [Fault::RateLimited { retry_after_seconds: 3 }]);
        assert_eq!(post(&pagerduty, &trigger()).await.0, 429);
        assert_eq!(pagerduty.seen().events.len(), 7, "what was refused by a script is no event");
    }
}
