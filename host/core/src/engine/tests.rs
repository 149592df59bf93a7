//! Stories: alert → expect → fast-forward → expect. Time is a number, and the store is a list of rows.

mod actions;
mod bundles;
mod causes;
mod decisions;
mod deliveries;
mod flapping;
mod grouping;
mod heartbeats;
mod incidents;
mod maintenance;
mod on_call;
mod play;
mod review;
mod suppression;

use super::{Engine, Snapshot};
use crate::*;
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    sync::Arc,
    vec,
    vec::Vec,
};

type PolicyFn = Box<dyn Fn(&Facts) -> Result<Decision, PluginFault>>;
type SenderFn = Box<dyn FnMut(&Message) -> Delivery>;

struct Story {
    engine: Engine,
    tables: Tables,
    now: Instant,
    /// Of the latest entry in the journal.
    last: Instant,
    policy: PolicyFn,
    sender: SenderFn,
    /// Answers wait in `asked` and `sending` until the story gives them.
    held: bool,
    asked: Vec<EvaluateRequest>,
    sending: Vec<Message>,
    stored: Rows,
    /// `+SECONDS kind receiver key`, one a message that was sent.
    heard: Vec<String>,
    facts: Vec<String>,
    writes: usize,
}

#[derive(Default, Clone, PartialEq, Debug)]
struct Rows {
    alerts: BTreeMap<Fingerprint, Alert>,
    incidents: BTreeMap<IncidentId, Incident>,
    notices: Vec<Notice>,
    overrides: Vec<crate::Override>,
    silences: Vec<crate::Silence>,
}

const START: Instant = Instant::from_millis(1_795_230_720_000);

fn receiver(name: &str, fallback: Option<&str>) -> (Arc<str>, Receiver) {
    let kind = ReceiverKind::Webhook(WebhookReceiver { url: Secret::new("http://127.0.0.1"), secret: None });
    let receiver = Receiver {
        name: name.into(),
        kind,
        fallback: fallback.map(Into::into),
        deadline: Span::from_secs(120),
        updates: true,
        concurrency_max: 4,
        bundle_window: Span::ZERO,
        rate_per_minute: None,
        timeout: Span::from_secs(10),
        title_template: None,
        body_template: None,
    };
    (name.into(), receiver)
}

fn tables() -> Tables {
    let receivers: BTreeMap<_, _> =
        [receiver("team", Some("mail")), receiver("manager", None), receiver("mail", None)].into_iter().collect();
    let root = Route {
        name: "ops".into(),
        matchers: Matchers::default(),
        continues: false,
        group_by: GroupBy::Labels(vec!["alertname".into()]),
        group_wait: Span::ZERO,
        group_interval: Span::from_secs(30),
        reopen_window: Span::from_secs(300),
        policy: "p".into(),
        fallback: vec!["mail".into()],
        flapping: None,
        mute: vec![],
        active: vec![],
        routes: vec![],
    };
    let policy =
        Policy { name: "p".into(), plugin: "p".into(), settings: "{}".into(), wants: Wants::default(), zones: vec![] };
    let team = Team {
        name: "ops".into(),
        matchers: Matchers::default(),
        root,
        receivers: receivers.keys().map(|name: &Arc<str>| (name.clone(), name.clone())).collect(),
        policies: [("p".into(), policy)].into_iter().collect(),
        windows: BTreeMap::new(),
        people: BTreeMap::new(),
        schedules: BTreeMap::new(),
        silences: vec![],
        inhibitions: vec![],
        heartbeats: vec![],
        last_resort: vec![],
        last_resort_after: Span::from_secs(600),
    };
    Tables {
        teams: [("ops".into(), team)].into_iter().collect(),
        default_team: "ops".into(),
        receivers,
        inhibitions: vec![],
        limits: Limits::default(),
        revision: "1".into(),
    }
}

/// The team at once, the manager after five minutes; nobody new once it is acknowledged.
fn ladder(facts: &Facts) -> Result<Decision, PluginFault> {
    let step = |key: &str, to: &str| DecidedNotice {
        key: key.into(),
        to: vec![Target::Receiver(to.into())],
        page: true,
        text: None,
    };
    let second = facts.incident.opened_at.saturating_add(Span::from_secs(300));
    let mut notices = vec![step("step-1", "team")];
    let open = facts.incident.state == IncidentState::Open;
    if open && facts.now >= second {
        notices.push(step("step-2", "manager"));
    }
    let critical = facts.incident.alerts.iter().any(|alert| alert.annotations.get("value") == "9");
    Ok(Decision {
        priority: if critical { Priority::P1 } else { Priority::P2 },
        notices,
        next_check: (open && facts.now < second).then_some(second),
        reason: "the ladder".into(),
    })
}

