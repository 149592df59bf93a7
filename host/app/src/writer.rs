//! The writer: commits turns, many in one transaction, and only then lets replies and messages out.
//!
//! If the disk refuses, nothing is forgotten and nobody is left unpaged: the turns are kept and tried again each second,
//! the senders hear 503 (and say it again), and the messages go out all the same.

use crate::{
    backlog::Backlog,
    busy::Token,
    inbox::{NotStored, Reply},
    measure,
};
use bellwire_core::{Answer, Effects, Message};
use bellwire_store::{Store, StoreError};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Turns that may share a transaction.
const TURNS_MAX: usize = 64;
/// Between two attempts to commit what could not be committed.
pub(crate) const RETRY: Duration = Duration::from_secs(1);
pub(crate) struct Turn {
    pub effects: Effects,
    pub replies: Vec<(Reply, Answer)>,
    pub token: Token,
}

/// Why the store takes nothing at the moment; none: it does. Readiness shows it.
#[derive(Clone, Default)]
pub(crate) struct StoreHealth(Arc<Mutex<Option<String>>>);

impl StoreHealth {
    pub fn problem(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, problem: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

pub(crate) struct Writer<S, F> {
    pub store: S,
    pub turns: Receiver<Turn>,
    /// Hands one message to its sender.
    pub send: F,
    pub health: StoreHealth,
    /// What is in memory and not on disk.
    pub backlog: Backlog,
    /// Not before: while the store refuses, a turn must not wait for it to refuse again.
    pub next_try: Option<Instant>,
    pub retry: Duration,
}

impl<S: Store, F: Fn(Message)> Writer<S, F> {
    /// Until every turn's sender is gone and nothing is left to write.
    pub fn run(mut self) {
        loop {
            let first = match self.backlog.is_empty() {
                true => self.turns.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => self.turns.recv_timeout(self.retry.max(Duration::from_millis(10))),
            };
            let turns: Vec<Turn> = match first {
                Ok(first) => std::iter::once(first).chain(self.turns.try_iter().take(TURNS_MAX - 1)).collect(),
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            self.commit(turns);
        }
        self.next_try = None;
        self.commit(Vec::new());
        if !self.backlog.is_empty() {
            tracing::error!("stopping with turns that the store refused: what they changed is lost at the next start");
        }
    }

    fn commit(&mut self, turns: Vec<Turn>) {
        let mut released = Vec::with_capacity(turns.len());
        for Turn { mut effects, replies, token } in turns {
            let messages = std::mem::take(&mut effects.send);
            self.backlog.push(effects);
            released.push((messages, replies, token));
        }
        let stored = self.flush();
        for (messages, replies, token) in released {
            for (reply, answer) in replies {
                // Whoever asked may have hung up meanwhile.
                let _ = reply.send(stored.map(|()| answer));
            }
            for message in messages {
                (self.send)(message);
            }
            drop(token);
        }
    }

    fn flush(&mut self) -> Result<(), NotStored> {
        if self.backlog.is_empty() {
            return Ok(());
        }
        if self.next_try.is_some_and(|at| Instant::now() < at) {
            self.backlog.bound();
            return Err(NotStored);
        }
        match measure::commit(|| self.store.commit(&self.backlog.turns())) {
            Ok(_) => {
                self.backlog.clear();
                if self.next_try.take().is_some() {
                    self.health.set(None);
                    tracing::info!("the store takes writes again");
                }
                Ok(())
            }
            Err(error) => {
                self.refused(&error);
                Err(NotStored)
            }
        }
    }

    fn refused(&mut self, error: &StoreError) {
        if self.next_try.is_none() {
            tracing::error!(%error, "the store refuses writes: pages still go out, senders hear 503; trying again each second");
        }
        measure::store_refused();
        self.health.set(Some(error.to_string()));
        self.backlog.bound();
        self.next_try = Some(Instant::now() + self.retry);
    }
}
