//! The golden cases, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use bellwire_policy::{channel::check_settings, testing::run_channel_cases};

#[test]
fn cases() {
    run_channel_cases::<Discord>("cases/discord.toml");
}

#[test]
fn settings_are_refused_with_their_places() {
    let settings = r#"{ "username": " ", "thread": "12/../3" }"#;
    let problems = check_settings::<Discord>(settings).unwrap_err();
    assert_eq!(
        problems,
        [
            Problem::new("username", "must have 1 to 80 characters"),
            Problem::new("thread", "must be a thread's id, which is a number"),
        ]
    );
    let problems = check_settings::<Discord>(r#"{ "mention": ["everyone", "role:ops", "here"] }"#).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["mention[1]", "mention[2]"]);
}
