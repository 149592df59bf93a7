//! What a channel that is a program finds on stdin, and what it writes to stdout.

use super::{
    answer::{self, Pair as Written},
    question::{self, Alert, Pair, Pairs},
};
use crate::{
    Problem,
    bindings::clip,
    channel::{kind_name, receipt_of, unknown_step},
};
use bellwire_core::{
    self as core, ChannelLink, ChannelMessage, ChannelRequest, ChannelResponse, ChannelStep, ChannelWants, PluginFault,
    Span,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Next<'a> {
    settings: &'a RawValue,
    message: Message<'a>,
    responses: Vec<Response<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    now: u64,
    attempt: u32,
    kind: &'static str,
    page: bool,
    title: &'a str,
    text: &'a str,
    incident: Subject<'a>,
    together: u32,
    alerts: Vec<Alert<'a>>,
    links: Vec<Link<'a>>,
    earlier: Vec<Earlier<'a>>,
    ext: [Pair<'a>; 0],
}

#[derive(Serialize)]
struct Subject<'a> {
    id: String,
    team: &'a str,
    route: &'a str,
    state: &'static str,
    priority: Option<&'static str>,
    reason: &'a str,
    group: Pairs<'a>,
    opened_at: u64,
    resolved_at: Option<u64>,
    acknowledged_by: Option<&'a str>,
    firing: u32,
    resolved: u32,
    ext: [Pair<'a>; 0],
}

#[derive(Serialize)]
struct Link<'a> {
    name: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Earlier<'a> {
    id: &'a str,
    kind: &'static str,
    receipt: Option<&'a str>,
}

#[derive(Serialize)]
struct Response<'a> {
    status: u16,
    headers: Vec<Pair<'a>>,
    body: &'a str,
    ext: [Pair<'a>; 0],
}

pub(super) fn next(
    settings: &str,
    message: &ChannelMessage,
    responses: &[ChannelResponse],
    bytes_max: usize,
) -> Result<Vec<u8>, PluginFault> {
    let document = Next {
        settings: question::raw(settings)?,
        message: view(message),
        responses: responses.iter().map(response).collect(),
    };
    question::write(&document, bytes_max)
}

fn view(channel: &ChannelMessage) -> Message<'_> {
    let ChannelMessage { message, title, text, links } = channel;
    Message {
        id: &message.notice.0,
        now: message.now.as_millis(),
        attempt: message.attempt,
        kind: kind_name(message.kind),
        page: message.page,
        title,
        text,
        incident: subject(message),
        together: message.bundle.as_ref().map_or(1, |bundle| bundle.count),
        alerts: message.alerts.iter().map(|one| question::alert(one)).collect(),
        links: links.iter().map(|ChannelLink { name, url }| Link { name, url }).collect(),
        earlier: message.earlier.iter().map(earlier).collect(),
        ext: [],
    }
}

fn subject(message: &core::Message) -> Subject<'_> {
    let incident = &message.incident;
    Subject {
        id: incident.id.to_string(),
        team: &incident.id.team,
        route: &incident.route,
        state: question::incident_state(incident.state),
        priority: incident.priority.map(question::priority),
        reason: &incident.reason,
        group: Pairs(&incident.group),
        opened_at: incident.opened_at.as_millis(),
        resolved_at: question::millis(incident.resolved_at),
        acknowledged_by: incident.acknowledged.as_ref().map(|acknowledged| &*acknowledged.by),
        firing: message.firing,
        resolved: message.resolved,
        ext: [],
    }
}

fn earlier(earlier: &core::Earlier) -> Earlier<'_> {
    Earlier { id: &earlier.notice.0, kind: kind_name(earlier.kind), receipt: receipt_of(earlier) }
}

fn response(response: &ChannelResponse) -> Response<'_> {
    let ChannelResponse { status, headers, body } = response;
    Response { status: *status, headers: question::list(headers), body, ext: [] }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answered {
    Ok(Step),
    Error(Refused),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Send(Request),
    Delivered(Option<String>),
    Retry(Retry),
    Permanent(String),
    Other(Written),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    #[serde(default)]
    url: Vec<Part>,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    body: Vec<Part>,
    /// For later versions of the contract; says nothing yet.
    #[serde(default, rename = "ext")]
    _ext: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    #[serde(default)]
    value: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Text(String),
    Secret(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    #[serde(default)]
    after: Option<u64>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refused {
    Settings(String),
    Failed(String),
    Other(Written),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default, rename = "ext")]
    _ext: Vec<Written>,
}

pub(super) fn step(stdout: &[u8]) -> Result<ChannelStep, PluginFault> {
    match answer::read(stdout).map_err(PluginFault::Failed)? {
        Answered::Ok(Step::Send(request)) => Ok(ChannelStep::Send(self::request(request))),
        Answered::Ok(Step::Delivered(receipt)) => Ok(ChannelStep::Delivered { receipt }),
        Answered::Ok(Step::Retry(Retry { after, reason })) => {
            Ok(ChannelStep::Retry { after: after.map(Span::from_millis), reason })
        }
        Answered::Ok(Step::Permanent(reason)) => Ok(ChannelStep::Permanent { reason }),
        Answered::Ok(Step::Other(Written { name, .. })) => Err(unknown_step(&name)),
        Answered::Error(Refused::Settings(message)) => Err(PluginFault::Settings(clip(message))),
        Answered::Error(Refused::Failed(message)) => Err(PluginFault::Failed(clip(message))),
        Answered::Error(Refused::Other(Written { name, value })) => {
            Err(PluginFault::Failed(clip(format!("{name}: {value}"))))
        }
    }
}

fn request(Request { method, url, headers, body, _ext }: Request) -> ChannelRequest {
    let headers = headers.into_iter().map(|Header { name, value }| (name, parts(value))).collect();
    ChannelRequest { method, url: parts(url), headers, body: parts(body) }
}

fn parts(parts: Vec<Part>) -> Vec<core::Part> {
    let part = |part| match part {
        Part::Text(text) => core::Part::Text(text),
        Part::Secret(name) => core::Part::Secret(name),
    };
    parts.into_iter().map(part).collect()
}

pub(super) fn verdict(stdout: &[u8]) -> Result<Result<ChannelWants, Vec<Problem>>, PluginFault> {
    Ok(answer::checked(stdout)?.map(|Wanted { secrets, hosts, _ext }| ChannelWants { secrets, hosts }))
}
