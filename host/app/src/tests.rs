//! The inbox and the writer on their own: what happens when the queue is full, and when the disk refuses.

use crate::{
    busy::Busy,
    inbox::{Full, Inbox, NotStored, Order},
    measure::METRICS,
    writer::{StoreHealth, Turn, Writer},
};
use bellwire_core::{Answer, Effects, Entry, Event, Fact, Instant};
use bellwire_store::{SqliteStore, Store};
use std::{sync::mpsc::sync_channel, thread, time::Duration};
use tokio::sync::oneshot;

#[test]
fn what_comes_from_outside_is_refused_when_full_and_what_we_owe_is_not() {
    let inbox = Inbox::new(1, Busy::default());
    let offer = || inbox.offer(Order::Event(Event::Received(Vec::new())), None);
    assert_eq!(offer(), Ok(()));
    assert_eq!(offer(), Err(Full));
    inbox.put(Order::Wake, None);
    assert_eq!(inbox.take(Some(Duration::ZERO), 10).len(), 2);
    assert_eq!(offer(), Ok(()), "what was taken makes room");
    inbox.close();
    assert_eq!(offer(), Err(Full), "stopping");
}

#[test]
fn a_turn_takes_no_more_than_its_share() {
    let inbox = Inbox::new(10, Busy::default());
    (0..5).for_each(|_| inbox.put(Order::Wake, None));
    assert_eq!(inbox.take(None, 2).len(), 2);
    assert_eq!(inbox.len(), 3);
}

/// The journal entry makes a turn one that has to be written.
fn turn(busy: &Busy, at: u64) -> (Turn, oneshot::Receiver<Result<Answer, NotStored>>) {
    let (reply, answer) = oneshot::channel();
    let mut effects = Effects::default();
    let fact = Fact::Reloaded { revision: "r".into() };
    effects.journal.push(Entry { at: Instant::from_millis(at), incident: None, fact });
    (Turn { effects, replies: vec![(reply, Answer::Done)], token: busy.token() }, answer)
}

/// A real database that is made to refuse: its only table of that name is taken away, and given back.
#[test]
fn a_disk_that_refuses_answers_not_stored_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bellwire.db");
    let store = SqliteStore::open(&path).unwrap();
    let reader = store.reader();
    let (busy, health) = (Busy::default(), StoreHealth::default());
    let (turns, written) = sync_channel(8);
    let writer = Writer {
        store,
        turns: written,
        send: |_| {},
        health: health.clone(),
        backlog: Default::default(),
        next_try: None,
        retry: Duration::ZERO,
    };
    let thread = thread::Builder::new().spawn(move || writer.run()).unwrap();
    let breaker = rusqlite::Connection::open(&path).unwrap();

    let (first, answer) = turn(&busy, 1);
    turns.send(first).unwrap();
    assert_eq!(answer.blocking_recv().unwrap(), Ok(Answer::Done));
    breaker.execute_batch("ALTER TABLE journal RENAME TO taken_away").unwrap();
    let (second, answer) = turn(&busy, 2);
    turns.send(second).unwrap();
    assert_eq!(answer.blocking_recv().unwrap(), Err(NotStored));
    assert!(health.problem().is_some());
    breaker.execute_batch("ALTER TABLE taken_away RENAME TO journal").unwrap();
    let (third, answer) = turn(&busy, 3);
    turns.send(third).unwrap();
    assert_eq!(answer.blocking_recv().unwrap(), Ok(Answer::Done));
    assert_eq!(health.problem(), None);

    drop(turns);
    thread.join().unwrap();
    assert_eq!(busy.count(), 0);
    let at: Vec<u64> = reader.journal(0, 10).unwrap().iter().map(|(_, entry)| entry.at.as_millis()).collect();
    assert_eq!(at, [1, 2, 3], "the turn that was refused is there, in its place");
}

#[test]
fn the_page_on_metrics_lists_each_of_them() {
    let page = include_str!("../../../docs/metrics.md");
    let missing: Vec<&str> =
        METRICS.iter().map(|(name, _, _)| *name).filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/metrics.md lacks {missing:?}");
}
