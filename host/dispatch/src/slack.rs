//! Slack: an incoming webhook, which can only add messages, or a bot, which edits the incident's first message in
//! place and threads everything else under it. Touches only the attempt's HTTP client.

mod blocks;
mod buttons;
mod report;

use crate::{
    dispatcher::{Attempt, Wire},
    exchange::exchange,
    render::{Format, Heading},
    report::Letter,
    text::quote,
};
use bellwire_core::{Delivery, Message, Secret};
use blocks::{SECTION_CHARS_MAX, Words};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::timeout_at;

/// A change of the root that is a courtesy ends this long before the attempt does, so that it never fails the page.
const MARGIN: Duration = Duration::from_millis(50);

/// `error` codes of an `ok: false` that may go away by themselves; any other is final.
const TRANSIENT: [&str; 8] = [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "request_timeout",
    "service_unavailable",
    "accesslimited",
    "no_response",
];
/// Slack takes the text, but not our blocks: the text alone is better than silence.
const BLOCKS_REFUSED: [&str; 3] = ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"];
/// The thread cannot be answered: the message goes to the channel itself.
const THREAD_REFUSED: [&str; 5] = [
    "thread_not_found",
    "message_not_found",
    "cannot_reply_to_message",
    "restricted_action_thread_locked",
    "restricted_action_thread_only_channel",
];

/// An incoming webhook.
pub(crate) struct Incoming<'a> {
    pub wire: Wire<'a>,
    pub url: &'a Secret,
}

impl Incoming<'_> {
    pub async fn send(&self, attempt: &Attempt<'_>) -> Delivery {
        self.tell(&words(attempt)).await
    }

    pub async fn send_report(&self, letter: &Letter) -> Delivery {
        self.tell(&report_words(letter)).await
    }

    async fn tell(&self, words: &Words) -> Delivery {
        let mut sent = self.post(&words.message()).await;
        if sent.as_ref().is_err_and(Failure::is_of_blocks) {
            sent = self.post(&words.text_only()).await;
        }
        sent.map_or_else(|failure| failure.delivery, |()| Delivery::Delivered { receipt: None })
    }

    async fn post(&self, message: &Map<String, Value>) -> Result<(), Failure> {
        let Wire { client, now } = self.wire;
        let reply = exchange(client.post(self.url.expose()).json(message), now).await?;
        let code = String::from_utf8_lossy(&reply.body).trim().to_owned();
        let said = quote(&code, &[self.url.expose()]);
        match reply.status.is_success() {
            true if code == "ok" => Ok(()),
            true => Err(Delivery::Retry { after: None, reason: format!("it did not answer ok: {said}") }.into()),
            false => Err(Failure { delivery: reply.refusal(&said), code }),
        }
    }
}

pub(crate) struct Bot<'a> {
    pub wire: Wire<'a>,
    pub api: &'a str,
    pub token: &'a Secret,
    pub channel: &'a str,
}

/// Where a message stands: the receipt of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Receipt {
    /// The channel's id, which `chat.update` needs.
    channel: String,
    ts: String,
    /// The root that it is a reply to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    /// The channel as it was configured then: a reload may have moved the receiver elsewhere.
    to: String,
}

/// A failed call: what it means, and Slack's code for it.
struct Failure {
    delivery: Delivery,
    code: String,
}

impl Failure {
    fn is_of_blocks(&self) -> bool {
        BLOCKS_REFUSED.contains(&self.code.as_str())
    }
}

impl From<Delivery> for Failure {
    fn from(delivery: Delivery) -> Self {
        Self { delivery, code: String::new() }
    }
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    ts: String,
}

