//! The story, scene by scene, and what the outside world must hear in each: the story is the list of what is expected.

use super::{
    conditions::{Condition, DISK, ERRORS, LOGS, SLOW, Source},
    heard::{Action, Delivery, Heard},
    server::Server,
    sinks::{Sinks, routing_key},
    teller::{Teller, Tint},
};
use anyhow::{Context, ensure};
use bellwire_support::{Fault, Observed, slack::press::User};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep, sleep_until};

/// For whatever must happen at once, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
/// After the ladder's last step would have been due.
const MARGIN: Duration = Duration::from_secs(6);
/// At the end, for what nobody expects.
const QUIET: Duration = Duration::from_secs(2);
/// When the ladder of payments.toml calls the VP.
const VP_AFTER: Duration = Duration::from_secs(30);
/// The id of the first incident that the team has.
const FIRST_OF_PLATFORM: &str = "platform-1";
/// Bellwire's own, about a receiver that it could not reach.
const DELIVERY_FAILED: &str = "BellwireDeliveryFailed";

pub struct Story<'a> {
    pub teller: &'a Teller,
    pub sinks: &'a Sinks,
    pub record: &'a Observed<Vec<Heard>>,
    pub source: Source,
    pub server: Server,
    /// Every delivery that the story has called for so far.
    pub expected: Vec<Delivery>,
}

/// Who hears what; the key where the service carries it.
type Cast<'a> = &'a [(&'a str, Action, &'a str)];

