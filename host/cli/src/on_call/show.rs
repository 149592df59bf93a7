//! `bellwire oncall show`: a schedule as a calendar, a line for each day.

use super::{one_schedule, wall};
use crate::{
    Failure,
    client::Connection,
    printable,
    table::{print_json, print_wrapped},
};
use bellwire_app::api::{Because, DutyView, OverrideView, StretchList};
use jiff::{ToSpan, civil};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// TEAM/SCHEDULE, or just its name where only one team has one of that name
    schedule: String,
    /// How many days
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=399))]
    days: u16,
    /// The first day, such as 2026-12-24; today unless it is given
    #[arg(long, value_name = "DATE")]
    from: Option<civil::Date>,
    /// As the API's JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { connection, schedule, days, from, json } = arguments;
    let standing = one_schedule(&connection, &schedule).await?;
    let odd = || Failure::Failed(format!("{:?} is no day that a calendar can begin with", standing.at));
    let first = from.or_else(|| wall(&standing.at).map(|now| now.date())).ok_or_else(odd)?;
    let end = first.checked_add(i64::from(days).days()).map_err(|_| odd())?;
    let path = format!("/api/v1/oncall/{}/{}/stretches", standing.team, standing.schedule);
    let query = [("from", format!("{first}T00:00")), ("until", format!("{end}T00:00"))];
    let list: StretchList = connection.get_with(&path, &query).await?;
    if json {
        return print_json(&list);
    }
    println!("{}/{}, on the clock of {}", list.team, list.schedule, printable(&list.zone));
    for line in calendar(&list, first, days) {
        print_wrapped(&line, LABEL);
    }
    let gaps = list.stretches.iter().filter(|stretch| stretch.people.is_empty()).count();
    match gaps {
        0 => {}
        1 => println!("Nobody is on call in 1 gap"),
        many => println!("Nobody is on call in {many} gaps"),
    }
    Ok(())
}

/// Width of `Sat 21 Nov  `.
const LABEL: usize = 12;

/// Who is on call for a part of a day, from wall clock to wall clock.
struct Part<'a> {
    from: civil::DateTime,
    until: civil::DateTime,
    people: &'a [DutyView],
}

fn calendar(list: &StretchList, first: civil::Date, days: u16) -> Vec<String> {
    let part = |stretch: &'_ bellwire_app::api::StretchView| Some((wall(&stretch.from)?, wall(&stretch.until)?));
    let stretches: Vec<Part<'_>> = list
        .stretches
        .iter()
        .filter_map(|stretch| part(stretch).map(|(from, until)| Part { from, until, people: &stretch.people }))
        .collect();
    let taking: Vec<&OverrideView> = list.overrides.iter().filter(|made| !made.remove.is_empty()).collect();
    let day = |offset: u16| first.checked_add(i64::from(offset).days()).ok();
    let mut lines = Vec::new();
    for date in (0..days).map_while(day) {
        let Ok(tomorrow) = date.tomorrow() else { break };
        let (midnight, end) =
            (date.to_datetime(civil::Time::midnight()), tomorrow.to_datetime(civil::Time::midnight()));
        let todays = stretches.iter().filter(|stretch| stretch.from < end && midnight < stretch.until);
        let parts: Vec<String> = todays
            .map(|stretch| {
                let part = Part { from: stretch.from.max(midnight), until: stretch.until.min(end), ..*stretch };
                printable(&part.text(midnight, end, &taking))
            })
            .collect();
        lines.push(format!("{}  {}", date.strftime("%a %d %b"), parts.join("; ")));
    }
    lines
}

impl Part<'_> {
    /// `until 09:00 ann`, `09:00-17:00 bob (override: dentist)`, `from 17:00 NOBODY`.
    fn text(&self, midnight: civil::DateTime, end: civil::DateTime, taking: &[&OverrideView]) -> String {
        let clock = |at: civil::DateTime| at.strftime("%H:%M").to_string();
        let hours = match (self.from == midnight, self.until == end) {
            (true, true) => String::new(),
            (true, false) => format!("until {} ", clock(self.until)),
            (false, true) => format!("from {} ", clock(self.from)),
            (false, false) => format!("{}-{} ", clock(self.from), clock(self.until)),
        };
        let people: Vec<String> = self.people.iter().map(person).collect();
        let people = if people.is_empty() { "NOBODY".to_owned() } else { people.join(", ") };
        let holds = |made: &&&OverrideView| {
            let span = wall(&made.from).zip(wall(&made.until));
            span.is_some_and(|(from, until)| from < self.until && self.from < until)
        };
        let without: Vec<String> = taking
            .iter()
            .filter(holds)
            .map(|made| format!(" (override without {}{})", made.remove.join(", "), reason(&made.reason)))
            .collect();
        format!("{hours}{people}{}", without.concat())
    }
}

fn person(duty: &DutyView) -> String {
    match &duty.why {
        Because::Layer { .. } => duty.person.clone(),
        Because::Override { id: _, by: _, reason: why } => format!("{} (override{})", duty.person, reason(why)),
    }
}

fn reason(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_app::api::{Origin, StretchView};

    fn on_call(person: &str, why: Because) -> DutyView {
        DutyView { person: person.into(), display: person.into(), why }
    }

    fn by_layer(person: &str) -> Vec<DutyView> {
        vec![on_call(person, Because::Layer { layer: "weekly".into() })]
    }

    fn stretch(from: &str, until: &str, people: Vec<DutyView>) -> StretchView {
        StretchView { from: format!("2026-11-{from}:00+01:00"), until: format!("2026-11-{until}:00+01:00"), people }
    }

    #[test]
    fn a_line_for_each_day_says_who_until_when_and_why() {
        let stands_in = Because::Override { id: "7".into(), by: "ann".into(), reason: "dentist\u{1b}[2J".into() };
        let sick = OverrideView {
            id: "8".into(),
            team: "payments".into(),
            schedule: "primary".into(),
            zone: "Europe/Berlin".into(),
            from: "2026-11-23T18:00:00+01:00".into(),
            until: "2026-11-24T00:00:00+01:00".into(),
            add: vec![],
            remove: vec!["ann".into()],
            replace: None,
            with: vec![],
            reason: "sick".into(),
            by: "ann".into(),
            made_at: "2026-11-20T18:00:00+01:00".into(),
            origin: Origin::RunTime,
        };
        let list = StretchList {
            team: "payments".into(),
            schedule: "primary".into(),
            zone: "Europe/Berlin".into(),
            from: "2026-11-21T00:00:00+01:00".into(),
            until: "2026-11-25T00:00:00+01:00".into(),
            stretches: vec![
                stretch("20T09:00", "23T09:00", by_layer("ann")),
                stretch("23T09:00", "23T12:00", by_layer("bob")),
                stretch("23T12:00", "23T18:00", vec![on_call("cyd", stands_in)]),
                stretch("23T18:00", "24T00:00", vec![]),
                stretch("24T00:00", "25T00:00", by_layer("bob")),
            ],
            overrides: vec![sick],
        };
        let expected = [
            "Sat 21 Nov  ann",
            "Sun 22 Nov  ann",
            "Mon 23 Nov  until 09:00 ann; 09:00-12:00 bob; 12:00-18:00 cyd (override: dentist\\u{1b}[2J); \
             from 18:00 NOBODY (override without ann: sick)",
            "Tue 24 Nov  bob",
        ];
        assert_eq!(calendar(&list, civil::date(2026, 11, 21), 4), expected);
    }
}
