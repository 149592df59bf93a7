//! Webhook bodies recorded from the real Alertmanager, for where it cannot be had. Recorded anew with
//! `cargo run -p bellwire-support --example record_fixtures`.

/// One critical alert fires.
pub const FIRING: &str = include_str!("../fixtures/firing.json");

/// Three alerts of one group fire; the first is the one of [`FIRING`].
pub const GROUPED: &str = include_str!("../fixtures/grouped.json");

/// All three have resolved.
pub const RESOLVED: &str = include_str!("../fixtures/resolved.json");

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
    use serde_json::Value;

    #[test]
    fn the_recordings_are_what_their_names_say() {
        for (text, status, alerts) in
            [(super::FIRING, "firing", 1), (super::GROUPED, "firing", 3), (super::RESOLVED, "resolved", 3)]
        {
            let body: Value = serde_json::from_str(text).unwrap();
            assert_eq!((&body["version"], &body["status"]), (&Value::from("4"), &Value::from(status)));
            assert_eq!(body["alerts"].as_array().unwrap().len(), alerts);
            assert!(body["alerts"].as_array().unwrap().iter().all(|alert| alert["status"] == status));
        }
    }
}
