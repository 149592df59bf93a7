//! Three teams on one Bellwire, and the policy of one means harm. Its incidents go to its fallback with the reason; the other
//! teams' people are told all the same, at the same moment.

use crate::{
    alerts::alert,
    hostile,
    stage::Stage,
    story::{Story, seconds},
};
use std::fs;

const INCIDENTS: usize = 8;
/// A policy's `evaluate`, and what its team is told of it.
const SINS: [(&str, &str, &str); 5] = [
    ("loops", "(loop $for_ever (br $for_ever)) unreachable", "the plugin used up its fuel"),
    (
        "allocates",
        "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) unreachable",
        "the plugin asked for more memory than its limit",
    ),
    ("traps", "unreachable", "the plugin trapped"),
    (
        "floods",
        "(drop (memory.grow (i32.const 16)))
        (i32.store (i32.const 1036) (i32.const 131072))
        (i32.store (i32.const 1040) (i32.const 1000))
        (call $decide (i32.const 2048) (i32.const 6))",
        "the plugin answered with more than it may",
    ),
    (
        "answers-nonsense",
        "(call $notify (i32.const 2048) (i32.const 0) (i32.const 0) (i32.const 2048) (i32.const 6))
        (call $decide (i32.const 2048) (i32.const 6))",
        "the policy's decision makes no sense",
    ),
];

/// A team whose alerts page, by this plugin with these settings.
fn team(name: &str, plugin: &str, settings: &str) -> String {
    format!(
        r##"
team = "{name}"
match = ['team="{name}"']

[receivers]
oncall = {{ pagerduty = {{ routing_key = {{ env = "ONCALL_KEY" }} }} }}
fallback = {{ slack = {{ channel = "#fallback" }} }}

[policies.own]
plugin = "{plugin}"
settings = {settings}

[route]
policy = "own"
fallback = ["fallback"]
group_by = ["alertname"]
group_wait = "5s"
"##
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_means_harm_is_its_own_teams_trouble() {
    for (sin, evaluate, told) in SINS {
        let stage = Stage::new().await;
        let host = fs::read_to_string(stage.config()).unwrap();
        fs::write(stage.config(), format!("default_team = \"shop\"\n{host}")).unwrap();
        fs::write(stage.plugin("hostile"), hostile::policy(evaluate)).unwrap();
        stage.routes("payments", &team("payments", "hostile", "{}"));
        for good in ["search", "shop"] {
            stage.routes(good, &team(good, "passthrough", "{ to = \"oncall\", priority = \"P1\" }"));
        }
        let story = Story::begin(stage).await;
        let of_team = |team: &str| {
            let named = |number| alert(&format!("Fire{number}"), "critical").labelled("team", team);
            (0..INCIDENTS).map(named).collect::<Vec<_>>()
        };
        // The hostile ones come first, so that theirs are asked first.
        for name in ["payments", "search", "shop"] {
            story.fires(&of_team(name)).await;
        }
        story.fast_forward(seconds(5)).await;

        let pages = story.pages();
        for good in ["search", "shop"] {
            let of_good = pages.iter().filter(|page| page.starts_with(&format!("{good}-"))).count();
            assert_eq!(of_good, INCIDENTS, "beside one that {sin}, {good} is paged: {pages:?}");
        }
        assert_eq!(pages.len(), 2 * INCIDENTS, "{sin}: {pages:?}");
        let fallback = story.channel("#fallback");
        assert!(fallback.contains(told), "{sin}: {fallback}");
        for number in 1..=INCIDENTS {
            let timeline = story.incident(&format!("payments-{number}")).await["timeline"].to_string();
            assert!(timeline.contains("policy own gave no answer") && timeline.contains(told), "{sin}: {timeline}");
        }
        story.end().await;
    }
}
