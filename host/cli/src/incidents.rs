//! `bellwire incidents`: see them and act on them.

use crate::{
    Failure,
    client::Connection,
    printable,
    table::{print_json, short},
};
use bellwire_app::api::{
    ActReply, ActRequest, ActResult, IncidentDetail, IncidentList, IncidentSummary, ReassignRequest, SnoozeRequest, Via,
};
use serde::Serialize;

const EXAMPLES: &str = "\
Each action is in the incident's timeline with who did it. Several incidents may be given to one action; one that \
is refused does not hold up the others.

Examples:
  bellwire incidents list --team payments --state unowned
  bellwire incidents ack payments-12 payments-13
  bellwire incidents snooze payments-12 --for 1h
  bellwire incidents reassign payments-12 --to person:ann";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List incidents, the newest first
    List {
        /// Only this team's
        #[arg(long)]
        team: Option<String>,
        /// Only those in this state
        #[arg(long, value_enum, default_value_t = State::Active)]
        state: State,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// As the API's JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one with its timeline: who was told, when and why
    Show {
        /// TEAM-NUMBER, as in payments-12
        id: String,
        /// As the API's JSON
        #[arg(long)]
        json: bool,
    },
    /// Acknowledge: you have it, the escalation stops
    #[command(visible_alias = "acknowledge")]
    Ack(Act),
    /// Give it back: the escalation goes on at the step after the last one that was sent
    #[command(visible_alias = "unacknowledge")]
    Unack(Act),
    /// Keep it quiet for a while; then the escalation goes on where it was
    Snooze {
        #[command(flatten)]
        act: Act,
        #[command(flatten)]
        until: Until,
    },
    /// Hand it to somebody else, who is told at once
    Reassign {
        #[command(flatten)]
        act: Act,
        /// person:NAME, schedule:NAME or receiver:NAME, as the incident's team calls them; a bare NAME is a person's, else
        /// a schedule's, else a receiver's
        #[arg(long, value_name = "TARGET")]
        to: String,
    },
    /// Tell the next step of the policy now
    Escalate {
        #[command(flatten)]
        act: Act,
        /// Do nothing if the incident has moved on since this revision of it (`show --json` has it)
        #[arg(long)]
        revision: Option<u64>,
    },
    /// Resolve, whatever its alerts say; if they still fire when the re-open window is over, it comes back
    Resolve(Act),
}

