//! `bellwire oncall`: who is on call, when nobody is, and how to change it for a while.

mod overrides;
mod show;

use crate::{
    Failure,
    client::Connection,
    printable,
    table::{self, print_json},
};
use bellwire_app::api::{Because, DutyView, GapList, OnCallList, StandingView};
use jiff::civil;

const EXAMPLES: &str = "\
A SCHEDULE is TEAM/SCHEDULE, or just its name where only one team has one of that name. A TIME is of RFC 3339 \
(2026-11-21T09:00:00Z), or on the schedule's own wall clock (2026-11-21T09:00). Times are shown on that clock.

Examples:
  bellwire oncall now --team payments
  bellwire oncall at 2026-12-24T20:00
  bellwire oncall show payments/primary --days 28
  bellwire oncall override add primary --until 2026-11-21T18:00 --with bob --reason dentist
  bellwire oncall gaps --days 90";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Who is on call now, why, and until when
    Now(Which),
    /// Who is, or was, on call at a time
    At {
        /// Of RFC 3339, or on each schedule's own wall clock, such as 2026-12-24T20:00
        time: String,
        #[command(flatten)]
        which: Which,
    },
    /// A calendar: a line for each day, with hand-offs, overrides and gaps
    Show(show::Arguments),
    /// Change who is on call for a while
    Override(overrides::Arguments),
    /// When nobody will be on call; exit code 1 if there is such a time
    Gaps {
        /// How far to look ahead
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=400))]
        days: u16,
        #[command(flatten)]
        which: Which,
    },
    /// How long it takes at worst until somebody is paged, by route and priority; offline, from the configuration
    ///
    /// Each route's own policy is asked about an incident that nobody acknowledges and whose every message arrives, opened
    /// at every change of schedules and windows, as long before each as a step may be due, and every hour. Overrides made
    /// at run time do not count. Exit code 1 if there are times at which nobody is paged.
    WorstCase(crate::worst_case::Arguments),
}

#[derive(clap::Args)]
struct Which {
    #[command(flatten)]
    connection: Connection,
    /// Only this team's schedules
    #[arg(long)]
    team: Option<String>,
    /// Only the schedules of this name
    #[arg(long)]
    schedule: Option<String>,
    /// As the API's JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Now(which) => standings(which, None).await,
        Command::At { time, which } => standings(which, Some(time)).await,
        Command::Show(arguments) => show::run(arguments).await,
        Command::Override(arguments) => overrides::run(arguments).await,
        Command::Gaps { days, which } => gaps(days, which).await,
        Command::WorstCase(arguments) => crate::worst_case::run(arguments),
    }
}

async fn standings(which: Which, at: Option<String>) -> Result<(), Failure> {
    let mut query = which.query();
    query.extend(at.map(|at| ("at", at)));
    let list: OnCallList = which.connection.get_with("/api/v1/oncall", &query).await?;
    if which.json {
        return print_json(&list);
    }
    if list.schedules.is_empty() {
        println!("no schedules");
        return Ok(());
    }
    let rows: Vec<[String; 4]> = list.schedules.iter().map(row).collect();
    table::print(["SCHEDULE", "ON CALL", "UNTIL", "WHY"], &rows);
    Ok(())
}

fn row(standing: &StandingView) -> [String; 4] {
    let until = standing.until.as_deref().map(|until| format!("{} {}", wall_text(until), standing.zone));
    let reasons: Vec<String> = match standing.people.as_slice() {
        [alone] => vec![because(&alone.why)],
        people => people.iter().map(|duty| format!("{}: {}", duty.person, because(&duty.why))).collect(),
    };
    [
        format!("{}/{}", standing.team, standing.schedule),
        names(&standing.people),
        until.unwrap_or_else(|| "no change within 400 days".to_owned()),
        reasons.join("; "),
    ]
    .map(|cell| printable(&cell))
}

async fn gaps(days: u16, which: Which) -> Result<(), Failure> {
    let mut query = which.query();
    query.push(("days", days.to_string()));
    let list: GapList = which.connection.get_with("/api/v1/oncall/gaps", &query).await?;
    if which.json {
        print_json(&list)?;
    }
    let looked_at = if list.schedules == 1 { "1 schedule".to_owned() } else { format!("{} schedules", list.schedules) };
    if list.gaps.is_empty() {
        if !which.json {
            println!("no gaps in {looked_at} over {days} days");
        }
        return Ok(());
    }
    if !which.json {
        let row = |gap: &bellwire_app::api::GapView| {
            let (from, until) = (wall_text(&gap.from), wall_text(&gap.until));
            [format!("{}/{}", gap.team, gap.schedule), from, until, gap.zone.clone()].map(|cell| printable(&cell))
        };
        let rows: Vec<[String; 4]> = list.gaps.iter().map(row).collect();
        table::print(["SCHEDULE", "NOBODY FROM", "UNTIL", "ZONE"], &rows);
    }
    let count = if list.gaps.len() == 1 { "1 gap".to_owned() } else { format!("{} gaps", list.gaps.len()) };
    Err(Failure::Failed(format!("{count} in {looked_at} over {days} days: nobody is on call then")))
}

/// The one schedule that is meant. Several of that name are an error that lists them.
async fn one_schedule(connection: &Connection, name: &str) -> Result<StandingView, Failure> {
    let mut list: OnCallList = connection.get_with("/api/v1/oncall", &[("schedule", name.to_owned())]).await?;
    let full = |standing: &StandingView| format!("{}/{}", standing.team, standing.schedule);
    match (list.schedules.pop(), list.schedules.as_slice()) {
        (Some(only), []) => Ok(only),
        (Some(last), others) => {
            let known: Vec<String> = others.iter().chain([&last]).map(full).collect();
            Err(Failure::Wrong(format!("several teams have a schedule {name}; say which: {}", known.join(", "))))
        }
        (None, _) => Err(Failure::Wrong(format!("there is no schedule {name}"))),
    }
}

fn names(people: &[DutyView]) -> String {
    let names: Vec<&str> = people.iter().map(|duty| duty.person.as_str()).collect();
    if names.is_empty() { "NOBODY".to_owned() } else { names.join(", ") }
}

fn because(why: &Because) -> String {
    match why {
        Because::Layer { layer } => format!("layer {layer}"),
        Because::Override { id, by, reason } if reason.is_empty() => format!("override {id} by {by}"),
        Because::Override { id, by, reason } => format!("override {id} by {by}: {reason}"),
    }
}

/// What the schedule's wall clock shows then: the API's times have its offset.
fn wall(time: &str) -> Option<civil::DateTime> {
    time.get(..19)?.parse().ok()
}

/// `2026-11-21T09:00:00+01:00` → `Sat 2026-11-21 09:00`.
fn wall_text(time: &str) -> String {
    wall(time).map_or_else(|| time.to_owned(), |wall| wall.strftime("%a %Y-%m-%d %H:%M").to_string())
}

impl Which {
    fn query(&self) -> Vec<(&'static str, String)> {
        let named = [("team", &self.team), ("schedule", &self.schedule)];
        named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}