impl Bot<'_> {
    pub async fn send(&self, attempt: &Attempt<'_>) -> Delivery {
        let words = words(attempt);
        let sent = match place(attempt.message) {
            // It is of many incidents, and has no place in the thread of one.
            _ if attempt.message.bundle.is_some() => self.post(words.message(), None).await,
            Place::Under(root) if attempt.message.kind.is_update() => self.tell_change(attempt, &words, &root).await,
            Place::Under(root) if root.to == self.channel => self.escalate(attempt, &words, &root).await,
            Place::UnderSummary(summary) if attempt.message.kind.is_update() => {
                self.reply(attempt, &words, &summary).await
            }
            // The first message that is the incident's own, which can be kept up to date.
            Place::Under(_) | Place::UnderSummary(_) | Place::Channel => self.post(words.message(), None).await,
        };
        delivery(sent)
    }

    pub async fn send_report(&self, letter: &Letter) -> Delivery {
        delivery(self.post(report_words(letter).message(), None).await)
    }

    /// The root first: an edit can be repeated without harm if the reply then fails.
    async fn tell_change(&self, attempt: &Attempt<'_>, words: &Words, root: &Receipt) -> Result<Receipt, Failure> {
        match self.edit(attempt, root).await {
            Err(failure) if matches!(failure.delivery, Delivery::Retry { .. }) => return Err(failure),
            // A root that can no longer be edited is no reason to say nothing.
            Ok(_) | Err(_) => {}
        }
        self.reply(attempt, words, root).await
    }

    /// The reply first: it is what must arrive. Once it has, nothing may make this attempt a failure.
    async fn escalate(&self, attempt: &Attempt<'_>, words: &Words, root: &Receipt) -> Result<Receipt, Failure> {
        let receipt = self.reply(attempt, words, root).await?;
        drop(timeout_at(attempt.ends - MARGIN, self.edit(attempt, root)).await);
        Ok(receipt)
    }

    async fn reply(&self, attempt: &Attempt<'_>, words: &Words, root: &Receipt) -> Result<Receipt, Failure> {
        let mut message = words.message();
        message.insert("thread_ts".into(), json!(root.ts));
        if attempt.message.page {
            message.insert("reply_broadcast".into(), json!(true));
        }
        message.insert("channel".into(), json!(root.channel));
        match self.post(message, Some(&root.ts)).await {
            Err(failure) if THREAD_REFUSED.contains(&failure.code.as_str()) => self.post(words.message(), None).await,
            other => other,
        }
    }

    async fn post(&self, mut message: Map<String, Value>, thread: Option<&str>) -> Result<Receipt, Failure> {
        message.entry("channel").or_insert_with(|| json!(self.channel));
        message.insert("unfurl_links".into(), json!(false));
        message.insert("unfurl_media".into(), json!(false));
        let answer = self.call("chat.postMessage", message).await?;
        Ok(Receipt {
            channel: answer.channel,
            ts: answer.ts,
            thread: thread.map(str::to_owned),
            to: self.channel.to_owned(),
        })
    }

    /// The root always shows the incident as it stands.
    async fn edit(&self, attempt: &Attempt<'_>, root: &Receipt) -> Result<Answer, Failure> {
        let mut message = full(attempt).message();
        message.insert("channel".into(), json!(root.channel));
        message.insert("ts".into(), json!(root.ts));
        self.call("chat.update", message).await
    }

    async fn call(&self, method: &str, mut message: Map<String, Value>) -> Result<Answer, Failure> {
        let answer = self.call_once(method, &message).await;
        if !answer.as_ref().is_err_and(Failure::is_of_blocks) {
            return answer;
        }
        message.remove("blocks");
        self.call_once(method, &message).await
    }

    /// HTTP 200 is no success yet: the answer must say `ok`.
    async fn call_once(&self, method: &str, message: &Map<String, Value>) -> Result<Answer, Failure> {
        let url = format!("{}/{method}", self.api.trim_end_matches('/'));
        let request = self.wire.client.post(url).bearer_auth(self.token.expose()).json(message);
        let reply = exchange(request, self.wire.now).await?;
        if !reply.status.is_success() {
            return Err(reply.refusal("").into());
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(&reply.body) else {
            return Err(Delivery::Retry { after: None, reason: "its answer is not Slack's".to_owned() }.into());
        };
        if answer.ok {
            return Ok(answer);
        }
        let reason = format!("Slack answered {} to {method}", quote(&answer.error, &[self.token.expose()]));
        let delivery = match TRANSIENT.contains(&answer.error.as_str()) {
            true => Delivery::Retry { after: reply.after, reason },
            false => Delivery::Permanent { reason },
        };
        Err(Failure { delivery, code: answer.error })
    }
}

/// Where a message about an incident belongs.
enum Place {
    /// The incident's own first message that this receiver has had; the last one of those, if a root was deleted or the
    /// receiver moved.
    Under(Receipt),
    /// A summary of many, with which this receiver was told of the incident. It is never edited.
    UnderSummary(Receipt),
    /// Nothing has been said of it yet.
    Channel,
}

fn place(message: &Message) -> Place {
    let (mut root, mut reply, mut summary) = (None, None, None);
    for earlier in message.earlier.iter().filter(|earlier| !earlier.kind.is_update()) {
        let receipt = earlier.receipt.as_deref().and_then(|text| serde_json::from_str::<Receipt>(text).ok());
        match receipt {
            Some(receipt) if earlier.bundled => summary = summary.or(Some(receipt)),
            Some(receipt) if receipt.thread.is_none() => root = Some(receipt),
            Some(receipt) => reply = reply.or(Some(receipt)),
            None => {}
        }
    }
    // Of an incident that has flapped for long, the root may be forgotten and a reply remembered.
    match (root.or(reply.map(Receipt::of_root)), summary) {
        (Some(root), _) => Place::Under(root),
        (None, Some(summary)) => Place::UnderSummary(summary.of_root()),
        (None, None) => Place::Channel,
    }
}

impl Receipt {
    fn of_root(self) -> Self {
        match self.thread.clone() {
            Some(root) => Self { ts: root, thread: None, ..self },
            None => self,
        }
    }
}

fn delivery(sent: Result<Receipt, Failure>) -> Delivery {
    match sent {
        Ok(receipt) => Delivery::Delivered { receipt: serde_json::to_string(&receipt).ok() },
        Err(failure) => failure.delivery,
    }
}

/// An update is one line; everything else tells all.
fn words(attempt: &Attempt<'_>) -> Words {
    if !attempt.message.kind.is_update() || attempt.message.bundle.is_some() {
        return full(attempt);
    }
    let title = attempt.renderer.title(attempt.view, attempt.receiver, Heading::Title);
    Words::short(&title, attempt.message.text.as_deref())
}

fn full(attempt: &Attempt<'_>) -> Words {
    let title = attempt.renderer.title(attempt.view, attempt.receiver, Heading::Title);
    let body = attempt.renderer.body(attempt.view, attempt.receiver, &title, Format::Slack);
    Words::full(&title, &body).with_buttons(buttons::block(attempt.view))
}

fn report_words(letter: &Letter) -> Words {
    Words::report(&letter.subject, &report::sections(&letter.markdown, SECTION_CHARS_MAX))
}
