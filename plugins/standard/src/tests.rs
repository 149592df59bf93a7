//! The standard policy over time, its golden cases, its schema and its complaints.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use bellwire_policy::{
    check_settings,
    testing::{Play, Scene, run_cases},
};

const SETTINGS: &str = r#"{
    "rules": [
        { "priority": "P1", "labels": { "severity": "critical|page" } },
        { "priority": "P3", "labels": { "severity": "warning" } },
        { "priority": "P4", "labels": { "severity": "info" } }
    ],
    "ladders": {
        "P1": { "steps": [
            { "to": ["schedule:oncall"] },
            { "after": "5m", "to": ["schedule:oncall", "person:manager"] },
            { "after": "15m", "to": ["person:director"] },
            { "after": "30m", "to": ["vp"] }
        ] },
        "P3": { "steps": [{ "to": ["oncall"] }, { "after": "1h", "to": ["manager"] }] },
        "P4": { "steps": [{ "to": ["team-channel"] }] }
    }
}"#;

fn play(severity: &str) -> Play<Standard> {
    Play::new(SETTINGS, Scene::firing([("severity", severity)]))
}

#[test]
fn cases() {
    run_cases::<Standard>(include_str!("../cases/rules.toml"));
    run_cases::<Standard>(include_str!("../cases/ladders.toml"));
}

