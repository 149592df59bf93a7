//! What the API shows: plain data made from the engine's, with instants as RFC 3339 and labels as objects.

use crate::{sentence::sentence, when::readable};
use bellwire_core::{Alert, Entry, Incident, Instant, Labels, Notice, NoticeState, Suppressed, SuppressedBy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

type Map = BTreeMap<String, String>;

/// An incident in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentSummary {
    /// `TEAM-NUMBER`.
    #[schema(example = "payments-12")]
    pub id: String,
    pub team: String,
    pub route: String,
    /// The labels by which its alerts are grouped.
    pub group: Map,
    /// `open`, `acknowledged`, `snoozed` or `resolved`.
    pub state: String,
    /// `P1` (the most urgent) to `P4`; none before the first decision.
    pub priority: Option<String>,
    /// The last decision's sentence.
    pub reason: String,
    pub opened_at: String,
    pub changed_at: String,
    pub resolved_at: Option<String>,
    pub acknowledged: Option<AcknowledgementView>,
    pub snoozed_until: Option<String>,
    /// Counts every change of state or alerts: sent back with an action, it says what the person saw.
    pub revision: u64,
    /// Whom it was handed to last: `person:NAME`, `schedule:NAME` or `receiver:NAME`.
    pub assigned_to: Option<String>,
    /// The policy came to its end and nobody acknowledged: the team's last resort was told then.
    pub unowned_since: Option<String>,
    /// When somebody last asked for the next step.
    pub escalated_at: Option<String>,
    /// It opens and resolves too often, and is held until it is stable.
    pub flapping: Option<FlappingView>,
    /// It opened in a maintenance window of its route, and nobody was told yet.
    pub muted: bool,
    /// All that fires in it is silenced or explained by other alerts: nobody is told.
    pub suppressed: Option<SuppressedView>,
    /// Alerts of other incidents that are not told because what fires here explains them.
    #[serde(default)]
    pub symptoms: u32,
    /// How often it re-opened.
    pub reopened: u32,
    /// Alerts that fire, and that have ceased to.
    pub firing: u32,
    pub resolved: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AcknowledgementView {
    pub by: String,
    pub at: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlappingView {
    pub since: String,
    /// If it does not open or resolve again before.
    pub stable_at: String,
}

/// Why nothing of an incident is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuppressedView {
    pub since: String,
    /// At most 20.
    pub by: Vec<SuppressorView>,
    /// The incident that it is a symptom of.
    pub cause: Option<String>,
    /// Somebody asked for the next step, so that it is told all the same.
    pub overruled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum SuppressorView {
    Silence {
        /// A UUID; `TEAM/NAME` of one that stands in the routes file.
        id: String,
    },
    Inhibition {
        /// The rule's name.
        rule: String,
        /// The fingerprint of the alert that fires.
        source: String,
    },
}

/// An incident with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentDetail {
    pub incident: IncidentSummary,
    pub alerts: Vec<AlertView>,
    /// In the order they were made.
    pub notices: Vec<NoticeView>,
    /// The oldest first.
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertView {
    /// Sixteen hex digits.
    pub fingerprint: String,
    pub labels: Map,
    pub annotations: Map,
    pub generator_url: String,
    /// `firing` or `resolved`.
    pub state: String,
    pub starts_at: String,
    pub ends_at: Option<String>,
    pub updated_at: String,
}

/// One message to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    pub id: String,
    pub key: String,
    /// As the policy named it: `receiver:NAME`, `person:NAME` or `schedule:NAME`.
    pub target: String,
    /// Who is behind the target, if it is a person or a schedule.
    pub person: Option<String>,
    /// Empty: nobody was behind the target.
    pub receiver: String,
    /// Why it exists: `decided`, `policy_fault`, `failover`, `alerts_joined`, `reassigned`, `last_resort`, `flapping`,
    /// `acknowledged`, `unacknowledged`, `snoozed`, `priority_changed` or `resolved`.
    pub kind: String,
    pub page: bool,
    /// The incident's when it was made.
    pub priority: Option<String>,
    /// The notice in whose message this one was told, together with others; its own id if that was this one.
    pub bundle: Option<String>,
    pub text: Option<String>,
    pub created_at: String,
    /// Until then it is tried.
    pub deadline: String,
    pub attempts: u32,
    /// `pending`, `delivered`, `failed`, `superseded` or `nobody`.
    pub state: String,
    /// When it came to that; of a pending one, when it is tried next.
    pub at: String,
    /// Why it failed.
    pub failure: Option<String>,
}

/// A line of an incident's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// Its place in the journal.
    pub seq: u64,
    pub at: String,
    /// The fact's kind, as in `data`.
    pub kind: String,
    /// One sentence for a human.
    #[schema(example = "told payments/oncall (step-1) at the first attempt")]
    pub text: String,
    /// The fact itself.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

impl IncidentSummary {
    /// `firing` and `resolved` count its alerts.
    pub fn new(incident: &Incident, firing: u32, resolved: u32) -> Self {
        Self {
            id: incident.id.to_string(),
            team: incident.id.team.to_string(),
            route: incident.route.to_string(),
            group: map(&incident.group),
            state: name(&incident.state),
            priority: incident.priority.map(|priority| priority.to_string()),
            reason: incident.reason.clone(),
            opened_at: incident.opened_at.to_string(),
            changed_at: incident.changed_at.to_string(),
            resolved_at: text(incident.resolved_at),
            acknowledged: incident.acknowledged.as_ref().map(|acknowledged| AcknowledgementView {
                by: acknowledged.by.to_string(),
                at: acknowledged.at.to_string(),
            }),
            snoozed_until: text(incident.snoozed_until),
            revision: incident.revision,
            assigned_to: incident.assigned_to.as_ref().map(ToString::to_string),
            unowned_since: text(incident.unowned_since),
            escalated_at: text(incident.escalated_at),
            flapping: incident.flapping.as_ref().map(|flapping| FlappingView {
                since: flapping.since.to_string(),
                stable_at: flapping.stable_at.to_string(),
            }),
            muted: incident.muted,
            suppressed: incident.suppressed.as_ref().map(SuppressedView::from),
            symptoms: incident.symptoms,
            reopened: incident.reopened,
            firing,
            resolved,
        }
    }
}

impl IncidentSummary {
    /// Its state with who, until when and what is special about it, for a human. That nobody has it comes first.
    pub fn standing(&self) -> String {
        let mut standing = match (&*self.state, &self.acknowledged, &self.snoozed_until, &self.resolved_at) {
            ("acknowledged", Some(acknowledged), _, _) => {
                format!("acknowledged by {} at {}", acknowledged.by, readable(&acknowledged.at))
            }
            ("snoozed", Some(snoozed), Some(until), _) => {
                format!("snoozed by {} until {}", snoozed.by, readable(until))
            }
            ("resolved", _, _, Some(at)) => format!("resolved at {}", readable(at)),
            (state, _, _, _) => state.to_owned(),
        };
        if let Some(since) = self.unowned_since.as_ref().filter(|_| self.state != "resolved") {
            standing = format!("UNOWNED since {}: nobody acknowledged; {standing}", readable(since));
        }
        if let Some(assigned) = &self.assigned_to {
            standing += &format!(", handed to {assigned}");
        }
        if self.flapping.is_some() {
            standing += ", flapping";
        }
        if let Some(quiet) = self.quiet() {
            standing += ", ";
            standing += &quiet;
        }
        standing
    }

    /// Why nobody is told of it now; none: somebody is, or it is resolved.
    pub fn quiet(&self) -> Option<String> {
        if self.state == "resolved" {
            return None;
        }
        let suppressed = self.suppressed.as_ref().filter(|suppressed| !suppressed.overruled);
        match suppressed {
            Some(SuppressedView { cause: Some(cause), .. }) => Some(format!("a symptom of {cause}")),
            Some(SuppressedView { by, cause: None, .. }) => Some(match by.first() {
                Some(SuppressorView::Silence { id }) => format!("silenced by {id}"),
                Some(SuppressorView::Inhibition { rule, source: _ }) => format!("inhibited by {rule}"),
                None => "suppressed".to_owned(),
            }),
            None => self.muted.then(|| "held back by maintenance".to_owned()),
        }
    }
}

impl From<&Suppressed> for SuppressedView {
    fn from(suppressed: &Suppressed) -> Self {
        let by = suppressed.by.iter().map(|by| match by {
            SuppressedBy::Silence { id } => SuppressorView::Silence { id: id.to_string() },
            SuppressedBy::Inhibition { rule, source } => {
                SuppressorView::Inhibition { rule: rule.to_string(), source: source.to_string() }
            }
        });
        Self {
            since: suppressed.since.to_string(),
            by: by.collect(),
            cause: suppressed.cause.as_ref().map(ToString::to_string),
            overruled: suppressed.overruled,
        }
    }
}

impl From<&Alert> for AlertView {
    fn from(alert: &Alert) -> Self {
        Self {
            fingerprint: alert.fingerprint.to_string(),
            labels: map(&alert.labels),
            annotations: map(&alert.annotations),
            generator_url: alert.generator_url.to_string(),
            state: name(&alert.state),
            starts_at: alert.starts_at.to_string(),
            ends_at: text(alert.ends_at),
            updated_at: alert.updated_at.to_string(),
        }
    }
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        let (state, at, failure) = match &notice.state {
            NoticeState::Pending { due } => ("pending", due, None),
            NoticeState::Delivered { at, receipt: _ } => ("delivered", at, None),
            NoticeState::Failed { at, reason } => ("failed", at, Some(reason.clone())),
            NoticeState::Superseded { at } => ("superseded", at, None),
            NoticeState::Nobody { at } => ("nobody", at, None),
        };
        Self {
            id: notice.id.to_string(),
            key: notice.key.clone(),
            target: notice.target.to_string(),
            person: notice.person.as_deref().map(str::to_owned),
            receiver: notice.receiver.to_string(),
            kind: name(&notice.kind),
            page: notice.page,
            priority: notice.priority.map(|priority| priority.to_string()),
            bundle: notice.bundle.as_ref().map(ToString::to_string),
            text: notice.text.clone(),
            created_at: notice.created_at.to_string(),
            deadline: notice.deadline.to_string(),
            attempts: notice.attempts,
            state: state.to_owned(),
            at: at.to_string(),
            failure,
        }
    }
}

impl TimelineEntry {
    pub fn new(seq: u64, entry: &Entry) -> Self {
        let mut data = serde_json::to_value(&entry.fact).unwrap_or_default();
        // A receipt is its sender's own: channel ids, message ids, addresses.
        if let Some(delivery) = data.get_mut("delivery").and_then(|delivery| delivery.as_object_mut()) {
            delivery.remove("receipt");
        }
        let kind = data.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
        Self { seq, at: entry.at.to_string(), kind, text: sentence(&entry.fact), data }
    }
}

fn map(labels: &Labels) -> Map {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn text(at: Option<Instant>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// The word that the journal has for it.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}
