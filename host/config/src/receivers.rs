//! Receivers, those of a team and the shared ones, and their fallbacks.

use crate::{
    channels::{self, ChannelSource},
    keys,
    reader::{Entry, Fields, Value, names},
    report::Place,
    services::Services,
    suggest,
};
use bellwire_core::{EmailReceiver, PagerDutyReceiver, Receiver, ReceiverKind, SlackReceiver, Span, WebhookReceiver};
use std::{collections::BTreeMap, sync::Arc};

const ADDRESSES_MAX: usize = 50;
const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
const SLACK_RATE: u32 = 60;
/// People read what is bundled; machines take each notice for itself.
const BUNDLE_WINDOW: Span = Span::from_secs(30);
const DEADLINE: Span = Span::from_secs(120);
/// Of a person's contact: the next one is brought forward when it is over.
const CONTACT_DEADLINE: Span = Span::from_secs(60);
const TIMEOUT: Span = Span::from_secs(10);
const CONCURRENCY_MAX: u32 = 4;

/// A receiver's name is known even if the rest of it is wrong, so that one error makes no others.
pub(crate) struct Declared<'a> {
    /// `TEAM/NAME`, or `NAME` for a shared one.
    pub full_name: Arc<str>,
    pub place: Place,
    fallback: Option<Value<'a>>,
    pub receiver: Option<Receiver>,
    /// If a plugin speaks for it.
    pub channel: Option<ChannelSource>,
}

/// By the names that policies use.
pub(crate) type DeclaredReceivers<'a> = BTreeMap<Arc<str>, Declared<'a>>;

/// `team`: none for the shared ones.
pub(crate) fn declare<'a>(entries: Vec<Entry<'a>>, team: Option<&str>, services: &Services) -> DeclaredReceivers<'a> {
    let mut declared = DeclaredReceivers::new();
    for Entry { name, place, value } in entries {
        let full_name: Arc<str> = team.map_or_else(|| name.clone(), |team| format!("{team}/{name}").into());
        let fields = value.fields(keys::RECEIVER);
        let (receiver, channel) =
            fields.as_ref().and_then(|fields| receiver(fields, full_name.clone(), services)).unzip();
        let fallback = fields.and_then(|fields| fields.get("fallback"));
        declared.insert(name, Declared { full_name, place, fallback, receiver, channel: channel.flatten() });
    }
    declared
}

fn receiver(fields: &Fields<'_>, name: Arc<str>, services: &Services) -> Option<(Receiver, Option<ChannelSource>)> {
    const SECOND: Span = Span::from_secs(1);
    let duration = |key, range| fields.get(key).and_then(|value| value.duration(range));
    let whole = |key, range| Some(u32::try_from(fields.get(key)?.whole(range)?).unwrap_or(u32::MAX));
    let template = |key| {
        let value = fields.get(key)?;
        let text = value.filled()?;
        if text.len() > TEMPLATE_BYTES_MAX {
            value.error(format!("`{key}` is over {TEMPLATE_BYTES_MAX} bytes"), "");
        }
        Some(text.into())
    };
    // All of it is read, so that every error is noted, whatever the kind.
    let kind = kind(fields, services);
    let deadline = duration("deadline", SECOND..=Span::from_secs(86_400));
    let updates = fields.get("updates").and_then(|value| value.flag());
    let concurrency_max = whole("concurrency_max", 1..=100);
    let rate_per_minute = whole("rate_per_minute", 1..=100_000);
    let bundle_window = duration("bundle_window", Span::ZERO..=Span::from_secs(3_600));
    let timeout = duration("timeout", Span::from_millis(100)..=Span::from_secs(120));
    let (title_template, body_template) = (template("title_template"), template("body_template"));
    let (kind, channel) = kind?;
    if let (ReceiverKind::PagerDuty(_), Some(value)) = (&kind, fields.get("bundle_window"))
        && bundle_window.is_some_and(|window| window > Span::ZERO)
    {
        let message = "PagerDuty has an incident of its own for each of ours, so that it can be closed with it";
        value.error(message, "take `bundle_window` away here");
    }
    let usual = usual(name, kind);
    let receiver = Receiver {
        deadline: deadline.unwrap_or(usual.deadline),
        updates: updates.unwrap_or(usual.updates),
        concurrency_max: concurrency_max.unwrap_or(usual.concurrency_max),
        rate_per_minute: rate_per_minute.or(usual.rate_per_minute),
        bundle_window: bundle_window.unwrap_or(usual.bundle_window),
        timeout: timeout.unwrap_or(usual.timeout),
        title_template,
        body_template,
        ..usual
    };
    Some((receiver, channel))
}

