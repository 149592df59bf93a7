//! What `bellwire check` warns of: hours in which nobody is on call, overrides that change
//! nothing, and priorities that at times reach nobody.

use super::{DAY, Opens, Outcome, Period, WorstCase, wall_text, worst_cases};
use crate::setup::Prepared;
use bellwire_config::{Diagnostic, Places};
use bellwire_core::{Instant, Override, Schedule, Team};
use std::sync::Arc;

pub(crate) fn warnings(prepared: &Prepared, period: Period) -> Vec<Diagnostic> {
    let Prepared { tables, plugins, places, .. } = prepared;
    let mut warnings: Vec<Diagnostic> = Vec::new();
    for team in tables.teams.values() {
        warnings.extend(gaps(team, places, period));
        warnings.extend(overrides_that_change_nothing(team, places, period.from));
    }
    let mut nevers: Vec<(WorstCase, Vec<Arc<str>>)> = Vec::new();
    for case in worst_cases(tables, plugins, None, period).cases.into_iter().filter(WorstCase::is_never) {
        let is_same = |(known, _): &&mut (WorstCase, _)| {
            (&known.team, known.priority, known.opens, &known.outcome)
                == (&case.team, case.priority, case.opens, &case.outcome)
        };
        match nevers.iter_mut().find(is_same) {
            Some((_, routes)) => routes.push(case.route),
            None => nevers.push((case.clone(), vec![case.route])),
        }
    }
    warnings.extend(nevers.iter().map(|(case, routes)| never(case, routes, period.from)));
    warnings
}

fn gaps(team: &Team, places: &Places, period: Period) -> Vec<Diagnostic> {
    let days = period.until.since(period.from).as_millis() / DAY.as_millis();
    let mut warnings = Vec::new();
    for schedule in team.schedules.values() {
        let gaps = schedule.gaps(period.from, period.until, &[]);
        let Some((from, until)) = gaps.first() else { continue };
        let from = if *from == period.from { "now".into() } else { wall_text(*from, &schedule.zone) };
        let until = wall_text(*until, &schedule.zone);
        let more = match gaps.len() {
            1 => String::new(),
            2 => ", and once more".into(),
            many => format!(", and {} times more", many - 1),
        };
        let message = format!(
            "in the schedule `{}` of team {}, nobody is on call from {from} to {until}{more} in the next {days} days",
            schedule.name, team.name
        );
        let gap = Diagnostic::warning(message).with_help("a further layer or an override fills a gap");
        warnings.push(places.at_schedule(&team.name, &schedule.name, gap));
    }
    warnings
}

/// Those that are over do not matter any more.
fn overrides_that_change_nothing(team: &Team, places: &Places, now: Instant) -> Vec<Diagnostic> {
    let all = team.schedules.values().flat_map(|schedule| schedule.overrides.iter().map(move |made| (schedule, made)));
    let idle = all.filter(|(schedule, made)| now < made.until && is_idle(schedule, made));
    let warning = |(schedule, made): (&Schedule, &Override)| {
        let (from, until) = (wall_text(made.from, &schedule.zone), wall_text(made.until, &schedule.zone));
        let message = format!(
            "the override of the schedule `{}` of team {} from {from} to {until} changes nothing: the same people are on \
             call without it",
            schedule.name, team.name
        );
        let help = "`replace` and `remove` name somebody who is on call then, `add` and `with` somebody who is not";
        places.at_override(&team.name, &made.id, Diagnostic::warning(message).with_help(help))
    };
    idle.map(warning).collect()
}

fn is_idle(schedule: &Schedule, made: &Override) -> bool {
    let mut without = schedule.clone();
    without.overrides.retain(|other| other.id != made.id);
    bellwire_http::changes_nothing(&without, &[], made)
}

fn never(case: &WorstCase, routes: &[Arc<str>], now: Instant) -> Diagnostic {
    let WorstCase { team, priority, opens, zone, .. } = case;
    let when = match opens {
        Opens::AtAnyTime => "ever".to_owned(),
        Opens::At(at) if *at == now => "if it opens now".into(),
        Opens::At(at) => format!("if it opens on {}", wall_text(*at, zone)),
    };
    let noun = if routes.len() == 1 { "route" } else { "routes" };
    let routes = routes.join("`, `");
    let nobody = match case.outcome {
        Outcome::OnlyTold { .. } => "nobody is paged for",
        Outcome::LastResort(_) => "nobody but the last resort is told of",
        Outcome::Paged { .. } | Outcome::Told { .. } | Outcome::Nobody => "nobody is told of",
    };
    Diagnostic::warning(format!("{nobody} a {priority} of the {noun} `{routes}` of team {team} {when}"))
        .with_help("`bellwire oncall worst-case` shows every route and priority")
}
