//! Who of the roster is behind another service's user. Pure.

use bellwire_core::{Person, Roster};
use std::sync::Arc;

/// Of a name that another service gives.
const NAME_CHARS_MAX: usize = 100;

/// The person that `is` finds: one of the incident's team first, then of any team, for a colleague may help out.
pub(super) fn find<'a>(roster: &'a Roster, team: &str, is: impl Fn(&Person) -> bool) -> Option<&'a Arc<Person>> {
    let teams = &roster.tables.teams;
    let own = teams.get(team).into_iter().flat_map(|team| team.people.values());
    own.chain(teams.values().flat_map(|team| team.people.values())).find(|person| is(person))
}

/// A name that is nobody's in the roster, so that it cannot be taken for one: `Ann Smith (Slack)`.
pub(super) fn stranger(name: &str, service: &str) -> Arc<str> {
    let name: String = name.chars().filter(|character| !character.is_control()).take(NAME_CHARS_MAX).collect();
    let name = if name.trim().is_empty() { "somebody" } else { name.trim() };
    format!("{name} ({service})").into()
}
