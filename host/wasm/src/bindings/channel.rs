//! A message to a channel, and what to do next for it back.

pub(crate) use super::messenger::Guest;
use super::{
    Alerts, Pair, clip, incident_state, list, messenger as wit, millis, pairs, priority, problems,
    wit::Problem as Wrong,
};
use crate::{
    Problem,
    channel::{kind_name, receipt_of, unknown_step},
};
use bellwire_core::{
    ChannelMessage, ChannelRequest, ChannelResponse, ChannelStep, ChannelWants, Earlier, Part, PluginFault, Span,
};

/// What it is asked of: calls `with` with a view of the message and of the responses.
pub(crate) fn with_message<R>(
    channel: &ChannelMessage,
    responses: &[ChannelResponse],
    with: impl FnOnce(wit::Message<'_>, &[wit::Response<'_>]) -> R,
) -> R {
    let ChannelMessage { message, title, text, links } = channel;
    let incident = &message.incident;
    let id = incident.id.to_string();
    let group: Vec<Pair<'_>> = pairs(&incident.group).collect();
    let links: Vec<wit::Link<'_>> = links.iter().map(|link| wit::Link { name: link.name, url: &link.url }).collect();
    let alerts = Alerts::of(&message.alerts);
    let earlier: Vec<wit::Earlier<'_>> = message.earlier.iter().map(earlier).collect();
    let message = wit::Message {
        id: &message.notice.0,
        now: message.now.as_millis(),
        attempt: message.attempt,
        kind: kind_name(message.kind),
        page: message.page,
        title,
        text,
        incident: wit::Subject {
            id: &id,
            team: &incident.id.team,
            route: &incident.route,
            state: incident_state(incident.state),
            priority: incident.priority.map(priority),
            reason: &incident.reason,
            group: &group,
            opened_at: incident.opened_at.as_millis(),
            resolved_at: millis(incident.resolved_at),
            acknowledged_by: incident.acknowledged.as_ref().map(|acknowledged| &*acknowledged.by),
            firing: message.firing,
            resolved: message.resolved,
            ext: &[],
        },
        together: message.bundle.as_ref().map_or(1, |bundle| bundle.count),
        alerts: &alerts.view(),
        links: &links,
        earlier: &earlier,
        ext: &[],
    };
    let headers: Vec<Vec<Pair<'_>>> = responses.iter().map(|response| list(&response.headers)).collect();
    let responses: Vec<wit::Response<'_>> = responses
        .iter()
        .zip(&headers)
        .map(|(response, headers)| wit::Response { status: response.status, headers, body: &response.body, ext: &[] })
        .collect();
    with(message, &responses)
}

fn earlier(earlier: &Earlier) -> wit::Earlier<'_> {
    wit::Earlier { id: &earlier.notice.0, kind: kind_name(earlier.kind), receipt: receipt_of(earlier) }
}

/// What `next` said.
pub(crate) fn step(answer: Result<wit::Step, wit::ChannelError>) -> Result<ChannelStep, PluginFault> {
    match answer {
        Ok(wit::Step::Send(request)) => Ok(ChannelStep::Send(self::request(request))),
        Ok(wit::Step::Delivered(receipt)) => Ok(ChannelStep::Delivered { receipt }),
        Ok(wit::Step::Retry(wit::Retry { after, reason })) => {
            Ok(ChannelStep::Retry { after: after.map(Span::from_millis), reason })
        }
        Ok(wit::Step::Permanent(reason)) => Ok(ChannelStep::Permanent { reason }),
        Ok(wit::Step::Other(pair)) => Err(unknown_step(&pair.name)),
        Err(wit::ChannelError::Settings(message)) => Err(PluginFault::Settings(clip(message))),
        Err(wit::ChannelError::Failed(message)) => Err(PluginFault::Failed(clip(message))),
        Err(wit::ChannelError::Other(pair)) => Err(PluginFault::Failed(clip(format!("{}: {}", pair.name, pair.value)))),
    }
}

fn request(request: wit::Request) -> ChannelRequest {
    ChannelRequest {
        method: request.method,
        url: parts(request.url),
        headers: request.headers.into_iter().map(|header| (header.name, parts(header.value))).collect(),
        body: parts(request.body),
    }
}

fn parts(parts: Vec<wit::Part>) -> Vec<Part> {
    let part = |part| match part {
        wit::Part::Text(text) => Part::Text(text),
        wit::Part::Secret(name) => Part::Secret(name),
    };
    parts.into_iter().map(part).collect()
}

/// What `check` said.
pub(crate) fn verdict(verdict: Result<wit::ChannelWants, Vec<Wrong>>) -> Result<ChannelWants, Vec<Problem>> {
    verdict.map(|wants| ChannelWants { secrets: wants.secrets, hosts: wants.hosts }).map_err(problems)
}
