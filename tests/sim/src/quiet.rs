//! What is silenced or explained, found again from the rows alone, the slow way: every alert against every silence and rule.

use crate::{random::Random, simulation::Simulation, store::Rows};
use bellwire_core::{
    Alert, AlertState, Event, IncidentId, IncidentState, Inhibition, InhibitionKind, Instant, Matchers, Silence,
    SilenceRequest, SilenceState, Tables,
};
use std::{collections::BTreeSet, sync::Arc};

/// Some are circles, on purpose.
pub fn rules(random: &mut Random) -> Vec<Inhibition> {
    let sides = [
        r#"alertname="Down""#,
        r#"alertname="Slow""#,
        r#"severity="critical""#,
        r#"severity=~"info|x""#,
        r#"job="db""#,
    ];
    let equal: [&[&str]; 4] = [&[], &["job"], &["severity"], &["job", "missing"]];
    let count = random.pick(&[0, 0, 1, 2, 3]);
    let one = |index: usize, random: &mut Random| Inhibition {
        name: format!("rule-{index}").into(),
        sources: matchers(random.pick(&sides)),
        targets: matchers(random.pick(&sides)),
        equal: random.pick(&equal).iter().map(|name| (*name).into()).collect(),
        kind: random.pick(&[InhibitionKind::Quiet, InhibitionKind::Symptom]),
    };
    (0..count).map(|index| one(index, random)).collect()
}

fn matchers(text: &str) -> Matchers {
    Matchers(text.parse().into_iter().collect())
}

impl Simulation {
    pub fn random_silence(&mut self) -> Event {
        let known: Vec<Arc<str>> = self.rows.silences.keys().cloned().collect();
        let known = (!known.is_empty()).then(|| known[self.random.index(known.len())].clone());
        let request = match (self.random.below(10), known) {
            (0..=2, Some(id)) => SilenceRequest::Expire { id },
            (3, None) => SilenceRequest::Expire { id: "none".into() },
            (roll, known) => SilenceRequest::Set { wanted: self.any_silence(), replaces: known.filter(|_| roll == 4) },
        };
        Event::Silenced { request, by: "anna".into(), via: "api".into() }
    }

    fn any_silence(&mut self) -> Silence {
        let text = [r#"alertname="Down""#, r#"severity=~"crit.*""#, r#"job="api""#, r#"team!="t1""#, r#"job=~".*""#];
        Silence {
            id: format!("s-{}", self.turns.len()).into(),
            team: self.random.pick(&[None, None, Some("t1"), Some("t2"), Some("t9")]).map(Into::into),
            matchers: matchers(self.random.pick(&text)),
            starts_at: self.random_instant(),
            ends_at: self.random_instant(),
            updated_at: self.now,
            by: "".into(),
            comment: String::new(),
        }
    }
}

/// Is what is held back what has to be, and nothing else?
pub fn check(now: Instant, rows: &Rows, tables: &Tables) -> Result<(), String> {
    let firing: Vec<&Alert> = rows.alerts.values().filter(|alert| alert.state == AlertState::Firing).collect();
    for (id, incident) in rows.incidents.iter().filter(|(_, incident)| !incident.closed) {
        if incident.state == IncidentState::Resolved {
            continue;
        }
        let mut members = firing.iter().filter(|alert| alert.incidents.contains(id));
        let is_quiet = |alert: &&&Alert| is_silenced(now, alert, id, rows) || is_explained(alert, id, &firing, tables);
        let expected = members.clone().count() > 0 && members.all(|alert| is_quiet(&alert));
        if expected != incident.suppressed.is_some() {
            return Err(format!("{id} is {} to be held back: {incident:?}", if expected { "" } else { "not" }));
        }
        if let Some(cause) = incident.suppressed.as_ref().and_then(|suppressed| suppressed.cause.as_ref())
            && cause != id
            && rows.incidents.get(cause).is_none_or(|cause| cause.symptoms == 0)
        {
            return Err(format!("{id} is a symptom of {cause}, which has none"));
        }
    }
    Ok(())
}

fn is_silenced(now: Instant, alert: &Alert, id: &IncidentId, rows: &Rows) -> bool {
    rows.silences.values().any(|silence| {
        let is_whose = silence.team.as_ref().is_none_or(|team| *team == id.team);
        is_whose && silence.state(now) == SilenceState::Active && silence.matchers.matches(&alert.labels)
    })
}

/// From cause to cause one comes to an alert that has none.
fn is_explained(alert: &Alert, id: &IncidentId, firing: &[&Alert], tables: &Tables) -> bool {
    let (mut seen, mut next) = (BTreeSet::from([alert.fingerprint]), vec![alert]);
    let mut is_first = true;
    while let Some(at) = next.pop() {
        let causes: Vec<&Alert> = firing.iter().copied().filter(|other| explains(other, at, id, tables)).collect();
        if causes.is_empty() {
            return !is_first;
        }
        is_first = false;
        next.extend(causes.into_iter().filter(|cause| seen.insert(cause.fingerprint)));
    }
    false
}

fn explains(source: &Alert, target: &Alert, id: &IncidentId, tables: &Tables) -> bool {
    let of_team = tables.teams.get(&id.team).into_iter().flat_map(|team| &team.inhibitions);
    tables.inhibitions.iter().chain(of_team).any(|Inhibition { sources, targets, equal, .. }| {
        let (from, to) = (&source.labels, &target.labels);
        let is_two_sided = sources.matches(to) && targets.matches(from);
        source.fingerprint != target.fingerprint
            && sources.matches(from)
            && targets.matches(to)
            && !is_two_sided
            && equal.iter().all(|name| from.get(name) == to.get(name))
    })
}