#[test]
fn an_unanswered_p1_climbs_to_the_top() {
    let mut play = play("critical");
    play.until("+1d");
    assert_eq!(
        play.story(),
        "+0m P1 p1-step-1 → schedule:oncall (page)\n\
         +5m P1 p1-step-2 → schedule:oncall (page)\n\
         +5m P1 p1-step-2 → person:manager (page)\n\
         +15m P1 p1-step-3 → person:director (page)\n\
         +30m P1 p1-step-4 → receiver:vp (page)\n"
    );
    assert_eq!(play.decision().reason, r#"P1 because severity="critical" (rule 1); step 4 of 4, which is the last"#);
}

#[test]
fn an_acknowledgement_that_runs_out_goes_on_at_the_next_step() {
    let mut play = play("page");
    play.until("+7m").acknowledge("amy").until("+8m");
    assert_eq!(
        play.decision().reason,
        r#"P1 because severity="page" (rule 1); acknowledged by amy, climbs on at +37m"#
    );
    play.until("+2h");
    assert_eq!(
        play.story(),
        "+0m P1 p1-step-1 → schedule:oncall (page)\n\
         +5m P1 p1-step-2 → schedule:oncall (page)\n\
         +5m P1 p1-step-2 → person:manager (page)\n\
         +7m acknowledged by amy\n\
         +37m P1 p1-step-3 → person:director (page)\n\
         +52m P1 p1-step-4 → receiver:vp (page)\n"
    );
}

#[test]
fn an_acknowledgement_that_runs_out_at_the_top_tells_the_last_again() {
    let mut play = play("page");
    play.until("+40m").acknowledge("amy").until("+3h");
    let (_, after) = play.story().split_once("+40m acknowledged by amy\n").unwrap();
    let told = play.decision().notices.last().unwrap();
    assert!(told.key.starts_with("p1-ack-timeout-"), "{}", told.key);
    assert_eq!(after, format!("+1h10m P1 {} → receiver:vp (page)\n", told.key));
}

#[test]
fn a_step_that_reaches_nobody_is_passed_at_once() {
    let mut play = play("critical").losing("schedule:oncall", Outcome::Nobody);
    play.until("+20m");
    assert_eq!(
        play.story(),
        "+0m P1 p1-step-1 → schedule:oncall (page): nobody there\n\
         +0m P1 p1-step-2 → schedule:oncall (page): nobody there\n\
         +0m P1 p1-step-2 → person:manager (page)\n\
         +10m P1 p1-step-3 → person:director (page)\n"
    );
}

#[test]
fn a_p3_waits_for_business_hours_and_then_climbs_step_by_step() {
    let mut play = play("warning").window("business-hours", [("+6h", "+6h30m"), ("+1d", "+1d8h")]);
    play.until("+5h");
    assert_eq!(
        play.decision().reason,
        r#"P3 because severity="warning" (rule 2); no step of 2 yet, held until business-hours at +6h"#
    );
    play.until("+2d");
    assert_eq!(
        play.story(),
        "+6h P3 p3-step-1 → receiver:oncall (page)\n\
         +1d P3 p3-step-2 → receiver:manager (page)\n"
    );
}

#[test]
fn a_rise_starts_the_ladder_of_the_new_priority_at_its_first_step() {
    let mut play = play("warning");
    play.until("+2h").fire([("severity", "critical")]).until("+2h6m");
    assert_eq!(
        play.story(),
        "+0m P3 p3-step-1 → receiver:oncall (page)\n\
         +1h P3 p3-step-2 → receiver:manager (page)\n\
         +2h P1 p1-step-1 → schedule:oncall (page)\n\
         +2h5m P1 p1-step-2 → schedule:oncall (page)\n\
         +2h5m P1 p1-step-2 → person:manager (page)\n"
    );
}

#[test]
fn a_p4_waits_for_the_digest_and_wakes_nobody() {
    let mut play = play("info").window("digest", [("+4h", "+4h15m")]);
    play.until("+1d");
    assert_eq!(play.story(), "+4h P4 p4-step-1 → receiver:team-channel\n");
}

#[test]
fn whoever_asks_for_the_next_step_gets_it_at_once_and_one_only() {
    let mut play = play("critical");
    play.until("+1m").escalate().until("+1d");
    assert_eq!(
        play.story(),
        "+0m P1 p1-step-1 → schedule:oncall (page)\n\
         +1m somebody asks for the next step\n\
         +1m P1 p1-step-2 → schedule:oncall (page)\n\
         +1m P1 p1-step-2 → person:manager (page)\n\
         +11m P1 p1-step-3 → person:director (page)\n\
         +26m P1 p1-step-4 → receiver:vp (page)\n"
    );
}

#[test]
fn whoever_asks_twice_gets_two_steps_and_then_hears_that_there_is_none_left() {
    let mut play = play("critical");
    play.until("+16m").escalate().until("+20m").escalate().until("+20m");
    let progress = "step 4 of 4, which is the last; somebody asked for the next one, and there is none";
    assert!(play.decision().reason.ends_with(progress), "{}", play.decision().reason);
    let (_, after) = play.story().split_once("→ person:director (page)\n").unwrap();
    assert_eq!(
        after,
        "+16m somebody asks for the next step\n\
         +16m P1 p1-step-4 → receiver:vp (page)\n\
         +20m somebody asks for the next step\n"
    );
}

#[test]
fn what_somebody_asks_for_does_not_wait_for_a_window_but_what_follows_does() {
    let mut play = play("warning").window("business-hours", [("+6h", "+14h")]);
    play.until("+1h").escalate().until("+1d");
    assert_eq!(
        play.story(),
        "+1h somebody asks for the next step\n\
         +1h P3 p3-step-1 → receiver:oncall (page)\n\
         +6h P3 p3-step-2 → receiver:manager (page)\n"
    );
}

#[test]
fn who_asks_for_the_next_step_is_not_put_off_by_one_that_reaches_nobody() {
    let mut play =
        play("warning").window("business-hours", [("+6h", "+14h")]).losing("receiver:oncall", Outcome::Nobody);
    play.until("+1h").escalate().until("+1d");
    assert_eq!(
        play.story(),
        "+1h somebody asks for the next step\n\
         +1h P3 p3-step-1 → receiver:oncall (page): nobody there\n\
         +1h P3 p3-step-2 → receiver:manager (page)\n"
    );
}

#[test]
fn whom_it_is_handed_to_has_the_time_of_a_step() {
    let mut play = play("critical");
    play.until("+4m").reassign("person:bob").until("+1h");
    assert_eq!(
        play.story(),
        "+0m P1 p1-step-1 → schedule:oncall (page)\n\
         +4m handed to person:bob\n\
         +9m P1 p1-step-2 → schedule:oncall (page)\n\
         +9m P1 p1-step-2 → person:manager (page)\n\
         +19m P1 p1-step-3 → person:director (page)\n\
         +34m P1 p1-step-4 → receiver:vp (page)\n"
    );
}

#[test]
fn handed_over_late_or_before_the_first_step_nobody_else_is_told_at_once() {
    let mut late = play("critical");
    late.until("+12m").acknowledge("amy").until("+30m").reassign("person:bob").until("+40m");
    assert!(late.story().ends_with(
        "+12m acknowledged by amy\n+30m handed to person:bob\n+40m P1 p1-step-3 → person:director (page)\n"
    ));

    let mut early = play("critical");
    early.reassign("person:bob").until("+6m");
    assert_eq!(early.story(), "+0m handed to person:bob\n+5m P1 p1-step-1 → schedule:oncall (page)\n");
}

#[test]
fn what_is_handed_to_somebody_who_cannot_be_reached_climbs_as_if_it_was_not() {
    let mut play = play("critical").losing("person:bob", Outcome::Failed);
    play.until("+4m").reassign("person:bob").until("+6m");
    assert!(play.story().ends_with(
        "+4m handed to person:bob\n\
         +5m P1 p1-step-2 → schedule:oncall (page)\n\
         +5m P1 p1-step-2 → person:manager (page)\n"
    ));
}

#[test]
fn what_is_acknowledged_no_more_climbs_on_with_one_step_and_then_by_its_delays() {
    let mut play = play("critical");
    play.until("+1m").acknowledge("amy").until("+20m").unacknowledge().until("+1d");
    assert_eq!(
        play.story(),
        "+0m P1 p1-step-1 → schedule:oncall (page)\n\
         +1m acknowledged by amy\n\
         +20m unacknowledged\n\
         +20m P1 p1-step-2 → schedule:oncall (page)\n\
         +20m P1 p1-step-2 → person:manager (page)\n\
         +30m P1 p1-step-3 → person:director (page)\n\
         +45m P1 p1-step-4 → receiver:vp (page)\n"
    );
}

#[test]
fn a_snooze_that_is_over_climbs_on_where_it_was() {
    let mut play = play("critical");
    play.until("+6m").snooze("amy", "+4h").until("+1d");
    let (_, after) = play.story().split_once("+6m snoozed by amy until +4h\n").unwrap();
    assert_eq!(
        after,
        "+4h the snooze is over\n\
         +4h P1 p1-step-3 → person:director (page)\n\
         +4h15m P1 p1-step-4 → receiver:vp (page)\n"
    );
}

#[test]
fn a_renewed_acknowledgement_starts_its_time_again() {
    let mut play = play("critical");
    play.until("+1m").acknowledge("amy").until("+20m").acknowledge("bob").until("+49m");
    assert!(play.story().ends_with("+20m acknowledged by bob\n"), "{}", play.story());
    play.until("+50m");
    assert!(play.story().ends_with("+50m P1 p1-step-2 → person:manager (page)\n"), "{}", play.story());
}

#[test]
fn quiet_hours_hold_the_steps_until_they_are_over() {
    let settings = r#"{ "default_priority": "P2", "ladders": { "P2": {
        "steps": [{ "to": ["schedule:oncall"] }, { "after": "30m", "to": ["person:manager"] }],
        "quiet": "night"
    } } }"#;
    let play = || Play::<Standard>::new(settings, Scene::firing([("alertname", "Slow")]));
    let mut opened_at_night = play().window("night", [("+0m", "+5h")]);
    opened_at_night.until("+4h");
    let progress = "no step of 2 yet, held until night is over at +5h";
    assert!(opened_at_night.decision().reason.ends_with(progress), "{}", opened_at_night.decision().reason);
    opened_at_night.until("+1d");
    let told = "+5h P2 p2-step-1 → schedule:oncall (page)\n+5h30m P2 p2-step-2 → person:manager (page)\n";
    assert_eq!(opened_at_night.story(), told);

    let mut opened_before = play().window("night", [("+10m", "+8h")]);
    opened_before.until("+1d");
    let told = "+0m P2 p2-step-1 → schedule:oncall (page)\n+8h P2 p2-step-2 → person:manager (page)\n";
    assert_eq!(opened_before.story(), told);
}

