//! What is not told although it fires: alerts that are silenced, and those that another one explains.
//!
//! An incident of which every firing alert is suppressed is held as it is; when that ends it is told as if it opened then. What
//! was told before hears of the end all the same.

mod causes;
mod silences;

pub(super) use causes::Causes;
pub(super) use silences::Silences;

use super::{Engine, Timer, act::Actor, by_matchers::ByMatchers, firing, live::Live};
use crate::{
    Acknowledgement, Alert, AlertState, Answer, Effects, Entry, EvaluateReason, Fact, Fingerprint, IncidentId,
    IncidentState, Instant, Matchers, Silence, SilenceRefusal, SilenceRequest, SilenceState, Span, Suppressed,
    SuppressedBy, Tables, Write,
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};

/// Everything that suppresses, and whom it concerns.
#[derive(Default)]
pub(super) struct Suppression {
    pub silences: Silences,
    pub causes: Causes,
    /// Alerts about which it may be otherwise since the last look.
    concerned: BTreeSet<Fingerprint>,
    /// Silences that began or ceased to hold since the last look.
    turned: BTreeMap<Arc<str>, Matchers>,
    /// By the incident that they are symptoms of: alerts, each in its incident.
    symptoms: BTreeMap<IncidentId, Symptoms>,
}

/// Why an alert of an incident is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    pub by: Vec<SuppressedBy>,
    pub cause: Option<IncidentId>,
}

impl Suppression {
    /// Nothing is kept quiet by anything.
    fn is_idle(&self) -> bool {
        self.silences.none_holds() && self.causes.is_empty()
    }

    /// Alerts that are symptoms of the incident, by their incidents.
    pub fn symptoms_of(&self, cause: &IncidentId) -> impl Iterator<Item = Fingerprint> {
        self.symptoms.get(cause).into_iter().flatten().map(|(_, symptom)| *symptom)
    }
}

impl Engine {
    pub(super) fn silenced(
        &mut self,
        now: Instant,
        request: SilenceRequest,
        actor: Actor,
        effects: &mut Effects,
    ) -> Answer {
        let done = match request {
            SilenceRequest::Set { wanted, replaces } => self.set_silence(now, wanted, replaces, actor, effects),
            SilenceRequest::Expire { id } => self.expire_silence(now, &id, actor, effects),
        };
        match done {
            Ok(silence) => Answer::Silenced(Box::new(silence)),
            Err(refusal) => Answer::SilenceRefused(refusal),
        }
    }

    fn set_silence(
        &mut self,
        now: Instant,
        mut wanted: Silence,
        replaces: Option<Arc<str>>,
        Actor { by, via }: Actor,
        effects: &mut Effects,
    ) -> Result<Silence, SilenceRefusal> {
        let silences = &self.suppression.silences;
        let earlier = match &replaces {
            Some(id) => Some(silences.find(id).ok_or_else(|| SilenceRefusal::Unknown { id: id.clone() })?.clone()),
            None => None,
        };
        wanted.starts_at = wanted.starts_at.max(now);
        if let Some(team) = wanted.team.as_ref().filter(|team| !self.roster.tables.teams.contains_key(*team)) {
            return Err(SilenceRefusal::UnknownTeam { team: team.clone() });
        }
        if let Some(refusal) = wanted.refusal(now) {
            return Err(refusal);
        }
        let lasting = silences.made().filter(|silence| silence.state(now) != SilenceState::Expired);
        if lasting.count() >= Silence::SILENCES_MAX {
            return Err(SilenceRefusal::TooMany { max: Silence::SILENCES_MAX });
        }
        (wanted.by, wanted.updated_at) = (by.clone(), now);
        if let Some(earlier) = earlier.filter(|earlier| earlier.state(now) != SilenceState::Expired) {
            let active = earlier.state(now) == SilenceState::Active;
            if earlier.matchers == wanted.matchers && earlier.team == wanted.team {
                wanted.id = earlier.id.clone();
                // It began when it began.
                wanted.starts_at = if active { earlier.starts_at } else { wanted.starts_at };
            } else {
                self.expire_silence(now, &earlier.id, Actor { by, via: via.clone() }, effects)?;
            }
        }
        let fact = Fact::SilenceSet { silence: Box::new(wanted.clone()), via };
        effects.journal.push(Entry { at: now, incident: None, fact });
        self.put_silence(now, wanted.clone(), effects);
        Ok(wanted)
    }

