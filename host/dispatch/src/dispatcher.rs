//! The one door: finds the receiver, waits for its turn, and bounds the attempt.

use crate::{
    channel::{Channel, Voice},
    email::{Mailbox, Served},
    gate::{Gate, Limits, Turn},
    pagerduty,
    render::Renderer,
    report::Letter,
    slack,
    smtp::Server,
    text::clip,
    view::View,
    webhook::{self, SigningKey},
};
use bellwire_core::{
    Delivery, IncidentId, Instant, Message, PagerDutyReceiver, Receiver, ReceiverKind, SlackReceiver, WebhookReceiver,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{self, timeout_at};

/// Beyond it a longer connection attempt is hopeless.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const IDLE_CONNECTIONS_MAX: usize = 8;
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Makes the link by which `who` (a person's name, or else a mail address) can act on an incident; none: there is none.
pub type Links = Arc<dyn Fn(&IncidentId, &str, Instant) -> Option<String> + Send + Sync>;

/// The plugins that speak for receivers, by the receivers' full names.
pub type Channels = BTreeMap<Arc<str>, Arc<dyn Channel>>;

/// What the dispatcher takes from the one who embeds it.
#[derive(Clone)]
pub struct Settings {
    /// Base URL of this Bellwire, for links in messages.
    pub external_url: Option<String>,
    /// The wall clock: for signatures, mail dates and `Retry-After` dates, never for a decision.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
    /// Puts a link into each mail by which its reader can act; none: mails have no such link.
    pub links: Option<Links>,
    /// Does this Bellwire hear of it when somebody presses a button in Slack?
    pub slack_buttons: bool,
}

/// Why a receiver cannot be used at all. No secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
    #[error("receiver {receiver}: {reason}")]
    Receiver { receiver: Arc<str>, reason: String },
}

/// Immutable: a reload makes another one by [`Dispatcher::with_receivers`].
pub struct Dispatcher {
    settings: Settings,
    client: reqwest::Client,
    renderer: Arc<Renderer>,
    served: Arc<Served>,
    doors: BTreeMap<Arc<str>, Door>,
}

/// One receiver and what sending to it needs.
struct Door {
    receiver: Receiver,
    gate: Arc<Gate>,
    sender: Sender,
}

enum Sender {
    Slack(SlackReceiver),
    Email(Mailbox),
    PagerDuty(PagerDutyReceiver),
    Webhook(WebhookReceiver, Option<SigningKey>),
    Channel(Voice),
}

/// What a sender knows of the attempt that it makes.
pub(crate) struct Attempt<'a> {
    pub wire: Wire<'a>,
    pub renderer: &'a Renderer,
    pub receiver: &'a Receiver,
    pub message: &'a Message,
    pub view: &'a View<'a>,
    pub links: Option<&'a Links>,
    /// It is over then, whatever is still under way.
    pub ends: time::Instant,
}

/// The way out, and the time on the wall as it is taken.
#[derive(Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub client: &'a reqwest::Client,
    pub now: Instant,
}

impl Dispatcher {
    /// Opens no connection; chooses ring as the process's TLS provider if none is chosen yet.
    pub fn new(
        receivers: &BTreeMap<Arc<str>, Receiver>,
        channels: &Channels,
        settings: Settings,
    ) -> Result<Self, SetupError> {
        // reqwest takes the process's provider; an error here means that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            // Else every request to a host would wait on one HTTP/2 connection whose other end is gone.
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .http2_keep_alive_while_idle(true)
            .build()
            .map_err(|error| SetupError::Client(error.to_string()))?;
        let empty = Self {
            settings,
            client,
            renderer: Arc::new(Renderer::new()),
            served: Arc::default(),
            doors: BTreeMap::new(),
        };
        empty.with_receivers(receivers, channels)
    }

