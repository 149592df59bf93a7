//! Hands a committed message to its sender, a task each, and brings back what came of it, whatever happens.

use crate::{
    busy::Busy,
    inbox::{Inbox, Order},
    measure,
};
use arc_swap::ArcSwap;
use bellwire_core::{Delivery, Event, Message};
use bellwire_dispatch::Dispatcher;
use std::{sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

/// What even a notice at its deadline is given.
const TURN_MIN: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Outgoing {
    pub dispatcher: Arc<ArcSwap<Dispatcher>>,
    pub inbox: Arc<Inbox>,
    pub busy: Busy,
    pub runtime: Handle,
}

impl Outgoing {
    /// Does not wait. A receiver's own limits are kept by the dispatcher, so one that hangs holds up only itself.
    pub fn send(&self, message: Message) {
        let token = self.busy.token();
        let outgoing = self.clone();
        measure::sending();
        self.runtime.spawn(async move {
            let message = Arc::new(message);
            let begun = Instant::now();
            // A task of its own, so that a panic in a sender is an outcome and not a notice that is never heard of again.
            let attempt = {
                let (dispatcher, message) = (outgoing.dispatcher.load_full(), message.clone());
                outgoing.runtime.spawn(async move {
                    // Its turn may be long in coming; the fallback need not wait for that.
                    let wait = Duration::from_millis(message.deadline.since(message.now).as_millis()).max(TURN_MIN);
                    timeout(wait, dispatcher.send(&message)).await.unwrap_or_else(|_elapsed| Delivery::Retry {
                        after: None,
                        reason: "its turn did not come in time".into(),
                    })
                })
            };
            let delivery = attempt.await.unwrap_or_else(|error| {
                tracing::error!(notice = %message.notice, "the sender broke off: {error}");
                Delivery::Retry { after: None, reason: "the sender broke off".into() }
            });
            match &delivery {
                Delivery::Delivered { .. } => tracing::info!(notice = %message.notice, attempt = message.attempt, "delivered"),
                Delivery::Retry { reason, .. } => {
                    tracing::warn!(notice = %message.notice, attempt = message.attempt, reason, "not delivered, trying again");
                }
                Delivery::Permanent { reason } => {
                    tracing::error!(notice = %message.notice, attempt = message.attempt, reason, "refused");
                }
            }
            measure::sent(&message, &delivery, begun.elapsed());
            let event = Event::Delivered { notice: message.notice.clone(), delivery };
            outgoing.inbox.put(Order::Event(event), None);
            drop(token);
        });
    }
}
