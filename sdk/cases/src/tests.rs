//! What is read, and what is refused in which words.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::*;

const FILE: &str = r#"
[settings]
to = "schedule:oncall"
limit = 1.5
since = 2026-11-21

[[case]]
name = "everything"
opened_at = "2026-11-21T04:00:00Z"
now = "+5m"
priority = "P3"
group = { cluster = "a" }
alerts = [{ labels = { severity = "page" }, annotations = { summary = "s" }, resolved = true }, {}]
sent = [{ key = "told", to = "person:ann", at = "+0m", outcome = "nobody" }]
acknowledged = { by = "ann", at = "+1m" }
snoozed_until = "+4h"
escalated_at = "2026-11-21T04:01:00Z"
resolved = true
windows = [{ name = "night", inside = true, changes_at = "+1h" }]
on_call = [{ schedule = "oncall", people = ["ann"] }]
[case.decision]
priority = "P2"
reason = "a \"quoted\" reason"
next_check = "+1h10m1s"
notices = [{ key = "told", to = ["receiver:a", "schedule:b"], page = true, text = "t" }, { key = "k", to = ["person:p"] }]

[[case]]
name = "own settings"
settings = { to = ["a"] }
decision = { priority = "P1", reason = "" }
"#;

#[test]
fn reads_all_that_a_case_may_say() {
    let file = CaseFile::parse(FILE).unwrap();
    let [case, other] = &file.cases[..] else { unreachable!() };
    assert_eq!(file.settings(case), r#"{"limit":1.5,"since":"2026-11-21","to":"schedule:oncall"}"#);
    assert_eq!(file.settings(other), r#"{"to":["a"]}"#);
    assert_eq!(case.now() - case.opened_at(), 300_000);
    assert_eq!(case.instant(case.escalated_at.unwrap()) - case.opened_at(), 60_000);
    assert_eq!((other.opened_at(), other.now()), (OPENED_AT, OPENED_AT));
    assert_eq!(case.sent[0].to, Target::Person("ann".into()));
    assert_eq!(
        case.decision.written(case.opened_at()),
        "priority = \"P2\"\n\
         reason = \"a \\\"quoted\\\" reason\"\n\
         next_check = \"+1h10m1s\"\n\
         notices = [\n    \
             { key = \"told\", to = [\"a\", \"schedule:b\"], page = true, text = \"t\" },\n    \
             { key = \"k\", to = [\"person:p\"] },\n\
         ]\n"
    );
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let refused = |text: &str| CaseFile::parse(text).unwrap_err().to_string();
    assert_eq!(refused(""), "there is no [[case]] in it");
    let time = refused(&FILE.replace("\"+5m\"", "\"5m\""));
    assert!(time.contains("line 10") && time.contains("2026-11-21T03:12:00Z"), "{time}");
    let key = refused(&FILE.replace("resolved = true\nwindows", "over = true\nwindows"));
    assert!(key.contains("unknown field `over`"), "{key}");
    let target = refused(&FILE.replace("person:ann", "people:ann"));
    assert!(target.contains("unknown kind of target \"people\""), "{target}");
    assert_eq!(refused(&FILE.replace("own settings", "everything")), "two cases have the name \"everything\"");
}