/// A receiver about which nothing more is said.
fn usual(name: Arc<str>, kind: ReceiverKind) -> Receiver {
    let (rate_per_minute, bundle_window) = match &kind {
        ReceiverKind::Slack(_) => (Some(SLACK_RATE), BUNDLE_WINDOW),
        ReceiverKind::Email(_) | ReceiverKind::Channel(_) => (None, BUNDLE_WINDOW),
        ReceiverKind::PagerDuty(_) | ReceiverKind::Webhook(_) => (None, Span::ZERO),
    };
    Receiver {
        name,
        kind,
        fallback: None,
        deadline: DEADLINE,
        updates: true,
        concurrency_max: CONCURRENCY_MAX,
        rate_per_minute,
        bundle_window,
        timeout: TIMEOUT,
        title_template: None,
        body_template: None,
    }
}

/// Behind a contact.
pub(crate) fn of_a_person(name: Arc<str>, kind: ReceiverKind) -> Receiver {
    Receiver { deadline: CONTACT_DEADLINE, ..usual(name, kind) }
}

/// If a plugin speaks for it, also where that comes from.
fn kind(fields: &Fields<'_>, services: &Services) -> Option<(ReceiverKind, Option<ChannelSource>)> {
    let help = "as in slack = { channel = \"#oncall\" } or email = { to = [\"oncall@example.com\"] }";
    let kind = match only_kind(fields, "a receiver", help)? {
        "slack" => slack(&fields.fields("slack", keys::RECEIVER_SLACK)?, services).map(ReceiverKind::Slack),
        "email" => email(&fields.fields("email", keys::RECEIVER_EMAIL)?, services).map(ReceiverKind::Email),
        "pagerduty" => pagerduty(fields, services),
        "channel" => {
            return channels::read(fields, &services.plugins).map(|(kind, channel)| (kind, Some(channel)));
        }
        _ => webhook(fields),
    };
    Some((kind?, None))
}

