//! One incident that nobody acknowledges, from its opening to the first page that reaches somebody: what its policy
//! decides is asked of the policy itself, and what has been asked once is not asked again.
//!
//! A policy is a function of facts, so how an incident fares depends only on what it meets. Two openings whose windows
//! stand alike, seen from there, are the same question with other dates.

use super::terrain::{Sky, Terrain};
use bellwire_core::{Decision, Facts, IncidentId, Instant, PluginFault, Priority, Sent, SentOutcome, Span, Target};
use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

/// How often a policy is asked about one incident, and for how long.
const TURNS_MAX: usize = 200;
pub(super) const PATIENCE: Span = Span::from_secs(8 * 86_400);
/// As the engine has it.
const NEXT_CHECK_MIN: Span = Span::from_secs(1);

/// What a policy answers.
pub(super) type Answer = Result<Decision, PluginFault>;

/// How an incident fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    /// The first page that reached somebody.
    pub paged: Option<Heard>,
    /// What was told first, page or not.
    pub told: Option<Heard>,
    /// There was a notice at all, though perhaps for nobody.
    pub tried: bool,
    /// As the policy said last.
    pub priority: Option<Priority>,
}

/// How long after the opening, and who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub after: Span,
    pub who: Who,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Target(Target),
    /// The policy fails, and the route's fallback is told.
    Fallback(PluginFault),
}

/// The walks of one policy at one priority.
pub(super) struct Walks<'a> {
    terrain: &'a Terrain<'a>,
    policy: &'a dyn Fn(&Facts) -> Answer,
    /// Every state that an incident was seen in; the first is its opening.
    states: Vec<State>,
    known: HashMap<(usize, Sky), Known>,
}

/// An incident, with times from its opening.
#[derive(Clone)]
struct State {
    elapsed: Span,
    priority: Priority,
    sent: Vec<(Told, Span, SentOutcome)>,
}

/// Of one notice to one target.
#[derive(Clone)]
struct Told {
    key: Arc<str>,
    to: Target,
    page: bool,
}

/// What the policy answers in a state under a sky, and the states that follow from it by whom of the fresh ones it reached.
struct Known {
    answer: Result<Rc<Turn>, PluginFault>,
    next: HashMap<Vec<bool>, Option<usize>>,
}

struct Turn {
    priority: Priority,
    /// Not sent before.
    fresh: Vec<Told>,
    next_check: Option<Span>,
}

impl<'a> Walks<'a> {
    pub fn new(terrain: &'a Terrain<'a>, priority: Priority, policy: &'a dyn Fn(&Facts) -> Answer) -> Self {
        let opening = State { elapsed: terrain.route.group_wait, priority, sent: Vec::new() };
        Self { terrain, policy, states: vec![opening], known: HashMap::new() }
    }

    pub fn walk(&mut self, opened_at: Instant) -> Fate {
        let mut fate = Fate::default();
        let mut place = 0;
        for _ in 0..TURNS_MAX {
            let elapsed = self.states[place].elapsed;
            if elapsed > PATIENCE {
                break;
            }
            let now = opened_at.saturating_add(elapsed);
            let key = (place, self.terrain.sky(now));
            let reached = self.answer(&key, opened_at).and_then(|turn| {
                let reaches = |told: &Told| {
                    let unknown = || PluginFault::UnknownTarget(told.to.to_string());
                    self.terrain.reaches(&told.to, now).ok_or_else(unknown)
                };
                let reached: Result<Vec<bool>, PluginFault> = turn.fresh.iter().map(reaches).collect();
                reached.map(|reached| (turn, reached))
            });
            let (turn, reached) = match reached {
                Ok(answered) => answered,
                Err(fault) => {
                    fate.paged = Some(Heard { after: elapsed, who: Who::Fallback(fault) });
                    return fate;
                }
            };
            fate.note(elapsed, &turn, &reached);
            if fate.paged.is_some() {
                return fate;
            }
            let Some(next) = self.next(key, &turn, reached) else { break };
            place = next;
        }
        fate
    }

    /// Does a sample of what is known of another route of the same policy hold here too? Policies hardly ever look at the
    /// route's name, and asking them everything for each route takes its time.
    pub fn agree_with(&mut self, others: &[(Instant, Fate)]) -> bool {
        const SAMPLES: usize = 100;
        others.iter().step_by(others.len().div_ceil(SAMPLES).max(1)).all(|(at, fate)| self.walk(*at) == *fate)
    }

    /// How often the policy was asked.
    pub fn questions(&self) -> usize {
        self.known.len()
    }

