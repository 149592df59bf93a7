//! Reports: the figures of what happened, and when they are sent.

use crate::{
    alerts::alert,
    configuration::PAYMENTS,
    process::{Serving, bellwire, run},
    stage::Stage,
    story::{Story, minutes, seconds},
};
use bellwire_support::Fault;
use serde_json::Value;

const DAY: u64 = 24 * 60;
/// From the stories' begin, Wednesday at 10:00 UTC, to Monday at 9:00 in Berlin.
const TO_MONDAY: u64 = 5 * DAY - 2 * 60;

async fn planned(to: &str) -> Story {
    let stage = Stage::new().await;
    let plan = format!("\n[[reports]]\nwhen = \"mon 09:00\"\nzone = \"Europe/Berlin\"\nto = [\"{to}\"]\n");
    stage.routes("payments", &format!("{PAYMENTS}{plan}"));
    Story::begin(stage).await
}

impl Story {
    /// The notices of an incident that page and were delivered.
    async fn paged(&self, incident: &str) -> u64 {
        let detail = self.incident(incident).await;
        let notices = detail["notices"].as_array().unwrap().iter();
        notices.filter(|notice| notice["page"] == true && notice["state"] == "delivered").count() as u64
    }

    fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|(_, subject)| subject).collect()
    }
}

