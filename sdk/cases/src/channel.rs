//! Golden cases of a channel: a message and the responses so far in, the next step out.

use crate::{Alert, CaseError, Instant, Moment, OPENED_AT, Priority, check_names, elapsed_text, json, span};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

/// A file of cases of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelCaseFile {
    settings: toml::Table,
    pub cases: Vec<ChannelCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// Of every case that has none of its own.
    #[serde(default)]
    settings: toml::Table,
    /// Of every case; what a case says itself comes before it.
    #[serde(default)]
    message: toml::Table,
    #[serde(rename = "case", default)]
    cases: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    settings: Option<toml::Table>,
    #[serde(default)]
    message: toml::Table,
    #[serde(default)]
    responses: Vec<Response>,
    step: Step,
}

/// A message and what the service answered so far, and what shall be done next.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelCase {
    pub name: String,
    settings: Option<toml::Table>,
    pub message: Message,
    /// To the requests of this attempt, oldest first.
    pub responses: Vec<Response>,
    pub step: Step,
}

/// What is left out is that of a first page about a P2.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Message {
    pub id: String,
    now: Option<Moment>,
    pub attempt: u32,
    pub kind: String,
    pub page: bool,
    pub title: String,
    pub text: String,
    pub incident: Incident,
    pub together: u32,
    pub alerts: Vec<Alert>,
    pub links: Vec<Link>,
    pub earlier: Vec<Earlier>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Incident {
    pub id: String,
    pub team: String,
    pub route: String,
    pub state: IncidentState,
    pub priority: Option<Priority>,
    pub reason: String,
    pub group: BTreeMap<String, String>,
    opened_at: Option<Moment>,
    resolved_at: Option<Moment>,
    pub acknowledged_by: Option<String>,
    firing: Option<u32>,
    resolved: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    Open,
    Acknowledged,
    Snoozed,
    Resolved,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub name: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    pub id: String,
    pub kind: String,
    pub receipt: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
}

/// Two that are written alike are alike: see [`Step::written`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    Send(Request),
    Delivered {
        receipt: Option<String>,
    },
    Retry {
        after: Option<Span>,
        reason: String,
    },
    /// The reason.
    Permanent(String),
    /// `settings: ` or `failed: ` and what the channel says.
    Error(String),
}

/// In url, headers and body, `{secret:NAME}` stands for a secret.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawRequest")]
pub struct Request {
    pub method: String,
    pub url: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Body,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    /// A text of JSON.
    json: Option<String>,
}

/// JSON is compared by what it says, not by how it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Json(Value),
    Text(String),
}

/// Milliseconds, written `5s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub u64);

/// A secret as a case shows it.
pub fn written_secret(name: &str) -> String {
    format!("{{secret:{name}}}")
}

impl ChannelCaseFile {
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        let raw: Raw = toml::from_str(text).map_err(CaseError::Malformed)?;
        check_names(raw.cases.iter().map(|case| case.name.as_str()))?;
        let cases = raw.cases.into_iter().map(|case| case.with(&raw.message)).collect::<Result<_, _>>()?;
        Ok(Self { settings: raw.settings, cases })
    }

    /// The settings of a case of this file, as the JSON that a channel is given.
    pub fn settings(&self, case: &ChannelCase) -> String {
        json(case.settings.as_ref().unwrap_or(&self.settings)).to_string()
    }
}

impl RawCase {
    fn with(self, common: &toml::Table) -> Result<ChannelCase, CaseError> {
        let Self { name, settings, message, responses, step } = self;
        let mut merged = common.clone();
        merge(&mut merged, message);
        match merged.try_into() {
            Ok(message) => Ok(ChannelCase { name, settings, message, responses, step }),
            Err(error) => Err(CaseError::Case { name, problem: format!("message: {}", error.message()) }),
        }
    }
}

/// A table within a table is merged, too; anything else is replaced.
fn merge(base: &mut toml::Table, over: toml::Table) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(over)) => merge(inner, over),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

