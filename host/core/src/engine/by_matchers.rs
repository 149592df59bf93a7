//! Things found by their matchers, such that an alert meets few of them however many there are.

use crate::{Labels, MatchOperator, Matcher, Matchers};
use alloc::{boxed::Box, vec::Vec};
use hashbrown::HashMap;

/// Each is kept under one label's value that it demands; what demands none is looked at for every alert.
pub(super) struct ByMatchers<K> {
    demands: HashMap<Box<str>, HashMap<Box<str>, Vec<K>>>,
    rest: Vec<K>,
}

impl<K> Default for ByMatchers<K> {
    fn default() -> Self {
        Self { demands: HashMap::new(), rest: Vec::new() }
    }
}

impl<K: PartialEq> ByMatchers<K> {
    pub fn insert(&mut self, key: K, matchers: &Matchers) {
        // Of several demands the one that the fewest others make.
        let kept = |matcher: &&Matcher| self.demands.get(&matcher.name)?.get(&matcher.value).map(Vec::len);
        match demands(matchers).min_by_key(|matcher| kept(matcher).unwrap_or(0)) {
            Some(Matcher { name, value, .. }) => {
                self.demands.entry(name.clone()).or_default().entry(value.clone()).or_default().push(key);
            }
            None => self.rest.push(key),
        }
    }

    pub fn remove(&mut self, key: &K, matchers: &Matchers) {
        self.rest.retain(|other| other != key);
        for Matcher { name, value, .. } in demands(matchers) {
            let Some(values) = self.demands.get_mut(name) else { continue };
            if let Some(keys) = values.get_mut(value) {
                keys.retain(|other| other != key);
                if keys.is_empty() {
                    values.remove(value);
                }
            }
        }
    }

    /// All whose matchers may match; each must be asked.
    pub fn candidates<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = &'a K> {
        let of_label = |(name, value)| self.demands.get(name).and_then(|values| values.get(value));
        let demanded = (!self.demands.is_empty()).then(|| labels.iter().filter_map(of_label).flatten());
        demanded.into_iter().flatten().chain(&self.rest)
    }
}

/// What a label must be. One that must be empty is no demand: it may be missing.
fn demands(matchers: &Matchers) -> impl Iterator<Item = &Matcher> {
    matchers.0.iter().filter(|matcher| matcher.operator == MatchOperator::Equal && !matcher.value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    fn matchers(texts: &[&str]) -> Matchers {
        Matchers(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn an_alert_meets_those_alone_that_may_match_it() {
        let mut found = ByMatchers::default();
        let all: Vec<Matchers> =
            (0..1_000).map(|index| matchers(&["severity=critical", &format!("instance=i{index}")])).collect();
        for (index, matchers) in all.iter().enumerate() {
            found.insert(index, matchers);
        }
        found.insert(2_000, &matchers(&["job=~\"a.*\""]));
        let labels = Labels::from_pairs([("severity", "critical"), ("instance", "i7")]);
        let met: Vec<usize> = found.candidates(&labels).copied().collect();
        assert!(met.contains(&7) && met.contains(&2_000) && met.len() <= 4, "{met:?}");
        found.remove(&7, &all[7]);
        found.remove(&2_000, &matchers(&["job=~\"a.*\""]));
        assert!(!found.candidates(&labels).any(|met| [7, 2_000].contains(met)));
    }

    #[test]
    fn what_may_be_missing_is_no_demand() {
        let mut found = ByMatchers::default();
        found.insert("x", &matchers(&["team=\"\""]));
        assert_eq!(found.candidates(&Labels::default()).collect::<Vec<_>>(), vec![&"x"]);
    }
}
