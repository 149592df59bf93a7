//! `bellwire oncall` as people use it: who is on call, who stands in, and when nobody is. The command's clock is the wall
//! clock, so everything here happens in January of 2099, but for a schedule that never changes.

use crate::{
    configuration::{AUTH, PAYMENTS},
    process::{Ended, Serving, bellwire, run},
    stage::{Stage, TOKEN},
};
use bellwire_support::webhook::Verification;
use std::fs;

/// `primary`: a week each from a Monday, 09:00 in Berlin. `always`: one person, for ever.
const ON_CALL: &str = r#"
[people.ann]
name = "Ann Smith"
email = "ann@example.com"

[people.bob]
email = "bob@example.com"

[people.cyd]
email = "cyd@example.com"

[schedules.primary]
zone = "Europe/Berlin"
layers = [{ name = "week", people = ["ann", "bob"], every = "1 week", start = 2099-01-05T09:00 }]

[schedules.always]
zone = "Europe/Berlin"
layers = [{ name = "ever", people = ["ann"], every = "1 week", start = 2020-01-06T09:00 }]
"#;

struct OnCall {
    stage: Stage,
    serving: Serving,
}

impl OnCall {
    async fn new() -> Self {
        let stage = Stage::with_webhook(Verification::None).await;
        stage.host(AUTH);
        stage.routes("payments", &format!("{PAYMENTS}\n{ON_CALL}"));
        let serving = Serving::start(&stage).await;
        Self { stage, serving }
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = bellwire(&self.stage, &[&["oncall"], arguments].concat());
        run(command.env("BELLWIRE_URL", &self.serving.url).env("BELLWIRE_TOKEN", TOKEN)).await
    }