    /// For a reload: connections are kept, and what a receiver has under way and has sent counts on if its limits stay.
    /// All or nothing: with an error the old one goes on.
    pub fn with_receivers(
        &self,
        receivers: &BTreeMap<Arc<str>, Receiver>,
        channels: &Channels,
    ) -> Result<Self, SetupError> {
        let mut servers = self.servers();
        let mut doors = BTreeMap::new();
        for (name, receiver) in receivers {
            let limits =
                Limits { concurrency_max: receiver.concurrency_max, rate_per_minute: receiver.rate_per_minute };
            let gate = self.doors.get(name).map(|door| &door.gate).filter(|gate| gate.has(limits));
            let gate = gate.map_or_else(|| Arc::new(Gate::new(limits)), Arc::clone);
            let sender = self
                .sender(receiver, channels, &mut servers)
                .map_err(|reason| SetupError::Receiver { receiver: Arc::clone(name), reason })?;
            doors.insert(Arc::clone(name), Door { receiver: receiver.clone(), gate, sender });
        }
        let (client, renderer, served) = (self.client.clone(), Arc::clone(&self.renderer), Arc::clone(&self.served));
        Ok(Self { settings: self.settings.clone(), client, renderer, served, doors })
    }

    /// The mail servers in use: receivers on the same one share its connections.
    fn servers(&self) -> Vec<Arc<Server>> {
        let mailboxes = self.doors.values().filter_map(|door| match &door.sender {
            Sender::Email(mailbox) => Some(mailbox),
            Sender::Slack(_) | Sender::PagerDuty(_) | Sender::Webhook(..) | Sender::Channel(_) => None,
        });
        mailboxes.map(|mailbox| Arc::clone(mailbox.server())).collect()
    }

    fn sender(
        &self,
        receiver: &Receiver,
        channels: &Channels,
        servers: &mut Vec<Arc<Server>>,
    ) -> Result<Sender, String> {
        Ok(match &receiver.kind {
            ReceiverKind::Slack(slack) => Sender::Slack(slack.clone()),
            ReceiverKind::PagerDuty(pagerduty) => Sender::PagerDuty(pagerduty.clone()),
            ReceiverKind::Webhook(webhook) => {
                Sender::Webhook(webhook.clone(), webhook.secret.as_ref().map(SigningKey::new).transpose()?)
            }
            ReceiverKind::Channel(channel) => {
                let plugin = channels.get(&receiver.name);
                let plugin = plugin.ok_or_else(|| format!("the plugin {} is not there", channel.plugin))?;
                Sender::Channel(Voice::new(channel, Arc::clone(plugin)))
            }
            ReceiverKind::Email(email) => {
                let server = match servers.iter().find(|server| server.serves(email)) {
                    Some(server) => Arc::clone(server),
                    None => {
                        let server = Arc::new(Server::new(email)?);
                        servers.push(Arc::clone(&server));
                        server
                    }
                };
                Sender::Email(Mailbox::new(email, server, Arc::clone(&self.served))?)
            }
        })
    }

    #[cfg(test)]
    pub(crate) fn shares_gate(&self, other: &Self, receiver: &str) -> bool {
        let gate = |dispatcher: &Self| dispatcher.doors.get(receiver).map(|door| Arc::as_ptr(&door.gate));
        gate(self) == gate(other)
    }

    /// Makes one attempt, once it is the message's turn; the attempt itself takes no longer than the receiver's
    /// `timeout`. Dropping the future gives it up, and what was under way may or may not have arrived.
    pub async fn send(&self, message: &Message) -> Delivery {
        let Some(door) = self.doors.get(&message.receiver) else { return unknown(&message.receiver) };
        let _permit = door.gate.enter(Turn::of(message)).await;
        let ends = door.ends();
        let mut view = View::new(message, self.settings.external_url.as_deref());
        view.buttons = self.settings.slack_buttons && door.sender.shows_buttons() && view.is_actionable();
        let attempt = Attempt {
            wire: self.wire(),
            renderer: &self.renderer,
            receiver: &door.receiver,
            message,
            view: &view,
            links: self.settings.links.as_ref(),
            ends,
        };
        door.in_time(ends, door.sender.send(&attempt)).await
    }

