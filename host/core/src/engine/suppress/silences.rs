//! The silences that there are, which of them hold now, and which an alert meets.

use crate::engine::by_matchers::ByMatchers;
use crate::{Instant, Labels, Matchers, Silence, SilenceState, StandingSilence, Tables, Team, Window};
use alloc::{collections::BTreeMap, format, sync::Arc, vec::Vec};

#[derive(Default)]
pub(in crate::engine) struct Silences {
    all: BTreeMap<Arc<str>, Entry>,
    /// Those that hold now.
    holding: ByMatchers<Arc<str>>,
    holding_count: usize,
}

struct Entry {
    rule: Rule,
    holds: bool,
    /// Its entry in `Engine::timers`.
    timer: Option<Instant>,
}

enum Rule {
    Made(Silence),
    Standing { team: Arc<str>, silence: StandingSilence, windows: Vec<Window> },
}

/// What became of one that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Looked {
    /// It began or ceased to hold.
    pub turned: bool,
    /// When to look again.
    pub next: Option<Instant>,
}

impl Silences {
    /// No alert is kept quiet by any.
    pub fn none_holds(&self) -> bool {
        self.holding_count == 0
    }

    pub fn made(&self) -> impl Iterator<Item = &Silence> {
        self.all.values().filter_map(|entry| match &entry.rule {
            Rule::Made(silence) => Some(silence),
            Rule::Standing { .. } => None,
        })
    }

    pub fn find(&self, id: &str) -> Option<&Silence> {
        match &self.all.get(id)?.rule {
            Rule::Made(silence) => Some(silence),
            Rule::Standing { .. } => None,
        }
    }

    /// A new one, or in the place of the one with its id.
    pub fn put(&mut self, silence: Silence) {
        self.insert(silence.id.clone(), Rule::Made(silence));
    }

    fn insert(&mut self, id: Arc<str>, rule: Rule) {
        let (holds, timer) = self.all.get(&id).map_or((false, None), |earlier| (earlier.holds, earlier.timer));
        if holds && let Some(earlier) = self.all.get(&id) {
            self.holding.remove(&id, earlier.rule.matchers());
            self.holding.insert(id.clone(), rule.matchers());
        }
        self.all.insert(id, Entry { rule, holds, timer });
    }

    pub fn remove(&mut self, id: &str) {
        let Some((id, entry)) = self.all.remove_entry(id) else { return };
        if entry.holds {
            self.holding.remove(&id, entry.rule.matchers());
            self.holding_count -= 1;
        }
    }

    /// Those of the routes files, instead of those that were. The ids of all that are to be looked at; one that is gone holds
    /// no more, and is past then.
    pub fn stand(&mut self, tables: &Tables) -> Vec<Arc<str>> {
        let mut ids = Vec::new();
        for (id, entry) in &mut self.all {
            if let Rule::Standing { windows, .. } = &mut entry.rule {
                windows.clear();
                ids.push(id.clone());
            }
        }
        for team in tables.teams.values() {
            for silence in &team.silences {
                let id: Arc<str> = format!("{}/{}", team.name, silence.name).into();
                let (team, windows) = (team.name.clone(), windows(team, silence));
                self.insert(id.clone(), Rule::Standing { team, silence: silence.clone(), windows });
                ids.push(id);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Does it hold now? None: there is no such silence.
    pub fn look(&mut self, now: Instant, id: &Arc<str>) -> Option<Looked> {
        let entry = self.all.get_mut(id)?;
        let (holds, next) = entry.rule.holds(now);
        let turned = entry.holds != holds;
        if turned {
            entry.holds = holds;
            match holds {
                true => self.holding.insert(id.clone(), entry.rule.matchers()),
                false => self.holding.remove(id, entry.rule.matchers()),
            }
            self.holding_count = if holds { self.holding_count + 1 } else { self.holding_count - 1 };
        }
        Some(Looked { turned, next })
    }

    /// Its new timer; the one that it had.
    pub fn time(&mut self, id: &str, at: Option<Instant>) -> Option<Instant> {
        core::mem::replace(&mut self.all.get_mut(id)?.timer, at)
    }

    /// It has been over for long, or no routes file has it any more.
    pub fn is_past(&self, now: Instant, id: &str) -> bool {
        self.all.get(id).is_some_and(|entry| match &entry.rule {
            Rule::Made(silence) => silence.ends_at.saturating_add(Silence::KEPT) <= now,
            Rule::Standing { windows, .. } => windows.is_empty(),
        })
    }

    pub fn matchers(&self, id: &str) -> Option<&Matchers> {
        Some(self.all.get(id)?.rule.matchers())
    }

    /// The ids of those that keep an alert of `team` quiet now, sorted.
    pub fn of(&self, labels: &Labels, team: &str) -> Vec<Arc<str>> {
        if self.holding_count == 0 {
            return Vec::new();
        }
        let applies = |id: &&Arc<str>| {
            let rule = self.all.get(*id).map(|entry| &entry.rule);
            rule.is_some_and(|rule| rule.concerns(team) && rule.matchers().matches(labels))
        };
        let mut ids: Vec<Arc<str>> = self.holding.candidates(labels).filter(applies).cloned().collect();
        ids.sort_unstable();
        ids
    }
}

impl Rule {
    fn matchers(&self) -> &Matchers {
        match self {
            Self::Made(silence) => &silence.matchers,
            Self::Standing { silence, .. } => &silence.matchers,
        }
    }

    fn concerns(&self, team: &str) -> bool {
        match self {
            Self::Made(silence) => silence.team.as_ref().is_none_or(|whose| **whose == *team),
            Self::Standing { team: whose, .. } => **whose == *team,
        }
    }

    /// And when that may change.
    fn holds(&self, now: Instant) -> (bool, Option<Instant>) {
        match self {
            Self::Made(silence) => match silence.state(now) {
                SilenceState::Pending => (false, Some(silence.starts_at)),
                SilenceState::Active => (true, Some(silence.ends_at)),
                SilenceState::Expired => (false, Some(silence.ends_at.saturating_add(Silence::KEPT))),
            },
            Self::Standing { windows, .. } => {
                let facts: Vec<_> = windows.iter().map(|window| window.fact(now)).collect();
                let next = facts.iter().filter_map(|fact| fact.changes_at).min();
                (facts.iter().any(|fact| fact.inside), next)
            }
        }
    }
}

fn windows(team: &Team, silence: &StandingSilence) -> Vec<Window> {
    silence.windows.iter().filter_map(|name| team.windows.get(name)).cloned().collect()
}