    fn expire_silence(
        &mut self,
        now: Instant,
        id: &Arc<str>,
        Actor { by, via }: Actor,
        effects: &mut Effects,
    ) -> Result<Silence, SilenceRefusal> {
        let silence = self.suppression.silences.find(id).ok_or_else(|| SilenceRefusal::Unknown { id: id.clone() })?;
        if silence.state(now) == SilenceState::Expired {
            return Err(SilenceRefusal::Expired { id: id.clone() });
        }
        let expired =
            Silence { starts_at: silence.starts_at.min(now), ends_at: now, updated_at: now, ..silence.clone() };
        let fact = Fact::SilenceExpired { id: id.clone(), by, via };
        effects.journal.push(Entry { at: now, incident: None, fact });
        self.put_silence(now, expired.clone(), effects);
        Ok(expired)
    }

    fn put_silence(&mut self, now: Instant, silence: Silence, effects: &mut Effects) {
        let id = silence.id.clone();
        effects.writes.push(Write::Silence(Box::new(silence.clone())));
        self.suppression.silences.put(silence);
        self.silence_due(now, &id, effects);
        self.forget_old_silences(now, effects);
    }

    /// It begins or ceases to hold, or has been over for so long that it is forgotten.
    pub(super) fn silence_due(&mut self, now: Instant, id: &Arc<str>, effects: &mut Effects) {
        self.look_at_silence(now, id);
        if self.suppression.silences.is_past(now, id) {
            self.forget_silence(id, effects);
        }
    }

    fn forget_silence(&mut self, id: &Arc<str>, effects: &mut Effects) {
        if self.suppression.silences.find(id).is_some() {
            effects.writes.push(Write::ForgetSilence(id.clone()));
        }
        self.time_silence(id, None);
        self.suppression.silences.remove(id);
    }

    /// Those that are over may be as many as those that are not; of more, the ones that have been over for longest go.
    fn forget_old_silences(&mut self, now: Instant, effects: &mut Effects) {
        let expired = self.suppression.silences.made().filter(|silence| silence.state(now) == SilenceState::Expired);
        let mut expired: Vec<(Instant, Arc<str>)> =
            expired.map(|silence| (silence.ends_at, silence.id.clone())).collect();
        let beyond = expired.len().saturating_sub(Silence::SILENCES_MAX);
        if beyond > 0 {
            expired.sort_unstable();
            for (_, id) in expired.into_iter().take(beyond) {
                self.forget_silence(&id, effects);
            }
        }
    }

    fn look_at_silence(&mut self, now: Instant, id: &Arc<str>) {
        let Some(looked) = self.suppression.silences.look(now, id) else { return };
        if looked.turned {
            let matchers = self.suppression.silences.matchers(id).cloned().unwrap_or_default();
            self.suppression.turned.insert(id.clone(), matchers);
        }
        self.time_silence(id, looked.next);
    }

    /// The silence's one timer.
    fn time_silence(&mut self, id: &Arc<str>, at: Option<Instant>) {
        if let Some(was) = self.suppression.silences.time(id, at) {
            self.timers.remove(&(was, Timer::Silence(id.clone())));
        }
        self.timers.extend(at.map(|at| (at, Timer::Silence(id.clone()))));
    }

    /// As it was at `last`, when we stopped: what ended since then ends, and is told, at the first turn.
    pub(super) fn load_suppression(&mut self, last: Instant, silences: Vec<Silence>) {
        let ids: Vec<Arc<str>> = silences.iter().map(|silence| silence.id.clone()).collect();
        for silence in silences {
            self.suppression.silences.put(silence);
        }
        for id in &ids {
            self.look_at_silence(last, id);
        }
        self.stand(last);
        self.suppression.turned.clear();
        self.suppression.concerned.clear();
        if !self.suppression.is_idle() {
            self.suppress_loaded();
        }
        // The configuration may be another one than when the counts were written.
        for (id, live) in &mut self.incidents {
            let count = self.suppression.symptoms.get(id).map_or(0, counted);
            live.changed |= live.incident.symptoms != count;
            live.incident.symptoms = count;
        }
    }

    fn suppress_loaded(&mut self) {
        for alert in firing(&self.alerts).cloned().collect::<Vec<_>>() {
            for id in &alert.incidents {
                let Some(why) = self.why(&alert, &id.team) else { continue };
                if let Some(cause) = why.cause.clone().filter(|cause| cause != id) {
                    let symptoms = self.suppression.symptoms.entry(cause).or_default();
                    symptoms.insert((id.clone(), alert.fingerprint));
                }
                if let Some(live) = self.incidents.get_mut(id) {
                    live.suppressed.insert(alert.fingerprint, why);
                }
            }
        }
    }

