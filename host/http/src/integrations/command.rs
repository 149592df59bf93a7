//! Slack's slash command, `/bellwire`: what was asked, and the answer that only the one who asked sees.

use super::{
    count, outcome,
    slack::{SlackUser, escape, field, signed_form},
};
use crate::{
    backend::{Acted, Backend, IncidentQuery, StateFilter},
    named::{self, nearest},
    problem::{ErrorBody, Problem},
    server::Context,
    view::IncidentSummary,
    when,
};
use axum::{Json, body::Body, extract::State, http::HeaderMap};
use bellwire_core::{Action, Duty, IncidentId, Instant, Person, Roster, Schedule, Span, Team, Why};
use serde::Serialize;
use std::{fmt::Write, sync::Arc};

const NAME: &str = "slack_command";
const HELP: &str = "*What I understand*\n\
    `list [TEAM]` – the incidents that are not resolved\n\
    `ack ID` – you have it: the escalation stops\n\
    `unack ID` – give it back: the escalation goes on\n\
    `snooze ID 1h` – quiet for that long\n\
    `reassign ID person:ann` – somebody else is to have it; also `schedule:NAME`, `receiver:NAME`, or a bare `ann`\n\
    `escalate ID` – the next step now\n\
    `resolve ID` – it is over\n\
    `oncall [SCHEDULE]` – who is on call\n\
    An ID looks like `payments-12`.";
/// Without a time.
const SNOOZE: Span = Span::from_secs(3_600);
const LISTED_MAX: usize = 20;
/// Of a reason, in a list.
const REASON_CHARS_MAX: usize = 120;
const VERBS: [&str; 9] = ["help", "list", "ack", "unack", "snooze", "reassign", "escalate", "resolve", "oncall"];

/// Slack's answer to a command: shown to the one who gave it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CommandReply {
    /// Always `ephemeral`.
    response_type: &'static str,
    text: String,
}

/// The command `/bellwire` was given.
///
/// The Slack app's request URL for it. Signed by Slack. What is wrong with a command is said in the answer.
#[utoipa::path(post, path = "/slack/command", tag = "integrations", security(()),
    request_body(content_type = "application/x-www-form-urlencoded", content = String),
    responses((status = 200, description = "The answer", body = CommandReply),
        (status = 400, description = "Signed, but not a command", body = ErrorBody),
        (status = 401, description = "Not signed by Slack, not fresh, or seen before", body = ErrorBody),
        (status = 404, description = "No signing secret is configured", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 415, description = "Not a form", body = ErrorBody)))]
pub(crate) async fn slack_command<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CommandReply>, Problem> {
    let form = signed_form(&context, NAME, &headers, body).await?;
    // Slack looks at our certificate now and then, and wants no more than an answer.
    if field(&form, "ssl_check").is_some() {
        count(NAME, "ignored");
        return Ok(Json(CommandReply::of(HELP.to_owned())));
    }
    let Some(id) = field(&form, "user_id") else {
        count(NAME, "malformed");
        return Err(Problem::bad("the form has no user_id: it is no command of Slack's"));
    };
    let user = SlackUser { id: id.into_owned(), name: field(&form, "user_name").unwrap_or_default().into_owned() };
    let backend = &*context.backend;
    let (now, roster) = (backend.now(), backend.roster());
    let text = match read(&field(&form, "text").unwrap_or_default(), &roster, now) {
        Err(complaint) => {
            count(NAME, "refused");
            complaint
        }
        Ok(Command::Act(incident, action)) => {
            let by = user.person(&roster, &incident.team);
            let acted =
                Acted { incident: incident.clone(), action: action.clone(), revision: None, by, via: "slack".into() };
            let outcome = outcome::act(backend, acted).await;
            count(NAME, outcome.name());
            escape(&outcome.sentence(&incident, &action))
        }
        Ok(Command::Help) => {
            count(NAME, "done");
            HELP.to_owned()
        }
        Ok(Command::List { team }) => {
            let listed = list(backend, team).await;
            count(NAME, if listed.is_ok() { "done" } else { "unavailable" });
            listed.unwrap_or_else(|reason| escape(&reason))
        }
        Ok(Command::OnCall { schedule }) => {
            let standing = on_call(&roster, schedule.as_deref(), now);
            count(NAME, if standing.is_ok() { "done" } else { "refused" });
            standing.unwrap_or_else(|complaint| complaint)
        }
    };
    Ok(Json(CommandReply::of(text)))
}

