//! Alertmanager's own way of an alert: routed, grouped, muted, deduplicated, and told group by group.
//!
//! Pure: time comes in, and what to send goes out. It keeps Alertmanager's semantics, its known defects included, so that the
//! two can be run side by side on the same input; Bellwire's own engine is in `core`.

mod alerts;
mod inhibit;
mod log;
mod payload;

pub use alerts::Alert;
pub use payload::{Payload, PayloadAlert};

use crate::{Config, Interval, Kind, Receiver, Route};
use alerts::Alerts;
use bellwire_core::{AlertInput, Fingerprint, Instant, Labels, Silence, SilenceState, Span};
use hashbrown::HashMap;
use inhibit::Inhibitor;
use jiff::Timestamp;
use log::{Entry, Told};
use payload::Envelope;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Between two looks for groups that are empty.
const SWEEP_EVERY: Span = Span::from_secs(30);
/// Between two looks for alerts that are over.
const FORGET_EVERY: Span = Span::from_secs(1_800);

pub struct Flow {
    config: Arc<Config>,
    /// Base URL that receivers are told.
    external_url: String,
    alerts: Alerts,
    inhibitor: Inhibitor,
    silences: BTreeMap<Arc<str>, Silence>,
    groups: BTreeMap<GroupId, Group>,
    /// By group key, receiver and integration.
    log: HashMap<(String, String, usize), Entry>,
    next_sweep: Instant,
    next_forget: Instant,
    last_id: u64,
}

/// The route by its place, depth first, and the labels of the group.
type GroupId = (usize, Labels);

struct Group {
    key: String,
    alerts: HashMap<Fingerprint, Arc<Alert>>,
    /// It is looked at then.
    due: Instant,
    has_flushed: bool,
    flushing: Option<Flushing>,
}

/// Of a group that is being told: it is looked at again when all have answered.
struct Flushing {
    open: BTreeSet<u64>,
    has_failed: bool,
    /// Leave the group if all went well, unless they changed meanwhile.
    resolved: Vec<(Fingerprint, Arc<Alert>)>,
}

/// One message to one integration.
#[derive(Clone, Debug)]
pub struct Notification {
    pub id: u64,
    pub receiver: String,
    /// Its place among the receiver's integrations.
    pub integration: usize,
    pub kind: Kind,
    pub payload: Payload,
    /// Until then it is tried.
    pub deadline: Instant,
    group: GroupId,
    told: Told,
}

/// Why an alert is told to nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Muted {
    pub silenced_by: Vec<Arc<str>>,
    pub inhibited_by: Vec<Fingerprint>,
}

impl Flow {
    pub fn new(config: Arc<Config>, external_url: &str, now: Instant) -> Self {
        Self {
            inhibitor: Inhibitor::of(&config.inhibit_rules),
            config,
            external_url: external_url.to_owned(),
            alerts: Alerts::default(),
            silences: BTreeMap::new(),
            groups: BTreeMap::new(),
            log: HashMap::new(),
            next_sweep: now.saturating_add(SWEEP_EVERY),
            next_forget: now.saturating_add(FORGET_EVERY),
            last_id: 0,
        }
    }

    pub fn post(&mut self, now: Instant, alerts: &[AlertInput]) {
        let config = self.config.clone();
        for input in alerts {
            let alert = self.alerts.post(now, input, config.resolve_timeout());
            self.inhibitor.saw(&alert);
            for route in config.route(&alert.labels) {
                self.group(now, route, &alert);
            }
        }
    }

    fn group(&mut self, now: Instant, route: &Route, alert: &Arc<Alert>) {
        let labels = route.options.group_by.value.of(&alert.labels);
        let id = (place_of(&self.config.route, route), labels.clone());
        let wait = route.options.group_wait.value;
        let group = self.groups.entry(id).or_insert_with(|| Group {
            key: format!("{}:{labels}", route.key),
            alerts: HashMap::new(),
            due: now.saturating_add(wait),
            has_flushed: false,
            flushing: None,
        });
        group.alerts.insert(alert.labels.fingerprint(), alert.clone());
        if !group.has_flushed && alert.starts_at.saturating_add(wait) < now {
            group.due = now;
        }
    }

    pub fn silences(&self) -> impl Iterator<Item = &Silence> {
        self.silences.values()
    }

