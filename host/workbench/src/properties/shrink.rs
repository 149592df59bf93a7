//! Takes out of an incident whatever the fault does not need.

use super::{
    Property,
    generate::{Happening, Script},
    life::{Lived, live},
};
use crate::subject::Subject;
use bellwire_cases::Alert;
use bellwire_core::Span;

/// Enough for the longest script; a plugin that takes long for each would be waited for otherwise.
const TRIES_MAX: usize = 400;

/// The shortest script found that still breaks `property`, and what happens in it.
pub fn shrink(subject: &Subject<'_>, within: Span, script: Script, property: Property) -> (Script, Lived) {
    let mut best = live(subject, &script, within);
    let mut script = script;
    let mut tries = 0;
    loop {
        let shorter = smaller(&script).into_iter().find_map(|candidate| {
            tries += 1;
            let lived = (tries <= TRIES_MAX).then(|| live(subject, &candidate, within))?;
            let same = lived.outcome.as_ref().is_err_and(|broken| broken.property == property);
            same.then_some((candidate, lived))
        });
        match shorter {
            Some(shorter) => (script, best) = shorter,
            None => return (script, best),
        }
    }
}

/// Each with one thing less, the greatest first.
fn smaller(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Script)| {
        let mut smaller = script.clone();
        change(&mut smaller);
        if smaller != *script {
            all.push(smaller);
        }
    };
    for index in 0..script.steps.len() {
        push(&|script| drop(script.steps.remove(index)));
    }
    // An incident has an alert.
    for index in (0..script.alerts.len()).filter(|_| script.alerts.len() > 1) {
        push(&|script| drop(script.alerts.remove(index)));
    }
    for index in 0..script.windows.len() {
        push(&|script| script.windows[index].changes.clear());
    }
    push(&|script| script.opens = 0);
    for index in 0..script.alerts.len() {
        for fewer in fewer_words(&script.alerts[index]) {
            push(&|script| script.alerts[index] = fewer.clone());
        }
    }
    for index in 0..script.steps.len() {
        if let Happening::Fires(alert) = &script.steps[index].happening {
            for fewer in fewer_words(alert) {
                push(&|script| script.steps[index].happening = Happening::Fires(fewer.clone()));
            }
        }
        let earliest = index.checked_sub(1).map_or(1, |before| script.steps[before].minute + 1);
        push(&|script| script.steps[index].minute = script.steps[index].minute.midpoint(earliest));
    }
    push(&|script| script.outage.1 = script.outage.0 + (script.outage.1 - script.outage.0).div_ceil(2));
    push(&|script| script.outage = (script.outage.0 / 2, script.outage.1 - script.outage.0.div_ceil(2)));
    all
}

/// The alert without one of its labels or annotations.
fn fewer_words(alert: &Alert) -> Vec<Alert> {
    let without_label = alert.labels.keys().map(|name| {
        let mut fewer = alert.clone();
        fewer.labels.remove(name);
        fewer
    });
    let without_annotation = alert.annotations.keys().map(|name| {
        let mut fewer = alert.clone();
        fewer.annotations.remove(name);
        fewer
    });
    without_label.chain(without_annotation).collect()
}