fn of(list: &Value, name: &str) -> Value {
    let found = list.as_array().unwrap().iter().find(|one| one["name"] == name);
    found.cloned().unwrap_or_else(|| panic!("no {name} in {list}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ladder_is_counted_as_it_was_climbed() {
    let story = Story::begin(Stage::new().await).await;
    let high = alert("HighErrorRate", "critical");
    story.fires(std::slice::from_ref(&high)).await;
    story.fast_forward(minutes(6)).await;
    story.acknowledge("payments-1", "anna").await;
    story.fast_forward(minutes(4)).await;
    story.resolves(std::slice::from_ref(&high)).await;
    story.fires(&[alert("Slow", "warning")]).await;
    story.fast_forward(minutes(20)).await;
    assert_eq!(story.incidents().await, ["payments-2 open P2", "payments-1 resolved P1"]);

    // In Auckland it is 23:00.
    let report = story.get("/api/v1/report?team=payments&zone=Pacific/Auckland").await.json();
    let figures = |priority: &str, name: &str| {
        let found = report["priorities"].as_array().unwrap().iter().find(|figures| figures["priority"] == priority);
        found.unwrap()[name].clone()
    };
    assert_eq!(figures("P1", "seconds_to_acknowledge"), serde_json::json!({"mean": 360, "median": 360}));
    assert_eq!(figures("P1", "seconds_to_resolve"), serde_json::json!({"mean": 600, "median": 600}));
    assert_eq!((figures("P2", "acknowledged"), figures("P2", "still_open")), (0.into(), 1.into()));
    assert_eq!(figures("P2", "seconds_to_acknowledge"), Value::Null);
    assert_eq!((&report["total"]["opened"], &report["unattended"][0]["incident"]), (&2.into(), &"payments-2".into()));
    assert_eq!(of(&report["receivers"], "payments/oncall")["pages"], story.pages().len());
    let paged = story.paged("payments-1").await + story.paged("payments-2").await;
    assert!(paged >= 4, "{paged}");
    assert_eq!(
        (&report["pages"], &report["pages_at_night"], &report["hours"][23]),
        (&paged.into(), &paged.into(), &paged.into())
    );
    assert_eq!(of(&report["alerts"], "HighErrorRate")["pages"], story.paged("payments-1").await);

    // What opened before the period is not of it, and is open still.
    story.fast_forward(minutes(3 * DAY)).await;
    let later = story.get("/api/v1/report?from=2026-11-20").await.json();
    assert_eq!((&later["total"]["opened"], &later["carried"], &later["quiet"]), (&0.into(), &1.into(), &false.into()));
    assert_eq!(later["unattended"][0]["incident"], "payments-2");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_paged_once_on_two_contacts_and_sleeps_where_the_person_is() {
    let stage = Stage::new().await;
    let ann = r#"
[people.ann]
zone = "Pacific/Auckland"
email = "ann@example.com"
contact = [{ email = true }, { webhook = { url = { env = "AUDIT_URL" }, secret = { env = "AUDIT_SECRET" } }, after = "2m" }]
"#;
    let first = r#"{ to = ["channel", "oncall", "audit"] }"#;
    stage.routes("payments", &format!("{}{ann}", PAYMENTS.replace(first, r#"{ to = ["person:ann"] }"#)));
    let story = Story::begin(stage).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(minutes(3)).await;
    assert_eq!((story.mails().len(), story.audit().len()), (1, 1), "two messages");

    let pages = |report: &Value| {
        let ann = of(&report["people"], "payments/ann");
        [&ann["pages"], &ann["at_night"], &ann["messages"]].map(|count| count.as_u64().unwrap())
    };
    let report = story.get("/api/v1/report").await.json();
    assert_eq!(pages(&report), [1, 1, 2], "it is 23:00 where she is");
    assert_eq!((&report["hours"][23], report["receivers"].as_array().unwrap().len()), (&1.into(), 0));
    let in_utc = story.get("/api/v1/report?zone=UTC").await.json();
    assert_eq!(pages(&in_utc), [1, 0, 2], "in the zone that was asked for, it is 10:00");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_report_is_mailed_in_its_time_and_once() {
    let story = planned("manager").await;
    story.fast_forward(minutes(TO_MONDAY - 1)).await;
    assert_eq!(story.mails(), []);
    story.fast_forward(minutes(1)).await;
    let first = "On-call report, payments: no incidents (16 Nov 2026 to 23 Nov 2026)";
    assert_eq!(story.mails(), [("manager@example.com".to_owned(), first.to_owned())]);
    let mail = story.mail.mails()[0].parsed();
    assert!(mail.text.contains("No incidents: nothing opened, nobody was paged, and nothing failed."), "{}", mail.text);

    // Down when the next one is due, and up again some hours later.
    let story = story.restart_after(minutes(7 * DAY + 300)).await;
    story.settle().await;
    let second = "On-call report, payments: no incidents (23 Nov 2026 to 30 Nov 2026)";
    assert_eq!(story.subjects(), [first, second]);
    let story = story.restart_after(minutes(10)).await;
    story.fast_forward(minutes(60)).await;
    assert_eq!(story.subjects(), [first, second], "never twice");

    // More than a day late it is of no use any more.
    let story = story.restart_after(minutes(9 * DAY)).await;
    story.settle().await;
    assert_eq!(story.subjects(), [first, second]);
    story.fast_forward(minutes(7 * DAY)).await;
    assert_eq!(story.subjects()[2..], ["On-call report, payments: no incidents (7 Dec 2026 to 14 Dec 2026)"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_fails_is_tried_again_also_after_a_restart() {
    let story = planned("channel").await;
    story.slack.script("#payments", [Fault::Status(500), Fault::Status(500), Fault::Status(500)]);
    story.fast_forward(minutes(TO_MONDAY)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 0);
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 0);
    let story = story.restart_after(minutes(1)).await;
    story.settle().await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 0, "the third failure");
    story.fast_forward(seconds(59)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 0);
    story.fast_forward(seconds(1)).await;
    let channel = story.channel("#payments");
    assert!(channel.contains("On-call report") && channel.contains("No incidents"), "{channel}");
    story.fast_forward(minutes(600)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_it_in_every_format_or_says_what_is_wrong() {
    let stage = Stage::new().await;
    let serving = Serving::start(&stage).await;
    let report = async |arguments: &[&str]| {
        let mut command = bellwire(&stage, &[&["report"], arguments].concat());
        run(command.env("BELLWIRE_URL", &serving.url)).await
    };
    for (format, part) in [
        ("text", "ON-CALL REPORT: payments\n"),
        ("markdown", "# On-call report: payments\n"),
        ("html", "<!DOCTYPE html>\n"),
        ("json", "  \"team\": \"payments\",\n"),
    ] {
        let said = report(&["--week", "--team", "payments", "--zone", "Europe/Berlin", "--format", format]).await;
        assert_eq!((said.code, said.error.as_str()), (Some(0), ""), "{said:?}");
        assert!(said.out.contains(part), "{}", said.out);
    }
    let said = report(&[]).await;
    assert!(said.out.contains("No incidents: nothing opened, nobody was paged, and nothing failed.\n"), "{}", said.out);
    assert_eq!(report(&["--week", "--from", "2026-11-16"]).await.code, Some(2));
    let unknown = report(&["--team", "nobody"]).await;
    assert_eq!(
        (unknown.code, unknown.error.as_str()),
        (Some(1), "bellwire: there is no team nobody; there are: payments\n")
    );
    let backwards = report(&["--from", "2026-01-02", "--until", "2026-01-01"]).await;
    assert!(backwards.error.contains("must be before until"), "{}", backwards.error);
    assert_eq!(serving.stop().await.code(), Some(0));
}
