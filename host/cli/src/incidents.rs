//! `bellwire incidents`: see them and act on them.

use crate::{Failure, client::Connection, printable};
use bellwire_app::api::{ActReply, ActRequest, ActResult, IncidentDetail, IncidentList, IncidentSummary, Via};

#[derive(clap::Args)]
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

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum State {
    /// Open and acknowledged ones
    Active,
    Open,
    Acknowledged,
    Resolved,
    All,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { connection, command } = arguments;
    match command {
        Command::List { team, state, limit, json } => list(&connection, team, state, limit, json).await,
        Command::Show { id, json } => {
            let detail: IncidentDetail = connection.get(&format!("/api/v1/incidents/{}", checked(&id)?)).await?;
            if json { print_json(&detail) } else { show(&detail) }
        }
        Command::Ack(act) => each(&connection, act, "acknowledge", "acknowledged").await,
        Command::Resolve(act) => each(&connection, act, "resolve", "resolved").await,
    }
}

async fn list(
    connection: &Connection,
    team: Option<String>,
    state: State,
    limit: u16,
    json: bool,
) -> Result<(), Failure> {
    let states: &[&str] = match state {
        State::Active => &["open", "acknowledged"],
        State::Open => &["open"],
        State::Acknowledged => &["acknowledged"],
        State::Resolved => &["resolved"],
        State::All => &["all"],
    };
    // It goes into a query, so it must be a team's name.
    if let Some(team) =
        team.as_ref().filter(|team| !team.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    {
        return Err(Failure::Wrong(format!("{team:?} is no team's name; they have a-z, 0-9 and -")));
    }
    let mut incidents = Vec::new();
    for state in states {
        let team = team.as_ref().map(|team| format!("&team={team}")).unwrap_or_default();
        let page: IncidentList =
            connection.get(&format!("/api/v1/incidents?state={state}&limit={limit}{team}")).await?;
        incidents.extend(page.incidents);
    }
    incidents.sort_by(|left, right| right.opened_at.cmp(&left.opened_at));
    incidents.truncate(limit.into());
    if json {
        return print_json(&incidents);
    }
    if incidents.is_empty() {
        println!("no incidents");
        return Ok(());
    }
    let rows: Vec<[String; 6]> = incidents.iter().map(row).collect();
    let header = ["INCIDENT", "PRI", "STATE", "OPENED", "FIRING", "WHAT"].map(String::from);
    let width = |column: usize| rows.iter().chain([&header]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    for row in [&header].into_iter().chain(&rows) {
        let cells: Vec<String> = widths.iter().zip(row).map(|(width, cell)| format!("{cell:width$}")).collect();
        println!("{}  {}", cells.join("  "), row[5]);
    }
    Ok(())
}

fn row(incident: &IncidentSummary) -> [String; 6] {
    let group: Vec<String> = incident.group.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let state = match &incident.acknowledged {
        Some(acknowledged) if incident.state == "acknowledged" => format!("acknowledged by {}", acknowledged.by),
        _ => incident.state.clone(),
    };
    [
        incident.id.clone(),
        incident.priority.clone().unwrap_or_else(|| "-".into()),
        state,
        short(&incident.opened_at),
        incident.firing.to_string(),
        if group.is_empty() { incident.route.clone() } else { group.join(" ") },
    ]
    .map(|cell| printable(&cell))
}

fn show(detail: &IncidentDetail) -> Result<(), Failure> {
    let incident = &detail.incident;
    let group: Vec<String> = incident.group.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    println!("{}  {}  {}", incident.id, incident.priority.as_deref().unwrap_or("no priority yet"), incident.state);
    println!("  {}", printable(&group.join(" ")));
    println!(
        "  team {}, route {}, {} firing, {} resolved",
        incident.team, incident.route, incident.firing, incident.resolved
    );
    if !incident.reason.is_empty() {
        println!("  why: {}", printable(&incident.reason));
    }
    if let Some(acknowledged) = &incident.acknowledged {
        println!("  acknowledged by {} at {}", printable(&acknowledged.by), short(&acknowledged.at));
    }
    println!("\nTimeline (UTC)");
    for entry in &detail.timeline {
        println!("  {}  {}", short(&entry.at), printable(&entry.text));
    }
    Ok(())
}

async fn each(connection: &Connection, act: Act, action: &str, done: &str) -> Result<(), Failure> {
    let body = ActRequest { by: act.by, via: Via::Cli };
    let remedy = if body.by.is_none() { " (--by NAME says who you are)" } else { "" };
    let mut failures = Vec::new();
    for id in &act.ids {
        let reply: Result<ActReply, Failure> = match checked(id) {
            Ok(id) => connection.post(&format!("/api/v1/incidents/{id}/{action}"), &body).await,
            Err(failure) => Err(failure),
        };
        match reply {
            Ok(ActReply { result: ActResult::Done }) => println!("{id} {done}"),
            Ok(ActReply { result: ActResult::Nothing }) => println!("{id} was {done} already"),
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
        Ok(_) if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => Ok(id),
        _ => Err(Failure::Wrong(format!("{id:?} is no incident's id; they look like payments-12"))),
    }
}

/// `2026-11-21T03:12:00.123Z` → `2026-11-21 03:12:00`.
fn short(instant: &str) -> String {
    instant.get(..19).unwrap_or(instant).replace('T', " ")
}

fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Failed(error.to_string()))?;
    println!("{text}");
    Ok(())
}
