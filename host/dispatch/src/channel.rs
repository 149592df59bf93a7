//! A receiver that a plugin speaks for. The plugin says what is to be done next; this makes its requests, and nothing goes
//! anywhere but to the hosts that the receiver names. Touches only the attempt's HTTP client.
//!
//! The plugin never sees a secret: it names one where it belongs, `request` puts it in, and `mask` takes it out of whatever
//! comes back.

mod mask;
mod request;

use crate::{
    dispatcher::Attempt,
    exchange::{Reply, exchange},
    render::{Format, Heading},
    text::clip,
    view::View,
};
use bellwire_core::{
    ChannelLink, ChannelMessage, ChannelReceiver, ChannelRequest, ChannelResponse, ChannelStep, Delivery, Message,
    PluginFault, Span,
};
use mask::Mask;
use std::{pin::Pin, sync::Arc};

/// Of one attempt: to look something up, to send, and one or two more.
const REQUESTS_MAX: usize = 4;
const RESPONSE_HEADERS_MAX: usize = 64;
const RESPONSE_HEADER_BYTES_MAX: usize = 1_024;
const REASON_CHARS_MAX: usize = 300;

/// A plugin's answer, which it gives off the async threads.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<ChannelStep, PluginFault>> + Send + 'a>>;

/// A plugin that speaks for receivers. Pure: asked the same, it answers the same.
pub trait Channel: Send + Sync {
    /// What to do next for the message, given the responses to the requests of this attempt so far, oldest first.
    fn next(&self, settings: Arc<str>, message: Arc<ChannelMessage>, responses: Vec<ChannelResponse>) -> Asking<'_>;
}

/// One receiver's plugin, with what the receiver allows it.
pub(crate) struct Voice {
    plugin: Arc<dyn Channel>,
    receiver: ChannelReceiver,
    mask: Mask,
}

impl Voice {
    pub fn new(receiver: &ChannelReceiver, plugin: Arc<dyn Channel>) -> Self {
        Self { plugin, receiver: receiver.clone(), mask: Mask::of(receiver.secrets.values()) }
    }

    /// Asks, and makes the request that it is told to, until it is told what became of the message.
    pub async fn send(&self, attempt: &Attempt<'_>) -> Delivery {
        let message = Arc::new(message(attempt));
        let mut responses: Vec<ChannelResponse> = Vec::new();
        // What the service said last, for a plugin that leaves that to the host.
        let mut asked_to_wait = None;
        loop {
            let asking = self.plugin.next(self.receiver.settings.clone(), Arc::clone(&message), responses.clone());
            let request = match asking.await {
                Ok(ChannelStep::Send(request)) => request,
                Ok(ChannelStep::Delivered { .. }) if responses.is_empty() && is_page(attempt.message) => {
                    return self.refuse("says that a page has arrived, and has sent nothing");
                }
                Ok(ChannelStep::Delivered { receipt }) => return Delivery::Delivered { receipt },
                Ok(ChannelStep::Retry { after, reason }) => {
                    return Delivery::Retry { after: after.or(asked_to_wait), reason: self.reason(&reason) };
                }
                Ok(ChannelStep::Permanent { reason }) => return Delivery::Permanent { reason: self.reason(&reason) },
                Err(fault) => return self.refuse(&format!("gave no answer: {fault}")),
            };
            if responses.len() == REQUESTS_MAX {
                return self.refuse(&format!("asks for more than {REQUESTS_MAX} requests in one attempt"));
            }
            match self.exchange(attempt, &request).await {
                Ok((response, after)) => {
                    responses.push(response);
                    asked_to_wait = after;
                }
                Err(delivery) => return delivery,
            }
        }
    }

    /// The error is the attempt's end.
    async fn exchange(
        &self,
        attempt: &Attempt<'_>,
        request: &ChannelRequest,
    ) -> Result<(ChannelResponse, Option<Span>), Delivery> {
        let request = request::build(attempt.wire.client, request, &self.receiver)
            .map_err(|refusal| self.refuse(&refusal.to_string()))?;
        let reply = exchange(request, attempt.wire.now).await.map_err(|failed| self.masked(failed))?;
        let after = reply.after;
        Ok((self.response(reply), after))
    }

    fn response(&self, reply: Reply) -> ChannelResponse {
        let headers = reply.headers.iter().take(RESPONSE_HEADERS_MAX).map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let end = value.floor_char_boundary(RESPONSE_HEADER_BYTES_MAX);
            (name.as_str().to_owned(), self.mask.hide(&value[..end], end < value.len()))
        });
        let body = self.mask.hide(&String::from_utf8_lossy(&reply.body), reply.cut);
        ChannelResponse { status: reply.status.as_u16(), headers: headers.collect(), body }
    }

    /// Another attempt would end no better: the fallback has it at once.
    fn refuse(&self, what: &str) -> Delivery {
        Delivery::Permanent { reason: self.reason(&format!("the plugin {} {what}", self.receiver.plugin)) }
    }

    fn reason(&self, text: &str) -> String {
        match clip(&self.mask.hide(text, false), REASON_CHARS_MAX) {
            empty if empty.is_empty() => format!("the plugin {} gave no reason", self.receiver.plugin),
            reason => reason,
        }
    }

    fn masked(&self, delivery: Delivery) -> Delivery {
        match delivery {
            delivered @ Delivery::Delivered { .. } => delivered,
            Delivery::Retry { after, reason } => Delivery::Retry { after, reason: self.reason(&reason) },
            Delivery::Permanent { reason } => Delivery::Permanent { reason: self.reason(&reason) },
        }
    }
}

fn message(attempt: &Attempt<'_>) -> ChannelMessage {
    let title = attempt.renderer.title(attempt.view, attempt.receiver, Heading::Title);
    let text = attempt.renderer.body(attempt.view, attempt.receiver, &title, Format::Text);
    let mut message = Message::clone(attempt.message);
    if message.bundle.is_some() {
        // They are of the first incident only, and this is about many: nothing of it is to be edited.
        message.earlier.clear();
    }
    ChannelMessage { links: links(attempt.view), message, title, text }
}

/// Whoever is not woken by it must be woken by somebody else. What only informs, or tells what became of it, a channel may
/// leave out.
fn is_page(message: &Message) -> bool {
    message.page && !message.kind.is_update()
}

fn links(view: &View<'_>) -> Vec<ChannelLink> {
    // Of many incidents, the page that lists them.
    let incident = match &view.bundle {
        Some(bundle) => &bundle.link,
        None => &view.links.incident,
    };
    let named = [
        ("incident", incident),
        ("runbook", &view.links.runbook),
        ("dashboard", &view.links.dashboard),
        ("generator", &view.links.generator),
    ];
    let link = |(name, url): (&'static str, &Option<String>)| Some(ChannelLink { name, url: url.clone()? });
    named.into_iter().filter_map(link).collect()
}