impl Default for Message {
    fn default() -> Self {
        Self {
            id: "notice-1".into(),
            now: None,
            attempt: 1,
            kind: "decided".into(),
            page: true,
            title: "P2 Down (1 alert) · payments-12".into(),
            text: "P2 Down (1 alert) · payments-12\n\nSince:  2026-11-21 03:12 UTC".into(),
            incident: Incident::default(),
            together: 1,
            alerts: Vec::new(),
            links: Vec::new(),
            earlier: Vec::new(),
        }
    }
}

impl Default for Incident {
    fn default() -> Self {
        Self {
            id: "payments-12".into(),
            team: "payments".into(),
            route: "root".into(),
            state: IncidentState::Open,
            priority: Some(Priority::P2),
            reason: "P2 by default".into(),
            group: BTreeMap::new(),
            opened_at: None,
            resolved_at: None,
            acknowledged_by: None,
            firing: None,
            resolved: None,
        }
    }
}

impl Message {
    pub fn now(&self) -> Instant {
        self.now.map_or(self.opened_at(), |moment| moment.from(self.opened_at()))
    }

    pub fn opened_at(&self) -> Instant {
        self.incident.opened_at.map_or(OPENED_AT, |moment| moment.from(OPENED_AT))
    }

    pub fn resolved_at(&self) -> Option<Instant> {
        self.incident.resolved_at.map(|moment| moment.from(self.opened_at()))
    }

    /// As many as `alerts` has, if the case does not say.
    pub fn firing(&self) -> u32 {
        self.incident.firing.unwrap_or_else(|| self.count(|alert| !alert.resolved))
    }

    pub fn resolved(&self) -> u32 {
        self.incident.resolved.unwrap_or_else(|| self.count(|alert| alert.resolved))
    }

