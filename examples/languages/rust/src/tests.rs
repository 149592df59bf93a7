//! The cases that the ladder passes in every language, the ladder over time, and what its settings may not be.

use super::*;
use bellwire_policy::{
    check_settings,
    testing::{Play, Scene, run_cases},
};

#[test]
fn cases() {
    run_cases::<Ladder>(include_str!("../../cases/ladder.toml"));
}

#[test]
fn an_unanswered_p1_climbs_to_the_war_room() {
    let mut play = Play::<Ladder>::new("{}", Scene::firing([("severity", "critical")]));
    play.until("+1d");
    assert_eq!(
        play.story(),
        "+0m P1 team → receiver:team (page)\n\
         +5m P1 manager → receiver:manager (page)\n\
         +15m P1 director → receiver:director (page)\n\
         +30m P1 war-room → receiver:vp (page)\n\
         +30m P1 war-room → receiver:war-room (page)\n"
    );
}

#[test]
fn an_acknowledgement_stops_it() {
    let mut play = Play::<Ladder>::new("{}", Scene::firing([("severity", "critical")]));
    play.until("+6m").acknowledge("ann").until("+1d");
    assert_eq!(
        play.story(),
        "+0m P1 team → receiver:team (page)\n\
         +5m P1 manager → receiver:manager (page)\n\
         +6m acknowledged by ann\n"
    );
}

#[test]
fn every_problem_of_the_settings_is_named_at_once() {
    let settings = r#"{
        "to": { "team": [], "manager": 7, "director": "team:x", "vp": ["ok", ""], "ceo": "person:ceo" },
        "steps": 4
    }"#;
    let problems = check_settings::<Ladder>(settings).err().unwrap_or_default();
    let mut written: Vec<String> =
        problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    written.sort();
    assert_eq!(
        written,
        [
            "steps: unknown field `steps`, expected `to`",
            "to.ceo: unknown field `ceo`, expected one of `team`, `manager`, `director`, `vp`",
            "to.director: unknown kind of target \"team\": expected receiver, person or schedule",
            "to.manager: invalid type: integer `7`, expected a target or a list of targets",
            "to.vp[1]: a target needs a name",
        ]
    );
    let empty = check_settings::<Ladder>(r#"{ "to": { "team": [] } }"#).err().unwrap_or_default();
    assert_eq!(empty, [Problem::new("to.team", "needs at least one target")]);
}

#[test]
fn it_wants_every_target_once_in_the_order_of_the_ladder() {
    let settings = r#"{ "to": { "team": "schedule:primary", "director": ["manager", "person:d"] } }"#;
    let wants = check_settings::<Ladder>(settings).unwrap_or_else(|_| Wants::none());
    let targets: Vec<String> = wants.targets.iter().map(ToString::to_string).collect();
    assert_eq!(targets, ["schedule:primary", "receiver:manager", "person:d", "receiver:vp", "receiver:war-room"]);
}