impl Story {
    fn new() -> Self {
        Self::with(tables())
    }

    fn with(tables: Tables) -> Self {
        Self {
            engine: Engine::load(Arc::new(tables.clone()), Snapshot::default(), START),
            tables,
            now: START,
            last: START,
            policy: Box::new(ladder),
            sender: Box::new(|_| Delivery::Delivered { receipt: None }),
            held: false,
            asked: vec![],
            sending: vec![],
            stored: Rows::default(),
            heard: vec![],
            facts: vec![],
            writes: 0,
        }
    }

    /// One turn, and every turn that follows from it at the same instant.
    fn turn(&mut self, event: Option<Event>) -> Answer {
        let mut effects = Effects::default();
        let answer = event.map_or(Answer::Done, |event| self.engine.step(self.now, event, &mut effects));
        self.engine.settle(self.now, &mut effects);
        self.writes += effects.writes.len();
        self.commit(&effects);
        let seconds = self.now.since(START).as_millis() / 1_000;
        let line = |message: &Message| {
            let together = message.bundle.as_ref().map(|bundle| format!(" ({} together)", bundle.count));
            let Message { kind, receiver, key, .. } = message;
            format!("+{seconds}s {kind:?} {receiver} {key}{}", together.unwrap_or_default())
        };
        if self.held {
            self.heard.extend(effects.send.iter().map(line));
            self.asked.extend(effects.evaluate);
            self.sending.extend(effects.send);
            return answer;
        }
        for request in effects.evaluate {
            self.decide(request);
        }
        for message in effects.send {
            self.heard.push(line(&message));
            self.deliver(message);
        }
        answer
    }

    fn decide(&mut self, request: EvaluateRequest) -> Answer {
        let result = (self.policy)(&request.facts);
        let verdict = Verdict { policy_hash: "h".into(), fuel: 1, result };
        self.turn(Some(Event::Decided { incident: request.incident, revision: request.revision, verdict }))
    }

    fn deliver(&mut self, message: Message) -> Answer {
        let delivery = (self.sender)(&message);
        self.turn(Some(Event::Delivered { notice: message.notice, delivery }))
    }

    fn reload(&mut self, edit: impl FnOnce(&mut Tables)) {
        edit(&mut self.tables);
        self.turn(Some(Event::Reloaded(Arc::new(self.tables.clone()))));
    }

    fn commit(&mut self, effects: &Effects) {
        if !effects.journal.is_empty() {
            self.last = self.now;
        }
        for write in &effects.writes {
            match write {
                Write::Alert(alert) => drop(self.stored.alerts.insert(alert.fingerprint, (**alert).clone())),
                Write::ForgetAlert(fingerprint) => drop(self.stored.alerts.remove(fingerprint)),
                Write::Incident(incident) => {
                    drop(self.stored.incidents.insert(incident.id.clone(), (**incident).clone()))
                }
                Write::Notice(notice) => match self.stored.notices.iter_mut().find(|stored| stored.id == notice.id) {
                    Some(stored) => *stored = (**notice).clone(),
                    None => self.stored.notices.push((**notice).clone()),
                },
                Write::Override(made) => self.stored.overrides.push((**made).clone()),
                Write::ForgetOverride { id, .. } => self.stored.overrides.retain(|made| made.id != *id),
                Write::Silence(silence) => {
                    self.stored.silences.retain(|stored| stored.id != silence.id);
                    self.stored.silences.push((**silence).clone());
                }
                Write::ForgetSilence(id) => self.stored.silences.retain(|stored| stored.id != *id),
                // The engine writes none.
                Write::Mark { .. } => {}
            }
        }
        self.facts.extend(effects.journal.iter().map(|entry| format!("{:?}", entry.fact)));
    }