    /// A new one, or in the place of the one with its id.
    pub fn put_silence(&mut self, silence: Silence) {
        self.silences.insert(silence.id.clone(), silence);
    }

    pub fn alerts(&self) -> impl Iterator<Item = &Arc<Alert>> {
        self.alerts.iter().map(|(_, alert)| alert)
    }

    pub fn muted(&self, now: Instant, labels: &Labels) -> Muted {
        let active = self.silences.values().filter(|silence| silence.state(now) == SilenceState::Active);
        Muted {
            silenced_by: active.filter(|s| s.matchers.matches(labels)).map(|silence| silence.id.clone()).collect(),
            inhibited_by: self.inhibitor.inhibits(now, labels).into_iter().collect(),
        }
    }

    /// When something is to be done, if nothing is posted before.
    pub fn next_deadline(&self) -> Instant {
        let idle = self.groups.values().filter(|group| group.flushing.is_none()).map(|group| group.due);
        idle.min().unwrap_or(Instant::MAX).min(self.next_sweep).min(self.next_forget)
    }

    /// Everything that is due by `now`.
    pub fn due(&mut self, now: Instant) -> Vec<Notification> {
        if self.next_forget <= now {
            self.alerts.forget_resolved(now);
            self.inhibitor.forget_resolved(now);
            self.next_forget = now.saturating_add(FORGET_EVERY);
        }
        let ready = |(_, group): &(&GroupId, &Group)| group.flushing.is_none() && group.due <= now;
        let ids: Vec<GroupId> = self.groups.iter().filter(ready).map(|(id, _)| id.clone()).collect();
        let notifications = ids.into_iter().flat_map(|id| self.flush(now, &id)).collect();
        if self.next_sweep <= now {
            self.groups.retain(|_, group| !group.alerts.is_empty() || group.flushing.is_some());
            self.next_sweep = now.saturating_add(SWEEP_EVERY);
        }
        notifications
    }

    fn flush(&mut self, now: Instant, id: &GroupId) -> Vec<Notification> {
        let config = self.config.clone();
        let Some(route) = nth(&config.route, id.0) else { return Vec::new() };
        let Some(group) = self.groups.get_mut(id) else { return Vec::new() };
        let interval = route.options.group_interval.value;
        group.due = now.saturating_add(interval);
        group.has_flushed = true;
        let mut alerts: Vec<Arc<Alert>> = group.alerts.values().cloned().collect();
        alerts.sort_by(|left, right| payload::order(&left.labels, &right.labels));
        let over = alerts.iter().filter(|alert| alert.is_resolved(now));
        let resolved = over.map(|alert| (alert.labels.fingerprint(), alert.clone())).collect();
        group.flushing = Some(Flushing { open: BTreeSet::new(), has_failed: false, resolved });
        let notifications = self.notifications(now, id, route, alerts);
        let open = notifications.iter().map(|notification| notification.id).collect();
        if let Some(flushing) = self.groups.get_mut(id).and_then(|group| group.flushing.as_mut()) {
            flushing.open = open;
        }
        self.end_flush_if_done(id);
        notifications
    }

    fn notifications(
        &mut self,
        now: Instant,
        id: &GroupId,
        route: &Route,
        alerts: Vec<Arc<Alert>>,
    ) -> Vec<Notification> {
        let loud = |alert: &Arc<Alert>| self.muted(now, &alert.labels) == Muted::default();
        let alerts: Vec<Arc<Alert>> = alerts.into_iter().filter(loud).collect();
        let config = self.config.clone();
        let receiver = config.receiver(&route.options.receiver.value);
        let (Some(receiver), Some(group)) = (receiver, self.groups.get(id)) else { return Vec::new() };
        if alerts.is_empty() || is_outside_its_time(now, route, &config.intervals) {
            return Vec::new();
        }
        let prints = |is_resolved: bool| {
            let alike = alerts.iter().filter(move |alert| alert.is_resolved(now) == is_resolved);
            alike.map(|alert| alert.labels.fingerprint()).collect()
        };
        let told = Told { firing: prints(false), resolved: prints(true) };
        let (key, deadline) = (group.key.clone(), now.saturating_add(route.options.group_interval.value));
        let mut notifications = Vec::new();
        for place in 0..receiver.integrations.len() {
            let Some(shown) = self.shown(now, (&key, receiver, place), &alerts, &told, route) else { continue };
            self.last_id += 1;
            let integration = &receiver.integrations[place];
            let alerts_max = integration.settings.whole("max_alerts").and_then(|max| usize::try_from(max).ok());
            let envelope = Envelope {
                receiver: &receiver.name,
                group_labels: &id.1,
                group_key: &key,
                external_url: &self.external_url,
                alerts_max: alerts_max.unwrap_or(0),
            };
            notifications.push(Notification {
                id: self.last_id,
                receiver: receiver.name.clone(),
                integration: place,
                kind: integration.kind,
                payload: Payload::new(now, &shown, &envelope),
                deadline,
                group: id.clone(),
                told: told.clone(),
            });
        }
        notifications
    }