/// The one of the five that is there; `what` is without it or with several: an error.
pub(crate) fn only_kind(fields: &Fields<'_>, what: &str, help: &str) -> Option<&'static str> {
    const KINDS: [&str; 5] = ["slack", "email", "pagerduty", "webhook", "channel"];
    let mut given = KINDS.into_iter().filter(|kind| fields.has(kind));
    let (Some(kind), None) = (given.next(), given.next()) else {
        let message = format!("{what} must have exactly one of `slack`, `email`, `pagerduty`, `webhook` and `channel`");
        fields.error(message, help);
        return None;
    };
    Some(kind)
}

pub(crate) fn pagerduty(fields: &Fields<'_>, services: &Services) -> Option<ReceiverKind> {
    let pagerduty = fields.fields("pagerduty", keys::RECEIVER_PAGERDUTY)?;
    let routing_key = pagerduty.require("routing_key", "pagerduty = { routing_key = { env = \"NAME\" } }")?;
    let api = services.pagerduty_api.clone();
    Some(ReceiverKind::PagerDuty(PagerDutyReceiver { api, routing_key: routing_key.secret()? }))
}

pub(crate) fn webhook(fields: &Fields<'_>) -> Option<ReceiverKind> {
    let webhook = fields.fields("webhook", keys::RECEIVER_WEBHOOK)?;
    let url = webhook.require("url", "webhook = { url = { env = \"NAME\" } }");
    let secret = webhook.get("secret").map(|value| value.secret());
    // A plain text is fine here: most webhooks' URLs are no secret.
    let url = url.and_then(|value| value.plain_or_secret_url());
    let secret = match secret {
        None => None,
        Some(secret) => Some(secret?),
    };
    Some(ReceiverKind::Webhook(WebhookReceiver { url: url?, secret }))
}

fn slack(fields: &Fields<'_>, services: &Services) -> Option<SlackReceiver> {
    match (fields.get("channel"), fields.get("webhook_url")) {
        (Some(channel), None) => bot(&channel, channel.filled()?, services),
        (None, Some(url)) => url.secret_url().map(|url| SlackReceiver::Webhook { url }),
        (Some(_), Some(_)) | (None, None) => {
            fields.error(
                "`slack` must have one of `channel` and `webhook_url`",
                "slack = { channel = \"#oncall\" } or slack = { webhook_url = { env = \"NAME\" } }",
            );
            None
        }
    }
}

/// `channel`: a channel, or a user's id for a direct message.
pub(crate) fn bot(value: &Value<'_>, channel: &str, services: &Services) -> Option<SlackReceiver> {
    if !services.slack.given {
        let (what, instead) = match value.key {
            "channel" => ("a Slack channel", ", or webhook_url here"),
            _ => ("a direct message in Slack", ""),
        };
        value.error(
            format!("{what} needs a bot's token, and bellwire.toml has none"),
            format!("[slack] token = {{ env = \"SLACK_BOT_TOKEN\" }} in bellwire.toml{instead}"),
        );
    }
    let token = services.slack.token.clone()?;
    Some(SlackReceiver::Bot { api: services.slack.api.clone(), token, channel: channel.into() })
}

fn email(fields: &Fields<'_>, services: &Services) -> Option<EmailReceiver> {
    let to = fields.require("to", "email = { to = [\"oncall@example.com\"] }")?;
    let items = to.list()?;
    if items.is_empty() {
        to.error("`to` is empty", "email = { to = [\"oncall@example.com\"] }");
    }
    if items.len() > ADDRESSES_MAX {
        to.error(format!("{} addresses", items.len()), crate::file::at_most(ADDRESSES_MAX));
    }
    let addresses = items.iter().filter_map(|item| item.email_address()).collect();
    mail(&to, addresses, services)
}

pub(crate) fn mail(value: &Value<'_>, to: Vec<String>, services: &Services) -> Option<EmailReceiver> {
    if !services.smtp.given {
        value.error(
            "mail needs a mail server, and bellwire.toml has none",
            "[smtp] host = \"…\" and from = \"…\" in bellwire.toml",
        );
    }
    let server = services.smtp.server.clone()?;
    Some(EmailReceiver { to, ..server })
}

/// Resolves every fallback among `own` and `shared`, and refuses those that lead back to where they began.
pub(crate) fn link(own: &mut DeclaredReceivers<'_>, shared: &DeclaredReceivers<'_>) {
    let mut next: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    for (name, declared) in own.iter() {
        let Some(value) = &declared.fallback else { continue };
        let Some(fallback) = value.filled() else { continue };
        if own.contains_key(fallback) || shared.contains_key(fallback) {
            next.insert(name.clone(), fallback.into());
        } else {
            let others = names(own).chain(names(shared)).filter(|other| *other != &**name);
            value.error(
                format!("there is no receiver `{fallback}`"),
                suggest::remedy(fallback, others, "there is no other receiver"),
            );
        }
    }
    for name in next.keys() {
        if let Some(cycle) = cycle(name, &next)
            // Once for each cycle.
            && cycle.iter().min() == Some(&name)
            && let Some(value) = own.get(name).and_then(|declared| declared.fallback.as_ref())
        {
            let way: Vec<&str> = cycle.iter().map(|name| &***name).collect();
            let message = format!("these fallbacks go round in a circle: {} → {name}", way.join(" → "));
            value.error(message, "a notice that cannot be given must end somewhere: take one `fallback` away");
        }
    }
    let full_names: BTreeMap<Arc<str>, Arc<str>> =
        shared.iter().chain(own.iter()).map(|(name, declared)| (name.clone(), declared.full_name.clone())).collect();
    for (name, declared) in own.iter_mut() {
        if let Some(receiver) = &mut declared.receiver {
            receiver.fallback = next.get(name).and_then(|fallback| full_names.get(fallback)).cloned();
        }
    }
}

/// The way from `start` back to it, if there is one.
fn cycle<'a>(start: &'a Arc<str>, next: &'a BTreeMap<Arc<str>, Arc<str>>) -> Option<Vec<&'a Arc<str>>> {
    let mut way = vec![start];
    let mut at = next.get(start)?;
    while at != start {
        if way.len() > next.len() {
            return None;
        }
        way.push(at);
        at = next.get(at)?;
    }
    Some(way)
}