    /// The rules of another configuration hold from here.
    pub(super) fn stand(&mut self, now: Instant) {
        let tables = self.roster.tables.clone();
        let was_idle = self.suppression.is_idle();
        for id in self.suppression.silences.stand(&tables) {
            self.look_at_silence(now, &id);
            if self.suppression.silences.is_past(now, &id) {
                self.suppression.silences.remove(&id);
            }
        }
        self.suppression.causes = Causes::of(&tables);
        if was_idle && self.suppression.is_idle() {
            return;
        }
        for alert in firing(&self.alerts) {
            self.suppression.causes.began(alert.fingerprint, &alert.labels);
            self.suppression.concerned.insert(alert.fingerprint);
        }
    }

    /// An alert began to fire, or ceased to.
    pub(super) fn alert_turned(&mut self, alert: &Alert) {
        let suppression = &mut self.suppression;
        match alert.state {
            AlertState::Firing => suppression.causes.began(alert.fingerprint, &alert.labels),
            AlertState::Resolved => suppression.causes.ceased(alert.fingerprint, &alert.labels),
        }
        if !(suppression.is_idle() && suppression.turned.is_empty()) {
            suppression.concerned.insert(alert.fingerprint);
        }
    }

    /// Looks once at every alert about which it may be otherwise, before incidents come to rest.
    pub(super) fn resuppress(&mut self, now: Instant, effects: &mut Effects) {
        self.concern_silenced();
        let mut seen = BTreeSet::new();
        loop {
            let Suppression { causes, concerned, .. } = &mut self.suppression;
            causes.take_concerned(concerned);
            let Some(fingerprint) = concerned.pop_first() else { break };
            if !seen.insert(fingerprint) {
                continue;
            }
            let Some(alert) = self.alerts.get(&fingerprint).map(|held| held.alert.clone()) else { continue };
            for id in &alert.incidents {
                let why = if alert.state == AlertState::Firing { self.why(&alert, &id.team) } else { None };
                self.set_suppressed(now, id, &alert, why, effects);
            }
            // What it explains may be explained otherwise now, also to teams that do not have it.
            self.suppression.causes.shifted(&alert.labels);
        }
        self.suppression.causes.looked();
    }

    /// One pass over the alerts, however many silences turned.
    fn concern_silenced(&mut self) {
        let turned = core::mem::take(&mut self.suppression.turned);
        if turned.is_empty() {
            return;
        }
        let mut index = ByMatchers::default();
        for matchers in turned.values() {
            index.insert(matchers, matchers);
        }
        let meets =
            |alert: &&Arc<Alert>| index.candidates(&alert.labels).any(|matchers| matchers.matches(&alert.labels));
        self.suppression.concerned.extend(firing(&self.alerts).filter(meets).map(|alert| alert.fingerprint));
    }

    fn why(&self, alert: &Alert, team: &str) -> Option<Why> {
        let Suppression { silences, causes, .. } = &self.suppression;
        let silences = silences.of(&alert.labels, team).into_iter().map(|id| SuppressedBy::Silence { id });
        let mut why = Why { by: silences.collect(), cause: None };
        if !causes.is_empty() {
            let find = |fingerprint| self.alerts.get(&fingerprint).map(|held| &*held.alert);
            if let Some(explained) = causes.explained(alert, team, &find) {
                let of_team = |id: &&IncidentId| *id.team == *team;
                let root = explained.root.and_then(find);
                why.cause =
                    root.and_then(|root| root.incidents.iter().find(of_team).or(root.incidents.first())).cloned();
                let inhibited = explained.by.into_iter();
                why.by.extend(inhibited.map(|(rule, source)| SuppressedBy::Inhibition { rule, source }));
            }
        }
        (!why.by.is_empty()).then_some(why)
    }

    fn set_suppressed(
        &mut self,
        now: Instant,
        id: &IncidentId,
        alert: &Alert,
        why: Option<Why>,
        effects: &mut Effects,
    ) {
        let Some(live) = self.incidents.get_mut(id) else { return };
        let was = live.suppressed.get(&alert.fingerprint).cloned();
        if was == why {
            return;
        }
        let cause = |why: &Option<Why>| why.as_ref().and_then(|why| why.cause.clone()).filter(|cause| cause != id);
        let (left, joined) = (cause(&was), cause(&why));
        let is_told_now = was.is_some() && why.is_none() && alert.state == AlertState::Firing;
        match why {
            Some(why) => drop(live.suppressed.insert(alert.fingerprint, why)),
            None => drop(live.suppressed.remove(&alert.fingerprint)),
        }
        let tables = self.roster.tables.clone();
        if let Some(live) = self.touch(id) {
            live.changed = true;
            let is_news = |had: &Acknowledgement| had.at < alert.updated_at;
            if is_told_now && live.is_quiet() && live.incident.acknowledged.as_ref().is_none_or(is_news) {
                live.joined.insert(alert.fingerprint, alert.labels.clone());
            }
            if !is_told_now && was.is_none() {
                live.revise(now);
                live.ask_for_alerts(now, &tables);
            }
        }
        if is_told_now {
            self.firing_again(now, id, effects);
        }
        if left != joined {
            let symptom = (id.clone(), alert.fingerprint);
            self.count_symptoms(left, |symptoms| symptoms.remove(&symptom));
            self.count_symptoms(joined, |symptoms| symptoms.insert(symptom.clone()));
        }
    }