#[derive(clap::Args)]
struct Act {
    /// TEAM-NUMBER, as in payments-12; several may be given
    #[arg(required = true)]
    ids: Vec<String>,
    /// Who you are, for the timeline
    #[arg(long, env = "USER")]
    by: Option<String>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Until {
    /// How long, such as 1h or 90m
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<String>,
    /// Until this time of RFC 3339, such as 2026-11-21T09:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum State {
    /// All that are not resolved
    Active,
    /// Nobody has it yet
    Open,
    Acknowledged,
    Snoozed,
    /// Nobody acknowledged, and the policy has come to its end
    Unowned,
    Resolved,
    All,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { connection, command } = arguments;
    let plain = |act: &Act, revision| ActRequest { by: act.by.clone(), via: Via::Cli, revision };
    match command {
        Command::List { team, state, limit, json } => list(&connection, team, state, limit, json).await,
        Command::Show { id, json } => {
            let detail: IncidentDetail = connection.get(&format!("/api/v1/incidents/{}", checked(&id)?)).await?;
            if json { print_json(&detail) } else { show(&detail, &symptoms_of(&connection, &detail.incident).await?) }
        }
        Command::Ack(act) => each(&connection, &act, &ACKNOWLEDGE, &plain(&act, None)).await,
        Command::Unack(act) => each(&connection, &act, &UNACKNOWLEDGE, &plain(&act, None)).await,
        Command::Snooze { act, until: Until { duration, until } } => {
            let body = SnoozeRequest { until, duration, by: act.by.clone(), via: Via::Cli, revision: None };
            each(&connection, &act, &SNOOZE, &body).await
        }
        Command::Reassign { act, to } => {
            let body = ReassignRequest { to, by: act.by.clone(), via: Via::Cli, revision: None };
            each(&connection, &act, &REASSIGN, &body).await
        }
        Command::Escalate { act, revision } => each(&connection, &act, &ESCALATE, &plain(&act, revision)).await,
        Command::Resolve(act) => each(&connection, &act, &RESOLVE, &plain(&act, None)).await,
    }
}

async fn list(
    connection: &Connection,
    team: Option<String>,
    state: State,
    limit: u16,
    json: bool,
) -> Result<(), Failure> {
    let mut query = vec![("state", state.name().to_owned()), ("limit", limit.to_string())];
    query.extend(team.map(|team| ("team", team)));
    let IncidentList { incidents, .. } = connection.get_with("/api/v1/incidents", &query).await?;
    if json {
        return print_json(&incidents);
    }
    if incidents.is_empty() {
        println!("no incidents");
        return Ok(());
    }
    let rows: Vec<[String; 6]> = incidents.iter().map(row).collect();
    crate::table::print(["INCIDENT", "PRI", "STATE", "OPENED (UTC)", "FIRING", "WHAT"], &rows);
    Ok(())
}

fn row(incident: &IncidentSummary) -> [String; 6] {
    let group: Vec<String> = incident.group.iter().map(|(name, value)| format!("{name}={value}")).collect();
    [
        incident.id.clone(),
        incident.priority.clone().unwrap_or_else(|| "-".into()),
        state(incident),
        short(&incident.opened_at),
        incident.firing.to_string(),
        if group.is_empty() { incident.route.clone() } else { group.join(" ") },
    ]
    .map(|cell| printable(&cell))
}

/// Its state in a few words. That nobody has it stands out.
fn state(incident: &IncidentSummary) -> String {
    let mut state = match (&*incident.state, &incident.unowned_since, &incident.acknowledged, &incident.snoozed_until) {
        ("resolved", _, _, _) => "resolved".to_owned(),
        (_, Some(since), _, _) => format!("UNOWNED since {}", short(since)),
        ("acknowledged", None, Some(acknowledged), _) => format!("acknowledged by {}", acknowledged.by),
        ("snoozed", None, _, Some(until)) => format!("snoozed until {}", short(until)),
        (state, None, _, _) => state.to_owned(),
    };
    if incident.flapping.is_some() {
        state += ", flapping";
    }
    if let Some(quiet) = incident.quiet() {
        state += ", ";
        state += &quiet;
    }
    state
}

/// Of the newest incidents, those of which it is the cause.
async fn symptoms_of(connection: &Connection, cause: &IncidentSummary) -> Result<Vec<IncidentSummary>, Failure> {
    if cause.symptoms == 0 {
        return Ok(Vec::new());
    }
    let query = [("state", "active".to_owned()), ("limit", "1000".to_owned())];
    let IncidentList { mut incidents, .. } = connection.get_with("/api/v1/incidents", &query).await?;
    incidents.retain(|one| one.suppressed.as_ref().is_some_and(|why| why.cause.as_ref() == Some(&cause.id)));
    Ok(incidents)
}

fn show(detail: &IncidentDetail, symptoms: &[IncidentSummary]) -> Result<(), Failure> {
    let incident = &detail.incident;
    let group: Vec<String> = incident.group.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let priority = incident.priority.as_deref().unwrap_or("no priority yet");
    println!("{}  {priority}  {}", incident.id, printable(&incident.standing()));
    println!("  {}", printable(&group.join(" ")));
    println!(
        "  team {}, route {}, {} firing, {} resolved",
        incident.team, incident.route, incident.firing, incident.resolved
    );
    if !incident.reason.is_empty() {
        println!("  why: {}", printable(&incident.reason));
    }
    if incident.symptoms > 0 {
        let plural = if incident.symptoms == 1 { "" } else { "s" };
        println!("\nSymptoms: {} alert{plural} of other incidents that this one explains", incident.symptoms);
    }
    for symptom in symptoms {
        let group: Vec<String> = symptom.group.iter().map(|(name, value)| format!("{name}={value}")).collect();
        println!("  {}  {}", symptom.id, printable(&group.join(" ")));
    }
    println!("\nTimeline (UTC)");
    for entry in &detail.timeline {
        println!("  {}  {}", short(&entry.at), printable(&entry.text));
    }
    Ok(())
}

/// What an action is called in the API, and what is said of it afterwards.
struct Words {
    path: &'static str,
    done: &'static str,
    nothing: &'static str,
}

const ACKNOWLEDGE: Words = Words { path: "acknowledge", done: "acknowledged", nothing: "was acknowledged already" };
const UNACKNOWLEDGE: Words = Words { path: "unacknowledge", done: "given back", nothing: "was nobody's already" };
const SNOOZE: Words = Words { path: "snooze", done: "snoozed", nothing: "was snoozed until then already" };
const REASSIGN: Words = Words { path: "reassign", done: "handed over", nothing: "was handed over already" };
const ESCALATE: Words = Words { path: "escalate", done: "escalated", nothing: "has no further step" };
const RESOLVE: Words = Words { path: "resolve", done: "resolved", nothing: "was resolved already" };

async fn each(connection: &Connection, act: &Act, words: &Words, body: &impl Serialize) -> Result<(), Failure> {
    let remedy = if act.by.is_none() { " (--by NAME says who you are)" } else { "" };
    let mut failures = Vec::new();
    for id in &act.ids {
        let reply: Result<ActReply, Failure> = match checked(id) {
            Ok(id) => connection.post(&format!("/api/v1/incidents/{id}/{}", words.path), body).await,
            Err(failure) => Err(failure),
        };
        match reply {
            Ok(ActReply { result: ActResult::Done }) => println!("{id} {}", words.done),
            Ok(ActReply { result: ActResult::Nothing }) => println!("{id} {}", words.nothing),
            Err(Failure::Failed(message) | Failure::Wrong(message)) => {
                failures.push(format!("{id}: {message}{remedy}"))
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::Failed(failures.join("\nbellwire: "))) }
}

/// An id goes into a path, so it must be one.
fn checked(id: &str) -> Result<&str, Failure> {
    match id.parse::<bellwire_app::core::IncidentId>() {
        Ok(_) if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) => Ok(id),
        _ => Err(Failure::Wrong(format!("{id:?} is no incident's id; they look like payments-12"))),
    }
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Unowned => "unowned",
            Self::Resolved => "resolved",
            Self::All => "all",
        }
    }
}