    /// What it prints when all is well.
    #[track_caller]
    fn told(ended: &Ended) -> Vec<&str> {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out.lines().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_call_is_told_with_the_reason_and_the_next_hand_off() {
    let on_call = OnCall::new().await;
    let now = on_call.run(&["now", "--team", "payments"]).await;
    let told = OnCall::told(&now);
    let [header, always, primary] = told.as_slice() else { panic!("{now:?}") };
    assert_eq!(header.split_whitespace().collect::<Vec<_>>(), ["SCHEDULE", "ON", "CALL", "UNTIL", "WHY"]);
    assert!(always.starts_with("payments/always   ann      no change within 400 days  layer ever"), "{always}");
    assert!(primary.starts_with("payments/primary  NOBODY"), "{primary}");

    let at = on_call.run(&["at", "2099-01-12T08:59", "--schedule", "primary"]).await;
    assert_eq!(
        OnCall::told(&at)[1],
        "payments/primary  ann      Mon 2099-01-12 09:00 Europe/Berlin  layer week",
        "on the schedule's own clock"
    );
    let at = on_call.run(&["at", "2099-01-12T08:00:00Z", "--schedule", "primary"]).await;
    assert!(OnCall::told(&at)[1].starts_with("payments/primary  bob "), "{at:?}");
    let json = on_call.run(&["now", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["schedules"][0]["people"][0]["display"], "Ann Smith");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_stands_in_and_the_calendar_shows_it() {
    let on_call = OnCall::new().await;
    let dentist = ["--from", "2099-01-06T12:00", "--until", "2099-01-06T18:00", "--replace", "ann", "--with", "cyd"];
    let dentist = [&["override", "add", "primary"], &dentist[..], &["--reason", "dentist", "--by", "ann"]].concat();
    let made = on_call.run(&dentist).await;
    let told = OnCall::told(&made)[0];
    let words =
        "payments/primary has cyd instead of ann from Tue 2099-01-06 12:00 to Tue 2099-01-06 18:00 (Europe/Berlin)";
    assert!(told.starts_with("override primary-") && told.ends_with(words) && made.error.is_empty(), "{made:?}");
    let sick = ["--from", "2099-01-08", "--until", "2099-01-09", "--remove", "ann", "--by", "ann"];
    let made = on_call.run(&[&["override", "add", "payments/primary"], &sick[..]].concat()).await;
    let warning = "warning: with it nobody is on call from Thu 2099-01-08 00:00 to Fri 2099-01-09 00:00\n";
    assert_eq!((made.code, made.error.as_str()), (Some(0), warning), "{made:?}");

    let calendar = on_call.run(&["show", "primary", "--from", "2099-01-05", "--days", "5"]).await;
    let expected = "\
payments/primary, on the clock of Europe/Berlin
Mon 05 Jan  until 09:00 NOBODY; from 09:00 ann
Tue 06 Jan  until 12:00 ann; 12:00-18:00 cyd (override: dentist); from 18:00 ann
Wed 07 Jan  ann
Thu 08 Jan  NOBODY (override without ann)
Fri 09 Jan  ann
Nobody is on call in 2 gaps
";
    assert_eq!(calendar.out, expected);

    let again = on_call.run(&dentist).await;
    assert_eq!(again.code, Some(1));
    assert!(again.error.contains("it overlaps the override primary-"), "{again:?}");
    let list = on_call.run(&["override", "list"]).await;
    let told = OnCall::told(&list);
    assert!(told.len() == 3 && told[1].ends_with("cyd instead of ann: dentist (by ann (as anna))"), "{list:?}");
    let id = told[1].split_whitespace().next().unwrap();
    assert_eq!(OnCall::told(&on_call.run(&["override", "remove", id, "--by", "bob"]).await).len(), 1);
    let gone = on_call.run(&["override", "remove", id, "--by", "bob"]).await;
    assert_eq!(gone.code, Some(2), "{gone:?}");
    let day = on_call.run(&["show", "primary", "--from", "2099-01-06", "--days", "1"]).await;
    assert_eq!(OnCall::told(&day)[1], "Tue 06 Jan  ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_end_the_command_with_1() {
    let on_call = OnCall::new().await;
    let none = on_call.run(&["gaps", "--days", "90", "--schedule", "always"]).await;
    assert_eq!((none.code, none.out.as_str()), (Some(0), "no gaps in 1 schedule over 90 days\n"));
    let gaps = on_call.run(&["gaps"]).await;
    assert_eq!((gaps.code, gaps.out.lines().count()), (Some(1), 2), "{gaps:?}");
    assert_eq!(gaps.error, "bellwire: 1 gap in 2 schedules over 90 days: nobody is on call then\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_told_with_what_there_is() {
    let stage = Stage::with_webhook(Verification::None).await;
    stage.host(AUTH);
    let host = fs::read_to_string(stage.config()).unwrap();
    fs::write(stage.config(), format!("default_team = \"payments\"\n{host}")).unwrap();
    stage.routes("payments", &format!("{PAYMENTS}\n{ON_CALL}"));
    let shop =
        format!("{PAYMENTS}\n{ON_CALL}").replace("team = \"payments\"", "team = \"shop\"\nmatch = ['team=shop']");
    stage.routes("shop", &shop);
    let serving = Serving::start(&stage).await;
    let on_call = OnCall { stage, serving };
    for (arguments, code, words) in [
        (
            &["show", "primary"][..],
            2,
            "several teams have a schedule primary; say which: payments/primary, shop/primary",
        ),
        (
            &["show", "night"],
            1,
            "there is no schedule night; there are: payments/always, payments/primary, shop/always",
        ),
        (&["at", "soon"], 1, "at must be a time of RFC 3339"),
        (&["override", "add", "shop/primary", "--until", "2099-01-06", "--add", "dan"], 1, "nobody called dan"),
        (&["override", "add", "shop/primary", "--until", "2001-01-06", "--add", "ann"], 1, "it ends before it begins"),
        (&["override", "add", "shop/primary", "--until", "2099-01-06"], 2, "--add <PEOPLE>|--remove <PEOPLE>"),
        (&["override", "remove", "nothing"], 2, "there is no override \"nothing\""),
        (&["gaps", "--days", "401"], 2, "401 is not in 1..=400"),
    ] {
        let ended = on_call.run(arguments).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.error.contains(words), "{arguments:?}: {ended:?}");
    }
}