    fn fast_forward(&mut self, seconds: u64) {
        let until = self.now.saturating_add(Span::from_secs(seconds));
        while let Some(at) = self.engine.next_deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.turn(None);
            assert!(self.engine.next_deadline().is_none_or(|next| next > self.now), "a deadline that stays would spin");
        }
        self.now = until;
    }

    /// Kill and start again on what was committed.
    fn restart(&mut self) {
        let open: BTreeSet<IncidentId> = self
            .stored
            .incidents
            .values()
            .filter(|incident| !incident.closed)
            .map(|incident| incident.id.clone())
            .collect();
        let snapshot = Snapshot {
            alerts: self.stored.alerts.values().cloned().collect(),
            incidents: self.stored.incidents.values().filter(|incident| !incident.closed).cloned().collect(),
            notices: self.stored.notices.iter().filter(|notice| open.contains(&notice.incident)).cloned().collect(),
            overrides: self.stored.overrides.clone(),
            silences: self.stored.silences.clone(),
            numbers: self.stored.incidents.keys().map(|id| (id.team.clone(), id.number)).collect(),
            last: self.last,
        };
        self.engine = Engine::load(Arc::new(self.tables.clone()), snapshot, self.now);
        (self.asked, self.sending) = (vec![], vec![]);
        self.turn(None);
    }

    fn post(&mut self, name: &str, value: &str, ends: Ends) -> Answer {
        let labels = Labels::from_pairs([("alertname", name), ("job", "api")]);
        let annotations = Labels::from_pairs([("value", value)]);
        let input = AlertInput { labels, annotations, starts_at: None, ends, generator_url: "".into() };
        self.turn(Some(Event::Received(vec![input])))
    }

    /// Alerts that fire, each `name=value …`.
    fn fire_all(&mut self, alerts: &[&str]) -> Answer {
        self.post_all(alerts, Ends::Open)
    }

    fn resolve_all(&mut self, alerts: &[&str]) -> Answer {
        self.post_all(alerts, Ends::Resolved(self.now))
    }

    fn post_all(&mut self, alerts: &[&str], ends: Ends) -> Answer {
        let input = |text: &&str| AlertInput {
            labels: Labels::from_pairs(text.split(' ').filter_map(|pair| pair.split_once('='))),
            annotations: Labels::default(),
            starts_at: None,
            ends,
            generator_url: "".into(),
        };
        self.turn(Some(Event::Received(alerts.iter().map(input).collect())))
    }

    fn fires(&mut self, name: &str) -> Answer {
        self.post(name, "", Ends::Open)
    }

    fn clears(&mut self, name: &str) {
        self.post(name, "", Ends::Resolved(self.now));
    }

    fn act(&mut self, action: Action) -> Answer {
        let incident = IncidentId { team: "ops".into(), number: 1 };
        self.turn(Some(Event::Acted { incident, action, revision: None, by: "anna".into(), via: "api".into() }))
    }

    /// Of one incident.
    fn evaluations(&self, incident: &str) -> usize {
        self.asked.iter().filter(|request| request.incident.to_string() == incident).count()
    }

    fn heard(&mut self) -> Vec<String> {
        core::mem::take(&mut self.heard)
    }
}

#[test]
fn a_ladder_climbs_until_somebody_acknowledges() {
    let mut story = Story::new();
    story.fires("Down");
    assert_eq!(story.heard(), ["+0s Decided team step-1"]);
    story.fast_forward(299);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(1);
    assert_eq!(story.heard(), ["+300s Decided manager step-2"]);
    assert_eq!(story.act(Action::Acknowledge), Answer::Done);
    assert_eq!(story.act(Action::Acknowledge), Answer::Nothing);
    let told = story.heard();
    assert!(told.iter().all(|line| line.starts_with("+300s Acknowledged")) && told.len() == 2, "{told:?}");
    story.clears("Down");
    let told = story.heard();
    assert!(told.iter().all(|line| line.starts_with("+300s Resolved")) && told.len() == 2, "{told:?}");
    story.fast_forward(301);
    assert_eq!((story.engine.incidents_len(), story.engine.alerts_len()), (0, 0));
    story.fast_forward(3_600);
    assert_eq!(story.engine.timers_len(), 0);
    assert_eq!(story.act(Action::Acknowledge), Answer::UnknownIncident);
}

#[test]
fn an_unchanged_alert_writes_nothing() {
    let mut story = Story::new();
    story.fires("Down");
    let (writes, facts) = (story.writes, story.facts.len());
    let answer = story.fires("Down");
    assert_eq!(answer, Answer::Received { new: 0, changed: 0, unchanged: 1, refused: vec![] });
    assert_eq!((story.writes, story.facts.len()), (writes, facts));
}

