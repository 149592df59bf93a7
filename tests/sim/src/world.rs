//! The configuration of a run, and what a reload makes of it: teams with nested routes, receivers with fallbacks.

use crate::{duty, quiet, random::Random};
use bellwire_core::{
    GroupBy, Limits, Matcher, Matchers, Policy, Receiver, ReceiverKind, Route, Secret, Span, Tables, Team, Wants,
    WebhookReceiver,
};
use std::{collections::BTreeMap, sync::Arc};

pub const POLICIES: [&str; 5] = ["ladder", "people", "repeat", "digest", "quiet"];
/// Shared by all teams, and the one that never refuses.
pub const LAST: &str = "mail";

fn matchers(texts: &[&str]) -> Matchers {
    Matchers(texts.iter().filter_map(|text| text.parse::<Matcher>().ok()).collect())
}

pub fn receiver(name: &str, fallback: Option<String>, random: &mut Random) -> (Arc<str>, Receiver) {
    let kind = ReceiverKind::Webhook(WebhookReceiver { url: Secret::new("http://localhost"), secret: None });
    let receiver = Receiver {
        name: name.into(),
        kind,
        fallback: fallback.map(Into::into),
        deadline: Span::from_secs(random.pick(&[60, 120, 300])),
        updates: name == LAST || random.percent(75),
        concurrency_max: 4,
        bundle_window: Span::from_secs(random.pick(&[0, 0, 30, 120])),
        rate_per_minute: None,
        timeout: Span::from_secs(10),
        title_template: None,
        body_template: None,
    };
    (name.into(), receiver)
}

fn route(name: &str, takes: &[&str], team: &str, routes: Vec<Route>, random: &mut Random) -> Route {
    let group_by = match random.below(4) {
        0 => GroupBy::All,
        1 => GroupBy::Labels(vec![]),
        2 => GroupBy::Labels(vec!["alertname".into(), "severity".into()]),
        _ => GroupBy::Labels(vec!["alertname".into()]),
    };
    let mut fallback: Vec<Arc<str>> = vec![LAST.into()];
    if random.percent(30) {
        fallback.insert(0, format!("{team}/b").into());
    }
    Route {
        name: name.into(),
        matchers: matchers(takes),
        continues: random.percent(40),
        group_by,
        group_wait: Span::from_secs(random.pick(&[0, 0, 10, 30])),
        group_interval: Span::from_secs(random.pick(&[0, 30, 60])),
        reopen_window: Span::from_secs(random.pick(&[0, 60, 300])),
        policy: random.pick(&["ladder", "ladder", "people", "people", "repeat", "digest", "quiet"]).into(),
        fallback,
        flapping: duty::flapping(random),
        mute: duty::mute(random),
        active: vec![],
        routes,
    }
}

