//! What may happen next: alerts, what people do, overrides, a new configuration. Some of it makes no sense, on purpose.

use crate::{
    simulation::{Simulation, input},
    world,
};
use bellwire_core::{
    Action, AlertInput, Ends, Event, IncidentId, Instant, Labels, Override, OverrideChange, OverrideRequest, Span,
    Target,
};
use std::sync::Arc;

impl Simulation {
    pub fn random_event(&mut self) -> Event {
        match self.random.below(27) {
            0..=13 => Event::Received((0..self.random.below(5)).map(|_| self.random_alert()).collect()),
            14..=19 => self.random_act(),
            20 | 21 => {
                let request = self.random_override();
                Event::Overridden { request, by: "anna".into(), via: "api".into() }
            }
            22..=24 => self.random_silence(),
            _ => self.random_reload(),
        }
    }

    fn random_alert(&mut self) -> AlertInput {
        let labels = Labels::from_pairs([
            ("alertname", self.random.pick(&["Down", "Slow"])),
            ("job", self.random.pick(&["api", "web", "db"])),
            ("severity", self.random.pick(&["critical", "info"])),
            ("team", self.random.pick(&["t1", "t2", "t3", "both", ""])),
        ]);
        let ends = match self.random.below(10) {
            0..=3 => Ends::Open,
            4 => Ends::Unsaid,
            5 => Ends::At(self.now.saturating_add(Span::from_secs(self.random.pick(&[30, 240, 100_000])))),
            6 => Ends::At(self.now),
            _ => Ends::Resolved(self.now),
        };
        let starts_at = self.random.percent(30).then(|| self.now.saturating_sub(Span::from_secs(60)));
        input(labels, self.random.pick(&["", "", "1", "9"]), starts_at, ends)
    }

    fn random_act(&mut self) -> Event {
        let ids: Vec<&IncidentId> = self.rows.incidents.keys().collect();
        let incident = match ids.is_empty() {
            true => IncidentId { team: "t1".into(), number: 9 },
            false => ids[self.random.index(ids.len())].clone(),
        };
        let action = match self.random.below(20) {
            0..=6 => Action::Acknowledge,
            7..=8 => Action::Unacknowledge,
            9..=11 => Action::Snooze { until: self.random_instant() },
            12..=13 => {
                let name = self.random.pick(&["ann", "ben", "primary", "rare", "a", "nobody"]);
                let kind = self.random.pick(&[Target::Person, Target::Schedule, Target::Receiver]);
                Action::Reassign { to: kind(name.into()) }
            }
            14..=16 => Action::Escalate,
            _ => Action::Resolve,
        };
        let stored = self.rows.incidents.get(&incident).map_or(0, |incident| incident.revision);
        let revision = self.random.pick(&[None, Some(stored), Some(stored.saturating_sub(1)), Some(1)]);
        let by = self.random.pick(&["ann", "ben"]).into();
        Event::Acted { incident, action, revision, by, via: "api".into() }
    }

    /// Somewhat before or after now.
    pub fn random_instant(&mut self) -> Instant {
        let seconds = self.random.pick(&[1, 60, 600, 5_000]);
        match self.random.percent(80) {
            true => self.now.saturating_add(Span::from_secs(seconds)),
            false => self.now.saturating_sub(Span::from_secs(seconds)),
        }
    }

    fn random_override(&mut self) -> OverrideRequest {
        let team: Arc<str> = self.random.pick(&["t1", "t2", "t9"]).into();
        if self.random.percent(30) {
            let made: Vec<Arc<str>> = self.rows.overrides.iter().map(|made| made.id.clone()).collect();
            let id = if made.is_empty() { "none".into() } else { made[self.random.index(made.len())].clone() };
            return OverrideRequest::Remove { team, id };
        }
        let person = |random: &mut crate::random::Random| Arc::from(random.pick(&["ann", "ben", "ann", "ben", "cem"]));
        let people = (0..self.random.below(3)).map(|_| person(&mut self.random)).collect();
        let change = match self.random.below(4) {
            0 => OverrideChange::Add { people },
            1 => OverrideChange::Remove { people },
            2 => OverrideChange::Replace { person: None, people },
            _ => OverrideChange::Replace { person: Some(person(&mut self.random)), people },
        };
        OverrideRequest::Add(Override {
            id: "".into(),
            team,
            schedule: self.random.pick(&["primary", "rare", "primary", "other"]).into(),
            from: self.random_instant(),
            until: self.random_instant(),
            change,
            reason: String::new(),
            by: "".into(),
            made_at: self.now,
        })
    }

    fn random_reload(&mut self) -> Event {
        self.truth.edited();
        let timeout = self.tables.limits.resolve_timeout;
        let mut edited = world::edit(&self.tables, &mut self.random);
        edited.limits.resolve_timeout = timeout;
        if self.has_twin() {
            edited = world::without_memory(&edited);
        }
        self.tables = Arc::new(edited);
        Event::Reloaded(self.tables.clone())
    }
}
