//! The people of a run's teams, and when they are on call.

use crate::{random::Random, simulation::START, world};
use bellwire_core::{
    Contact, Cover, Every, FlapLimits, Layer, Person, Receiver, Rotation, Schedule, Span, Target, Team, TurnsBy, Window,
};
use jiff::tz::TimeZone;
use std::{collections::BTreeMap, sync::Arc};

/// Gives the team Ann and Ben, a schedule that somebody always has, one that nobody has most of the time, a last resort,
/// and at times a window of maintenance.
pub fn staff(team: &mut Team, receivers: &mut BTreeMap<Arc<str>, Receiver>, random: &mut Random) {
    for (name, kinds) in [("ann", &["chat", "phone"][..]), ("ben", &["chat"])] {
        let mut contacts = Vec::new();
        for (place, kind) in kinds.iter().enumerate() {
            let (full, receiver) = world::receiver(&format!("{}/{name}:{kind}", team.name), None, random);
            receivers.insert(full.clone(), receiver);
            let after = if place == 0 { Span::ZERO } else { Span::from_secs(random.pick(&[20, 120])) };
            contacts.push(Contact { receiver: full, after });
        }
        team.people.insert(name.into(), Arc::new(person(name, contacts)));
    }
    for schedule in
        [schedule("primary", 1, None), schedule("rare", 6, Some("2026-11-21T03:20:00"))].into_iter().flatten()
    {
        team.schedules.insert(schedule.name.clone(), schedule);
    }
    team.last_resort = match random.below(4) {
        0 => vec![],
        1 => vec![Target::Receiver("c".into())],
        2 => vec![Target::Schedule("rare".into())],
        _ => vec![Target::Person("ann".into()), Target::Receiver(world::LAST.into())],
    };
    team.last_resort_after = Span::from_secs(random.pick(&[60, 600]));
    let from = START.saturating_add(Span::from_secs(random.below(2_000)));
    let once = vec![(from, from.saturating_add(Span::from_secs(1 + random.below(1_000))))];
    let window =
        Window { name: "upgrade".into(), zone: TimeZone::UTC, ranges: vec![], only: None, except: [].into(), once };
    team.windows.insert(window.name.clone(), window);
}

/// When an incident flaps, if this route minds.
pub fn flapping(random: &mut Random) -> Option<FlapLimits> {
    random.percent(40).then(|| FlapLimits {
        opens: random.pick(&[2, 3]),
        within: Span::from_secs(random.pick(&[600, 5_000])),
        stable: Span::from_secs(random.pick(&[60, 300])),
    })
}

/// The windows in which a route is muted.
pub fn mute(random: &mut Random) -> Vec<Arc<str>> {
    if random.percent(20) { vec!["upgrade".into()] } else { vec![] }
}

fn person(name: &str, contacts: Vec<Contact>) -> Person {
    Person { name: name.into(), display: name.into(), zone: None, slack_user: None, email: None, contacts }
}

/// Ann and Ben in turn, from before the run begins.
fn schedule(name: &str, hours: u32, until: Option<&str>) -> Option<Schedule> {
    let rotation = Rotation {
        start: "2026-11-21T00:00:00".parse().ok()?,
        until: until.and_then(|until| until.parse().ok()),
        every: Every::Hours(hours),
        turns_by: TurnsBy::Shift,
        turns: vec![vec!["ann".into()], vec!["ben".into()]],
        hours: vec![],
        only: None,
        except: [].into(),
    };
    let layers = vec![Layer { name: "turns".into(), cover: Cover::Rotation(rotation), adds: false }];
    Some(Schedule { name: name.into(), zone_name: "UTC".into(), zone: TimeZone::UTC, layers, overrides: vec![] })
}
