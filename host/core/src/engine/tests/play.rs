//! A story that is the same however often the process dies: it is played as it is, and then again with a kill and a start
//! before each of its turns. What it expects must hold every time.
//!
//! Its team has people, schedules and a last resort, and its policy is a ladder that goes on after its last step.

use super::*;
use jiff::{civil, tz::TimeZone};

/// How long the test policy lets an acknowledgement stand.
const ACK_TIMEOUT: Span = Span::from_secs(1_800);

pub struct Play {
    pub story: Story,
    turns: usize,
    killed_before: Option<usize>,
}

/// `tell` is played on a fresh `start` once for each of its turns, and once undisturbed.
#[track_caller]
pub fn at_any_restart(start: impl Fn() -> Story, tell: impl Fn(&mut Play)) {
    let mut whole = Play { story: start(), turns: 0, killed_before: None };
    tell(&mut whole);
    for turn in 0..whole.turns {
        tell(&mut Play { story: start(), turns: 0, killed_before: Some(turn) });
    }
}

/// The same once, without a kill: for what a start changes.
#[track_caller]
pub fn undisturbed(start: impl Fn() -> Story, tell: impl Fn(&mut Play)) {
    tell(&mut Play { story: start(), turns: 0, killed_before: None });
}

impl Play {
    /// Before every turn that comes from outside or from a timer.
    fn live_or_die(&mut self) {
        if self.killed_before == Some(self.turns) {
            self.story.restart();
        }
        self.turns += 1;
    }

    fn step(&mut self, event: Event) -> Answer {
        self.live_or_die();
        self.story.turn(Some(event))
    }

    pub fn fast_forward(&mut self, seconds: u64) {
        let until = self.story.now.saturating_add(Span::from_secs(seconds));
        while let Some(at) = self.story.engine.next_deadline().filter(|at| *at <= until) {
            self.story.now = self.story.now.max(at);
            self.live_or_die();
            self.story.turn(None);
            assert!(
                self.story.engine.next_deadline().is_none_or(|next| next > self.story.now),
                "a deadline that stays"
            );
        }
        self.story.now = until;
    }

    /// What was sent since the last time, in its order; after a start what was overdue comes in the order of incidents.
    #[track_caller]
    pub fn hears(&mut self, expected: &[&str]) {
        let heard = self.story.heard();
        assert_eq!(heard, expected, "killed before turn {:?}, now turn {}", self.killed_before, self.turns);
    }

    pub fn posts(&mut self, alert: &str, value: &str, ends: Ends) -> Answer {
        let input = AlertInput {
            labels: Labels::from_pairs(alert.split(' ').filter_map(|pair| pair.split_once('='))),
            annotations: Labels::from_pairs([("value", value)]),
            starts_at: None,
            ends,
            generator_url: "".into(),
        };
        self.step(Event::Received(vec![input]))
    }

    /// `Down`, the alert of `ops-1`.
    pub fn fires(&mut self) {
        self.posts("alertname=Down", "", Ends::Open);
    }

    pub fn clears(&mut self) {
        self.posts("alertname=Down", "", Ends::Resolved(self.story.now));
    }

    pub fn acts(&mut self, action: Action) -> Answer {
        self.acts_as("anna", None, action)
    }

    /// `seen`: the incident's revision as the person saw it.
    pub fn acts_as(&mut self, by: &str, seen: Option<u64>, action: Action) -> Answer {
        let incident = IncidentId { team: "ops".into(), number: 1 };
        self.step(Event::Acted { incident, action, revision: seen, by: by.into(), via: "api".into() })
    }

    pub fn overrides(&mut self, request: OverrideRequest) -> Answer {
        self.step(Event::Overridden { request, by: "anna".into(), via: "api".into() })
    }

    pub fn event(&mut self, event: Event) -> Answer {
        self.step(event)
    }

    pub fn asks(&mut self, request: crate::SilenceRequest) -> Answer {
        self.step(Event::Silenced { request, by: "anna".into(), via: "api".into() })
    }

    pub fn reloads(&mut self, edit: impl FnOnce(&mut Tables)) {
        self.live_or_die();
        self.story.reload(edit);
    }

    /// `ops-1` as it is stored.
    pub fn incident(&self) -> &Incident {
        &self.story.stored.incidents[&IncidentId { team: "ops".into(), number: 1 }]
    }

    pub fn in_a_while(&self, seconds: u64) -> Instant {
        self.story.now.saturating_add(Span::from_secs(seconds))
    }

    pub fn fact_count(&self, kind: &str) -> usize {
        self.story.facts.iter().filter(|fact| fact.starts_with(kind)).count()
    }
}

