//! `bellwire silence`: alerts that nobody is to hear of for a while, made, shown and ended.

use crate::{
    Failure,
    client::Connection,
    printable,
    table::{self, print_json, short},
};
use bellwire_app::{
    Clock,
    core::{MatchOperator, Matcher},
};
use serde::{Deserialize, Serialize};
use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

/// What `amtool silence query -o json` writes is far below it.
const FILE_BYTES_MAX: u64 = 64 << 20;

const EXAMPLES: &str = "\
What a silence keeps quiet is told when it ends, if it fires still, as if it began then; who was told before hears that \
it resolved. Silences that come back, such as every night, stand in the routes file: [[silences]].

Examples:
  bellwire silence add alertname=DiskFull 'host=~\"db-.*\"' --for 2h --comment 'moving the data'
  bellwire silence add cluster=eu --from 2026-11-22T01:00:00Z --until 2026-11-22T03:00:00Z --comment upgrade
  bellwire silence list --team payments
  amtool silence query -o json > silences.json && bellwire silence import silences.json";

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
    /// Silence the alerts that all of the matchers match
    Add(Add),
    /// List silences: those that hold, and those that will
    List {
        /// Only those that concern this team: its own, and everybody's
        #[arg(long)]
        team: Option<String>,
        /// Also those that have expired within five days
        #[arg(long)]
        all: bool,
        /// As the API's JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one
    Show {
        /// As the list has it
        id: String,
        /// As the API's JSON
        #[arg(long)]
        json: bool,
    },
    /// End them now; one that has not begun never does
    Expire {
        /// As the list has it; several may be given
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Make the silences of a file: JSON, as `amtool silence query -o json` writes it; those that are over are left out
    Import {
        /// `-` is standard input
        file: PathBuf,
        /// Only of this team's incidents; everybody's unless it is given, or the file says so
        #[arg(long)]
        team: Option<String>,
    },
}

#[derive(clap::Args)]
struct Add {
    /// NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX; all must match
    #[arg(required = true, value_name = "MATCHER")]
    matchers: Vec<String>,
    #[command(flatten)]
    end: End,
    /// When it begins: RFC 3339, such as 2026-11-21T09:00:00Z; now unless it is given
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Why, for those who wonder
    #[arg(long)]
    comment: String,
    /// Only of this team's incidents; everybody's unless it is given
    #[arg(long)]
    team: Option<String>,
    /// Who you are
    #[arg(long, env = "USER")]
    by: Option<String>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct End {
    /// How long from its beginning, such as 2h or 90m
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<humantime::Duration>,
    /// When it ends: RFC 3339, such as 2026-11-21T09:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// A silence as the API shows it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Silence {
    id: String,
    status: Status,
    #[serde(default)]
    updated_at: String,
    comment: String,
    created_by: String,
    starts_at: String,
    ends_at: String,
    matchers: Vec<WireMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    team: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Status {
    state: String,
}

/// A silence to be made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    comment: String,
    #[serde(default)]
    created_by: String,
    starts_at: String,
    ends_at: String,
    matchers: Vec<WireMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    team: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMatcher {
    name: String,
    value: String,
    is_regex: bool,
    #[serde(default = "is_equal")]
    is_equal: bool,
}

#[derive(Debug, Deserialize)]
struct Made {
    #[serde(rename = "silenceID")]
    id: String,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { connection, command } = arguments;
    match command {
        Command::Add(add) => self::add(&connection, add).await,
        Command::List { team, all, json } => list(&connection, team.as_deref(), all, json).await,
        Command::Show { id, json } => {
            let silence: Silence = connection.get(&format!("/api/v2/silence/{}", checked(&id)?)).await?;
            if json { print_json(&silence) } else { show(&silence) }
        }
        Command::Expire { ids } => expire(&connection, &ids).await,
        Command::Import { file, team } => import(&connection, &file, team).await,
    }
}

async fn add(connection: &Connection, add: Add) -> Result<(), Failure> {
    let Add { matchers, end: End { duration, until }, from, comment, team, by } = add;
    let matchers = matchers.iter().map(|text| matcher(text)).collect::<Result<_, _>>()?;
    let from = match &from {
        Some(text) => instant("--from", text)?,
        None => now()?,
    };
    let until = match (duration, &until) {
        (Some(duration), _) => from.checked_add(Duration::from(duration)).map_err(|_| too_long())?,
        (None, Some(text)) => instant("--until", text)?,
        (None, None) => return Err(Failure::Wrong("say --for how long, or --until when".into())),
    };
    let created_by = by.ok_or_else(|| Failure::Wrong("say with --by who you are".into()))?;
    let wanted =
        Wanted { comment, created_by, starts_at: from.to_string(), ends_at: until.to_string(), matchers, team };
    let Made { id } = connection.post("/api/v2/silences", &wanted).await?;
    println!("{}", printable(&id));
    Ok(())
}

async fn list(connection: &Connection, team: Option<&str>, all: bool, json: bool) -> Result<(), Failure> {
    let mut silences: Vec<Silence> = connection.get("/api/v2/silences").await?;
    silences.retain(|silence| all || silence.status.state != "expired");
    silences.retain(|silence| team.is_none() || silence.team.is_none() || silence.team.as_deref() == team);
    if json {
        return print_json(&silences);
    }
    if silences.is_empty() {
        println!("no silences");
        return Ok(());
    }
    let rows: Vec<[String; 7]> = silences.iter().map(row).collect();
    table::print(["SILENCE", "STATE", "TEAM", "FROM (UTC)", "UNTIL (UTC)", "MATCHERS", "WHY"], &rows);
    Ok(())
}

fn row(silence: &Silence) -> [String; 7] {
    [
        silence.id.clone(),
        silence.status.state.clone(),
        silence.team.clone().unwrap_or_else(|| "(all)".into()),
        short(&silence.starts_at),
        short(&silence.ends_at),
        silence.matchers(),
        format!("{} (by {})", silence.comment, silence.created_by),
    ]
    .map(|cell| printable(&cell))
}

fn show(silence: &Silence) -> Result<(), Failure> {
    let Silence { id, status, updated_at, comment, created_by, starts_at, ends_at, team, .. } = silence;
    let team = team.as_deref().unwrap_or("everybody");
    println!("{}  {}", printable(id), printable(&status.state));
    println!("  {}", printable(&silence.matchers()));
    println!("  of {}, from {} until {} UTC", printable(team), short(starts_at), short(ends_at));
    println!("  by {}, last changed {} UTC", printable(created_by), short(updated_at));
    if !comment.is_empty() {
        println!("  why: {}", printable(comment));
    }
    Ok(())
}

async fn expire(connection: &Connection, ids: &[String]) -> Result<(), Failure> {
    let mut failures = Vec::new();
    for id in ids {
        let done = match checked(id) {
            Ok(id) => connection.delete_only(&format!("/api/v2/silence/{id}")).await,
            Err(failure) => Err(failure),
        };
        match done {
            Ok(()) => println!("{id} expired"),
            Err(Failure::Failed(message) | Failure::Wrong(message)) => failures.push(format!("{id}: {message}")),
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::Failed(failures.join("\nbellwire: "))) }
}

async fn import(connection: &Connection, file: &Path, team: Option<String>) -> Result<(), Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Wrong(format!("{}: {error}", file.display()));
    let text = read(file).map_err(|error| wrong(&error))?;
    let silences: Vec<Wanted> = serde_json::from_str(&text)
        .map_err(|error| wrong(&format!("not silences as `amtool silence query -o json` writes them: {error}")))?;
    let now = now()?;
    let (mut made, mut over, mut failures) = (0, 0, Vec::new());
    for (number, silence) in silences.into_iter().enumerate() {
        let ends_at = instant("endsAt", &silence.ends_at).map_err(|failure| match failure {
            Failure::Failed(message) | Failure::Wrong(message) => wrong(&format!("silence {}: {message}", number + 1)),
        })?;
        if ends_at <= now {
            over += 1;
            continue;
        }
        let silence = Wanted { team: team.clone().or(silence.team), ..silence };
        match connection.post::<_, Made>("/api/v2/silences", &silence).await {
            Ok(Made { id }) => {
                println!("{}", printable(&id));
                made += 1;
            }
            Err(Failure::Failed(message) | Failure::Wrong(message)) => {
                failures.push(format!("silence {} of the file: {message}", number + 1));
            }
        }
    }
    eprintln!("{made} made, {over} left out because they are over");
    if failures.is_empty() { Ok(()) } else { Err(Failure::Failed(failures.join("\nbellwire: "))) }
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file)?),
    };
    source.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn matcher(text: &str) -> Result<WireMatcher, Failure> {
    let Matcher { name, operator, value, .. } =
        text.parse().map_err(|error| Failure::Wrong(format!("{text:?} is no matcher: {error}")))?;
    let (is_equal, is_regex) = match operator {
        MatchOperator::Equal => (true, false),
        MatchOperator::NotEqual => (false, false),
        MatchOperator::Regex => (true, true),
        MatchOperator::NotRegex => (false, true),
    };
    Ok(WireMatcher { name: name.into(), value: value.into(), is_regex, is_equal })
}

