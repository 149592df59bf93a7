//! People, schedules and overrides: what they become, and what is said about those that are wrong.

use super::{TEAM, load};
use crate::{Config, Diagnostic, Report};
use bellwire_core::{Cover, ReceiverKind, SlackReceiver};
use insta::{assert_debug_snapshot, assert_snapshot};
use std::fmt::Write;

const HOST: &str = r#"
[slack]
token = { env = "SLACK_TOKEN" }
[smtp]
host = "smtp.example.com"
from = "Bellwire <bellwire@example.com>"
"#;

const PEOPLE: &str = r#"
[people.ann]
name = "Ann Smith"
zone = "Europe/Berlin"
slack = "U024BE7LH"
email = "Ann Smith <ann@example.com>"

[people.bob]
email = "bob@example.com"
contact = [
    { pagerduty = { routing_key = { env = "BOB_KEY" } }, after = "5m" },
    { email = true },
    { email = "bob@home.example", after = "2m" },
]

[people.carl]
email = "carl@example.com"
"#;

const SCHEDULE: &str = r#"
[schedules.oncall]
zone = "Europe/Berlin"

[[schedules.oncall.layers]]
name = "week"
people = ["ann", ["bob", "carl"]]
every = "1 week"
start = 2026-11-02T09:00
turns = "covered-shift"
hours = ["mon-fri 09:00-17:00"]
except = ["holidays"]

[[schedules.oncall.overrides]]
from = 2026-12-24T09:00
until = "2026-12-27T09:00"
replace = "ann"
with = ["bob"]
reason = "skiing"

[calendars.holidays]
days = ["2026-12-24..2026-12-26", 2027-01-01]
"#;

/// The smallest team with `more`.
fn team(more: &str) -> Result<Config, Report> {
    let team = TEAM.replace("[route]", &format!("{more}\n\n[route]"));
    load(&[("bellwire.toml", HOST), ("routes/payments.toml", &team)])
}

fn sound(more: &str) -> Config {
    team(more).unwrap_or_else(|report| panic!("{report}"))
}

/// One line for each error, under the text that has it.
fn table(texts: &[&str], of: impl Fn(&str) -> Result<Config, Report>) -> String {
    let said = texts.iter().map(|text| format!("{text}\n    {}\n", super::lines(of(text)).replace('\n', "\n    ")));
    said.collect()
}

/// `text` is what a person is.
fn person(text: &str) -> Result<Config, Report> {
    team(&format!("[people]\ndora = {text}\n"))
}

/// `text` is a layer.
fn layer(text: &str) -> Result<Config, Report> {
    team(&format!("{PEOPLE}\n[schedules]\noncall = {{ zone = \"UTC\", layers = [\n{text}\n] }}\n"))
}

/// `text` are overrides.
fn overrides(text: &str) -> Result<Config, Report> {
    let layers = "{ people = [\"ann\"], start = 2026-11-02T09:00 }";
    team(&format!(
        "{PEOPLE}\n[schedules]\noncall = {{ zone = \"Europe/Berlin\", layers = [{layers}], overrides = [\n{text}\n] }}\n"
    ))
}