    fn count(&self, is_counted: impl Fn(&Alert) -> bool) -> u32 {
        let count = self.alerts.iter().filter(|alert| is_counted(alert)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

impl Step {
    /// As a case says it, so that two can be compared line by line and what differs can be copied.
    pub fn written(&self) -> String {
        match self {
            Self::Send(request) => request.written(),
            Self::Delivered { receipt: Some(receipt) } => format!("step.delivered.receipt = {receipt:?}\n"),
            Self::Delivered { receipt: None } => "step.delivered = {}\n".into(),
            Self::Retry { after, reason } => {
                let after = after.map(|after| format!("after = {:?}, ", elapsed_text(after.0))).unwrap_or_default();
                format!("step.retry = {{ {after}reason = {reason:?} }}\n")
            }
            Self::Permanent(reason) => format!("step.permanent = {reason:?}\n"),
            Self::Error(error) => format!("step.error = {error:?}\n"),
        }
    }
}

impl Request {
    fn written(&self) -> String {
        let mut text = format!("[case.step.send]\nmethod = {:?}\nurl = {:?}\n", self.method, self.url);
        for (name, value) in &self.headers {
            text.push_str(&format!("headers.{name} = {value:?}\n"));
        }
        match &self.body {
            Body::Json(value) => {
                text.push_str("json = '''\n");
                write_json(&mut text, value, 0);
                text.push_str("\n'''\n");
            }
            Body::Text(body) if body.is_empty() => {}
            Body::Text(body) => text.push_str(&format!("body = {body:?}\n")),
        }
        text
    }
}

impl Body {
    /// An object or a list is JSON, anything else is text.
    pub fn of(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => Self::Json(value),
            Ok(_) | Err(_) => Self::Text(text.into()),
        }
    }
}

impl TryFrom<RawRequest> for Request {
    type Error = String;

    fn try_from(raw: RawRequest) -> Result<Self, String> {
        let RawRequest { method, url, headers, body, json } = raw;
        let body = match (body, json) {
            (Some(_), Some(_)) => return Err("has `body` and `json`: one of them is enough".into()),
            (None, Some(json)) => Body::Json(serde_json::from_str(&json).map_err(|error| format!("json: {error}"))?),
            (body, None) => Body::of(&body.unwrap_or_default()),
        };
        let headers = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Ok(Self { method, url, headers, body })
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        span(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

/// Indented, and with the names of an object sorted, whatever features `serde_json` was built with.
fn write_json(text: &mut String, value: &Value, depth: usize) {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(map) if !map.is_empty() => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            for (index, (name, value)) in sorted.into_iter().enumerate() {
                let opening = if index == 0 { "{\n" } else { ",\n" };
                // Writing to a String cannot fail.
                let _ = write!(text, "{opening}{inner}{}: ", Value::from(name.as_str()));
                write_json(text, value, depth + 1);
            }
            text.push_str(&format!("\n{outer}}}"));
        }
        Value::Array(list) if !list.is_empty() => {
            for (index, value) in list.iter().enumerate() {
                let opening = if index == 0 { "[\n" } else { ",\n" };
                text.push_str(&format!("{opening}{inner}"));
                write_json(text, value, depth + 1);
            }
            text.push_str(&format!("\n{outer}]"));
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    const FILE: &str = r#"
settings = { chat = "1" }

[message]
title = "of all"
incident = { id = "a-1", priority = "P1" }
alerts = [{ labels = { a = "b" } }, { resolved = true }]

[[case]]
name = "a request"
message = { now = "+5m", page = false, incident = { priority = "P3" }, earlier = [{ id = "n", kind = "decided", receipt = "7" }] }
[case.step.send]
method = "POST"
url = "https://h/{secret:token}"
headers = { Authorization = "Bearer {secret:token}" }
json = '{ "b": [1, { "c": null }], "a": "x" }'

[[case]]
name = "a wait"
responses = [{ status = 429, headers = { retry-after = "5" }, body = "slow" }]
step.retry = { after = "5s", reason = "slow" }
"#;

    #[test]
    fn reads_all_that_a_case_may_say() {
        let file = ChannelCaseFile::parse(FILE).unwrap();
        let [send, wait] = &file.cases[..] else { unreachable!() };
        assert_eq!(file.settings(send), r#"{"chat":"1"}"#);
        let message = &send.message;
        assert_eq!((message.title.as_str(), message.incident.id.as_str(), message.page), ("of all", "a-1", false));
        assert_eq!(
            (message.incident.priority, wait.message.incident.priority),
            (Some(Priority::P3), Some(Priority::P1))
        );
        assert_eq!((message.now() - message.opened_at(), message.firing(), message.resolved()), (300_000, 1, 1));
        assert_eq!(
            send.step.written(),
            "[case.step.send]\nmethod = \"POST\"\nurl = \"https://h/{secret:token}\"\n\
             headers.authorization = \"Bearer {secret:token}\"\n\
             json = '''\n{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ]\n}\n'''\n"
        );
        assert_eq!(wait.step.written(), "step.retry = { after = \"5s\", reason = \"slow\" }\n");
    }

    #[test]
    fn json_is_compared_by_what_it_says() {
        assert_eq!(Body::of(r#"{"a": 1, "b": 2}"#), Body::of("{\"b\":2,\n\"a\":1}"));
        assert_eq!(Body::of("1"), Body::Text("1".into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |text: &str| ChannelCaseFile::parse(text).unwrap_err().to_string();
        let unknown = refused(&FILE.replace("page = false", "pages = false"));
        assert!(unknown.starts_with("case \"a request\": message: unknown field `pages`"), "{unknown}");
        let step = refused(&FILE.replace("step.retry", "step.again"));
        assert!(step.contains("unknown variant `again`"), "{step}");
        let bad = refused(&FILE.replace("'{ \"b\"", "'{ b"));
        assert!(bad.contains("json: key must be a string"), "{bad}");
    }
}