impl Story<'_> {
    /// Returns the main incident's id.
    pub async fn tell(&mut self) -> anyhow::Result<String> {
        self.something_harmless().await?;
        let (incident, opened) = self.something_urgent().await?;
        self.a_crash_in_the_middle(&incident).await?;
        self.somebody_takes_it(&incident).await?;
        self.receivers_are_down().await?;
        self.a_policy_breaks().await?;
        self.the_ladder_has_stopped(opened).await?;
        self.all_is_well_again().await?;
        Ok(incident)
    }

    async fn something_harmless(&mut self) -> anyhow::Result<()> {
        self.teller.heading("Something harmless: the policy makes it a P3, which informs Slack and wakes nobody.");
        self.source.break_down(&SLOW, self.teller).await?;
        self.hear(&SLOW, &[("payments/channel", Action::Told, "")]).await?;
        Ok(())
    }

    async fn something_urgent(&mut self) -> anyhow::Result<(String, Instant)> {
        self.teller.heading(
            "Something urgent: a P1, as its error rate is above 5 %. (One minute of its ladder is one second here.)",
        );
        self.source.break_down(&ERRORS, self.teller).await?;
        let step_1: Cast<'_> = &[
            ("payments/channel", Action::Told, ""),
            ("payments/pager", Action::Paged, "p1-step-1"),
            ("payments/mail", Action::Told, ""),
        ];
        let incident = self.hear(&ERRORS, step_1).await?;
        let opened = Instant::now();
        self.teller.say("nobody", "acknowledges", Tint::Plain);
        self.show_on_call().await?;
        let mia: Cast<'_> =
            &[("payments/mia:pagerduty", Action::Paged, "p1-step-2"), ("payments/mia:email", Action::Told, "")];
        self.hear(&ERRORS, mia).await?;
        Ok((incident, opened))
    }

    async fn a_crash_in_the_middle(&mut self, incident: &str) -> anyhow::Result<()> {
        self.teller.heading("A crash in the middle of the ladder: the next step still comes, and nothing comes twice.");
        // Between a provider's yes and our commit a crash may repeat a message; this one is after the commit.
        let committed = |detail: &Value| {
            let notices = detail["notices"].as_array()?;
            notices.iter().all(|notice| notice["state"] == "delivered").then_some(())
        };
        self.server.wait_for(incident, "commit of what was delivered", PATIENCE, committed).await?;
        self.server.kill().await?;
        self.teller.say("demo", "kill -9: Bellwire is gone", Tint::Trouble);
        self.server.start_again().await?;
        self.teller.say("demo", "Bellwire is started again, on the same database", Tint::Plain);
        let step_3: Cast<'_> =
            &[("payments/director", Action::Told, ""), ("payments/incident-room", Action::Told, "p1-step-3")];
        self.hear(&ERRORS, step_3).await?;
        Ok(())
    }

    async fn somebody_takes_it(&mut self, incident: &str) -> anyhow::Result<()> {
        self.teller.heading(
            "Anna presses the button in Slack: the ladder stops, and everybody who was told hears of it, where they were told.",
        );
        self.press_acknowledge(incident).await?;
        self.hear(
            &ERRORS,
            &[
                ("payments/channel", Action::Edited, ""),
                ("payments/channel", Action::ToldOfAcknowledgement, ""),
                ("payments/pager", Action::ToldOfAcknowledgement, "p1-step-1"),
                ("payments/mail", Action::ToldOfAcknowledgement, ""),
                ("payments/mia:pagerduty", Action::ToldOfAcknowledgement, "p1-step-2"),
                ("payments/mia:email", Action::ToldOfAcknowledgement, ""),
                ("payments/director", Action::ToldOfAcknowledgement, ""),
                ("payments/incident-room", Action::ToldOfAcknowledgement, ""),
            ],
        )
        .await?;
        Ok(())
    }

    async fn receivers_are_down(&mut self) -> anyhow::Result<()> {
        self.teller.heading(
            "Receivers fail: PagerDuty is tried again, Slack's fallback is told in its place, and that is itself an alert.",
        );
        self.sinks.slack.faults().always("#platform", Fault::Status(500));
        self.sinks.pagerduty.script(&routing_key("platform/pager"), [Fault::RateLimited { retry_after_seconds: 2 }]);
        self.source.break_down(&DISK, self.teller).await?;
        for receiver in ["platform/pager", "platform/channel"] {
            let failed =
                self.server.wait_for(FIRST_OF_PLATFORM, "failed attempt", PATIENCE, |detail| failed(detail, receiver));
            self.teller.say("Bellwire", &failed.await?, Tint::Trouble);
        }
        let disk: Cast<'_> = &[("platform/pager", Action::Paged, "p2-step-1"), ("platform/mail", Action::StoodIn, "")];
        self.hear(&DISK, disk).await?;
        let own = self.hear_of(DELIVERY_FAILED, &[("platform/mail", Action::Told, "")]).await?;
        self.sinks.slack.faults().heal("#platform");
        self.teller.say("demo", "Slack is back", Tint::Plain);
        self.act("kim", "resolve", &own).await?;
        self.hear_of(DELIVERY_FAILED, &[("platform/mail", Action::ToldOfResolution, "")]).await?;
        Ok(())
    }

    async fn a_policy_breaks(&mut self) -> anyhow::Result<()> {
        self.teller.heading("A policy breaks: its sandbox runs out of fuel, and the route's fallback is told.");
        self.source.break_down(&LOGS, self.teller).await?;
        let incident = self.hear(&LOGS, &[("payments/mail", Action::FailedOpen, "")]).await?;
        let fault = self
            .server
            .wait_for(&incident, "fault", PATIENCE, |detail| sentence(detail, |entry| entry["kind"] == "faulted"));
        self.teller.say("Bellwire", &fault.await?, Tint::Plain);
        Ok(())
    }

    async fn the_ladder_has_stopped(&mut self, opened: Instant) -> anyhow::Result<()> {
        self.teller
            .heading("The ladder has stopped: half an hour (here half a minute) after the P1, the VP is not paged.");
        self.teller.say("demo", "waits until that time has passed", Tint::Plain);
        // Whoever is paged meanwhile is not expected, and the verdict says so.
        sleep_until(opened + VP_AFTER + MARGIN).await;
        Ok(())
    }

    async fn all_is_well_again(&mut self) -> anyhow::Result<()> {
        self.teller.heading("The metrics recover: everything resolves, and everybody who was told hears of it.");
        for condition in [&ERRORS, &SLOW, &DISK, &LOGS] {
            self.source.recover(condition, self.teller).await?;
        }
        self.hear(
            &ERRORS,
            &[
                ("payments/channel", Action::Edited, ""),
                ("payments/channel", Action::ToldOfResolution, ""),
                ("payments/pager", Action::ToldOfResolution, "p1-step-1"),
                ("payments/mail", Action::ToldOfResolution, ""),
                ("payments/mia:pagerduty", Action::ToldOfResolution, "p1-step-2"),
                ("payments/mia:email", Action::ToldOfResolution, ""),
                ("payments/director", Action::ToldOfResolution, ""),
                ("payments/incident-room", Action::ToldOfResolution, ""),
            ],
        )
        .await?;
        let slow: Cast<'_> =
            &[("payments/channel", Action::Edited, ""), ("payments/channel", Action::ToldOfResolution, "")];
        self.hear(&SLOW, slow).await?;
        let disk: Cast<'_> = &[
            ("platform/pager", Action::ToldOfResolution, "p2-step-1"),
            ("platform/mail", Action::ToldOfResolution, ""),
            // What answers 500 may yet have heard, and whoever may have heard of an incident hears of its end.
            ("platform/channel", Action::ToldOfResolution, ""),
        ];
        self.hear(&DISK, disk).await?;
        self.hear(&LOGS, &[("payments/mail", Action::ToldOfResolution, "")]).await?;
        sleep(QUIET).await;
        Ok(())
    }

    /// Whom the next step will page, and why.
    async fn show_on_call(&self) -> anyhow::Result<()> {
        self.teller.say("you", "$ bellwire oncall now --team payments", Tint::Plain);
        let said = self.server.bellwire(&["oncall", "now", "--team", "payments"]).await?;
        for line in said.lines().filter(|line| !line.trim().is_empty()) {
            self.teller.say("", line, Tint::Plain);
        }
        Ok(())
    }

    /// As Slack tells of it: a signed form, from the button that the message has.
    #[expect(clippy::disallowed_methods, reason = "Slack signs the time of the press, and the demo is Slack here")]
    async fn press_acknowledge(&self, incident: &str) -> anyhow::Result<()> {
        let seen = self.sinks.slack.seen();
        let mut messages = seen.messages("#payments").iter();
        let message =
            messages.find(|message| message.shown().contains(incident)).context("Slack has no such message")?;
        let (anna, now) = (User::new("U0000ANNA", "anna"), SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
        let form = self.sinks.slack.press(now, &anna, message, "bellwire_acknowledge").context("it has no button")?;
        self.teller.say("anna", &format!("presses Acknowledge in #payments, under {incident}"), Tint::Plain);
        let answered = form.post(&format!("{}/slack/actions", self.server.url())).await?;
        ensure!(answered.status == 200, "Bellwire refused the button: {} {}", answered.status, answered.body);
        Ok(())
    }

    /// Says the command that it runs.
    async fn act(&self, who: &str, action: &str, incident: &str) -> anyhow::Result<()> {
        self.teller.say(who, &format!("$ bellwire incidents {action} {incident} --by {who}"), Tint::Plain);
        self.server.bellwire(&["incidents", action, incident, "--by", who]).await.map(drop)
    }

    async fn hear(&mut self, condition: &Condition, cast: Cast<'_>) -> anyhow::Result<String> {
        self.hear_of(condition.alert, cast).await
    }

    /// Waits until all of them have heard of it; returns the incident's id.
    async fn hear_of(&mut self, alert: &str, cast: Cast<'_>) -> anyhow::Result<String> {
        for (receiver, action, key) in cast {
            let (receiver, key) = ((*receiver).into(), (*key).into());
            self.expected.push(Delivery { receiver, action: *action, alert: alert.into(), key });
        }
        let all_heard = |record: &Vec<Heard>| {
            let all = missing(&self.expected, record.iter().map(|heard| &heard.what).collect()).is_empty();
            record.iter().find(|heard| all && heard.what.alert == alert).map(|heard| heard.incident.clone())
        };
        // What is missing is said with the verdict, so the record itself is not repeated here.
        let heard = self.record.wait_for("delivery", PATIENCE, all_heard).await.ok();
        heard.with_context(|| format!("not everybody heard of {alert} within {PATIENCE:?}"))
    }
}

