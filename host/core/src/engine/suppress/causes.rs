//! Which alerts explain which: the inhibition rules, each with the alerts that are on its two sides now.
//!
//! An alert is quiet only if, from cause to cause, there is one behind it that nothing explains: two that explain each other
//! are both told, or nobody would hear of either.

use crate::engine::by_matchers::ByMatchers;
use crate::{Alert, Fingerprint, Inhibition, InhibitionKind, Labels, Tables};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use hashbrown::HashMap;

/// From an alert to the one behind all: longer chains than this are not followed.
const DEPTH_MAX: usize = 32;
/// As many are named; one is enough to be quiet.
const NAMED_MAX: usize = 20;
/// So many causes are looked at for one alert. What is not explained by then is told.
const LOOKS_MAX: usize = 1_000;

#[derive(Default)]
pub(in crate::engine) struct Causes {
    rules: Vec<Rule>,
    by_source: ByMatchers<usize>,
    by_target: ByMatchers<usize>,
    /// Where sources came or went since that was last asked.
    moved: BTreeSet<(usize, Labels)>,
    /// Of those, where the targets have been named since the look began: each is looked at once.
    spread: BTreeSet<(usize, Labels)>,
}

/// For the alert at the end of a chain of causes.
struct Search {
    seen: Vec<Fingerprint>,
    looks_left: usize,
}

struct Rule {
    /// Whose alerts it keeps quiet; none: everybody's. Its sources may be anybody's.
    team: Option<Arc<str>>,
    inhibition: Inhibition,
    /// By the values of `equal`.
    meetings: HashMap<Labels, Meeting>,
}

/// The alerts that fire and agree in `equal`. Some may be on both sides.
#[derive(Default)]
struct Meeting {
    sources: BTreeSet<Fingerprint>,
    targets: BTreeSet<Fingerprint>,
}

/// Who explains an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Explained {
    /// Rules with an alert each.
    pub by: Vec<(Arc<str>, Fingerprint)>,
    /// If it is a symptom: the alert that nothing explains.
    pub root: Option<Fingerprint>,
}

impl Causes {
    pub fn of(tables: &Tables) -> Self {
        let mut causes = Self::default();
        let of_teams = tables
            .teams
            .values()
            .flat_map(|team| team.inhibitions.iter().map(|inhibition| (Some(team.name.clone()), inhibition.clone())));
        for (team, inhibition) in tables.inhibitions.iter().map(|one| (None, one.clone())).chain(of_teams) {
            let index = causes.rules.len();
            causes.by_source.insert(index, &inhibition.sources);
            causes.by_target.insert(index, &inhibition.targets);
            causes.rules.push(Rule { team, inhibition, meetings: HashMap::new() });
        }
        causes
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The alert fires from now on.
    pub fn began(&mut self, fingerprint: Fingerprint, labels: &Labels) {
        self.turned(labels, |side| side.insert(fingerprint));
    }

    /// The alert fires no more.
    pub fn ceased(&mut self, fingerprint: Fingerprint, labels: &Labels) {
        self.turned(labels, |side| side.remove(&fingerprint));
    }

    /// Those who may be explained otherwise than when this was last asked.
    pub fn take_concerned(&mut self, concerned: &mut BTreeSet<Fingerprint>) {
        for (place, key) in core::mem::take(&mut self.moved) {
            let meeting = self.rules.get(place).and_then(|rule| rule.meetings.get(&key));
            if let Some(meeting) = meeting
                && self.spread.insert((place, key))
            {
                concerned.extend(&meeting.targets);
            }
        }
    }

    /// Everybody who was concerned has been looked at.
    pub fn looked(&mut self) {
        self.spread.clear();
    }

    fn turned(&mut self, labels: &Labels, turn: impl Fn(&mut BTreeSet<Fingerprint>) -> bool) {
        for (is_source, index) in [(true, &self.by_source), (false, &self.by_target)] {
            for place in index.candidates(labels) {
                let Some(rule) = self.rules.get_mut(*place) else { continue };
                let Inhibition { sources, targets, .. } = &rule.inhibition;
                if !(if is_source { sources } else { targets }).matches(labels) {
                    continue;
                }
                let key = rule.key(labels);
                let meeting = rule.meetings.entry(key.clone()).or_default();
                if turn(if is_source { &mut meeting.sources } else { &mut meeting.targets }) && is_source {
                    self.moved.insert((*place, key.clone()));
                }
                if meeting.sources.is_empty() && meeting.targets.is_empty() {
                    rule.meetings.remove(&key);
                }
            }
        }
    }

    /// What the alert explains may be explained otherwise: it is itself explained now, or no more.
    pub fn shifted(&mut self, labels: &Labels) {
        let rules = self.by_source.candidates(labels).filter_map(|place| Some((*place, self.rules.get(*place)?)));
        let sources = rules.filter(|(_, rule)| rule.inhibition.sources.matches(labels));
        let moved: Vec<_> = sources.map(|(place, rule)| (place, rule.key(labels))).collect();
        self.moved.extend(moved);
    }

    /// None: nothing explains the alert to `team`, so it is told. `alert`: any that fires, by its fingerprint.
    pub fn explained<'a>(
        &self,
        subject: &Alert,
        team: &str,
        alert: &impl Fn(Fingerprint) -> Option<&'a Alert>,
    ) -> Option<Explained> {
        let mut found = Explained { by: Vec::new(), root: None };
        let mut search = Search { seen: Vec::new(), looks_left: LOOKS_MAX };
        for (rule, source) in self.sources(subject, team, alert) {
            if search.looks_left == 0 {
                break;
            }
            search.seen = alloc::vec![subject.fingerprint];
            let Some(root) = self.root(source, team, alert, &mut search) else { continue };
            if rule.inhibition.kind == InhibitionKind::Symptom {
                found.root = found.root.or(Some(root));
            }
            found.by.push((rule.inhibition.name.clone(), source.fingerprint));
            if found.by.len() >= NAMED_MAX {
                break;
            }
        }
        (!found.by.is_empty()).then_some(found)
    }

