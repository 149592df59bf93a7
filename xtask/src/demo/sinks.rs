//! The outside world in this process: Slack, PagerDuty, a mail server and a webhook's receiver, and the record of all
//! that they heard. Touches loopback sockets.

use super::{
    heard::{Action, Heard},
    teller::{Teller, Tint},
};
use anyhow::Context;
use bellwire_support::{
    Observed, mail::MailSink, pagerduty::PagerDuty, slack::Slack, webhook::Verification, webhook::Webhook,
};
use std::{convert::Infallible, time::Duration};

const CHANNELS: [&str; 2] = ["#payments", "#platform"];
pub const PAGERS: [&str; 5] =
    ["payments/pager", "payments/mia:pagerduty", "payments/noor:pagerduty", "payments/vp", "platform/pager"];
/// What we are told is followed for as long as the demo lasts.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Base64 of nothing in particular.
pub const WEBHOOK_SECRET: &str = "whsec_YmVsbHdpcmUtZGVtby1zZWNyZXQ=";

pub struct Sinks {
    pub slack: Slack,
    pub pagerduty: PagerDuty,
    pub mail: MailSink,
    pub webhook: Webhook,
}

/// Of 32 characters, as PagerDuty's are.
pub fn routing_key(receiver: &str) -> String {
    format!("{:0<32}", receiver.replace(['/', ':'], "-"))
}

impl Sinks {
    pub async fn start() -> anyhow::Result<Self> {
        let keys = PAGERS.map(routing_key);
        let open = "cannot open a port on the loopback interface";
        Ok(Self {
            slack: Slack::start(&CHANNELS).await.context(open)?,
            pagerduty: PagerDuty::start(&keys.each_ref().map(String::as_str)).await.context(open)?,
            mail: MailSink::start().await.context(open)?,
            webhook: Webhook::start(Verification::Signed(WEBHOOK_SECRET.into())).await.context(open)?,
        })
    }

    /// Tells and records everything that any of them hears, as it happens.
    pub async fn follow(&self, teller: &Teller, record: &Observed<Vec<Heard>>) -> Infallible {
        let note = |mut heard: Heard| {
            record.change(|record| {
                if heard.what.alert.is_empty() {
                    let earlier = record.iter().find(|earlier| earlier.incident == heard.incident);
                    heard.what.alert = earlier.map(|earlier| earlier.what.alert.clone()).unwrap_or_default();
                }
                teller.say(heard.service, &heard.sentence(), tint(heard.what.action));
                record.push(heard);
            });
        };
        tokio::select! {
            never = self.follow_slack(teller, &note) => never,
            never = self.follow_pagerduty(teller, &note) => never,
            never = self.follow_mail(teller, &note) => never,
            never = self.follow_webhook(teller, &note) => never,
        }
    }

    async fn follow_slack(&self, teller: &Teller, note: &impl Fn(Heard)) -> Infallible {
        let mut known = 0;
        loop {
            let news = self.slack.wait_for("news", FOR_EVER, |seen| {
                let name_of =
                    |id: &str| seen.channels.iter().find(|(_, channel)| channel.id == id).map(|(name, _)| name);
                let news = seen.calls.get(known..).filter(|news| !news.is_empty())?.iter().map(|call| {
                    let channel = call.body["channel"].as_str().unwrap_or_default();
                    Heard::on_slack(teller.elapsed(), name_of(channel).map_or(channel, String::as_str), call)
                });
                Some(news.collect::<Vec<_>>())
            });
            known += pass_on(news.await.unwrap_or_default(), note);
        }
    }

    async fn follow_pagerduty(&self, teller: &Teller, note: &impl Fn(Heard)) -> Infallible {
        let mut known = 0;
        loop {
            let news = self.pagerduty.wait_for("news", FOR_EVER, |seen| {
                let news = seen.events.get(known..).filter(|news| !news.is_empty())?.iter().map(|event| {
                    let key = event.body["routing_key"].as_str().unwrap_or_default();
                    let receiver = PAGERS.into_iter().find(|pager| routing_key(pager) == key).unwrap_or(key);
                    Heard::on_pagerduty(teller.elapsed(), receiver.into(), event)
                });
                Some(news.collect::<Vec<_>>())
            });
            known += pass_on(news.await.unwrap_or_default(), note);
        }
    }

    async fn follow_mail(&self, teller: &Teller, note: &impl Fn(Heard)) -> Infallible {
        let mut known = 0;
        loop {
            let news = self.mail.wait_for("news", FOR_EVER, |mails| {
                let news = mails.get(known..).filter(|news| !news.is_empty())?;
                Some(news.iter().map(|mail| Heard::by_mail(teller.elapsed(), mail)).collect::<Vec<_>>())
            });
            known += pass_on(news.await.unwrap_or_default(), note);
        }
    }

    async fn follow_webhook(&self, teller: &Teller, note: &impl Fn(Heard)) -> Infallible {
        let mut known = 0;
        loop {
            let news = self.webhook.wait_for("news", FOR_EVER, |seen| {
                let news = seen.deliveries.get(known..).filter(|news| !news.is_empty())?;
                Some(news.iter().map(|delivery| Heard::on_webhook(teller.elapsed(), delivery)).collect::<Vec<_>>())
            });
            known += pass_on(news.await.unwrap_or_default(), note);
        }
    }
}

fn pass_on(news: Vec<Heard>, note: &impl Fn(Heard)) -> usize {
    let count = news.len();
    news.into_iter().for_each(note);
    count
}

fn tint(action: Action) -> Tint {
    match action {
        Action::Told | Action::Edited => Tint::Told,
        Action::Paged => Tint::Paged,
        Action::StoodIn | Action::FailedOpen | Action::Refused => Tint::Trouble,
        Action::ToldOfAcknowledgement | Action::ToldOfResolution => Tint::Relief,
    }
}