fn instant(what: &str, text: &str) -> Result<jiff::Timestamp, Failure> {
    let form = "a time of RFC 3339, such as 2026-11-21T09:00:00Z";
    text.parse().map_err(|_| Failure::Wrong(format!("{what} must be {form}, and not {text:?}")))
}

fn now() -> Result<jiff::Timestamp, Failure> {
    let now = Clock::System.now().to_string();
    now.parse().map_err(|_| Failure::Failed(format!("the clock shows {now}")))
}

fn too_long() -> Failure {
    Failure::Wrong("--for is too long".into())
}

/// An id goes into a path, so it must be one.
fn checked(id: &str) -> Result<&str, Failure> {
    if id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && !id.is_empty() {
        return Ok(id);
    }
    let remedy = "`bellwire silence list` has those that there are; one of a routes file (TEAM/NAME) is changed there";
    Err(Failure::Wrong(format!("{id:?} is no silence's id; {remedy}")))
}

fn is_equal() -> bool {
    true
}

impl Silence {
    fn matchers(&self) -> String {
        let shown = self.matchers.iter().map(|WireMatcher { name, value, is_regex, is_equal }| {
            let operator = match (is_equal, is_regex) {
                (true, false) => "=",
                (false, false) => "!=",
                (true, true) => "=~",
                (false, true) => "!~",
            };
            format!("{name}{operator}{value:?}")
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}
