//! `bellwire oncall worst-case`, and what `bellwire check` makes of it. The command's clock is the wall clock, so what is
//! asked here is what holds in any 90 days.

use crate::{
    process::{Ended, bellwire, run},
    stage::Stage,
};

/// Weekdays have somebody on call, and business hours; both in UTC, where every week is alike.
const WEEKDAYS: &str = r##"
team = "payments"

[people.ann]
email = "ann@example.com"
contact = [{ email = true }]

[people.bob]
email = "bob@example.com"
contact = [{ email = true }]

[schedules.weekdays]
zone = "UTC"
layers = [{ people = ["ann"], start = 2020-01-01T00:00, hours = ["mon-fri 00:00-24:00"] }]

[windows.business-hours]
zone = "UTC"
hours = ["mon-fri 09:00-17:00"]

[receivers]
channel = { slack = { channel = "#payments" } }

[policies.standard]
plugin = "standard"

[policies.standard.settings.ladders]
P1 = { steps = [{ to = ["schedule:weekdays"] }, { after = "30m", to = ["person:bob"] }] }
P2 = { steps = [{ to = ["schedule:weekdays"] }, { after = "30m", to = ["person:bob"] }] }
P3 = { steps = [{ to = ["schedule:weekdays"] }] }
P4 = { window = "always", steps = [{ to = ["channel"] }] }

[route]
policy = "standard"
fallback = ["channel"]
group_wait = "5s"
"##;

async fn worst_case(stage: &Stage, arguments: &[&str]) -> Ended {
    run(&mut bellwire(stage, &[&["oncall", "worst-case"], arguments].concat())).await
}

/// The words of the one line that has all of these, but for the date.
#[track_caller]
fn words(ended: &Ended, priority: &str) -> Vec<String> {
    let is_it = |line: &&str| line.split_whitespace().nth(2) == Some(priority);
    let line = ended.out.lines().find(is_it).unwrap_or_else(|| panic!("no {priority} in {ended:?}"));
    let is_date = |word: &&str| word.matches('-').count() == 2;
    line.split_whitespace().filter(|word| !is_date(word)).map(String::from).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_how_long_each_priority_waits_at_worst_and_for_whom() {
    let stage = Stage::new().await;
    stage.routes("payments", WEEKDAYS);
    let said = worst_case(&stage, &[]).await;
    assert_eq!((said.code, said.error.as_str()), (Some(0), ""), "{said:?}");
    let of = |priority| words(&said, priority)[3..].join(" ");
    assert!(of("P1").starts_with("5s at any time "), "who is not there is passed over at once: {said:?}");
    assert_eq!(of("P3"), "2d 16h 5s Fri 16:59:55 UTC ann, on call in weekdays");
    assert_eq!(of("P4"), "5s at any time the receiver channel, without a page");

    let elsewhere = worst_case(&stage, &["--zone", "Asia/Tokyo", "--team", "payments", "--days", "30"]).await;
    assert_eq!(words(&elsewhere, "P3")[6..9], ["Sat", "01:59:55", "Asia/Tokyo"]);
    let nobody = worst_case(&stage, &["--team", "shop"]).await;
    assert_eq!(nobody.code, Some(2));
    assert!(nobody.error.contains("there is no team shop; there are: payments"), "{nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_policy_reaches_nobody_it_fails_and_check_warns() {
    let stage = Stage::new().await;
    let at_all_hours = WEEKDAYS.replace("P3 = { steps", "P3 = { window = \"always\", steps");
    stage.routes("payments", &at_all_hours);
    let said = worst_case(&stage, &[]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(said.error, "bellwire: for 1 of these, there are times at which the policy pages nobody\n");
    let of_p3 = words(&said, "P3");
    assert_eq!(of_p3[3], "never");
    assert!(of_p3.join(" ").ends_with("nobody but the last resort, payments/channel"), "{said:?}");

    let check = run(&mut bellwire(&stage, &["check"])).await;
    assert_eq!(check.code, Some(0), "a warning is not an error: {check:?}");
    let warned = check.error.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    for part in [
        "in the schedule `weekdays` of team payments, nobody is on call from",
        "times more in the next 90 days",
        "nobody but the last resort is told of a P3 of the route `payments` of team payments if it opens",
    ] {
        assert!(warned.contains(part), "no {part:?} in {}", check.error);
    }
}
