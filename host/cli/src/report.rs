//! `bellwire report`: what happened in a week, or in another period.

use crate::{Failure, client::Connection, printable};

/// Incidents by priority, how fast somebody took them, who was paged and when, the noisiest alerts, what nobody
/// acknowledged, and what failed.
///
/// A date is the midnight at its begin: the week of 16 November 2026 is `--from 2026-11-16 --until 2026-11-23`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// The last seven days; so it is if no other time is given
    #[arg(long, conflicts_with_all = ["from", "until"])]
    week: bool,
    /// From this date or time on; a week before --until if it is left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Up to this date or time, which is not included; now if it is left out
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Only this team; else all of them together
    #[arg(long)]
    team: Option<String>,
    /// Where days, hours and nights are counted, as in Europe/Berlin; else in UTC, and a person's pages in their own zone
    #[arg(long)]
    zone: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a wiki
    Markdown,
    /// For a mail or a browser
    Html,
    /// The API's figures
    Json,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    // The last seven days are what the API takes by default.
    let Arguments { connection, week: _, from, until, team, zone, format } = arguments;
    let given = [("from", from), ("until", until), ("team", team), ("zone", zone)];
    let mut query: Vec<(&'static str, String)> =
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    query.push(("format", format.name().to_owned()));
    let page = connection.text("/api/v1/report", &query).await?;
    for line in page.lines() {
        println!("{}", printable(line));
    }
    Ok(())
}

impl Format {
    /// As the API calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}
