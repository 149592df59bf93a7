//! Golden cases: facts in, decision out, as TOML beside the policy.
//!
//! ```toml
//! [settings]
//! to = "schedule:oncall"
//!
//! [[case]]
//! name = "everything is P2"
//! now = "+5m"                                   # after the incident opened, or a time such as 2026-11-21T03:12:00Z
//! alerts = [{ labels = { severity = "page" } }]
//! sent = [{ key = "told", to = "schedule:oncall", at = "+0m" }]
//! [case.decision]
//! priority = "P2"
//! reason = "P2, as everything is"
//! notices = [{ key = "told", to = ["schedule:oncall"], page = true }]
//! ```

use super::{Scene, moment, scene::target};
use crate::{Decision, Instant, Outcome, Policy, Priority, check_settings};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write};

/// Runs every case of a TOML text, and panics with all that differ.
pub fn run_cases<P: Policy>(text: &str) {
    let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let mut differences = String::new();
    for case in &file.case {
        let settings = case.settings.as_ref().unwrap_or(&file.settings);
        let (expected, actual) = (case.expected(), case.actual::<P>(settings));
        if expected != actual {
            let write = writeln!(differences, "case {:?}\n--- expected\n{expected}--- actual\n{actual}", case.name);
            write.unwrap_or_else(|error| panic!("a text takes every line: {error}"));
        }
    }
    assert!(!file.case.is_empty(), "there is no [[case]]");
    assert!(differences.is_empty(), "\n{differences}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    settings: toml::Table,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Instead of the file's.
    settings: Option<toml::Table>,
    opened_at: Option<String>,
    now: Option<String>,
    #[serde(default)]
    alerts: Vec<CaseAlert>,
    #[serde(default)]
    sent: Vec<CaseSent>,
    acknowledged: Option<CaseAcknowledged>,
    snoozed_until: Option<String>,
    escalated_at: Option<String>,
    #[serde(default)]
    resolved: bool,
    #[serde(default)]
    windows: Vec<CaseWindow>,
    decision: CaseDecision,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseAlert {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    resolved: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseSent {
    key: String,
    to: String,
    at: String,
    #[serde(default)]
    outcome: CaseOutcome,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CaseOutcome {
    Pending,
    #[default]
    Delivered,
    Failed,
    Nobody,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseAcknowledged {
    by: String,
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseWindow {
    name: String,
    inside: bool,
    changes_at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseDecision {
    priority: Priority,
    reason: String,
    next_check: Option<String>,
    #[serde(default)]
    notices: Vec<CaseNotice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseNotice {
    key: String,
    to: Vec<String>,
    #[serde(default)]
    page: bool,
    text: Option<String>,
}

impl Case {
    fn scene(&self) -> Scene {
        let mut scene = Scene::quiet();
        if let Some(time) = &self.opened_at {
            scene = scene.opened_at(time);
        }
        for alert in &self.alerts {
            let labels = alert.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            scene = if alert.resolved { scene.and_resolved(labels) } else { scene.and_firing(labels) };
            scene = scene.annotate_last(&alert.annotations);
        }
        for sent in &self.sent {
            let outcome = match sent.outcome {
                CaseOutcome::Pending => Outcome::Pending,
                CaseOutcome::Delivered => Outcome::Delivered,
                CaseOutcome::Failed => Outcome::Failed,
                CaseOutcome::Nobody => Outcome::Nobody,
            };
            scene = scene.sent(&sent.key, &sent.to, &sent.at, outcome);
        }
        if let Some(acknowledged) = &self.acknowledged {
            scene = scene.acknowledged(&acknowledged.by, &acknowledged.at);
        }
        if let Some(until) = &self.snoozed_until {
            scene = scene.snoozed(until);
        }
        if let Some(at) = &self.escalated_at {
            scene = scene.escalated(at);
        }
        for CaseWindow { name, inside, changes_at } in &self.windows {
            scene =
                if *inside { scene.inside_window(name, changes_at) } else { scene.outside_window(name, changes_at) };
        }
        if let Some(time) = &self.now {
            scene = scene.at(time);
        }
        if self.resolved { scene.resolved() } else { scene }
    }

    fn actual<P: Policy>(&self, settings: &toml::Table) -> String {
        let settings = serde_json::to_string(settings).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        if let Err(problems) = check_settings::<P>(&settings) {
            return format!("the policy refuses its settings: {problems:#?}\n");
        }
        let settings = serde_json::from_str(&settings).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let facts = self.scene().into_facts();
        match P::evaluate(&settings, &facts) {
            Ok(decision) => shown(&decision, facts.incident.opened_at),
            Err(error) => format!("{error}\n"),
        }
    }

    fn expected(&self) -> String {
        let opened_at = self.scene().into_facts().incident.opened_at;
        let wanted = &self.decision;
        let notices = wanted.notices.iter().map(|notice| crate::Notice {
            key: notice.key.clone(),
            to: notice.to.iter().map(|to| target(to)).collect(),
            page: notice.page,
            text: notice.text.clone(),
            ext: Vec::new(),
        });
        let decision = Decision {
            priority: wanted.priority,
            notices: notices.collect(),
            next_check: wanted.next_check.as_ref().map(|time| moment(time, opened_at)),
            reason: wanted.reason.clone(),
            ext: Vec::new(),
        };
        shown(&decision, opened_at)
    }
}

/// As a case is written, so that what differs can be copied.
fn shown(decision: &Decision, opened_at: Instant) -> String {
    let mut lines = vec![format!("priority = \"{}\"", decision.priority), format!("reason = {:?}", decision.reason)];
    if let Some(instant) = decision.next_check {
        let after = crate::Span::from_milliseconds(instant.saturating_sub(opened_at));
        lines.push(format!("next_check = \"+{after}\""));
    }
    lines.push("notices = [".into());
    for notice in &decision.notices {
        let to: Vec<String> = notice.to.iter().map(ToString::to_string).collect();
        let page = if notice.page { ", page = true" } else { "" };
        let text = notice.text.as_ref().map(|text| format!(", text = {text:?}")).unwrap_or_default();
        lines.push(format!("    {{ key = {:?}, to = {to:?}{page}{text} }},", notice.key));
    }
    lines.push("]\n".into());
    lines.join("\n")
}