#[test]
fn rounds_that_reach_nobody_wait_for_each_other() {
    let settings = r#"{ "default_priority": "P2", "ladders": { "P2": {
        "steps": [{ "to": ["schedule:a"] }, { "after": "6m", "to": ["schedule:b"] }],
        "repeat": { "times": 1, "every": "15m" }
    } } }"#;
    let play = || {
        Play::<Standard>::new(settings, Scene::firing([("alertname", "Down")]))
            .losing("schedule:a", Outcome::Nobody)
            .losing("schedule:b", Outcome::Nobody)
    };
    let first = "+0m P2 p2-step-1 → schedule:a (page): nobody there\n\
                 +0m P2 p2-step-2 → schedule:b (page): nobody there\n";
    let mut alone = play();
    alone.until("+1d");
    let second = "+15m P2 p2-step-1-again-2 → schedule:a (page): nobody there\n\
                  +15m P2 p2-step-2-again-2 → schedule:b (page): nobody there\n";
    assert_eq!(alone.story(), format!("{first}{second}"));

    let mut asked = play();
    asked.until("+10m").escalate().until("+1d");
    let second = "+10m somebody asks for the next step\n\
                  +10m P2 p2-step-1-again-2 → schedule:a (page): nobody there\n\
                  +10m P2 p2-step-2-again-2 → schedule:b (page): nobody there\n";
    assert_eq!(asked.story(), format!("{first}{second}"));
}

