//! Receivers, those of a team and the shared ones, and their fallbacks.

use crate::{
    host::Services,
    keys,
    reader::{Entry, Fields, Value, names},
    report::Place,
    suggest,
};
use bellwire_core::{EmailReceiver, PagerDutyReceiver, Receiver, ReceiverKind, SlackReceiver, Span, WebhookReceiver};
use std::{collections::BTreeMap, sync::Arc};

const ADDRESSES_MAX: usize = 50;
const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
const SLACK_RATE: u32 = 60;

/// A receiver's name is known even if the rest of it is wrong, so that one error makes no others.
pub(crate) struct Declared<'a> {
    /// `TEAM/NAME`, or `NAME` for a shared one.
    pub full_name: Arc<str>,
    pub place: Place,
    fallback: Option<Value<'a>>,
    pub receiver: Option<Receiver>,
}

/// By the names that policies use.
pub(crate) type DeclaredReceivers<'a> = BTreeMap<Arc<str>, Declared<'a>>;

/// `team`: none for the shared ones.
pub(crate) fn declare<'a>(entries: Vec<Entry<'a>>, team: Option<&str>, services: &Services) -> DeclaredReceivers<'a> {
    let mut declared = DeclaredReceivers::new();
    for Entry { name, place, value } in entries {
        let full_name: Arc<str> = team.map_or_else(|| name.clone(), |team| format!("{team}/{name}").into());
        let fields = value.fields(keys::RECEIVER);
        let receiver = fields.as_ref().and_then(|fields| receiver(fields, full_name.clone(), services));
        let fallback = fields.and_then(|fields| fields.get("fallback"));
        declared.insert(name, Declared { full_name, place, fallback, receiver });
    }
    declared
}

fn receiver(fields: &Fields<'_>, name: Arc<str>, services: &Services) -> Option<Receiver> {
    let kind = kind(fields, services);
    let (rate_default, rate) = (
        fields.has("slack").then_some(SLACK_RATE),
        fields.get("rate_per_minute").and_then(|value| value.whole(1..=100_000)).and_then(|rate| rate.try_into().ok()),
    );
    let template = |key| {
        let value = fields.get(key)?;
        let text = value.filled()?;
        if text.len() > TEMPLATE_BYTES_MAX {
            value.error(format!("`{key}` is over {TEMPLATE_BYTES_MAX} bytes"), "");
        }
        Some(text.into())
    };
    let receiver = Receiver {
        name,
        fallback: None,
        deadline: fields.duration("deadline", Span::from_secs(1)..=Span::from_secs(86_400), Span::from_secs(120)),
        updates: fields.get("updates").and_then(|value| value.flag()).unwrap_or(true),
        concurrency_max: fields.whole("concurrency_max", 1..=100, 4),
        rate_per_minute: rate.or(rate_default),
        bundle_window: Span::ZERO,
        timeout: fields.duration("timeout", Span::from_millis(100)..=Span::from_secs(120), Span::from_secs(10)),
        title_template: template("title_template"),
        body_template: template("body_template"),
        kind: kind?,
    };
    Some(receiver)
}

fn kind(fields: &Fields<'_>, services: &Services) -> Option<ReceiverKind> {
    const KINDS: [&str; 4] = ["slack", "email", "pagerduty", "webhook"];
    let mut given = KINDS.into_iter().filter(|kind| fields.has(kind));
    let (Some(kind), None) = (given.next(), given.next()) else {
        fields.error(
            "a receiver must have exactly one of `slack`, `email`, `pagerduty` and `webhook`",
            "as in slack = { channel = \"#oncall\" } or email = { to = [\"oncall@example.com\"] }",
        );
        return None;
    };
    match kind {
        "slack" => slack(&fields.fields("slack", keys::RECEIVER_SLACK)?, services).map(ReceiverKind::Slack),
        "email" => email(&fields.fields("email", keys::RECEIVER_EMAIL)?, services).map(ReceiverKind::Email),
        "pagerduty" => {
            let pagerduty = fields.fields("pagerduty", keys::RECEIVER_PAGERDUTY)?;
            let routing_key = pagerduty.require("routing_key", "pagerduty = { routing_key = { env = \"NAME\" } }")?;
            let api = services.pagerduty_api.clone();
            Some(ReceiverKind::PagerDuty(PagerDutyReceiver { api, routing_key: routing_key.secret()? }))
        }
        _ => {
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
    }
}

fn slack(fields: &Fields<'_>, services: &Services) -> Option<SlackReceiver> {
    match (fields.get("channel"), fields.get("webhook_url")) {
        (Some(channel), None) => {
            let name = channel.filled()?;
            if !services.slack.given {
                channel.error(
                    "a Slack channel needs a bot's token, and bellwire.toml has none",
                    "[slack] token = { env = \"SLACK_BOT_TOKEN\" } in bellwire.toml, or webhook_url here",
                );
            }
            let token = services.slack.token.clone()?;
            Some(SlackReceiver::Bot { api: services.slack.api.clone(), token, channel: name.into() })
        }
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

fn email(fields: &Fields<'_>, services: &Services) -> Option<EmailReceiver> {
    let to = fields.require("to", "email = { to = [\"oncall@example.com\"] }")?;
    if !services.smtp.given {
        fields.error(
            "an email receiver needs a mail server, and bellwire.toml has none",
            "[smtp] host = \"…\" and from = \"…\" in bellwire.toml",
        );
    }
    let items = to.list()?;
    if items.is_empty() {
        to.error("`to` is empty", "email = { to = [\"oncall@example.com\"] }");
    }
    if items.len() > ADDRESSES_MAX {
        to.error(format!("{} addresses", items.len()), crate::file::at_most(ADDRESSES_MAX));
    }
    let to = items.iter().filter_map(|item| item.email_address()).collect();
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
