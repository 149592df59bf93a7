//! A small host that lets time pass: it asks the policy, remembers what was sent, and asks again when it wanted to be.

use super::{Scene, moment, scene::target};
use crate::{
    Acknowledgement, Alert, Decision, Facts, IncidentState, Instant, Outcome, Policy, Sent, Span, Target,
    check_settings,
};
use core::fmt::Write;

/// ```
/// use bellwire_policy::{prelude::*, testing::{Play, Scene}};
/// # struct TellOne;
/// # impl Policy for TellOne {
/// #     type Settings = std::collections::BTreeMap<String, Target>;
/// #     fn describe() -> Description { Description::new("tell-one", "0.1.0", "Pages one target.") }
/// #     fn check(settings: &Self::Settings) -> Result<Wants, Vec<Problem>> { Ok(Wants::targets(settings.values())) }
/// #     fn evaluate(settings: &Self::Settings, _: &Facts) -> Result<Decision, PolicyError> {
/// #         Ok(Decision::new(Priority::P2, "as everything is").notify(Notice::page("told", settings.values())))
/// #     }
/// # }
///
/// let mut play = Play::<TellOne>::new(r#"{ "to": "schedule:oncall" }"#, Scene::firing([("alertname", "Down")]));
/// play.until("+1h");
/// assert_eq!(play.story(), "+0m P2 told → schedule:oncall (page)\n");
/// ```
#[derive(Debug)]
pub struct Play<P> {
    settings: String,
    facts: Facts,
    next_check: Option<Instant>,
    last: Option<Decision>,
    lost: Vec<(Target, Outcome)>,
    windows: Vec<OpenTimes>,
    story: String,
    policy: core::marker::PhantomData<P>,
}

/// When a window is open: from, to.
#[derive(Debug)]
struct OpenTimes {
    name: String,
    spans: Vec<(Instant, Instant)>,
}

impl<P: Policy> Play<P> {
    /// More evaluations without time passing mean that the policy does not come to rest.
    const TURNS_MAX: usize = 100;

    /// `settings` is JSON. Panics if the policy refuses it.
    pub fn new(settings: &str, scene: Scene) -> Self {
        if let Err(problems) = check_settings::<P>(settings) {
            panic!("the policy refuses its settings: {problems:#?}");
        }
        Self {
            settings: settings.into(),
            facts: scene.into_facts(),
            next_check: None,
            last: None,
            lost: Vec::new(),
            windows: Vec::new(),
            story: String::new(),
            policy: core::marker::PhantomData,
        }
    }