#[test]
fn a_heartbeat_keeps_an_alert_and_silence_ends_it() {
    let mut story = Story::new();
    let beat = |story: &mut Story| story.post("Down", "", Ends::At(story.now.saturating_add(Span::from_secs(240))));
    beat(&mut story);
    for _ in 0..5 {
        story.fast_forward(60);
        beat(&mut story);
    }
    story.fast_forward(239);
    assert_eq!(story.engine.incidents_in(IncidentState::Resolved), 0);
    story.fast_forward(1);
    assert_eq!(story.engine.incidents_in(IncidentState::Resolved), 1);
    assert!(story.heard().iter().any(|line| line.starts_with("+540s Resolved team")));
}

#[test]
fn a_policy_that_fails_tells_the_fallback_and_is_tried_again() {
    let mut story = Story::new();
    story.policy = Box::new(|_| Err(PluginFault::OutOfFuel(50)));
    story.fires("Down");
    assert_eq!(story.heard(), ["+0s PolicyFault mail bellwire:fallback-1"]);
    story.fast_forward(899);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(61);
    assert_eq!(story.heard().len(), 1, "nobody acknowledged: told again after fallback_repeat");
    story.policy = Box::new(ladder);
    story.fast_forward(60);
    assert_eq!(story.heard(), ["+1020s Decided team step-1", "+1020s Decided manager step-2"]);
}

#[test]
fn an_unknown_target_and_a_bad_key_are_faults() {
    for (key, to) in [("k", "nobody"), ("", "team"), ("bellwire:x", "team"), ("a/b", "team")] {
        let mut story = Story::new();
        story.policy = Box::new(move |facts| {
            let mut decision = ladder(facts)?;
            decision.notices =
                vec![DecidedNotice { key: key.into(), to: vec![Target::Receiver(to.into())], page: true, text: None }];
            Ok(decision)
        });
        story.fires("Down");
        assert_eq!(story.heard(), ["+0s PolicyFault mail bellwire:fallback-1"], "{key:?} to {to}");
    }
}

#[test]
fn a_receiver_that_refuses_hands_over_at_once_and_is_an_alert() {
    let mut story = Story::new();
    story.sender = Box::new(|message| match &*message.receiver {
        "team" => Delivery::Permanent { reason: "invalid_auth".into() },
        _ => Delivery::Delivered { receipt: None },
    });
    story.fires("Down");
    assert_eq!(
        story.heard(),
        [
            "+0s Decided team step-1",
            "+0s Decided team step-1", // the alert about ourselves, on its own incident
            "+0s Failover mail step-1",
            "+0s Failover mail step-1",
        ]
    );
    assert_eq!(story.engine.incidents_len(), 2);
}

#[test]
fn a_receiver_that_is_away_is_tried_until_the_deadline() {
    let mut story = Story::new();
    story.sender = Box::new(|message| match &*message.receiver {
        "team" => Delivery::Retry { after: None, reason: "503".into() },
        _ => Delivery::Delivered { receipt: None },
    });
    story.fires("Down");
    story.fast_forward(130);
    let heard = story.heard();
    let tries = heard.iter().filter(|line| line.ends_with("Decided team step-1")).count();
    assert!((6..=20).contains(&tries), "{heard:#?}");
    let handed_over = heard.iter().find(|line| line.ends_with("Failover mail step-1")).cloned().unwrap_or_default();
    let seconds: u64 = handed_over[1..].split('s').next().and_then(|text| text.parse().ok()).unwrap();
    assert!((85..=120).contains(&seconds), "{handed_over}");
}

#[test]
fn retry_after_is_honoured() {
    let mut story = Story::new();
    let mut calls = 0;
    story.sender = Box::new(move |_| {
        calls += 1;
        match calls {
            1 => Delivery::Retry { after: Some(Span::from_secs(42)), reason: "ratelimited".into() },
            _ => Delivery::Delivered { receipt: None },
        }
    });
    story.fires("Down");
    story.fast_forward(60);
    assert_eq!(story.heard(), ["+0s Decided team step-1", "+42s Decided team step-1"]);
}

#[test]
fn a_receiver_that_asks_to_wait_beyond_the_deadline_is_given_up_at_once() {
    for after in [Span::from_secs(86_400), Span::from_secs(u64::MAX), Span::from_millis(u64::MAX)] {
        let mut story = Story::new();
        story.sender = Box::new(move |message| match &*message.receiver {
            "team" => Delivery::Retry { after: Some(after), reason: "ratelimited".into() },
            _ => Delivery::Delivered { receipt: None },
        });
        story.fires("Down");
        let heard = story.heard();
        assert!(heard.iter().any(|line| line == "+0s Failover mail step-1"), "{heard:?}");
    }
}

