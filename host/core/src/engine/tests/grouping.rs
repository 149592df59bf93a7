//! Routes and groups: waits, intervals, nesting, several teams.

use super::*;

fn root(tables: &mut Tables) -> &mut Route {
    &mut tables.teams.get_mut("ops").unwrap().root
}

fn child(name: &str, takes: &str) -> Route {
    let mut tables = tables();
    let mut child = root(&mut tables).clone();
    (child.name, child.matchers) = (name.into(), Matchers(vec![takes.parse().unwrap()]));
    child
}

fn incidents(story: &Story) -> Vec<String> {
    let line = |incident: &Incident| format!("{} {} {}", incident.id, incident.route, incident.group);
    story.stored.incidents.values().map(line).collect()
}

#[test]
fn a_group_waits_for_more_of_its_kind_but_not_for_what_fires_for_long() {
    let mut tables = tables();
    root(&mut tables).group_wait = Span::from_secs(10);
    let mut story = Story::with(tables);
    story.fires("Down");
    story.fast_forward(5);
    story.fire_all(&["alertname=Down job=web"]);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(5);
    assert_eq!(story.heard(), ["+10s Decided team step-1"]);
    let old = AlertInput {
        labels: Labels::from_pairs([("alertname", "Old")]),
        annotations: Labels::default(),
        starts_at: Some(START),
        ends: Ends::Open,
        generator_url: "".into(),
    };
    story.turn(Some(Event::Received(vec![old])));
    assert_eq!(story.heard(), ["+10s Decided team step-1"]);
}

#[test]
fn changes_are_evaluated_once_an_interval() {
    let mut story = Story::new();
    let evaluations = |story: &Story| story.facts.iter().filter(|fact| fact.starts_with("Decided")).count();
    story.fires("Down");
    for second in 0..29 {
        story.post("Down", &format!("{second}"), Ends::Open);
        story.fast_forward(1);
    }
    assert_eq!(evaluations(&story), 1);
    story.fast_forward(1);
    assert_eq!(evaluations(&story), 2);
    story.fast_forward(200);
    assert_eq!(evaluations(&story), 2, "nothing changed since");
}

#[test]
fn every_alert_for_itself_or_all_in_one() {
    for (group_by, expected) in [(GroupBy::All, 3), (GroupBy::Labels(vec![]), 1)] {
        let mut tables = tables();
        root(&mut tables).group_by = group_by;
        let mut story = Story::with(tables);
        story.fire_all(&["alertname=A i=1", "alertname=A i=2", "alertname=B i=1"]);
        assert_eq!(story.engine.incidents_len(), expected);
    }
}

#[test]
fn the_first_route_that_matches_wins_unless_it_continues() {
    for (continues, expected) in [
        (false, vec![r#"ops-1 critical-api {alertname="A"}"#, r#"ops-2 ops {alertname="A"}"#]),
        (
            true,
            vec![
                r#"ops-1 critical-api {alertname="A"}"#,
                r#"ops-2 api {alertname="A"}"#,
                r#"ops-3 ops {alertname="A"}"#,
            ],
        ),
    ] {
        let mut tables = tables();
        let mut critical = child("critical", r#"severity="critical""#);
        critical.continues = continues;
        critical.routes = vec![child("critical-api", r#"job="api""#)];
        root(&mut tables).routes = vec![critical, child("api", r#"job="api""#)];
        let mut story = Story::with(tables);
        story.fire_all(&["alertname=A severity=critical job=api", "alertname=A severity=info job=db"]);
        assert_eq!(incidents(&story), expected, "continue: {continues}");
    }
}

#[test]
fn two_teams_may_take_one_alert_and_each_has_its_incident() {
    let mut tables = tables();
    let down = Matchers(vec![r#"alertname="Down""#.parse().unwrap()]);
    tables.teams.get_mut("ops").unwrap().matchers = down;
    let mut web = tables.teams["ops"].clone();
    (web.name, web.root.name) = ("web".into(), "web".into());
    tables.teams.insert("web".into(), web);
    let mut story = Story::with(tables);
    story.fires("Down");
    assert_eq!(incidents(&story).len(), 2);
    story.act(Action::Acknowledge);
    assert_eq!(story.engine.incidents_in(IncidentState::Acknowledged), 1, "the other team's is its own");
    story.clears("Down");
    assert_eq!(story.engine.incidents_in(IncidentState::Resolved), 2);
    story.fast_forward(301);
    assert_eq!((story.engine.incidents_len(), story.engine.alerts_len()), (0, 0));
}

/// `truncatedAlerts`: what a batch does not name may still fire.
#[test]
fn an_alert_that_a_batch_leaves_out_still_fires() {
    let mut story = Story::new();
    story.fire_all(&["alertname=Down i=1", "alertname=Down i=2"]);
    let labels = Labels::from_pairs([("alertname", "Down"), ("i", "1")]);
    let ends = Ends::Resolved(story.now);
    let input = AlertInput { labels, annotations: Labels::default(), starts_at: None, ends, generator_url: "".into() };
    story.turn(Some(Event::Received(vec![input])));
    story.fast_forward(86_400);
    assert_eq!(story.engine.incidents_in(IncidentState::Open), 1);
}

#[test]
fn an_alert_may_leave_and_come_back_while_its_incident_lives() {
    let mut story = Story::new();
    story.fire_all(&["alertname=Down job=api", "alertname=Down job=web"]);
    story.clears("Down");
    story.fast_forward(3_700);
    assert_eq!(story.engine.alerts_len(), 1, "what is resolved for an hour is forgotten");
    story.heard();
    story.fires("Down");
    assert_eq!((story.engine.incidents_len(), story.engine.alerts_len()), (1, 2));
    let incident = story.stored.incidents.values().next().unwrap();
    assert_eq!((incident.firing, incident.reopened), (2, 0));
}

#[test]
fn a_team_that_a_reload_takes_away_leaves_its_incidents_to_the_default_team() {
    let mut tables = tables();
    let mut web = tables.teams["ops"].clone();
    (web.name, web.root.name) = ("web".into(), "web".into());
    web.matchers = Matchers(vec![r#"alertname="Web""#.parse().unwrap()]);
    tables.teams.insert("web".into(), web);
    let mut story = Story::with(tables);
    story.fires("Web");
    story.heard();
    story.reload(|tables| drop(tables.teams.remove("web")));
    story.fast_forward(300);
    assert_eq!(story.heard(), ["+300s Decided manager step-2"]);
    story.clears("Web");
    story.fast_forward(301);
    assert_eq!(story.engine.incidents_len(), 0);
}

/// The app hands over the later of the last instant and the wall's: time stands still while the wall catches up.
#[test]
fn a_clock_that_stands_still_loses_nothing() {
    let mut story = Story::new();
    story.fires("Down");
    for _ in 0..10 {
        story.turn(None);
        story.fires("Down");
    }
    assert_eq!(story.heard(), ["+0s Decided team step-1"]);
    story.fast_forward(86_400);
    assert_eq!(story.heard(), ["+300s Decided manager step-2"], "and a jump ahead does what is due once");
}
