//! Who is behind a target now: the one way from a policy's words to receivers.

use crate::{Instant, OnCall, Roster, Schedule, Span, Target, Team};
use alloc::{string::ToString, sync::Arc, vec, vec::Vec};

/// One receiver of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Full name.
    pub receiver: Arc<str>,
    /// Whose contact it is.
    pub person: Option<Arc<str>>,
    /// From the notice to this message, while nobody acts.
    pub after: Span,
}

impl Team {
    pub fn knows(&self, target: &Target) -> bool {
        match target {
            Target::Receiver(name) => self.receivers.contains_key(name.as_str()),
            Target::Person(name) => self.people.contains_key(name.as_str()),
            Target::Schedule(name) => self.schedules.contains_key(name.as_str()),
        }
    }

    /// A person's contacts, the first of them at once. Nothing if there is nobody of that name.
    fn contacts(&self, person: &str) -> impl Iterator<Item = Recipient> {
        let person = self.people.get(person);
        person.into_iter().flat_map(|person| {
            person.contacts.iter().map(|contact| Recipient {
                receiver: contact.receiver.clone(),
                person: Some(person.name.clone()),
                after: contact.after,
            })
        })
    }
}

impl Roster {
    /// None: the team has no such target. Empty: nobody is behind it now. Nobody is in it twice.
    pub fn recipients(&self, team: &Team, target: &Target, now: Instant) -> Option<Vec<Recipient>> {
        match target {
            Target::Receiver(name) => {
                let receiver = team.receivers.get(name.as_str())?.clone();
                Some(vec![Recipient { receiver, person: None, after: Span::ZERO }])
            }
            Target::Person(name) => team.people.contains_key(name.as_str()).then(|| team.contacts(name).collect()),
            Target::Schedule(name) => {
                let people = self.on_duty(team, team.schedules.get(name.as_str())?, now);
                Some(people.iter().flat_map(|person| team.contacts(person)).collect())
            }
        }
    }

    /// Who is on call, for a policy.
    pub fn on_call_fact(&self, team: &Team, schedule: &Schedule, now: Instant) -> OnCall {
        let standing = schedule.on_call(now, &self.overrides_of(&team.name, &schedule.name));
        let people = standing.people.iter().map(|duty| duty.person.to_string()).collect();
        OnCall { schedule: schedule.name.to_string(), people, until: standing.until }
    }

    fn on_duty(&self, team: &Team, schedule: &Schedule, now: Instant) -> Vec<Arc<str>> {
        schedule.who(now, &self.overrides_of(&team.name, &schedule.name)).into_iter().map(|duty| duty.person).collect()
    }
}
