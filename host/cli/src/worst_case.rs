//! `bellwire oncall worst-case`: how long it takes at worst until somebody is paged.

use crate::{Configuration, Failure, printable, table};
use bellwire_app::{Clock, Hears, Opens, Outcome, WorstCase, core::Span, wall_text};
use jiff::tz::TimeZone;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: Configuration,
    /// Only this team's routes
    #[arg(long)]
    team: Option<String>,
    /// How far to look ahead
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=400))]
    days: u16,
    /// In which times are shown, such as Europe/Berlin; that of each team's schedules unless it is given
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<TimeZone>,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "write an IANA name, such as Europe/Berlin or UTC".into())
}

pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { configuration, team, days, zone } = arguments;
    let now = Clock::System.now();
    let worst = bellwire_app::worst_cases(&configuration.config, &crate::environment(), team.as_deref(), now, days)
        .map_err(|report| Failure::Wrong(report.to_string()))?;
    let rows: Vec<[String; 6]> = worst.cases.iter().map(|case| row(case, zone.as_ref())).collect();
    table::print(["TEAM", "ROUTE", "PRIORITY", "AT WORST", "IF IT OPENS", "WHO HEARS"], &rows);
    println!(
        "\n{} openings within {days} days were tried, of incidents that nobody acknowledges and whose messages all arrive",
        worst.tried
    );
    if worst.left_out > 0 {
        println!(
            "{} more were left out: a policy wants to be asked too often, or schedules change too often",
            worst.left_out
        );
    }
    match worst.cases.iter().filter(|case| case.is_never()).count() {
        0 => Ok(()),
        1 => Err(Failure::Failed("for 1 of these, there are times at which the policy pages nobody".into())),
        many => Err(Failure::Failed(format!("for {many} of these, there are times at which the policy pages nobody"))),
    }
}

fn row(case: &WorstCase, zone: Option<&TimeZone>) -> [String; 6] {
    let WorstCase { team, route, priority, asked, opens, outcome, zone: usual } = case;
    let others: Vec<String> = asked.iter().filter(|asked| *asked != priority).map(ToString::to_string).collect();
    let priority = match others.as_slice() {
        [] => priority.to_string(),
        others => format!("{priority} (also for {})", others.join(", ")),
    };
    let opens = match opens {
        Opens::AtAnyTime => "at any time".to_owned(),
        Opens::At(at) => wall_text(*at, zone.unwrap_or(usual)),
    };
    let (worst, hears) = match outcome {
        Outcome::Paged { after, by } => (elapsed(*after), who(by, case.opens)),
        Outcome::Told { after, by } => (elapsed(*after), format!("{}, without a page", who(by, case.opens))),
        Outcome::OnlyTold { by, .. } => {
            ("never".into(), format!("nobody is paged; {} only hears", who(by, case.opens)))
        }
        Outcome::LastResort(targets) => ("never".into(), format!("nobody but the last resort, {}", targets.join(", "))),
        Outcome::Nobody => ("never".into(), "nobody".into()),
    };
    [team.to_string(), route.to_string(), priority, worst, opens, hears].map(|cell| printable(&cell))
}

fn elapsed(after: Span) -> String {
    if after == Span::ZERO { "at once".into() } else { after.to_string() }
}

fn who(hears: &Hears, opens: Opens) -> String {
    match hears {
        // At another time it may be another's turn, or another step.
        Hears::OnCall { people, schedule } if opens == Opens::AtAnyTime => {
            format!("whoever is on call, such as {} in {schedule}", people.join(" and "))
        }
        Hears::OnCall { people, schedule } => format!("{}, on call in {schedule}", people.join(" and ")),
        Hears::Person(person) => person.clone(),
        Hears::Receiver(receiver) => format!("the receiver {receiver}"),
        Hears::Fallback { receivers, fault } => format!("the fallback, {}: {fault}", receivers.join(", ")),
    }
}