    /// What of `alerts` an integration is told now; none: nothing.
    fn shown(
        &mut self,
        now: Instant,
        (key, receiver, place): (&str, &Receiver, usize),
        alerts: &[Arc<Alert>],
        told: &Told,
        route: &Route,
    ) -> Option<Vec<Arc<Alert>>> {
        let sends_resolved = receiver.integrations[place].sends_resolved();
        let line = (key.to_owned(), receiver.name.clone(), place);
        let repeat = route.options.repeat_interval.value;
        if !log::is_news(now, self.log.get(&line), told, sends_resolved, repeat) {
            return None;
        }
        if sends_resolved {
            return Some(alerts.to_vec());
        }
        if told.firing.is_empty() {
            // Nothing is sent, and it is as if it had been.
            self.log.insert(line, Entry { at: now, told: told.clone() });
            return None;
        }
        Some(alerts.iter().filter(|alert| !alert.is_resolved(now)).cloned().collect())
    }

    /// A notification was delivered, or it will not be.
    pub fn sent(&mut self, now: Instant, notification: &Notification, is_delivered: bool) {
        let Some(group) = self.groups.get_mut(&notification.group) else { return };
        let Some(flushing) = &mut group.flushing else { return };
        if !flushing.open.remove(&notification.id) {
            return;
        }
        flushing.has_failed |= !is_delivered;
        if is_delivered {
            let line = (group.key.clone(), notification.receiver.clone(), notification.integration);
            self.log.insert(line, Entry { at: now, told: notification.told.clone() });
        }
        self.end_flush_if_done(&notification.group);
    }

    fn end_flush_if_done(&mut self, id: &GroupId) {
        let Some(group) = self.groups.get_mut(id) else { return };
        let Some(flushing) = group.flushing.take_if(|flushing| flushing.open.is_empty()) else { return };
        if flushing.has_failed {
            return;
        }
        for (fingerprint, alert) in flushing.resolved {
            if group.alerts.get(&fingerprint).is_some_and(|held| held.updated_at == alert.updated_at) {
                group.alerts.remove(&fingerprint);
            }
        }
    }
}

fn is_outside_its_time(now: Instant, route: &Route, intervals: &[Interval]) -> bool {
    let at = i64::try_from(now.as_millis()).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let at = at.unwrap_or(Timestamp::MAX);
    let is_in = |name: &str| intervals.iter().any(|interval| interval.name == name && interval.contains(at));
    let is_active = route.active.is_empty() || route.active.iter().any(|name| is_in(&name.value));
    !is_active || route.mute.iter().any(|name| is_in(&name.value))
}

/// Depth first, the root is 0.
fn place_of(root: &Route, wanted: &Route) -> usize {
    fn walk(at: &Route, wanted: &Route, place: &mut usize) -> bool {
        if std::ptr::eq(at, wanted) {
            return true;
        }
        at.routes.iter().any(|child| {
            *place += 1;
            walk(child, wanted, place)
        })
    }
    let mut place = 0;
    walk(root, wanted, &mut place);
    place
}

fn nth(root: &Route, place: usize) -> Option<&Route> {
    fn walk<'a>(at: &'a Route, left: &mut usize) -> Option<&'a Route> {
        if *left == 0 {
            return Some(at);
        }
        at.routes.iter().find_map(|child| {
            *left -= 1;
            walk(child, left)
        })
    }
    walk(root, &mut { place })
}
