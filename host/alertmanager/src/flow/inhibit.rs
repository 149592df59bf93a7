//! Which alerts are inhibited, as Alertmanager has it: a rule's source that fires mutes every target that agrees with it.

use super::alerts::Alert;
use crate::{InhibitRule, matchers::all_match};
use bellwire_core::{Fingerprint, Instant, Labels};
use hashbrown::HashMap;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Inhibitor {
    rules: Vec<(InhibitRule, Sources)>,
}

/// By the values of `equal`.
type Sources = HashMap<Labels, HashMap<Fingerprint, Arc<Alert>>>;

impl Inhibitor {
    pub fn of(rules: &[InhibitRule]) -> Self {
        Self { rules: rules.iter().map(|rule| (rule.clone(), Sources::new())).collect() }
    }

    pub fn saw(&mut self, alert: &Arc<Alert>) {
        for (rule, sources) in &mut self.rules {
            if all_match(&rule.source, &alert.labels) {
                let alike = sources.entry(agreed(rule, &alert.labels)).or_default();
                alike.insert(alert.labels.fingerprint(), alert.clone());
            }
        }
    }

    pub fn forget_resolved(&mut self, now: Instant) {
        for (_, sources) in &mut self.rules {
            sources.values_mut().for_each(|alike| alike.retain(|_, alert| !alert.is_resolved(now)));
            sources.retain(|_, alike| !alike.is_empty());
        }
    }

    /// The alert by which these labels are muted.
    pub fn inhibits(&self, now: Instant, labels: &Labels) -> Option<Fingerprint> {
        self.rules.iter().filter(|(rule, _)| all_match(&rule.target, labels)).find_map(|(rule, sources)| {
            let is_source = all_match(&rule.source, labels);
            let alike = sources.get(&agreed(rule, labels))?;
            let mutes = |source: &Alert| {
                let is_two_sided = is_source && all_match(&rule.target, &source.labels);
                !source.is_resolved(now) && !is_two_sided
            };
            alike.iter().filter(|(_, source)| mutes(source)).map(|(fingerprint, _)| *fingerprint).min()
        })
    }
}

fn agreed(rule: &InhibitRule, labels: &Labels) -> Labels {
    Labels::from_pairs(rule.equal.iter().map(|name| (name.as_str(), labels.get(name))))
}
