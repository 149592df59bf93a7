//! What `bellwire check` warns of: hours in which nobody is on call, and priorities that at times reach nobody.

use super::{DAY, Opens, Outcome, Period, WorstCase, wall_text, worst_cases};
use crate::setup::Plugins;
use bellwire_config::Diagnostic;
use bellwire_core::{Instant, Tables, Team};
use std::sync::Arc;

pub(crate) fn warnings(tables: &Arc<Tables>, plugins: &Plugins, period: Period) -> Vec<Diagnostic> {
    let mut warnings: Vec<Diagnostic> = tables.teams.values().flat_map(|team| gaps(team, period)).collect();
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

fn gaps(team: &Team, period: Period) -> Vec<Diagnostic> {
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
        warnings.push(Diagnostic::warning(message).with_help("a further layer or an override fills a gap"));
    }
    warnings
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
