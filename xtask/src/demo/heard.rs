//! What the outside world heard: one form for Slack, PagerDuty, mail and webhooks. Reads only what crossed the wire.

use bellwire_support::{mail::Mail, pagerduty, slack, webhook};
use serde_json::Value;
use std::{fmt, time::Duration};

/// One message as somebody outside got it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Since the story began.
    pub at: Duration,
    /// `Slack`, `PagerDuty`, `mail` or `webhook`.
    pub service: &'static str,
    pub what: Delivery,
    /// As in `payments-2`.
    pub incident: String,
    /// The message's own headline; PagerDuty's acknowledge and resolve have none.
    pub title: String,
    /// The policy's sentence; what only tells of a change has none.
    pub why: String,
}

/// What is compared with the story.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    /// As in `payments/pager`.
    pub receiver: String,
    pub action: Action,
    /// `alertname`.
    pub alert: String,
    /// The notice's, where the service carries it: PagerDuty for what opens an alert there, and webhooks.
    pub key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Told,
    Paged,
    /// Told in place of a receiver that could not be reached.
    StoodIn,
    /// Told because the policy failed.
    FailedOpen,
    /// A Slack message changed in place.
    Edited,
    ToldOfAcknowledgement,
    ToldOfResolution,
    /// An answer that we gave is none that Bellwire's contract allows for.
    Refused,
}

impl Action {
    /// Does the receiver hear of something new, and not of what became of it?
    pub fn is_first(self) -> bool {
        match self {
            Self::Told | Self::Paged | Self::StoodIn | Self::FailedOpen => true,
            Self::Edited | Self::ToldOfAcknowledgement | Self::ToldOfResolution | Self::Refused => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Told => "told",
            Self::Paged => "PAGED",
            Self::StoodIn => "told, standing in",
            Self::FailedOpen => "told, as the policy failed",
            Self::Edited => "message edited",
            Self::ToldOfAcknowledgement => "told that it is acknowledged",
            Self::ToldOfResolution => "told that it is resolved",
            Self::Refused => "sent what it refuses",
        })
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { receiver, action, alert, key } = self;
        write!(formatter, "{receiver}: {action}: {alert}")?;
        if key.is_empty() { Ok(()) } else { write!(formatter, " ({key})") }
    }
}

impl Heard {
    /// `channel`: its name, `#payments`.
    pub fn on_slack(at: Duration, channel: &str, call: &slack::Call) -> Self {
        let text = call.body["text"].as_str().unwrap_or_default();
        let shown = texts(&call.body["blocks"]);
        let action = match call.method {
            _ if call.answer != "ok" => Action::Refused,
            "chat.update" => Action::Edited,
            _ => action_of(text, &shown),
        };
        let receiver = format!("{}/channel", channel.trim_start_matches('#'));
        Self::new(at, "Slack", receiver, action, text).because(&shown, "*Why:*")
    }

    pub fn by_mail(at: Duration, mail: &Mail) -> Self {
        let message = mail.parsed();
        let receiver = mail.to.first().map(|to| match to.split('@').next().unwrap_or(to) {
            "mia" => "payments/mia:email".to_owned(),
            mailbox => mailbox.replacen('-', "/", 1),
        });
        let action = action_of(&message.subject, &message.text);
        Self::new(at, "mail", receiver.unwrap_or_default(), action, &message.subject).because(&message.text, "Why:")
    }

    pub fn on_webhook(at: Duration, delivery: &webhook::Delivery) -> Self {
        let text = |pointer: &str| delivery.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let action = action_of(text("/title"), text("/text"));
        let mut heard = Self::new(at, "webhook", delivery.path.trim_start_matches('/').into(), action, text("/title"));
        // What tells of a change has a key of Bellwire's own.
        heard.what.key =
            Some(text("/notice/key")).filter(|key| !key.starts_with("bellwire:")).unwrap_or_default().into();
        heard.why = text("/incident/reason").into();
        heard
    }

