//! Scripted misbehaviour: what a server does with the next requests to one of its receivers, before it behaves again.

use crate::serve::Reply;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One way in which a provider lets a sender down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 429 with `Retry-After` in whole seconds; the request is not acted on.
    RateLimited { retry_after_seconds: u32 },
    /// This HTTP status and a text body; the request is not acted on.
    Status(u16),
    /// This HTTP status with `Retry-After` in whole seconds; the request is not acted on.
    Unavailable { status: u16, retry_after_seconds: u32 },
    /// HTTP 200 with `{"ok":false,"error":…}`, as Slack says no; the request is not acted on.
    NotOk(&'static str),
    /// Takes the request and never answers; not acted on.
    Hold,
    /// Acts on the request and answers, this much later than it could.
    Slow(Duration),
    /// Takes the request and closes the connection without an answer; not acted on.
    Cut,
    /// Acts on the request, then closes the connection without an answer: the sender cannot know that it was heard.
    CutAfterwards,
}

/// What the server is to do with a request, once the script has been asked.
pub(crate) enum Turn {
    /// Act and answer.
    Act,
    /// Act, and then answer nothing.
    ActUnheard,
    /// Do not act; this is the answer.
    Answer(Reply),
    /// Do not act; close the connection.
    Cut,
}

/// A queue of faults for each receiver of a server; an empty queue means normal service.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Queues>>);

#[derive(Default)]
struct Queues {
    next: BTreeMap<String, VecDeque<Fault>>,
    standing: BTreeMap<String, Fault>,
}

impl Script {
    /// The next requests to `receiver` meet these, in this order.
    pub fn next(&self, receiver: &str, faults: impl IntoIterator<Item = Fault>) {
        self.queues(|queues| queues.next.entry(receiver.to_owned()).or_default().extend(faults));
    }

    /// Every request to `receiver` meets this, until [`Script::heal`].
    pub fn always(&self, receiver: &str, fault: Fault) {
        self.queues(|queues| queues.standing.insert(receiver.to_owned(), fault));
    }

    /// Normal service for `receiver` from now on.
    pub fn heal(&self, receiver: &str) {
        self.queues(|queues| {
            queues.next.remove(receiver);
            queues.standing.remove(receiver);
        });
    }

    fn take(&self, receiver: &str) -> Option<Fault> {
        self.queues(|queues| {
            let queued = queues.next.get_mut(receiver).and_then(VecDeque::pop_front);
            queued.or_else(|| queues.standing.get(receiver).cloned())
        })
    }

    fn queues<R>(&self, act: impl FnOnce(&mut Queues) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the next fault for `receiver` and lives through it.
    pub(crate) async fn play(&self, receiver: &str) -> Turn {
        let limited = |seconds| Reply::text(429, "rate limited").header("retry-after", seconds);
        self.play_as(receiver, limited).await
    }

    /// The same for a service with words of its own for too many requests.
    pub(crate) async fn play_as(&self, receiver: &str, limited: impl FnOnce(u32) -> Reply) -> Turn {
        match self.take(receiver) {
            None => Turn::Act,
            Some(Fault::RateLimited { retry_after_seconds }) => Turn::Answer(limited(retry_after_seconds)),
            Some(Fault::Status(status)) => Turn::Answer(Reply::text(status, "scripted failure")),
            Some(Fault::Unavailable { status, retry_after_seconds }) => {
                Turn::Answer(Reply::text(status, "unavailable").header("retry-after", retry_after_seconds))
            }
            Some(Fault::NotOk(error)) => {
                Turn::Answer(Reply::json(200, &serde_json::json!({"ok": false, "error": error})))
            }
            Some(Fault::Hold) => std::future::pending().await,
            Some(Fault::Slow(delay)) => {
                tokio::time::sleep(delay).await;
                Turn::Act
            }
            Some(Fault::Cut) => Turn::Cut,
            Some(Fault::CutAfterwards) => Turn::ActUnheard,
        }
    }
}
