//! `bellwire oncall override`: who stands in for whom, for a while.

use super::{one_schedule, wall_text};
use crate::{
    Failure,
    client::Connection,
    printable,
    table::{self, print_json},
};
use bellwire_app::api::{ActReply, MadeOverride, NewOverride, Origin, OverrideList, OverrideView, StretchList, Via};

const EXAMPLES: &str = "\
Examples:
  bellwire oncall override add primary --until 2026-11-21T18:00 --add bob --reason 'big launch'
  bellwire oncall override add primary --from 2026-11-23T12:00 --until 2026-11-23T18:00 \\
      --replace ann --with bob --reason dentist";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Add somebody, take somebody off, or have somebody stand in
    ///
    /// One of --add, --remove and --with says what changes; with --with alone those take everybody's place. People have
    /// the names of the team's routes file; several are separated by commas.
    #[command(after_help = EXAMPLES)]
    Add(Add),
    /// List those that hold or will
    List {
        /// Only this team's
        #[arg(long)]
        team: Option<String>,
        /// As the API's JSON
        #[arg(long)]
        json: bool,
    },
    /// Take one away that was made at run time; those of a routes file are changed there
    Remove {
        /// As the list has it; TEAM/ID where several teams have one of that id
        id: String,
        /// Who you are, for the journal
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
}