#[test]
fn a_ladder_repeats_as_often_as_it_says() {
    let settings = r#"{ "default_priority": "P2", "ladders": { "P2": {
        "steps": [{ "after": "1m", "to": ["a"] }, { "after": "6m", "to": ["b"] }],
        "repeat": { "times": 2, "every": "15m" }
    } } }"#;
    let mut play = Play::<Standard>::new(settings, Scene::firing([("alertname", "Down")]));
    play.until("+1d");
    assert_eq!(
        play.story(),
        "+1m P2 p2-step-1 → receiver:a (page)\n\
         +6m P2 p2-step-2 → receiver:b (page)\n\
         +21m P2 p2-step-1-again-2 → receiver:a (page)\n\
         +26m P2 p2-step-2-again-2 → receiver:b (page)\n\
         +41m P2 p2-step-1-again-3 → receiver:a (page)\n\
         +46m P2 p2-step-2-again-3 → receiver:b (page)\n"
    );
}

#[test]
fn a_resolved_incident_takes_no_further_step() {
    let mut play = play("critical");
    play.until("+6m").resolve().until("+1d");
    assert!(play.story().ends_with("+6m resolved\n"), "{}", play.story());
    assert_eq!(play.decision().reason, "P1, and no alert is firing; resolved");
}

#[test]
fn every_problem_of_the_settings_is_named_at_once() {
    let settings = r#"{
        "rules": [
            { "priority": "P1", "labels": { "severity": "(" } },
            { "priority": "P1" },
            { "priority": "P2", "annotations": { "summary": "[" } }
        ],
        "ladders": {
            "P1": { "steps": [{ "after": "5m", "to": [] }, { "after": "1m", "to": ["a"] }], "window": "" },
            "P2": { "steps": [], "repeat": { "times": 3, "every": "5s" }, "quiet": "" },
            "P3": {
                "steps": [{ "to": ["a"] }],
                "repeat": { "times": 4000000000, "every": "5m" },
                "quiet": "business-hours"
            }
        }
    }"#;
    let paths: Vec<String> = check_settings::<Standard>(settings).unwrap_err().into_iter().map(|p| p.path).collect();
    assert_eq!(
        paths,
        [
            "rules[0].labels.severity",
            "rules[1]",
            "rules[2].annotations.summary",
            "ladders.P1.steps[0].to",
            "ladders.P1.steps[1].after",
            "ladders.P1.window",
            "ladders.P2.steps",
            "ladders.P2.repeat.every",
            "ladders.P2.quiet",
            "ladders.P3.repeat.times",
            "ladders.P3.quiet",
        ]
    );
}

#[test]
fn every_problem_of_the_shape_is_named_at_once() {
    let settings = r#"{
        "default_priority": "P5",
        "rules": [{ "priority": "P1" }, { "prio": "P1" }, { "priority": "P1", "above": { "error_rate": "high" } }],
        "ladders": { "P0": {}, "P1": { "steps": [{ "after": "soon", "to": ["team:a"] }] } }
    }"#;
    let mut paths: Vec<String> =
        check_settings::<Standard>(settings).unwrap_err().into_iter().map(|p| p.path).collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "default_priority",
            "ladders.P0",
            "ladders.P1.steps[0].after",
            "ladders.P1.steps[0].to[0]",
            "rules[1].prio",
            "rules[2].above.error_rate",
        ]
    );
    let problems = check_settings::<Standard>(r#"{ "ladders": {} }"#).unwrap_err();
    assert_eq!(problems.first().unwrap().path, "ladders");
}

#[test]
fn it_wants_what_its_ladders_name() {
    let wants = check_settings::<Standard>(SETTINGS).unwrap();
    let targets: Vec<String> = wants.targets.iter().map(ToString::to_string).collect();
    assert_eq!(
        targets,
        [
            "schedule:oncall",
            "person:manager",
            "person:director",
            "receiver:vp",
            "receiver:oncall",
            "receiver:manager",
            "receiver:team-channel"
        ]
    );
    assert_eq!(wants.windows, ["business-hours", "digest"]);
}

/// `UPDATE_SCHEMA=1 cargo test` writes it anew.
#[test]
fn the_schema_is_that_of_the_settings() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/settings.schema.json");
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Settings)).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), schema);
}
