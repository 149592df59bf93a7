//! What was seen lately: so many at most, and for so long. In memory only.

use bellwire_core::{Instant, Span};
use std::{
    collections::{HashSet, VecDeque},
    hash::Hash,
};

/// The oldest is forgotten first.
pub(super) struct Lately<K> {
    max: usize,
    keep: Span,
    order: VecDeque<(Instant, K)>,
    known: HashSet<K>,
}

impl<K: Clone + Eq + Hash> Lately<K> {
    pub fn new(max: usize, keep: Span) -> Self {
        Self { max, keep, order: VecDeque::new(), known: HashSet::new() }
    }

    pub fn knows(&self, key: &K) -> bool {
        self.known.contains(key)
    }

    /// Was it new?
    pub fn remember(&mut self, now: Instant, key: K) -> bool {
        while self.order.front().is_some_and(|(at, _)| self.order.len() >= self.max || now.since(*at) > self.keep) {
            if let Some((_, forgotten)) = self.order.pop_front() {
                self.known.remove(&forgotten);
            }
        }
        let new = self.known.insert(key.clone());
        if new {
            self.order.push_back((now, key));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest_and_the_outdated() {
        let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
        let mut lately = Lately::new(2, Span::from_secs(10));
        assert!(lately.remember(at(0), "a"));
        assert!(!lately.remember(at(1), "a"));
        assert!(lately.remember(at(1), "b"));
        assert!(lately.remember(at(2), "c"), "and the oldest makes room");
        assert_eq!(["a", "b", "c"].map(|key| lately.knows(&key)), [false, true, true]);
        assert!(lately.remember(at(12), "d"));
        assert_eq!(["b", "c", "d"].map(|key| lately.knows(&key)), [false, true, true]);
        assert!(lately.remember(at(100), "c"), "what is long ago is new again");
    }
}