/// What is in `wanted` more often than in `there`.
pub fn missing<'a>(wanted: impl IntoIterator<Item = &'a Delivery>, mut there: Vec<&'a Delivery>) -> Vec<&'a Delivery> {
    let mut missing = Vec::new();
    for delivery in wanted {
        match there.iter().position(|other| *other == delivery) {
            Some(index) => drop(there.swap_remove(index)),
            None => missing.push(delivery),
        }
    }
    missing
}

/// The first attempt that did not reach that receiver, as the timeline tells it.
fn failed(detail: &Value, receiver: &str) -> Option<String> {
    sentence(detail, |entry| {
        let is_its = entry["data"]["notice"].as_str().is_some_and(|notice| notice.ends_with(receiver));
        is_its && entry["data"]["delivery"]["outcome"] == "retry"
    })
}

fn sentence(detail: &Value, is_meant: impl Fn(&Value) -> bool) -> Option<String> {
    let entry = detail["timeline"].as_array()?.iter().find(|entry| is_meant(entry))?;
    entry["text"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_twice_and_what_does_not_come_is_found() {
        let told = |receiver: &str| Delivery {
            receiver: receiver.into(),
            action: Action::Told,
            alert: ERRORS.alert.into(),
            key: String::new(),
        };
        let (expected, heard) = ([told("a"), told("b")], [told("a"), told("a")]);
        assert_eq!(missing(&expected, heard.iter().collect()), [&told("b")]);
        assert_eq!(missing(&heard, expected.iter().collect()), [&told("a")]);
        assert!(missing(&expected, expected.iter().rev().collect()).is_empty());
    }
}