#[test]
fn what_fires_again_soon_reopens_and_notifies_afresh() {
    let mut story = Story::new();
    story.fires("Down");
    story.clears("Down");
    story.fast_forward(100);
    story.heard();
    story.fires("Down");
    assert_eq!(story.heard(), ["+100s Decided team step-1"]);
    assert_eq!(story.engine.incidents_len(), 1);
    story.clears("Down");
    story.fast_forward(400);
    story.fires("Down");
    assert!(story.stored.incidents.len() == 2, "after the window it is another incident");
}

#[test]
fn what_is_resolved_by_hand_and_still_fires_comes_back() {
    let mut story = Story::new();
    story.fires("Down");
    assert_eq!(story.act(Action::Resolve), Answer::Done);
    assert_eq!(story.act(Action::Acknowledge), Answer::AlreadyResolved);
    story.heard();
    story.fast_forward(299);
    story.fires("Down");
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(2);
    assert_eq!(story.heard(), ["+300s Decided team step-1"]);
}

#[test]
fn a_rise_in_priority_undoes_an_acknowledgement() {
    let mut story = Story::new();
    story.fires("Down");
    story.act(Action::Acknowledge);
    story.heard();
    story.fast_forward(31);
    story.post("Down", "9", Ends::Open);
    assert_eq!(story.engine.incidents_in(IncidentState::Acknowledged), 0);
    story.fast_forward(300);
    let heard = story.heard();
    assert!(heard[0].contains("PriorityChanged team"), "{heard:?}");
    assert!(heard[1].ends_with("Decided manager step-2"), "{heard:?}");
}

#[test]
fn a_burst_in_one_turn_is_one_evaluation_and_one_notice() {
    let mut story = Story::new();
    let batch = (0..1_000).map(|number| AlertInput {
        labels: Labels::from_pairs([("alertname", "Down".to_string()), ("instance", format!("i{number}"))]),
        annotations: Labels::default(),
        starts_at: None,
        ends: Ends::Open,
        generator_url: "".into(),
    });
    story.turn(Some(Event::Received(batch.collect())));
    assert_eq!(story.heard(), ["+0s Decided team step-1"]);
    assert_eq!(story.facts.iter().filter(|fact| fact.starts_with("Decided")).count(), 1);
}

#[test]
fn made_up_collisions_hide_nothing() {
    let mut story = Story::new();
    story.fires("Down");
    let print = Labels::from_pairs([("alertname", "Up"), ("job", "api")]).fingerprint();
    // Somebody found other labels with the fingerprint of Up.
    let mut other = (*story.engine.alerts.values().next().unwrap().alert).clone();
    other.fingerprint = print;
    story.engine.alerts.insert(print, super::Held { alert: Arc::new(other), timer: None });
    assert_eq!(story.fires("Up"), Answer::Received { new: 1, changed: 0, unchanged: 0, refused: vec![] });
    // What stands in its place may be forgotten only after it.
    story.engine.forget(START, print, &mut Effects::default());
    assert_eq!(story.fires("Up"), Answer::Received { new: 0, changed: 0, unchanged: 1, refused: vec![] });
}

#[test]
fn limits_are_refusals() {
    let mut story = Story::new();
    story.reload(|tables| tables.limits.alerts_max = 1);
    story.fires("A");
    let Answer::Received { refused, .. } = story.fires("B") else { panic!("not an answer to alerts") };
    assert_eq!(refused, [Refused { index: 0, reason: Refusal::Full { max: 1 } }]);
}

/// Killed and started again between any two steps, the story is the same.
#[test]
fn a_restart_at_any_step_changes_nothing() {
    type Step = fn(&mut Story);
    let steps: [Step; 9] = [
        |story| drop(story.fires("Down")),
        |story| story.fast_forward(120),
        |story| drop(story.fires("Other")),
        |story| story.fast_forward(181),
        |story| drop(story.act(Action::Acknowledge)),
        |story| story.fast_forward(60),
        |story| story.clears("Down"),
        |story| drop(story.fires("Down")),
        |story| story.fast_forward(1_000),
    ];
    let play = |restart_before: Option<usize>| {
        let mut story = Story::new();
        for (index, step) in steps.iter().enumerate() {
            if restart_before == Some(index) {
                story.restart();
            }
            step(&mut story);
        }
        (story.heard(), story.stored.incidents)
    };
    let expected = play(None);
    assert!(expected.0.len() > 6, "{expected:?}");
    for index in 0..steps.len() {
        assert_eq!(play(Some(index)), expected, "restarted before step {index}");
    }
}