    /// The alert at the end of a chain of causes, which nothing explains.
    fn root<'a>(
        &self,
        at: &'a Alert,
        team: &str,
        alert: &impl Fn(Fingerprint) -> Option<&'a Alert>,
        search: &mut Search,
    ) -> Option<Fingerprint> {
        search.looks_left = search.looks_left.checked_sub(1)?;
        if search.seen.contains(&at.fingerprint) || search.seen.len() > DEPTH_MAX {
            return None;
        }
        search.seen.push(at.fingerprint);
        let mut is_explained = false;
        for (_, source) in self.sources(at, team, alert) {
            is_explained = true;
            if search.looks_left == 0 {
                break;
            }
            if let Some(root) = self.root(source, team, alert, search) {
                return Some(root);
            }
        }
        (!is_explained).then_some(at.fingerprint)
    }

    /// The alerts that are causes of `subject` by a rule. One that is on both sides of a rule explains no other such one by it.
    fn sources<'s, 'a: 's>(
        &'s self,
        subject: &'s Alert,
        team: &'s str,
        alert: &'s impl Fn(Fingerprint) -> Option<&'a Alert>,
    ) -> impl Iterator<Item = (&'s Rule, &'a Alert)> + 's {
        let concerns = move |rule: &&Rule| rule.team.as_ref().is_none_or(|whose| **whose == *team);
        let rules = self.by_target.candidates(&subject.labels).filter_map(|place| self.rules.get(*place));
        let rules = rules.filter(|rule| rule.inhibition.targets.matches(&subject.labels)).filter(concerns);
        rules.flat_map(move |rule| {
            let is_source = rule.inhibition.sources.matches(&subject.labels);
            let sources = rule.meeting(&subject.labels).into_iter().flat_map(|meeting| &meeting.sources);
            let others = sources.filter(|source| **source != subject.fingerprint).filter_map(|source| alert(*source));
            let explains = move |other: &&'a Alert| !(is_source && rule.inhibition.targets.matches(&other.labels));
            others.filter(explains).map(move |source| (rule, source))
        })
    }
}

impl Rule {
    fn key(&self, labels: &Labels) -> Labels {
        Labels::from_pairs(self.inhibition.equal.iter().map(|name| (&**name, labels.get(name))))
    }

    fn meeting(&self, labels: &Labels) -> Option<&Meeting> {
        self.meetings.get(&self.key(labels))
    }
}