/// A ladder over these steps, each so many seconds after the one before it, to a target as `person:ann`.
pub fn ladder_of(steps: &'static [(u64, &'static str)]) -> impl Fn() -> Story {
    move || {
        let mut story = Story::with(team_with_people());
        story.policy = Box::new(move |facts| Ok(climb(steps, facts)));
        story
    }
}

/// Goes on after the last step that was sent; at once if that one reached nobody, or somebody asked for the next.
fn climb(steps: &[(u64, &str)], facts: &Facts) -> Decision {
    let incident = &facts.incident;
    let key = |place: usize| format!("step-{}", place + 1);
    let quiet_until = match (incident.state, &incident.acknowledged) {
        (IncidentState::Open, _) => Instant::default(),
        (IncidentState::Acknowledged, Some(acknowledged)) => acknowledged.at.saturating_add(ACK_TIMEOUT),
        (IncidentState::Acknowledged | IncidentState::Snoozed | IncidentState::Resolved, _) => Instant::MAX,
    };
    let (mut notices, mut next_check) = (vec![], None);
    let (mut last, mut was_in_vain) = (incident.opened_at, false);
    for (place, (after, to)) in steps.iter().enumerate() {
        let sent = incident.sent.iter().find(|sent| sent.key == key(place));
        let is_asked_for = incident.escalated_at.is_some_and(|asked| place > 0 && last < asked && asked <= facts.now);
        let wait = if was_in_vain || is_asked_for { 0 } else { *after };
        let at = last.saturating_add(Span::from_secs(wait)).max(quiet_until);
        if sent.is_none() && at > facts.now {
            next_check = Some(at).filter(|at| *at < Instant::MAX);
            break;
        }
        notices.push(DecidedNotice { key: key(place), to: vec![target(to)], page: true, text: None });
        last = sent.map_or(facts.now, |sent| sent.at);
        was_in_vain = sent.is_some_and(|sent| matches!(sent.outcome, SentOutcome::Nobody | SentOutcome::Failed));
    }
    let is_urgent = incident.alerts.iter().any(|alert| alert.annotations.get("value") == "9");
    let priority = if is_urgent { Priority::P1 } else { Priority::P2 };
    Decision { priority, notices, next_check, reason: "the ladder".into() }
}

/// As `person:ann`, `schedule:primary` or `receiver:team`.
pub fn target(text: &str) -> Target {
    match text.split_once(':') {
        Some(("person", name)) => Target::Person(name.into()),
        Some(("schedule", name)) => Target::Schedule(name.into()),
        _ => Target::Receiver(text.trim_start_matches("receiver:").into()),
    }
}

/// Ann can be told by chat, and by phone two minutes later; Ben by chat only. Ann has the week, Ben the next, and nobody is
/// ever on call in `empty`. The last resort is the receiver `boss`.
pub fn team_with_people() -> Tables {
    let mut tables = tables();
    for name in ["ops/ann:chat", "ops/ann:phone", "ops/ben:chat", "boss"] {
        tables.receivers.extend([receiver(name, None)]);
    }
    let team = tables.teams.get_mut("ops").unwrap();
    team.receivers.insert("boss".into(), "boss".into());
    team.last_resort = vec![target("boss")];
    let people = [person("ann", &[("ops/ann:chat", 0), ("ops/ann:phone", 120)]), person("ben", &[("ops/ben:chat", 0)])];
    team.people = people.into_iter().map(|person| (person.name.clone(), Arc::new(person))).collect();
    let schedules = [schedule("primary", "2026-11-16T00:00:00"), schedule("empty", "2099-01-01T00:00:00")];
    team.schedules = schedules.into_iter().map(|schedule| (schedule.name.clone(), schedule)).collect();
    tables
}

fn person(name: &str, contacts: &[(&str, u64)]) -> Person {
    let contact = |(receiver, seconds): &(&str, u64)| crate::Contact {
        receiver: (*receiver).into(),
        after: Span::from_secs(*seconds),
    };
    Person {
        name: name.into(),
        display: name.into(),
        zone: None,
        slack_user: None,
        email: None,
        contacts: contacts.iter().map(contact).collect(),
    }
}

/// Ann and Ben in turn, a week each, from then on.
fn schedule(name: &str, start: &str) -> Schedule {
    let rotation = Rotation {
        start: start.parse::<civil::DateTime>().unwrap(),
        until: None,
        every: Every::Weeks(1),
        turns_by: TurnsBy::Shift,
        turns: vec![vec!["ann".into()], vec!["ben".into()]],
        hours: vec![],
        only: None,
        except: Arc::new([]),
    };
    let layer = Layer { name: "weeks".into(), cover: Cover::Rotation(rotation), adds: false };
    Schedule { name: name.into(), zone_name: "UTC".into(), zone: TimeZone::UTC, layers: vec![layer], overrides: vec![] }
}