    fn count_symptoms(&mut self, cause: Option<IncidentId>, change: impl FnOnce(&mut Symptoms) -> bool) {
        let Some(cause) = cause else { return };
        let symptoms = self.suppression.symptoms.entry(cause.clone()).or_default();
        change(symptoms);
        let count = counted(symptoms);
        if symptoms.is_empty() {
            self.suppression.symptoms.remove(&cause);
        }
        if let Some(live) = self.touch(&cause) {
            live.incident.symptoms = count;
            live.changed = true;
        }
    }
}

type Symptoms = BTreeSet<(IncidentId, Fingerprint)>;

fn counted(symptoms: &Symptoms) -> u32 {
    u32::try_from(symptoms.len()).unwrap_or(u32::MAX)
}

impl Live {
    /// Members that fire and are told.
    pub fn loud(&self) -> u32 {
        self.firing.saturating_sub(u32::try_from(self.suppressed.len()).unwrap_or(u32::MAX))
    }

    /// Nothing of it is told, whatever its policy says; nobody has asked for it all the same.
    pub fn is_suppressed(&self) -> bool {
        self.incident.suppressed.as_ref().is_some_and(|suppressed| !suppressed.overruled)
    }

    /// Held while all that fires in it is suppressed, and told when that ends as if it opened then. If what was told has ceased,
    /// and only what was not goes on, then it is over for those who were told.
    pub fn suppress_or_release(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        let ceased = core::mem::take(&mut self.told_ceased);
        if self.incident.state == IncidentState::Resolved {
            self.incident.suppressed = None;
        } else if self.loud() > 0 {
            self.release(now, tables, effects);
        } else if self.firing > 0 && !(ceased && self.incident.suppressed.is_none()) {
            self.hold_back(now, effects);
        }
    }

    /// Nothing that is told fires any more.
    pub fn is_over_for_those_told(&self) -> bool {
        self.firing == 0 || (self.loud() == 0 && self.incident.suppressed.is_none())
    }

    fn hold_back(&mut self, now: Instant, effects: &mut Effects) {
        const NAMED_MAX: usize = 20;
        let by: BTreeSet<&SuppressedBy> = self.suppressed.values().flat_map(|why| &why.by).collect();
        let by: Vec<SuppressedBy> = by.into_iter().take(NAMED_MAX).cloned().collect();
        let cause = self.suppressed.values().find_map(|why| why.cause.clone());
        match &mut self.incident.suppressed {
            Some(suppressed) if suppressed.by == by && suppressed.cause == cause => return,
            Some(suppressed) => (suppressed.by, suppressed.cause) = (by.clone(), cause.clone()),
            None => {
                let suppressed = Suppressed { since: now, by: by.clone(), cause: cause.clone(), overruled: false };
                self.incident.suppressed = Some(suppressed);
                self.stop_telling(now, effects);
                self.revise(now);
                self.moved(now);
            }
        }
        self.changed = true;
        self.note(now, Fact::Suppressed { by, cause }, effects);
    }

    fn release(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        let Some(was) = self.incident.suppressed.take() else { return };
        self.changed = true;
        self.note(now, Fact::Released, effects);
        if self.incident.state != IncidentState::Open {
            self.revise(now);
            self.ask(now, EvaluateReason::Released);
            return;
        }
        if self.notices.iter().any(|notice| notice.opening == self.incident.reopened) {
            self.reopen(now, "what kept it quiet is over", tables, effects);
        } else {
            self.incident.opened_at = now;
            self.revise(now);
            self.moved(now);
            self.mute_if_in_maintenance(now, tables, effects);
        }
        // What a cause explained may clear up a moment after it.
        let explained = was.by.iter().any(|by| matches!(by, SuppressedBy::Inhibition { .. }));
        let wait = self.route(tables).map_or(Span::ZERO, |route| route.group_wait);
        let at = if explained { now.saturating_add(wait) } else { now };
        if !self.incident.muted {
            self.incident.evaluate = Some((at, EvaluateReason::Released));
        }
    }
}