    /// When notices are due where no window holds any: if all are delivered, and if none is.
    pub fn delays(&mut self) -> BTreeSet<Span> {
        let mut delays = BTreeSet::new();
        for reached in [true, false] {
            let mut place = 0;
            for _ in 0..TURNS_MAX {
                delays.insert(self.states[place].elapsed);
                let key = (place, Sky::CLEAR);
                let Ok(turn) = self.answer(&key, Instant::from_millis(0)) else { break };
                let reached = vec![reached; turn.fresh.len()];
                let Some(next) = self.next(key, &turn, reached) else { break };
                place = next;
            }
        }
        delays.into_iter().filter(|delay| *delay <= PATIENCE).collect()
    }

    fn answer(&mut self, key: &(usize, Sky), opened_at: Instant) -> Result<Rc<Turn>, PluginFault> {
        if let Some(known) = self.known.get(key) {
            return known.answer.clone();
        }
        let state = &self.states[key.0];
        let mut facts = state.facts(self.terrain, opened_at);
        if key.1 != Sky::CLEAR {
            self.terrain.show(&mut facts);
        }
        let decision = (self.policy)(&facts).and_then(|decision| decision.check().map(|()| decision));
        let answer = decision.map(|decision| Rc::new(state.turn(decision, opened_at)));
        self.known.insert(key.clone(), Known { answer: answer.clone(), next: HashMap::new() });
        answer
    }

    /// None: the policy comes to rest.
    fn next(&mut self, key: (usize, Sky), turn: &Turn, reached: Vec<bool>) -> Option<usize> {
        let place = key.0;
        let known = self.known.get_mut(&key)?;
        if let Some(next) = known.next.get(&reached) {
            return *next;
        }
        let next = self.states[place].after(turn, &reached).map(|state| {
            self.states.push(state);
            self.states.len() - 1
        });
        known.next.insert(reached, next);
        next
    }
}

impl Fate {
    fn note(&mut self, after: Span, turn: &Turn, reached: &[bool]) {
        self.priority = Some(turn.priority);
        self.tried |= !turn.fresh.is_empty();
        let there = turn.fresh.iter().zip(reached).filter(|(_, reached)| **reached).map(|(told, _)| told);
        let heard = |told: &Told| Heard { after, who: Who::Target(told.to.clone()) };
        self.paged = there.clone().find(|told| told.page).map(heard);
        self.told = self.told.take().or_else(|| there.clone().next().map(heard));
    }
}

impl State {
    fn turn(&self, decision: Decision, opened_at: Instant) -> Turn {
        let mut fresh: Vec<Told> = Vec::new();
        for notice in &decision.notices {
            for to in &notice.to {
                let is_it = |told: &Told| *told.key == *notice.key && told.to == *to;
                if !self.sent.iter().map(|(told, ..)| told).chain(&fresh).any(is_it) {
                    fresh.push(Told { key: notice.key.as_str().into(), to: to.clone(), page: notice.page });
                }
            }
        }
        let next_check = decision.next_check.map(|at| at.since(opened_at));
        Turn { priority: decision.priority, fresh, next_check }
    }

    /// What was for nobody is asked about again at once.
    fn after(&self, turn: &Turn, reached: &[bool]) -> Option<Self> {
        let soonest = Span::from_millis(self.elapsed.as_millis() + NEXT_CHECK_MIN.as_millis());
        let elapsed = match (reached.contains(&false), turn.next_check) {
            (true, _) => self.elapsed,
            (false, Some(next)) => next.max(soonest),
            (false, None) => return None,
        };
        let mut sent = self.sent.clone();
        for (told, reached) in turn.fresh.iter().zip(reached) {
            let outcome = if *reached { SentOutcome::Delivered } else { SentOutcome::Nobody };
            sent.push((told.clone(), self.elapsed, outcome));
        }
        Some(Self { elapsed, priority: turn.priority, sent })
    }

    fn facts(&self, terrain: &Terrain<'_>, opened_at: Instant) -> Facts {
        let sent = self.sent.iter().map(|(told, after, outcome)| Sent {
            key: told.key.to_string(),
            to: told.to.clone(),
            at: opened_at.saturating_add(*after),
            outcome: *outcome,
        });
        let id = IncidentId { team: terrain.team.name.clone(), number: 1 };
        let mut facts = Facts::opened(id, terrain.route.name.clone(), opened_at);
        facts.now = opened_at.saturating_add(self.elapsed);
        (facts.incident.priority, facts.incident.sent) = (Some(self.priority), sent.collect());
        facts
    }
}
