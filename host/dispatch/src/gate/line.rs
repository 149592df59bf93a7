//! Who is next of those who wait for a receiver. Pure: no clock, no socket.

use bellwire_core::{Message, Priority};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tokio::sync::Notify;

/// What decides when a message has its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub urgency: Urgency,
    /// Teams that share a receiver take turns, however many messages each of them has.
    pub team: Arc<str>,
}

/// The least is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Urgency {
    pub priority: Priority,
    pub news: News,
}

/// What became of an incident can wait until everybody has heard of one as urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum News {
    Notice,
    Update,
}

/// Those who wait, by urgency. A class or a team of which nobody waits is not in it.
#[derive(Default)]
pub(super) struct Line {
    classes: BTreeMap<Urgency, VecDeque<Waiting>>,
    joined: u64,
}

/// Of one team, in the order they came. The team that was served last is the last of its class.
struct Waiting {
    team: Arc<str>,
    tickets: VecDeque<(u64, Arc<Notify>)>,
}

/// Somebody's place.
pub(super) struct Ticket {
    number: u64,
    turn: Turn,
    bell: Arc<Notify>,
}

impl Turn {
    pub fn of(message: &Message) -> Self {
        let urgency = Urgency {
            // No priority means that no policy could say: that is as urgent as it gets.
            priority: message.incident.priority.unwrap_or(Priority::P1),
            news: if message.kind.is_update() { News::Update } else { News::Notice },
        };
        Self { urgency, team: Arc::clone(&message.incident.id.team) }
    }

    /// After everything that somebody may have to act on.
    pub fn of_report(receiver: &str) -> Self {
        let team = receiver.split_once('/').map_or("", |(team, _)| team);
        Self { urgency: Urgency { priority: Priority::P4, news: News::Update }, team: team.into() }
    }
}

impl Ticket {
    /// Waits until whoever was before it is gone or there is room. May come once too often.
    pub async fn called(&self) {
        self.bell.notified().await;
    }
}

impl Line {
    pub fn join(&mut self, turn: Turn) -> Ticket {
        self.joined += 1;
        let ticket = Ticket { number: self.joined, turn, bell: Arc::default() };
        let class = self.classes.entry(ticket.turn.urgency).or_default();
        let entry = (ticket.number, Arc::clone(&ticket.bell));
        match class.iter_mut().find(|waiting| waiting.team == ticket.turn.team) {
            Some(waiting) => waiting.tickets.push_back(entry),
            None => class.push_back(Waiting { team: Arc::clone(&ticket.turn.team), tickets: VecDeque::from([entry]) }),
        }
        ticket
    }

    pub fn is_first(&self, ticket: &Ticket) -> bool {
        self.first().is_some_and(|(number, _)| *number == ticket.number)
    }

    pub fn call_first(&self) {
        if let Some((_, bell)) = self.first() {
            bell.notify_one();
        }
    }

    /// The first is served: its team's next turn is after those of the others.
    pub fn serve(&mut self, ticket: &Ticket) {
        if let Some(class) = self.classes.get_mut(&ticket.turn.urgency) {
            class.rotate_left(1);
        }
        self.leave(ticket);
    }

    /// It gave its turn up. Nothing if it has left already.
    pub fn leave(&mut self, ticket: &Ticket) {
        let Some(class) = self.classes.get_mut(&ticket.turn.urgency) else { return };
        let Some(place) = class.iter().position(|waiting| waiting.team == ticket.turn.team) else { return };
        let tickets = &mut class[place].tickets;
        if let Ok(index) = tickets.binary_search_by_key(&ticket.number, |(number, _)| *number) {
            tickets.remove(index);
        }
        if tickets.is_empty() {
            class.remove(place);
        }
        if class.is_empty() {
            self.classes.remove(&ticket.turn.urgency);
        }
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    fn first(&self) -> Option<&(u64, Arc<Notify>)> {
        let (_, class) = self.classes.first_key_value()?;
        class.front()?.tickets.front()
    }
}
