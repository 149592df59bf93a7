//! Limits, urgency, fairness and giving up, with a clock that stands still until everybody waits.

use super::{
    line::{News, Urgency},
    *,
};
use bellwire_core::Priority::{self, P1, P2, P3};
use std::{future::Future, pin::pin, sync::Arc};
use tokio::{join, task::JoinSet};

fn gate(concurrency_max: u32, rate_per_minute: Option<u32>) -> Gate {
    Gate::new(Limits { concurrency_max, rate_per_minute })
}

fn page(priority: Priority, team: &str) -> Turn {
    Turn { urgency: Urgency { priority, news: News::Notice }, team: team.into() }
}

fn update(priority: Priority, team: &str) -> Turn {
    Turn { urgency: Urgency { priority, news: News::Update }, team: team.into() }
}

/// The order in which those who wait behind a receiver that is busy are served. `turns` come in that order.
async fn order(gate: Gate, turns: impl IntoIterator<Item = (&'static str, Turn)>) -> Vec<&'static str> {
    let (gate, served) = (Arc::new(gate), Arc::new(Mutex::new(Vec::new())));
    let mut waiting = JoinSet::new();
    let busy = gate.enter(page(P1, "the one under way")).await;
    for (name, turn) in turns {
        let (gate, served) = (Arc::clone(&gate), Arc::clone(&served));
        waiting.spawn(async move {
            let _permit = gate.enter(turn).await;
            served.lock().unwrap().push(name);
        });
        // It has its place before the next one comes.
        tokio::task::yield_now().await;
    }
    drop(busy);
    waiting.join_all().await;
    let served = served.lock().unwrap();
    served.clone()
}

/// Looks at it once, so that it has its place in the line.
async fn must_wait(future: impl Future) {
    let at_once = async {
        tokio::task::yield_now().await;
    };
    select! {
        biased;
        _ = future => unreachable!("it had to wait"),
        () = at_once => {}
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_rate_in_any_minute() {
    let gate = gate(10, Some(3));
    let start = Instant::now();
    let mut entered = Vec::new();
    for _ in 0..7 {
        let _permit = gate.enter(page(P1, "a")).await;
        entered.push(start.elapsed().as_secs());
    }
    assert_eq!(entered, [0, 0, 0, 60, 60, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_so_many_at_once() {
    let gate = gate(2, None);
    let (_first, second) = join!(gate.enter(page(P1, "a")), gate.enter(page(P1, "a")));
    let mut third = pin!(gate.enter(page(P1, "a")));
    must_wait(&mut third).await;
    drop(second);
    let _third = third.await;
    must_wait(gate.enter(page(P1, "a"))).await;
}

#[tokio::test(start_paused = true)]
async fn equals_are_served_first_come_first_served() {
    let names = ["first", "second", "third", "fourth"];
    assert_eq!(order(gate(1, None), names.map(|name| (name, page(P1, "a")))).await, names);
}

#[tokio::test(start_paused = true)]
async fn the_most_urgent_first_and_updates_after_pages() {
    let turns = [
        ("P3", page(P3, "a")),
        ("P2 update", update(P2, "a")),
        ("P1 update", update(P1, "a")),
        ("P2", page(P2, "b")),
        ("P1", page(P1, "b")),
    ];
    let expected = ["P1", "P1 update", "P2", "P2 update", "P3"];
    assert_eq!(order(gate(1, None), turns.clone()).await, expected);
    // The same where it is the rate that they wait for.
    assert_eq!(order(gate(10, Some(1)), turns).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_p1_overtakes_a_hundred_p3_that_wait() {
    let flood = std::iter::repeat_n(("P3", page(P3, "a")), 100);
    let served = order(gate(1, Some(1)), flood.chain([("P1", page(P1, "a"))])).await;
    assert_eq!((served.len(), served[0]), (101, "P1"));
}

#[tokio::test(start_paused = true)]
async fn teams_take_turns_however_many_messages_each_has() {
    let many = std::iter::repeat_n(("many", page(P2, "many")), 1_000);
    let few = std::iter::repeat_n(("few", page(P2, "few")), 10);
    let served = order(gate(1, Some(60)), many.chain(few)).await;
    assert_eq!(served.len(), 1_010);
    assert_eq!(served[..20], ["many", "few"].repeat(10));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_holds_up_nobody() {
    let gate = gate(1, Some(1));
    drop(gate.enter(page(P1, "a")).await);
    let start = Instant::now();
    let mut patient = pin!(gate.enter(page(P3, "a")));
    {
        // The first in line is the one that watches the clock, until it goes away.
        let mut urgent = pin!(gate.enter(page(P1, "a")));
        must_wait(&mut urgent).await;
        must_wait(&mut patient).await;
    }
    let _served = patient.await;
    assert_eq!(start.elapsed().as_secs(), 60);
    assert!(gate.state().line.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_turn_given_up_costs_its_team_nothing_and_leaves_nothing_behind() {
    let gate = gate(1, None);
    let busy = gate.enter(page(P1, "a")).await;
    let mut patient = pin!(gate.enter(page(P2, "b")));
    for _ in 0..1_000 {
        must_wait(gate.enter(page(P2, "a"))).await;
        must_wait(&mut patient).await;
    }
    drop(busy);
    let _served = patient.await;
    assert!(gate.state().line.is_empty());
}