    /// `receiver`: whose routing key it is.
    pub fn on_pagerduty(at: Duration, receiver: String, event: &pagerduty::Event) -> Self {
        let text = |pointer: &str| event.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let action = match text("/event_action") {
            _ if event.status != 202 => Action::Refused,
            "acknowledge" => Action::ToldOfAcknowledgement,
            "resolve" => Action::ToldOfResolution,
            _ => Action::Paged,
        };
        // INCIDENT/KEY/RECEIVER: the notice's id.
        let mut id = text("/dedup_key").split('/');
        let (incident, key) = (id.next().unwrap_or_default(), id.next().unwrap_or_default());
        let mut heard = Self::new(at, "PagerDuty", receiver, action, text("/payload/summary"));
        heard.incident = incident.into();
        heard.what.key = key.into();
        heard.why = text("/payload/custom_details/why").into();
        heard
    }

    fn new(at: Duration, service: &'static str, receiver: String, action: Action, title: &str) -> Self {
        // A headline ends with the incident's id, and after its priority comes the alert's name.
        let incident = title.rsplit(' ').next().unwrap_or_default();
        let alert = title.split(|letter: char| !letter.is_ascii_alphanumeric()).find(|word| is_alert_name(word));
        let what = Delivery { receiver, action, alert: alert.unwrap_or_default().into(), key: String::new() };
        Self { at, service, what, incident: incident.into(), title: title.into(), why: String::new() }
    }

    /// The rest of the line of `text` that begins with `label`.
    fn because(mut self, text: &str, label: &str) -> Self {
        let line = text.lines().find_map(|line| line.strip_prefix(label));
        self.why = line.unwrap_or_default().trim().into();
        self
    }

    /// `payments/pager was PAGED: P1 HighErrorRate: … (p1-step-1) because error_rate="7.4" above 5 (rule 1)`
    pub fn sentence(&self) -> String {
        let Delivery { receiver, action, alert, key } = &self.what;
        let title = if self.title.is_empty() { format!("{alert} · {}", self.incident) } else { self.title.clone() };
        let key = if key.is_empty() { String::new() } else { format!(" ({key})") };
        // Of `P1 because …; step 1 of 4, next at …` the first half, and its priority is in the title.
        let why = self.why.split("; ").next().unwrap_or_default();
        let why = why.split_once(" because ").map_or(why, |(_, why)| why);
        match action {
            Action::Edited => format!("{receiver}: its message now says: {title}"),
            _ if action.is_first() && !why.is_empty() => format!("{receiver} was {action}: {title}{key} because {why}"),
            _ => format!("{receiver} was {action}: {title}{key}"),
        }
    }
}

/// The titles and bodies of the messages themselves say what they are.
fn action_of(title: &str, body: &str) -> Action {
    match title {
        _ if title.starts_with("Acknowledged") => Action::ToldOfAcknowledgement,
        _ if title.starts_with("Resolved") => Action::ToldOfResolution,
        _ if title.starts_with("Policy failed") => Action::FailedOpen,
        _ if body.contains("You stand in for") => Action::StoodIn,
        _ => Action::Told,
    }
}

/// Two words run together, as alerts are named.
fn is_alert_name(word: &str) -> bool {
    let capitals = word.chars().filter(char::is_ascii_uppercase).count();
    capitals >= 2 && word.starts_with(|first: char| first.is_ascii_uppercase()) && word.len() > 2
}

/// Every text of Slack's blocks, one after the other.
fn texts(blocks: &Value) -> String {
    match blocks {
        Value::Array(items) => items.iter().map(texts).collect::<Vec<_>>().join("\n"),
        Value::Object(block) => match block.get("text") {
            Some(Value::String(text)) => text.clone(),
            Some(nested) => texts(nested),
            None => String::new(),
        },
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => String::new(),
    }
}