fn team(name: &str, receivers: &mut BTreeMap<Arc<str>, Receiver>, random: &mut Random) -> Team {
    let mut own: BTreeMap<Arc<str>, Arc<str>> = [(Arc::from(LAST), Arc::from(LAST))].into_iter().collect();
    let full = |short: &str| format!("{name}/{short}");
    let a_to = random.pick(&[Some("b"), Some("c"), None]).map(full);
    let b_to = random.pick(&[Some("a"), None, None]).map(full);
    for (short, fallback) in [("a", a_to), ("b", b_to), ("c", None)] {
        let (full, receiver) = receiver(&full(short), fallback, random);
        own.insert(short.into(), full.clone());
        receivers.insert(full, receiver);
    }
    let leaf = route("critical-api", &[r#"job="api""#], name, vec![], random);
    let critical = route("critical", &[r#"severity="critical""#], name, vec![leaf], random);
    let api = route("api", &[r#"job=~"api|web""#], name, vec![], random);
    let children = if random.percent(80) { vec![critical, api] } else { vec![api] };
    let policy = |policy: &str| {
        let name: Arc<str> = policy.into();
        let settings = "{}".into();
        (name.clone(), Policy { plugin: name.clone(), name, settings, wants: Wants::default(), zones: vec![] })
    };
    let mut team = Team {
        name: name.into(),
        matchers: matchers(&[&format!("team=~\"{name}|both\"")]),
        root: route(name, &[], name, children, random),
        receivers: own,
        policies: POLICIES.into_iter().map(policy).collect(),
        windows: BTreeMap::new(),
        people: BTreeMap::new(),
        schedules: BTreeMap::new(),
        silences: vec![],
        inhibitions: quiet::rules(random),
        heartbeats: vec![],
        last_resort: vec![],
        last_resort_after: Span::from_secs(600),
    };
    duty::staff(&mut team, receivers, random);
    team
}

pub fn tables(random: &mut Random, revision: u64) -> Tables {
    let mut receivers: BTreeMap<Arc<str>, Receiver> = [receiver(LAST, None, random)].into_iter().collect();
    let names = ["t1", "t2", "t3"];
    let count = 1 + random.index(names.len());
    let teams: BTreeMap<Arc<str>, Team> =
        names[..count].iter().map(|name| (Arc::from(*name), team(name, &mut receivers, random))).collect();
    Tables {
        teams,
        default_team: "t1".into(),
        receivers,
        inhibitions: if random.percent(20) { quiet::rules(random) } else { vec![] },
        limits: Limits { resolve_timeout: Span::from_secs(random.pick(&[60, 300])), ..Limits::default() },
        revision: format!("{revision}").into(),
    }
}

pub fn plain_tables() -> Tables {
    let mut tables = tables(&mut Random::new(1), 1);
    if let Some(team) = tables.teams.get_mut(&tables.default_team) {
        team.matchers = Matchers::default();
        team.root.routes = vec![];
        team.root.group_by = GroupBy::Labels(vec!["alertname".into()]);
        team.root.policy = "ladder".into();
        (team.root.flapping, team.root.mute, team.inhibitions) = (None, vec![], vec![]);
        (team.root.group_wait, team.root.group_interval) = (Span::ZERO, Span::from_secs(30));
    }
    let default = tables.default_team.clone();
    tables.teams.retain(|name, _| *name == default);
    tables.inhibitions.clear();
    for receiver in tables.receivers.values_mut() {
        receiver.bundle_window = Span::ZERO;
    }
    tables
}

/// What an engine that is loaded from rows takes for granted is the same as in the one that wrote them: no grace for senders
/// after a restart, and no windows of storms, which are counted from the answer then.
pub fn without_memory(tables: &Tables) -> Tables {
    let mut tables = tables.clone();
    tables.limits.resolve_timeout = Span::ZERO;
    for receiver in tables.receivers.values_mut() {
        receiver.bundle_window = Span::ZERO;
    }
    tables
}

/// One change that a person might make while incidents are under way.
pub fn edit(tables: &Tables, random: &mut Random) -> Tables {
    let mut edited = tables.clone();
    let mut revision = edited.revision.parse::<u64>().unwrap_or(0);
    revision += 1;
    match random.below(6) {
        0 => {
            // A receiver goes, and with it every mention of it.
            let gone: Arc<str> = format!("t1/{}", random.pick(&["a", "b", "c"])).into();
            edited.receivers.remove(&gone);
            for receiver in edited.receivers.values_mut() {
                receiver.fallback = receiver.fallback.take().filter(|fallback| *fallback != gone);
            }
            for team in edited.teams.values_mut() {
                team.receivers.retain(|_, full| *full != gone);
                forget_fallback(&mut team.root, &gone);
            }
        }
        1 => {
            let last = edited.teams.keys().next_back().cloned().filter(|last| *last != edited.default_team);
            if let Some(last) = last {
                edited.teams.remove(&last);
                edited.receivers.retain(|name, _| !name.starts_with(&*format!("{last}/")));
            }
        }
        2 => {
            for team in edited.teams.values_mut() {
                drop(team.root.routes.pop());
            }
        }
        3 => {
            for team in edited.teams.values_mut() {
                team.root.policy = random.pick(&POLICIES).into();
            }
        }
        4 => {
            for team in edited.teams.values_mut() {
                team.inhibitions = quiet::rules(random);
            }
        }
        _ => return self::tables(random, revision),
    }
    edited.revision = format!("{revision}").into();
    edited
}

fn forget_fallback(route: &mut Route, gone: &Arc<str>) {
    route.fallback.retain(|fallback| fallback != gone);
    for child in &mut route.routes {
        forget_fallback(child, gone);
    }
}