    /// Makes one attempt, as [`Dispatcher::send`] does, when nothing more urgent waits for the receiver. PagerDuty is
    /// for what somebody has to act on, and a channel's plugin for what is about an incident, so they refuse.
    pub async fn send_report(&self, receiver: &str, letter: &Letter) -> Delivery {
        let Some(door) = self.doors.get(receiver) else { return unknown(receiver) };
        let _permit = door.gate.enter(Turn::of_report(receiver)).await;
        door.in_time(door.ends(), door.sender.send_report(self.wire(), receiver, letter)).await
    }

    fn wire(&self) -> Wire<'_> {
        Wire { client: &self.client, now: (self.settings.clock)() }
    }
}

fn unknown(receiver: &str) -> Delivery {
    Delivery::Permanent { reason: format!("there is no receiver {}", clip(receiver, 200)) }
}

impl Door {
    /// When an attempt that begins now is over.
    fn ends(&self) -> time::Instant {
        let timeout = Duration::from_millis(self.receiver.timeout.as_millis());
        time::Instant::now() + timeout.min(Duration::from_secs(3_600))
    }

    async fn in_time(&self, ends: time::Instant, attempt: impl Future<Output = Delivery>) -> Delivery {
        timeout_at(ends, attempt).await.unwrap_or_else(|_| Delivery::Retry {
            after: None,
            reason: format!("no answer within {}", self.receiver.timeout),
        })
    }
}

impl Sender {
    async fn send(&self, attempt: &Attempt<'_>) -> Delivery {
        match self {
            Self::Slack(SlackReceiver::Webhook { url }) => {
                slack::Incoming { wire: attempt.wire, url }.send(attempt).await
            }
            Self::Slack(SlackReceiver::Bot { api, token, channel }) => {
                slack::Bot { wire: attempt.wire, api, token, channel }.send(attempt).await
            }
            Self::Email(mailbox) => mailbox.send(attempt).await,
            Self::PagerDuty(pagerduty) => pagerduty::send(attempt, pagerduty).await,
            Self::Webhook(webhook, key) => webhook::Hook { webhook, key: key.as_ref() }.send(attempt).await,
            Self::Channel(voice) => voice.send(attempt).await,
        }
    }

    async fn send_report(&self, wire: Wire<'_>, receiver: &str, letter: &Letter) -> Delivery {
        match self {
            Self::Slack(SlackReceiver::Webhook { url }) => slack::Incoming { wire, url }.send_report(letter).await,
            Self::Slack(SlackReceiver::Bot { api, token, channel }) => {
                slack::Bot { wire, api, token, channel }.send_report(letter).await
            }
            Self::Email(mailbox) => mailbox.send_report(wire, receiver, letter).await,
            Self::PagerDuty(_) => Delivery::Permanent {
                reason: "PagerDuty takes no reports, only what somebody has to act on; name a Slack, email or webhook \
                         receiver"
                    .to_owned(),
            },
            Self::Webhook(webhook, key) => webhook::Hook { webhook, key: key.as_ref() }.send_report(wire, letter).await,
            Self::Channel(_) => Delivery::Permanent {
                reason:
                    "a channel's plugin is told of incidents, and takes no reports; name a Slack, email or webhook \
                         receiver"
                        .to_owned(),
            },
        }
    }

    /// An incoming webhook's messages cannot be changed, so their buttons would soon be wrong.
    fn shows_buttons(&self) -> bool {
        match self {
            Self::Slack(SlackReceiver::Bot { .. }) => true,
            Self::Slack(SlackReceiver::Webhook { .. })
            | Self::Email(_)
            | Self::PagerDuty(_)
            | Self::Webhook(..)
            | Self::Channel(_) => false,
        }
    }
}
