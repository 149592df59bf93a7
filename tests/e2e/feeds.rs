//! A calendar of another system says who is on call: fetched, kept, and believed only while it is one.

use crate::{
    configuration::PAYMENTS,
    stage::Stage,
    story::{Story, minutes},
};
use bellwire_support::{Fault, calendar::CalendarServer};
use std::fs;

/// On duty the whole day of the stories, a Wednesday.
fn duty(name: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//Duty//EN\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261118T000000Z\r\nDTEND:20261119T000000Z\r\nSUMMARY:{name}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

async fn stage(url: &str) -> Stage {
    let stage = Stage::new().await;
    let on_call = format!(
        r#"
[people.ann]
name = "Ann Smith"
email = "ann@example.com"

[people.bob]
name = "Bob Jones"
email = "bob@example.com"

[calendars.duty]
ical = {{ url = "{url}", refresh = "30m" }}

[schedules.primary]
zone = "UTC"
layers = [{{ calendar = "duty" }}]
"#
    );
    stage.routes("payments", &format!("{PAYMENTS}\n{on_call}"));
    stage
}

impl Story {
    async fn on_call(&self) -> Vec<String> {
        let list = self.get("/api/v1/oncall").await.json();
        let people = list["schedules"][0]["people"].as_array().unwrap();
        people.iter().map(|duty| duty["person"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_fetched_at_the_start_and_again_and_a_bad_one_changes_nothing() {
    let calendar = CalendarServer::start(&duty("Ann Smith")).await.unwrap();
    let stage = stage(&calendar.url()).await;
    assert!(!stage.path("calendars").exists());
    let story = Story::begin(stage).await;
    story.settle().await;
    assert_eq!(story.on_call().await, ["ann"], "fetched right after the start");
    let copy = story.path("calendars/payments.duty.ics");
    assert_eq!(fs::read_to_string(&copy).unwrap(), duty("Ann Smith"));

    story.fast_forward(minutes(29)).await;
    assert_eq!(calendar.answered(), [200], "not before its time");
    story.fast_forward(minutes(1)).await;
    assert_eq!(calendar.answered(), [200, 304], "and not again what is there");
    calendar.publish(&duty("Bob Jones"));
    story.fast_forward(minutes(30)).await;
    assert_eq!((calendar.answered().last(), story.on_call().await), (Some(&200), vec!["bob".to_owned()]));

    calendar.publish("<html>Please log in</html>");
    story.fast_forward(minutes(30)).await;
    let huge = "X".repeat(2 << 20);
    calendar.publish(&huge);
    story.fast_forward(minutes(5)).await;
    calendar.script([Fault::Status(302), Fault::Status(500), Fault::Cut]);
    story.fast_forward(minutes(20)).await;
    assert_eq!(calendar.answered().len(), 6, "after a failure each five minutes: {:?}", calendar.answered());
    assert_eq!(
        (story.on_call().await, fs::read_to_string(&copy).unwrap()),
        (vec!["bob".to_owned()], duty("Bob Jones"))
    );
    assert!(!story.path("calendars/payments.duty.ics.new").exists());

    calendar.publish(&duty("Ann Smith"));
    story.fast_forward(minutes(5)).await;
    assert_eq!(story.on_call().await, ["ann"], "it heals by itself");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_at_the_start_leaves_the_last_good_copy() {
    let calendar = CalendarServer::start(&duty("Ann Smith")).await.unwrap();
    let story = Story::begin(stage(&calendar.url()).await).await;
    story.settle().await;
    drop(calendar);
    let story = story.restart_after(minutes(60)).await;
    story.settle().await;
    assert_eq!(story.on_call().await, ["ann"]);
    let metrics = story.get("/metrics").await.body;
    assert!(metrics.contains("bellwire_calendar_fetches_total{outcome=\"failed\"}"), "{metrics}");

    // What is taken out of the configuration is not fetched any more.
    let other = CalendarServer::start(&duty("Bob Jones")).await.unwrap();
    story.routes("payments", PAYMENTS);
    assert_eq!(story.reload().await.status, 200);
    story.fast_forward(minutes(600)).await;
    assert_eq!(other.answered(), [0; 0]);
    story.end().await;
}