impl CommandReply {
    fn of(text: String) -> Self {
        Self { response_type: "ephemeral", text }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    List { team: Option<String> },
    Act(IncidentId, Action),
    OnCall { schedule: Option<String> },
}

/// The error is the answer, escaped.
fn read(text: &str, roster: &Roster, now: Instant) -> Result<Command, String> {
    let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches('`')).collect();
    let Some((verb, arguments)) = words.split_first() else { return Ok(Command::Help) };
    let verb = verb.to_lowercase();
    let at_most = |max: usize| match arguments.get(max) {
        None => Ok(()),
        Some(beyond) => Err(format!("I do not know what to do with `{}`. `/bellwire help` says how.", escape(beyond))),
    };
    let act = |action, max| at_most(max).and_then(|()| Ok(Command::Act(incident(arguments, &verb, roster)?, action)));
    match verb.as_str() {
        "help" => Ok(Command::Help),
        "list" => {
            at_most(1)?;
            let team = arguments.first().map(|name| team(name, roster)).transpose()?;
            Ok(Command::List { team })
        }
        "ack" | "acknowledge" => act(Action::Acknowledge, 1),
        "unack" | "unacknowledge" => act(Action::Unacknowledge, 1),
        "resolve" => act(Action::Resolve, 1),
        "escalate" => act(Action::Escalate, 1),
        "snooze" => {
            let incident = incident(arguments, &verb, roster)?;
            let span = arguments.get(1..).filter(|rest| !rest.is_empty()).map_or(Ok(SNOOZE), |rest| {
                let text = rest.join(" ");
                let unreadable = |_| format!("`{}` is no length of time: say `1h`, `90m` or `1h 30m`.", escape(&text));
                when::span("for", text.trim_start_matches("for ")).map_err(unreadable)
            })?;
            Ok(Command::Act(incident, Action::Snooze { until: now.saturating_add(span) }))
        }
        "reassign" => {
            at_most(2)?;
            let incident = incident(arguments, &verb, roster)?;
            let Some(to) = arguments.get(1) else {
                return Err(format!("To whom? Say `reassign {incident} person:NAME`, or `schedule:NAME`."));
            };
            let to = named::target(to, roster.tables.team(&incident.team)).ok_or_else(|| {
                format!("`{}` is nobody: say `person:NAME`, `schedule:NAME` or just a name.", escape(to))
            })?;
            Ok(Command::Act(incident, Action::Reassign { to }))
        }
        "oncall" | "on-call" => {
            at_most(1)?;
            Ok(Command::OnCall { schedule: arguments.first().map(|&name| name.to_owned()) })
        }
        _ => Err(format!(
            "There is no command `{}`{} `/bellwire help` lists them all.",
            escape(&verb),
            mean(&verb, VERBS)
        )),
    }
}

fn incident(arguments: &[&str], verb: &str, roster: &Roster) -> Result<IncidentId, String> {
    let Some(text) = arguments.first() else {
        return Err(format!("Which incident? Say `{verb} ID`, as in `{verb} payments-12`; `list` shows them."));
    };
    let id: IncidentId = text.parse().map_err(|text: String| {
        format!("`{}` is no incident's ID: it looks like `payments-12`. `list` shows them.", escape(&text))
    })?;
    // A team that is gone may have left incidents: only the near miss is answered here.
    match roster.tables.teams.contains_key(&id.team) {
        true => Ok(id),
        false => match nearest(&id.team, team_names(roster)) {
            Some(near) => Err(format!("There is no incident {}. Did you mean `{near}-{}`?", escape(text), id.number)),
            None => Ok(id),
        },
    }
}