    /// A window that is open at these times only: from, to.
    pub fn window<'a>(mut self, name: &str, open: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let opened_at = self.facts.incident.opened_at;
        let spans = open.into_iter().map(|(from, to)| (moment(from, opened_at), moment(to, opened_at))).collect();
        self.windows.push(OpenTimes { name: name.into(), spans });
        self
    }

    /// What is sent to this target never reaches anybody; without a call of this, everything is delivered.
    pub fn losing(mut self, to: &str, outcome: Outcome) -> Self {
        self.lost.push((target(to), outcome));
        self
    }

    /// Lets time pass, and evaluates at the begin and whenever the policy asked for it.
    pub fn until(&mut self, time: &str) -> &mut Self {
        let end = moment(time, self.facts.incident.opened_at);
        self.settle();
        while let Some(next) = self.next_turn().filter(|next| *next <= end) {
            self.facts.now = next.max(self.facts.now);
            self.settle();
        }
        self.facts.now = end.max(self.facts.now);
        self
    }

    pub fn acknowledge(&mut self, by: &str) -> &mut Self {
        self.tell(format_args!("acknowledged by {by}"));
        self.facts.incident.state = IncidentState::Acknowledged;
        self.facts.incident.acknowledged = Some(Acknowledgement { by: by.into(), at: self.facts.now });
        self
    }

    /// Who had it has it no more.
    pub fn unacknowledge(&mut self) -> &mut Self {
        self.tell(format_args!("unacknowledged"));
        self.open()
    }

    pub fn snooze(&mut self, by: &str, until: &str) -> &mut Self {
        self.tell(format_args!("snoozed by {by} until {until}"));
        let incident = &mut self.facts.incident;
        incident.state = IncidentState::Snoozed;
        incident.acknowledged = Some(Acknowledgement { by: by.into(), at: self.facts.now });
        incident.snoozed_until = Some(moment(until, incident.opened_at));
        self
    }

    /// Hands it to somebody, who is told at once.
    pub fn reassign(&mut self, to: &str) -> &mut Self {
        self.tell(format_args!("handed to {to}"));
        let to = target(to);
        let outcome = self.outcome(&to);
        let sent = &mut self.facts.incident.sent;
        let number = sent.iter().filter(|sent| sent.is_reassignment()).count() + 1;
        sent.push(Sent { key: format!("{}{number}", Sent::REASSIGNED), to, at: self.facts.now, outcome });
        self.open()
    }

    /// Asks for the next step. What was sent before is earlier than this, as it is with a host.
    pub fn escalate(&mut self) -> &mut Self {
        self.tell(format_args!("somebody asks for the next step"));
        let now = self.facts.now;
        let incident = &mut self.facts.incident;
        self.facts.now += u64::from(incident.sent.iter().any(|sent| sent.at == now));
        Scene::escalate(incident, self.facts.now);
        self.open()
    }

    fn open(&mut self) -> &mut Self {
        let incident = &mut self.facts.incident;
        (incident.state, incident.acknowledged, incident.snoozed_until) = (IncidentState::Open, None, None);
        self
    }

    pub fn resolve(&mut self) -> &mut Self {
        self.tell(format_args!("resolved"));
        self.facts = Scene::resolved_facts(self.facts.clone());
        self
    }

    /// Another alert begins.
    pub fn fire<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> &mut Self {
        let alerts = Scene::firing(labels).into_facts().incident.alerts;
        let newer = alerts.into_iter().map(|alert| Alert { starts_at: self.facts.now, ..alert });
        self.facts.incident.alerts.splice(0..0, newer);
        self.facts.incident.firing += 1;
        self
    }

    /// One line for each notice that was sent and for each thing that happened, with the time since the incident opened.
    pub fn story(&self) -> &str {
        &self.story
    }

    /// The last decision.
    pub fn decision(&self) -> &Decision {
        self.last.as_ref().unwrap_or_else(|| panic!("nothing was evaluated yet: call `until`"))
    }

    /// Evaluates until a decision sends nothing new.
    fn settle(&mut self) {
        for _ in 0..Self::TURNS_MAX {
            if !self.evaluate() {
                return;
            }
        }
        panic!("the policy does not come to rest at {}:\n{}", self.elapsed(), self.story);
    }

    /// Was anything sent that was not before?
    fn evaluate(&mut self) -> bool {
        self.look_at_windows();
        if self.snooze_end().is_some_and(|end| end <= self.facts.now) {
            self.tell(format_args!("the snooze is over"));
            self.open();
        }
        let settings = serde_json::from_str(&self.settings).unwrap_or_else(|error| panic!("settings: {error}"));
        let decision = P::evaluate(&settings, &self.facts).unwrap_or_else(|error| panic!("{error}\n{}", self.story));
        let mut news = false;
        for notice in &decision.notices {
            for to in &notice.to {
                if self.facts.incident.sent.iter().any(|sent| sent.key == notice.key && sent.to == *to) {
                    continue;
                }
                news = true;
                let outcome = self.outcome(to);
                let (at, key) = (self.facts.now, notice.key.clone());
                self.facts.incident.sent.push(Sent { key, to: to.clone(), at, outcome });
                let page = if notice.page { " (page)" } else { "" };
                let fate = match outcome {
                    Outcome::Delivered => "",
                    Outcome::Pending => ": pending",
                    Outcome::Failed => ": failed",
                    Outcome::Nobody => ": nobody there",
                };
                self.tell(format_args!("{} {} → {to}{page}{fate}", decision.priority, notice.key));
            }
        }
        self.facts.incident.priority = Some(decision.priority);
        self.next_check = decision.next_check.filter(|next| *next > self.facts.now);
        self.last = Some(decision);
        news
    }

    fn outcome(&self, to: &Target) -> Outcome {
        self.lost.iter().find(|(lost, _)| lost == to).map_or(Outcome::Delivered, |(_, how)| *how)
    }

    /// When the policy wants to be asked again, or must be.
    fn next_turn(&self) -> Option<Instant> {
        self.next_check.into_iter().chain(self.snooze_end()).min()
    }

    fn snooze_end(&self) -> Option<Instant> {
        let incident = &self.facts.incident;
        incident.snoozed_until.filter(|_| incident.state == IncidentState::Snoozed)
    }

    fn look_at_windows(&mut self) {
        let now = self.facts.now;
        for window in &self.windows {
            let inside = window.spans.iter().any(|(from, to)| *from <= now && now < *to);
            let edges = window.spans.iter().flat_map(|(from, to)| [*from, *to]);
            let changes_at = edges.filter(|edge| *edge > now).min();
            self.facts.windows.retain(|known| known.name != window.name);
            self.facts.windows.push(crate::Window { name: window.name.clone(), inside, changes_at });
        }
    }

    fn elapsed(&self) -> Span {
        Span::from_milliseconds(self.facts.now.saturating_sub(self.facts.incident.opened_at))
    }

    fn tell(&mut self, what: core::fmt::Arguments<'_>) {
        let elapsed = self.elapsed();
        writeln!(self.story, "+{elapsed} {what}").unwrap_or_else(|error| panic!("a text takes every line: {error}"));
    }
}
