//! Golden cases of a channel: a message and responses in, the next step out, as `bellwire_cases` writes them.

use super::{Scene, cases::priority, source::pairs};
use crate::{
    IncidentState,
    channel::{Channel, ChannelError, Earlier, Link, Message, Part, Request, Response, Step, Subject, check_settings},
};
use bellwire_cases::channel::{self as format, Body, ChannelCase, ChannelCaseFile, written_secret};
use std::path::Path;

/// Runs every case of a TOML file, by its path from the folder of Cargo.toml, and panics with all that differ.
pub fn run_channel_cases<C: Channel>(path: &str) {
    let path = Path::new(path);
    let file = ChannelCaseFile::parse(&super::read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    super::compare(file.cases.iter().map(|case| {
        let actual = next::<C>(case, &file.settings(case));
        (case.name.as_str(), case.step.written(), actual.written())
    }));
}

fn next<C: Channel>(case: &ChannelCase, settings: &str) -> format::Step {
    if let Err(problems) = check_settings::<C>(settings) {
        panic!("case {:?}: the channel refuses its settings: {problems:#?}", case.name);
    }
    let settings = serde_json::from_str(settings).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let responses: Vec<Response> = case.responses.iter().map(response).collect();
    match C::next(&settings, &message(&case.message), &responses) {
        Ok(next) => step(next),
        Err(error) => format::Step::Error(match error {
            ChannelError::Settings(text) => format!("settings: {text}"),
            ChannelError::Failed(text) => format!("failed: {text}"),
            ChannelError::Other(pair) => format!("{}: {}", pair.name, pair.value),
        }),
    }
}

/// A first page about a P2, for a test to change.
pub fn page() -> Message {
    message(&format::Message::default())
}

fn message(from: &format::Message) -> Message {
    let mut scene = Scene::quiet().opened(from.opened_at());
    for alert in &from.alerts {
        let labels = alert.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        scene = if alert.resolved { scene.and_resolved(labels) } else { scene.and_firing(labels) };
        scene = scene.annotate_last(&alert.annotations);
    }
    let link = |link: &format::Link| Link { name: link.name.clone(), url: link.url.clone() };
    let earlier = |earlier: &format::Earlier| {
        let format::Earlier { id, kind, receipt } = earlier.clone();
        Earlier { id, kind, receipt }
    };
    Message {
        id: from.id.clone(),
        now: from.now(),
        attempt: from.attempt,
        kind: from.kind.clone(),
        page: from.page,
        title: from.title.clone(),
        text: from.text.clone(),
        incident: subject(from),
        together: from.together,
        alerts: scene.into_facts().incident.alerts,
        links: from.links.iter().map(link).collect(),
        earlier: from.earlier.iter().map(earlier).collect(),
        ext: Vec::new(),
    }
}

fn subject(message: &format::Message) -> Subject {
    let incident = &message.incident;
    Subject {
        id: incident.id.clone(),
        team: incident.team.clone(),
        route: incident.route.clone(),
        state: match incident.state {
            format::IncidentState::Open => IncidentState::Open,
            format::IncidentState::Acknowledged => IncidentState::Acknowledged,
            format::IncidentState::Snoozed => IncidentState::Snoozed,
            format::IncidentState::Resolved => IncidentState::Resolved,
        },
        priority: incident.priority.map(priority),
        reason: incident.reason.clone(),
        group: pairs(&incident.group),
        opened_at: message.opened_at(),
        resolved_at: message.resolved_at(),
        acknowledged_by: incident.acknowledged_by.clone(),
        firing: message.firing(),
        resolved: message.resolved(),
        ext: Vec::new(),
    }
}

fn response(from: &format::Response) -> Response {
    Response { status: from.status, headers: pairs(&from.headers), body: from.body.clone(), ext: Vec::new() }
}

fn step(step: Step) -> format::Step {
    match step {
        Step::Send(request) => format::Step::Send(shown(request)),
        Step::Delivered(receipt) => format::Step::Delivered { receipt },
        Step::Retry(retry) => format::Step::Retry { after: retry.after.map(format::Span), reason: retry.reason },
        Step::Permanent(reason) => format::Step::Permanent(reason),
        Step::Other(pair) => format::Step::Error(format!("{}: {}", pair.name, pair.value)),
    }
}

fn shown(request: Request) -> format::Request {
    let written = |parts: Vec<Part>| -> String {
        let part = |part| match part {
            Part::Text(text) => text,
            Part::Secret(name) => written_secret(&name),
        };
        parts.into_iter().map(part).collect()
    };
    let headers = request.headers.into_iter().map(|header| (header.name.to_ascii_lowercase(), written(header.value)));
    format::Request {
        method: request.method,
        url: written(request.url),
        headers: headers.collect(),
        body: Body::of(&written(request.body)),
    }
}
