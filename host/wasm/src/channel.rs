//! A channel: a message in, what to do next for it out. It sends nothing itself.

use crate::{
    bindings::{self, channel, clip},
    call::Answer,
    guest::{Description, Guest, Problem},
    json_door,
};
use bellwire_core::{
    ChannelMessage, ChannelRequest, ChannelResponse, ChannelStep, ChannelWants, Earlier, NoticeKind, Part, PluginFault,
};

/// What comes back in later messages is kept with the notice for as long.
const RECEIPT_BYTES_MAX: usize = 4 << 10;

/// A channel, ready to be called from any thread.
pub struct Channel(pub(crate) Guest<bindings::Channel>);

/// How a channel answered, and what came of it: a step within its limits of size. Whether its request may go out is not
/// said yet.
pub type Answered = Answer<ChannelStep>;

impl Channel {
    /// SHA-256 of the bytes that it was loaded from, in hex.
    pub fn hash(&self) -> &str {
        self.0.hash()
    }

    pub fn describe(&self) -> Result<Description, PluginFault> {
        self.0.describe()
    }

    /// Every problem of the settings, a JSON document; or what a channel with them needs of the routes file.
    pub fn check(&self, settings: &str) -> Result<Result<ChannelWants, Vec<Problem>>, PluginFault> {
        let component =
            |guest: &channel::Guest, store: &mut _| Ok(Ok(channel::verdict(guest.call_check(store, settings)?)));
        self.0.ask(&self.0.runtime.limits.usual(), component, || json_door::check_channel(settings)).result
    }

    /// What to do next, given the responses to the requests of this attempt so far, oldest first.
    pub fn next(&self, settings: &str, message: &ChannelMessage, responses: &[ChannelResponse]) -> Answered {
        let limits = &self.0.runtime.limits;
        let answered = self.0.ask(
            &limits.step(),
            |guest, store| {
                let answer = channel::with_message(message, responses, |message, responses| {
                    guest.call_next(store, settings, message, responses)
                })?;
                Ok(channel::step(answer))
            },
            || json_door::next(settings, message, responses, limits.memory_bytes_max),
        );
        answered.map_result(|step| step.and_then(|step| within(step, limits.step_bytes_max)))
    }
}

/// As the contract has it.
pub(crate) fn kind_name(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Decided => "decided",
        NoticeKind::PolicyFault => "policy_fault",
        NoticeKind::Failover => "failover",
        NoticeKind::AlertsJoined => "alerts_joined",
        NoticeKind::Reassigned => "reassigned",
        NoticeKind::LastResort => "last_resort",
        NoticeKind::Flapping => "flapping",
        NoticeKind::Acknowledged => "acknowledged",
        NoticeKind::Unacknowledged => "unacknowledged",
        NoticeKind::Snoozed => "snoozed",
        NoticeKind::PriorityChanged => "priority_changed",
        NoticeKind::Resolved => "resolved",
    }
}

/// None of what was told together with others: that message is not this incident's own, and must not be edited.
pub(crate) fn receipt_of(earlier: &Earlier) -> Option<&str> {
    earlier.receipt.as_deref().filter(|_| !earlier.bundled)
}

pub(crate) fn unknown_step(name: &str) -> PluginFault {
    PluginFault::Failed(clip(format!("it answered with the step {name:?}, which this Bellwire does not know")))
}

/// What people read is cut; what would make no sense when cut is refused.
fn within(step: ChannelStep, bytes_max: usize) -> Result<ChannelStep, PluginFault> {
    let too_large =
        |what, bytes, max| PluginFault::OutputTooLarge(format!("a {what} of {bytes} bytes; at most {max} are taken"));
    match step {
        ChannelStep::Send(request) => match request_bytes(&request) {
            bytes if bytes > bytes_max => Err(too_large("request", bytes, bytes_max)),
            _ => Ok(ChannelStep::Send(request)),
        },
        ChannelStep::Delivered { receipt } => match receipt.as_ref().map_or(0, String::len) {
            bytes if bytes > RECEIPT_BYTES_MAX => Err(too_large("receipt", bytes, RECEIPT_BYTES_MAX)),
            _ => Ok(ChannelStep::Delivered { receipt }),
        },
        ChannelStep::Retry { after, reason } => Ok(ChannelStep::Retry { after, reason: clip(reason) }),
        ChannelStep::Permanent { reason } => Ok(ChannelStep::Permanent { reason: clip(reason) }),
    }
}

/// Every text in it, and what each element of a list takes besides.
fn request_bytes(request: &ChannelRequest) -> usize {
    fn parts(parts: &[Part]) -> usize {
        let text = |part: &Part| match part {
            Part::Text(text) | Part::Secret(text) => text.len(),
        };
        size_of_val(parts) + parts.iter().map(text).sum::<usize>()
    }
    let ChannelRequest { method, url, headers, body } = request;
    let headers_bytes = headers.iter().map(|(name, value)| name.len() + parts(value)).sum::<usize>();
    method.len() + parts(url) + size_of_val(headers.as_slice()) + headers_bytes + parts(body)
}