#[derive(clap::Args)]
struct Add {
    /// TEAM/SCHEDULE, or just its name where only one team has one of that name
    schedule: String,
    /// When it begins: RFC 3339, or on the schedule's own clock, such as 2026-11-23T12:00; now unless it is given
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// When it ends
    #[arg(long, value_name = "TIME")]
    until: String,
    #[command(flatten)]
    change: Change,
    /// Whom those of --with stand in for; everybody unless it is given
    #[arg(long, value_name = "PERSON", requires = "with", conflicts_with_all = ["add", "remove"])]
    replace: Option<String>,
    /// Why, for those who wonder
    #[arg(long)]
    reason: Option<String>,
    /// Who you are, for the journal
    #[arg(long, env = "USER")]
    by: Option<String>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Change {
    /// On call beside those who are
    #[arg(long, value_name = "PEOPLE", value_delimiter = ',')]
    add: Vec<String>,
    /// Not on call
    #[arg(long, value_name = "PEOPLE", value_delimiter = ',')]
    remove: Vec<String>,
    /// On call in place of those who are
    #[arg(long, value_name = "PEOPLE", value_delimiter = ',')]
    with: Vec<String>,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { connection, command } = arguments;
    match command {
        Command::Add(add) => self::add(&connection, add).await,
        Command::List { team, json } => list(&connection, team, json).await,
        Command::Remove { id, by } => remove(&connection, &id, by).await,
    }
}

async fn add(connection: &Connection, add: Add) -> Result<(), Failure> {
    let Add { schedule, from, until, change: Change { add, remove, with }, replace, reason, by } = add;
    let standing = one_schedule(connection, &schedule).await?;
    let asked = NewOverride {
        team: standing.team,
        schedule: standing.schedule,
        from,
        until,
        add,
        remove,
        replace,
        with,
        reason: reason.unwrap_or_default(),
        by,
        via: Via::Cli,
    };
    let MadeOverride { made, changes_nothing } = connection.post("/api/v1/overrides", &asked).await?;
    let OverrideView { id, team, schedule, zone, .. } = &made;
    let (from, until) = (wall_text(&made.from), wall_text(&made.until));
    let told = format!("override {id}: {team}/{schedule} has {} from {from} to {until} ({zone})", what(&made));
    println!("{}", printable(&told));
    if changes_nothing {
        eprintln!("{}", printable(&format!("warning: it changes nothing: {}", why_nothing(&made))));
    }
    warn_of_gaps(connection, &made).await;
    Ok(())
}

/// As far as the override itself says.
fn why_nothing(made: &OverrideView) -> String {
    let OverrideView { add, remove, replace, with, schedule, .. } = made;
    match (add.as_slice(), remove.as_slice(), replace) {
        ([_, ..], _, _) => format!("{schedule} has {} in all of its time anyway", add.join(", ")),
        ([], [_, ..], _) => format!("{schedule} has {} in none of its time", remove.join(", ")),
        ([], [], Some(replaced)) if with.contains(replaced) => format!("{replaced} stands in for {replaced}"),
        ([], [], Some(replaced)) => format!("{schedule} has {replaced} in none of its time"),
        ([], [], None) => format!("{schedule} has just {} in all of its time anyway", with.join(", ")),
    }
}

/// The override is made whatever this finds, so that nothing here is an error.
async fn warn_of_gaps(connection: &Connection, made: &OverrideView) {
    let path = format!("/api/v1/oncall/{}/{}/stretches", made.team, made.schedule);
    let query = [("from", made.from.clone()), ("until", made.until.clone())];
    let Ok(list) = connection.get_with::<StretchList>(&path, &query).await else { return };
    for gap in list.stretches.iter().filter(|stretch| stretch.people.is_empty()) {
        let (from, until) = (wall_text(&gap.from), wall_text(&gap.until));
        eprintln!("warning: with it nobody is on call from {from} to {until}");
    }
}

async fn list(connection: &Connection, team: Option<String>, json: bool) -> Result<(), Failure> {
    let query: Vec<_> = team.map(|team| ("team", team)).into_iter().collect();
    let list: OverrideList = connection.get_with("/api/v1/overrides", &query).await?;
    if json {
        return print_json(&list);
    }
    if list.overrides.is_empty() {
        println!("no overrides");
        return Ok(());
    }
    let rows: Vec<[String; 6]> = list.overrides.iter().map(row).collect();
    table::print(["OVERRIDE", "SCHEDULE", "FROM", "UNTIL", "ZONE", "WHAT"], &rows);
    Ok(())
}

fn row(made: &OverrideView) -> [String; 6] {
    let reason = if made.reason.is_empty() { String::new() } else { format!(": {}", made.reason) };
    let whence = match made.origin {
        Origin::RoutesFile => "in the routes file".to_owned(),
        Origin::RunTime => format!("by {}", made.by),
    };
    [
        made.id.clone(),
        format!("{}/{}", made.team, made.schedule),
        wall_text(&made.from),
        wall_text(&made.until),
        made.zone.clone(),
        format!("{}{reason} ({whence})", what(made)),
    ]
    .map(|cell| printable(&cell))
}

fn what(made: &OverrideView) -> String {
    let OverrideView { add, remove, replace, with, .. } = made;
    match (add.as_slice(), remove.as_slice(), replace) {
        ([_, ..], _, _) => format!("{} beside those on call", add.join(", ")),
        ([], [_, ..], _) => format!("everybody but {}", remove.join(", ")),
        ([], [], Some(replaced)) => format!("{} instead of {replaced}", with.join(", ")),
        ([], [], None) => format!("{} instead of everybody", with.join(", ")),
    }
}

async fn remove(connection: &Connection, id: &str, by: Option<String>) -> Result<(), Failure> {
    let list: OverrideList = connection.get("/api/v1/overrides").await?;
    let full = |made: &OverrideView| format!("{}/{}", made.team, made.id);
    let found: Vec<&OverrideView> = list.overrides.iter().filter(|made| made.id == id || full(made) == id).collect();
    let [made] = found.as_slice() else {
        let known: Vec<String> = found.iter().map(|made| full(made)).collect();
        return Err(Failure::Wrong(match known.as_slice() {
            [] => format!("there is no override {id:?}; `bellwire oncall override list` has those that there are"),
            _ => format!("several teams have an override {id}; say which: {}", known.join(", ")),
        }));
    };
    if made.origin == Origin::RoutesFile {
        return Err(Failure::Wrong(format!(
            "override {id} stands in the routes file of {}; take it away there",
            made.team
        )));
    }
    let mut query = vec![("via", "cli".to_owned())];
    query.extend(by.map(|by| ("by", by)));
    let ActReply { .. } = connection.delete(&format!("/api/v1/overrides/{}/{}", made.team, made.id), &query).await?;
    println!("{}", printable(&format!("override {} of {}/{} is gone", made.id, made.team, made.schedule)));
    Ok(())
}