fn team(name: &str, roster: &Roster) -> Result<String, String> {
    if roster.tables.teams.contains_key(name) {
        return Ok(name.to_owned());
    }
    Err(format!("There is no team `{}`{}", escape(name), mean(name, team_names(roster))))
}

fn team_names(roster: &Roster) -> impl Iterator<Item = &str> {
    roster.tables.teams.keys().map(|name| &**name)
}

async fn list<B: Backend>(backend: &B, team: Option<String>) -> Result<String, String> {
    let query = IncidentQuery { team, state: StateFilter::Active, before: None, limit: LISTED_MAX };
    let incidents =
        backend.incidents(query).await.map_err(|unavailable| format!("Not now: {}.", unavailable.reason))?;
    if incidents.is_empty() {
        return Ok("Nothing is open.".to_owned());
    }
    let mut text: String = incidents.iter().map(line).collect();
    if incidents.len() >= LISTED_MAX {
        text.push_str("These are the newest; there may be more.\n");
    }
    Ok(text)
}

fn line(incident: &IncidentSummary) -> String {
    let IncidentSummary { id, priority, state, group, reason, acknowledged, firing, .. } = incident;
    let by = acknowledged.as_ref().map(|acknowledged| format!(" by {}", acknowledged.by)).unwrap_or_default();
    let group: Vec<&str> = group.values().map(String::as_str).collect();
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    let said = format!("{state}{by} – {} – {firing} firing – {reason}", group.join(", "));
    format!("`{}` *{}* {}\n", escape(id), priority.as_deref().unwrap_or("no priority yet"), escape(&said))
}

/// The schedules of every team, or those of one name.
fn on_call(roster: &Roster, wanted: Option<&str>, now: Instant) -> Result<String, String> {
    let all = || roster.tables.teams.values().flat_map(|team| team.schedules.values().map(move |one| (team, one)));
    let named = |team: &Team, schedule: &Schedule| match wanted {
        None => true,
        Some(name) => *schedule.name == *name || name == format!("{}/{}", team.name, schedule.name),
    };
    let mut text = String::new();
    for (team, schedule) in all().filter(|(team, schedule)| named(team, schedule)) {
        let standing = schedule.on_call(now, &roster.overrides_of(&team.name, &schedule.name));
        let people: Vec<String> = standing.people.iter().map(|duty| on_duty(duty, team)).collect();
        let people = if people.is_empty() { "nobody".to_owned() } else { people.join(", ") };
        let until = standing.until.map(|at| format!(", until {}", when::shown(at, &schedule.zone))).unwrap_or_default();
        let schedule = format!("{}/{}", team.name, schedule.name);
        // Writing to a text cannot fail.
        let _ = writeln!(text, "*{}*: {}", escape(&schedule), escape(&format!("{people}{until}")));
    }
    match wanted {
        Some(name) if text.is_empty() => {
            let known = all().map(|(_, schedule)| &*schedule.name);
            Err(format!("There is no schedule `{}`{}", escape(name), mean(name, known)))
        }
        None if text.is_empty() => Ok("There are no schedules.".to_owned()),
        Some(_) | None => Ok(text),
    }
}

fn on_duty(duty: &Duty, team: &Team) -> String {
    let display = |person: &Arc<Person>| person.display.to_string();
    let name = team.people.get(&duty.person).map_or_else(|| duty.person.to_string(), display);
    match &duty.why {
        Why::Layer { .. } => name,
        Why::Override { reason, .. } if reason.is_empty() => format!("{name} (override)"),
        Why::Override { reason, .. } => format!("{name} (override: {reason})"),
    }
}

/// ` – did you mean …?`, or a full stop.
fn mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, known) {
        Some(near) => format!(" – did you mean `{}`?", escape(near)),
        None => ".".to_owned(),
    }
}
