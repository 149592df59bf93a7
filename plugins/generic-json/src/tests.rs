//! The golden cases, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use bellwire_policy::{source::check_settings, testing::run_source_cases};

#[test]
fn cases() {
    run_source_cases::<GenericJson>("cases/generic-json.toml");
}

fn problems(settings: &str) -> String {
    let problems = check_settings::<GenericJson>(settings).unwrap_err();
    problems.iter().map(|problem| format!("{}: {}\n", problem.path, problem.message)).collect()
}

#[test]
fn every_problem_is_found_with_its_place() {
    assert_eq!(
        problems(
            r#"{
                "list": "alerts",
                "labels": { "a": { "at": "/a~b" }, "b": "/b", "c": { "at": "/c", "text": "c" } },
                "status": { "place": { "at": "/s" } },
                "starts_at": { "place": { "at": "/t" }, "format": "hours" }
            }"#
        ),
        "labels.a.at: \"/a~b\" is no JSON Pointer: \"~\" is written \"~0\", \"/\" in a name \"~1\"\n\
         labels.a: invalid value: map, expected map with a single key\n\
         labels.b: unknown variant `/b`, expected one of `at`, `body`, `text`\n\
         labels.c: invalid value: map, expected map with a single key\n\
         list: \"alerts\" is no JSON Pointer: it must begin with \"/\", as \"/alerts\" does\n\
         starts_at.format: unknown variant `hours`, expected one of `rfc3339`, `seconds`, `milliseconds`\n\
         status: missing field `resolved`\n"
    );
    assert_eq!(
        problems(r#"{ "labels": { "2xx": { "text": "a" } }, "status": { "place": { "at": "/s" }, "resolved": [] } }"#),
        "labels.2xx: is no name of a label: it must have letters, digits and \"_\", and no digit first\n\
         status.resolved: needs at least one value, or no alert would ever end\n"
    );
    assert_eq!(problems("{}"), "labels: needs at least one, such as alertname = { at = \"/title\" }\n");
}