#[test]
fn people_are_told_by_their_contacts() {
    let tables = sound(PEOPLE).tables;
    let mut shown = String::new();
    for person in tables.teams["payments"].people.values() {
        let zone = person.zone.as_ref().map_or("no zone", |(name, _)| &**name);
        writeln!(shown, "{} is {}, {:?}, {:?}, {zone}", person.name, person.display, person.slack_user, person.email)
            .unwrap();
        for contact in &person.contacts {
            let receiver = &tables.receivers[&contact.receiver];
            let to = match &receiver.kind {
                ReceiverKind::Slack(SlackReceiver::Bot { channel, .. }) => channel.clone(),
                ReceiverKind::Email(email) => email.to.join(", "),
                kind => kind.name().into(),
            };
            let (after, window) = (contact.after, receiver.bundle_window);
            writeln!(shown, "    after {after}: {} to {to}, bundled for {window}", contact.receiver).unwrap();
        }
    }
    assert_snapshot!(shown, @r#"
    ann is Ann Smith, Some("U024BE7LH"), Some("ann@example.com"), Europe/Berlin
        after 0ms: payments/ann:slack to U024BE7LH, bundled for 30s
        after 2m: payments/ann:email to ann@example.com, bundled for 30s
    bob is bob, None, Some("bob@example.com"), no zone
        after 0ms: payments/bob:email to bob@example.com, bundled for 30s
        after 2m: payments/bob:email-2 to bob@home.example, bundled for 30s
        after 5m: payments/bob:pagerduty to pagerduty, bundled for 0ms
    carl is carl, None, Some("carl@example.com"), no zone
        after 0ms: payments/carl:email to carl@example.com, bundled for 30s
    "#);
}

#[test]
fn a_schedule_is_layers_and_overrides() {
    let config = sound(&format!("{PEOPLE}{SCHEDULE}"));
    let schedule = &config.tables.teams["payments"].schedules["oncall"];
    assert_eq!(schedule.zone.iana_name(), Some("Europe/Berlin"));
    let Cover::Rotation(rotation) = &schedule.layers[0].cover else { panic!("a rotation") };
    assert_debug_snapshot!((rotation.start, rotation.every, rotation.turns_by, &rotation.turns), @r#"
    (
        2026-11-02T09:00:00,
        Weeks(
            1,
        ),
        CoveredShift,
        [
            [
                "ann",
            ],
            [
                "bob",
                "carl",
            ],
        ],
    )
    "#);
    assert_debug_snapshot!(rotation.except, @r#"
    [
        2026-12-24,
        2026-12-25,
        2026-12-26,
        2027-01-01,
    ]
    "#);
    assert_debug_snapshot!(schedule.overrides, @r#"
    [
        Override {
            id: "file-1",
            team: "payments",
            schedule: "oncall",
            from: Instant(
                1798099200000,
            ),
            until: Instant(
                1798358400000,
            ),
            change: Replace {
                person: Some(
                    "ann",
                ),
                people: [
                    "bob",
                ],
            },
            reason: "skiing",
            by: "routes/payments.toml",
            made_at: Instant(
                0,
            ),
        },
    ]
    "#);
}

#[test]
fn people_that_are_wrong() {
    assert_snapshot!(table(&[
        r#"{}"#,
        r#"{ slack = "@dora" }"#,
        r#"{ email = "dora" }"#,
        r#"{ email = "dora@example.com", contact = [] }"#,
        r#"{ email = "dora@example.com", contact = [{ slack = true }] }"#,
        r#"{ email = "dora@example.com", contact = [{ email = true, pagerduty = {} }, { after = "1h" }] }"#,
        r#"{ email = "dora@example.com", contact = [{ email = false }, { email = true, after = "soon" }] }"#,
        r#"{ email = "dora@example.com", mail = "x", zone = "Europe/Berln" }"#,
    ], person), @r#"
    {}
        routes/payments.toml:10:8: `dora` cannot be told of anything (slack = "U024BE7LH", or email = "ann@example.com", or contact = [{ … }])
    { slack = "@dora" }
        routes/payments.toml:10:18: `@dora` is not the id of a Slack user (in Slack, open the profile, then ⋮ and "Copy member ID": it begins with U or W, as in U024BE7LH)
    { email = "dora" }
        routes/payments.toml:10:18: `dora` is not an e-mail address: Missing separator character '@'. (write oncall@example.com or "On call <oncall@example.com>")
    { email = "dora@example.com", contact = [] }
        routes/payments.toml:10:48: `contact` is empty, so `dora` cannot be told of anything (as in contact = [{ slack = true }, { email = true, after = "2m" }])
    { email = "dora@example.com", contact = [{ slack = true }] }
        routes/payments.toml:10:59: this person has no `slack` to be told by (give the person one, or write it here)
    { email = "dora@example.com", contact = [{ email = true, pagerduty = {} }, { after = "1h" }] }
        routes/payments.toml:10:49: a contact must have exactly one of `slack`, `email`, `pagerduty`, `webhook` and `channel` (as in contact = [{ slack = true }, { email = true, after = "2m" }])
        routes/payments.toml:10:83: a contact must have exactly one of `slack`, `email`, `pagerduty`, `webhook` and `channel` (as in contact = [{ slack = true }, { email = true, after = "2m" }])
    { email = "dora@example.com", contact = [{ email = false }, { email = true, after = "soon" }] }
        routes/payments.toml:10:59: `email` must be true or text in quotes (as in contact = [{ slack = true }, { email = true, after = "2m" }])
        routes/payments.toml:10:92: `after` is not a length of time (write a number with ms, s, m, h or d, as in "90s", "1h30m" or "250ms")
    { email = "dora@example.com", mail = "x", zone = "Europe/Berln" }
        routes/payments.toml:10:38: there is no key `mail` here (did you mean `email`?)
        routes/payments.toml:10:57: there is no time zone `Europe/Berln` (did you mean `Europe/Berlin`?)
    "#);
}

#[test]
fn two_people_with_one_address() {
    let other = "[people.bobby]\nemail = \"Bob@example.com\"\n";
    assert_snapshot!(super::lines(team(&format!("{PEOPLE}{other}"))), @r#"routes/payments.toml:27:9: this `email` is that of `bob` already (what is done with it is done in one person's name: give each their own)"#);
}

#[test]
fn a_person_who_needs_what_the_host_has_not() {
    let person = "[people.ann]\nslack = \"U024BE7LH\"\nemail = \"ann@example.com\"\n";
    assert_snapshot!(super::said_of_team_with(person), @r#"
      × a direct message in Slack needs a bot's token, and bellwire.toml has none
        ╭─[routes/payments.toml:10:9]
      9 │ [people.ann]
     10 │ slack = "U024BE7LH"
        ·         ───────────
     11 │ email = "ann@example.com"
        ╰────
      help: [slack] token = { env = "SLACK_BOT_TOKEN" } in bellwire.toml

      × mail needs a mail server, and bellwire.toml has none
        ╭─[routes/payments.toml:11:9]
     10 │ slack = "U024BE7LH"
     11 │ email = "ann@example.com"
        ·         ─────────────────
     12 │ 
        ╰────
      help: [smtp] host = "…" and from = "…" in bellwire.toml

    errors: 2
    "#);
}

#[test]
fn layers_that_are_wrong() {
    assert_snapshot!(table(&[
        r#"{}"#,
        r#"{ people = [], every = "1 week", start = 2026-11-02T09:00 }"#,
        r#"{ people = ["anne", ["bob", "bob"], []], every = "0 days", start = 2026-11-02 }"#,
        r#"{ people = ["ann", "bob"], start = 2026-11-02T09:00Z }"#,
        r#"{ people = ["ann"], every = "fortnight", start = "next monday", turns = "shifts" }"#,
        r#"{ people = ["ann"], start = 2026-11-02T09:00, until = 2026-11-02T09:00, hours = [], except = ["holidays"] }"#,
        r#"{ people = ["ann"], start = 2026-11-02T09:00, turns = "covered-shift" }"#,
        r#"{ calendar = "team", every = "1 week" }"#,
        r#"{ name = "a", people = ["ann"], start = 2026-11-02T09:00 }, { name = "a", people = ["bob"], start = 2026-11-02T09:00 }"#,
    ], layer), @r#"
    {}
        routes/payments.toml:29:1: `people` is missing (who takes turns, as in people = ["ann", "bob"])
        routes/payments.toml:29:1: `every` is missing (how long a turn is, as in every = "1 week")
        routes/payments.toml:29:1: `start` is missing (when the first turn begins, as in start = 2026-11-02T09:00)
    { people = [], every = "1 week", start = 2026-11-02T09:00 }
        routes/payments.toml:29:12: nobody takes turns here (people = ["ann", "bob"])
    { people = ["anne", ["bob", "bob"], []], every = "0 days", start = 2026-11-02 }
        routes/payments.toml:29:13: there is nobody called `anne` (did you mean `ann`?)
        routes/payments.toml:29:29: `bob` is here twice
        routes/payments.toml:29:37: this turn is nobody's (name at least one person; to leave a time uncovered, use `hours`)
        routes/payments.toml:29:50: a turn must have some length (as in every = "1 week")
        routes/payments.toml:29:68: `start` is not a date and a time of day (write 2026-11-02T09:00: without an offset, since it is on the clocks of `zone`)
    { people = ["ann", "bob"], start = 2026-11-02T09:00Z }
        routes/payments.toml:29:1: `every` is missing (how long a turn is, as in every = "1 week")
        routes/payments.toml:29:36: `start` is not a date and a time of day (write 2026-11-02T09:00: without an offset, since it is on the clocks of `zone`)
    { people = ["ann"], every = "fortnight", start = "next monday", turns = "shifts" }
        routes/payments.toml:29:29: `fortnight` does not say how long a turn is (write "1 week", "2 weeks", "12 hours", "1 day" or "1 month"; or hourly, daily, weekly, monthly)
        routes/payments.toml:29:50: `start` is not a date and a time of day (write 2026-11-02T09:00: without an offset, since it is on the clocks of `zone`)
        routes/payments.toml:29:73: `turns` cannot be `shifts` (did you mean `shift`?)
    { people = ["ann"], start = 2026-11-02T09:00, until = 2026-11-02T09:00, hours = [], except = ["holidays"] }
        routes/payments.toml:29:55: `until` is not after `start`, so this layer would be empty
        routes/payments.toml:29:81: `hours` is empty, so this layer would be empty (as in hours = ["mon-fri 09:00-17:00"])
        routes/payments.toml:29:95: there is no calendar `holidays` ([calendars.holidays] days = ["2026-12-25"], or ical = { file = "holidays.ics" }, or ical = { url = "https://…" })
    { people = ["ann"], start = 2026-11-02T09:00, turns = "covered-shift" }
        routes/payments.toml:29:55: without `hours` every shift is covered (turns = "shift", or hours = ["mon-fri 09:00-17:00"])
    { calendar = "team", every = "1 week" }
        routes/payments.toml:29:14: there is no calendar `team` ([calendars.team] days = ["2026-12-25"], or ical = { file = "holidays.ics" }, or ical = { url = "https://…" })
        routes/payments.toml:29:30: `every` is of people taking turns, and this layer is a calendar's (take `every` or `calendar` away; as in people = ["ann", "bob"], every = "1 week" and start = 2026-11-02T09:00)
    { name = "a", people = ["ann"], start = 2026-11-02T09:00 }, { name = "a", people = ["bob"], start = 2026-11-02T09:00 }
        routes/payments.toml:29:70: another layer of this schedule is `a` already
    "#);
}

#[test]
fn one_turn_needs_no_start_and_no_length() {
    assert!(layer(r#"{ people = [["ann", "bob"]], hours = ["mon-fri 09:00-17:00"] }"#).is_ok());
}

#[test]
fn overrides_that_are_wrong() {
    assert_snapshot!(table(&[
        r#"{}"#,
        r#"{ from = 2026-12-24T09:00, until = 2026-12-24T09:00, add = ["bob"] }"#,
        r#"{ from = 2026-12-24T09:00, until = 2026-12-25T09:00, add = [] }"#,
        r#"{ from = 2026-12-24T09:00, until = 2026-12-25T09:00, add = ["bobb"], remove = ["ann"] }"#,
        r#"{ from = 2026-12-24T09:00, until = 2026-12-25T09:00, replace = "ann" }"#,
        r#"{ from = 2026-12-24T09:00, until = 2026-12-25T09:00, with = ["bob"] }, { from = 2026-12-25T08:00, until = 2026-12-26T09:00, remove = ["ann"] }"#,
    ], overrides), @r#"
    {}
        routes/payments.toml:29:1: `from` is missing (when it begins, as in from = 2026-12-24T09:00)
        routes/payments.toml:29:1: `until` is missing (when it ends, as in until = 2026-12-27T09:00)
        routes/payments.toml:29:1: an override must say one thing: `add`, `remove`, or `with` (add = ["bob"], or remove = ["ann"], or with = ["bob"], also with replace = "ann")
    { from = 2026-12-24T09:00, until = 2026-12-24T09:00, add = ["bob"] }
        routes/payments.toml:29:36: it ends before it begins (`until` must be after `from`)
    { from = 2026-12-24T09:00, until = 2026-12-25T09:00, add = [] }
        routes/payments.toml:29:60: `add` names nobody (add = ["bob"], or remove = ["ann"], or with = ["bob"], also with replace = "ann")
    { from = 2026-12-24T09:00, until = 2026-12-25T09:00, add = ["bobb"], remove = ["ann"] }
        routes/payments.toml:29:1: an override must say one thing: `add`, `remove`, or `with` (add = ["bob"], or remove = ["ann"], or with = ["bob"], also with replace = "ann")
    { from = 2026-12-24T09:00, until = 2026-12-25T09:00, replace = "ann" }
        routes/payments.toml:29:1: `with` is missing (who comes instead, as in with = ["bob"])
    { from = 2026-12-24T09:00, until = 2026-12-25T09:00, with = ["bob"] }, { from = 2026-12-25T08:00, until = 2026-12-26T09:00, remove = ["ann"] }
        routes/payments.toml:29:72: it overlaps the override from 2026-12-24T09:00 to 2026-12-25T09:00 (what holds at one time is one override: make the two one, or let one end where the other begins)
    "#);
}

#[test]
fn two_may_be_added_at_one_time() {
    let first = r#"{ from = 2026-12-24T09:00, until = 2026-12-25T09:00, add = ["bob"] }"#;
    let second = r#"{ from = 2026-12-24T12:00, until = 2026-12-25T12:00, add = ["carl"] }"#;
    assert!(overrides(&format!("{first}, {second}")).is_ok());
}

#[test]
fn schedules_without_what_they_need() {
    assert_snapshot!(super::lines(team("[schedules]\na = {}\nb = { zone = \"Mars/Base\", layers = [] }\n")), @r#"
    routes/payments.toml:10:5: `zone` is missing (the name of a time zone, as in zone = "Europe/Berlin")
    routes/payments.toml:10:5: `a` has no layers, so nobody would ever be on call ([[schedules.a.layers]] with people = ["…"], every = "1 week" and start = 2026-11-02T09:00)
    routes/payments.toml:11:14: there is no time zone `Mars/Base` (an IANA name, such as Europe/Berlin or UTC)
    routes/payments.toml:11:36: `b` has no layers, so nobody would ever be on call ([[schedules.b.layers]] with people = ["…"], every = "1 week" and start = 2026-11-02T09:00)
    "#);
}

#[test]
fn what_is_found_out_about_a_schedule_or_an_override_later_has_its_place() {
    let config = overrides(
        "{ from = 2026-12-24T09:00, until = 2026-12-25T09:00, with = [\"bob\"] },\n\
         { from = 2026-12-26T09:00, until = 2026-12-27T09:00, remove = [\"bob\"] },",
    );
    let config = config.unwrap_or_else(|report| panic!("{report}"));
    let (places, team) = (&config.places, "payments".into());
    let line = |text: &str| config.places.files[1].text.lines().position(|line| line.contains(text)).unwrap() + 1;
    let idle = places.at_override(&team, &"file-2".into(), Diagnostic::warning("it changes nothing"));
    let expected = format!("routes/payments.toml:{}:1: it changes nothing", line("remove ="));
    assert_eq!(idle.line(), expected);
    let gap = places.at_schedule(&team, &"oncall".into(), Diagnostic::warning("nobody is on call"));
    assert!(gap.line().starts_with(&format!("routes/payments.toml:{}:", line("oncall = {"))), "{}", gap.line());
    let none = places.at_override(&team, &"file-3".into(), Diagnostic::warning("there is none"));
    assert_eq!(none.line(), "there is none");
}
