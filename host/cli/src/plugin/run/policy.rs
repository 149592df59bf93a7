//! An alert through a policy: the decision.

use super::{Alert, account, line, wrong};
use crate::{Failure, plugin::file, printable};
use bellwire_app::{
    Clock,
    core::{Decision, Facts, Instant, Labels, Priority},
};
use bellwire_workbench::{Moment, Subject, facts_document, fire, opened, wasm::Plugin};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(next_help_heading = "Of a policy")]
pub(super) struct OfPolicy {
    /// The facts as the JSON document that the simple door has, instead of an alert
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["labels", "annotations", "priority"])]
    facts: Option<PathBuf>,
}

impl OfPolicy {
    pub(super) fn given(&self) -> Option<&'static str> {
        self.facts.as_ref().map(|_| "--facts")
    }

    pub(super) fn run(
        &self,
        policy: &Plugin,
        settings: &str,
        alert: &Alert,
        now: Option<Moment>,
    ) -> Result<(), Failure> {
        let facts = match &self.facts {
            Some(path) => document(path)?,
            None if alert.labels.is_empty() => {
                return Err(wrong(
                    "a policy is asked about an alert: give its labels, such as severity=critical, or --facts",
                ));
            }
            None => one_alert(alert, now.unwrap_or(Moment::After(0))),
        };
        let subject = Subject::new(policy, settings).map_err(|refused| wrong(&refused.to_string()))?;
        let evaluation = subject.evaluate(&facts);
        if let Ok(decision) = &evaluation.result {
            show(decision, &facts);
        }
        account(&evaluation);
        evaluation.result.map(|_| ()).map_err(|fault| Failure::Failed(printable(&fault.to_string())))
    }
}

fn document(path: &Path) -> Result<Facts, Failure> {
    facts_document(&file::text(path)?)
        .map_err(|error| Failure::Wrong(format!("{}: {}", path.display(), printable(&error.to_string()))))
}

fn one_alert(alert: &Alert, now: Moment) -> Facts {
    let opened_at = match now {
        Moment::After(_) => Clock::System.now(),
        Moment::At(at) => Instant::from_millis(at),
    };
    let mut facts = opened(opened_at);
    let pairs = |pairs: &[(String, String)]| Labels::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
    fire(&mut facts, pairs(&alert.labels), pairs(&alert.annotations));
    let written = |priority: &Priority| {
        alert.priority.as_ref().is_some_and(|text| text.eq_ignore_ascii_case(&priority.to_string()))
    };
    facts.incident.priority = [Priority::P1, Priority::P2, Priority::P3, Priority::P4].into_iter().find(written);
    facts.now = Instant::from_millis(now.from(opened_at.as_millis()));
    facts
}

fn show(decision: &Decision, facts: &Facts) {
    line("priority", &decision.priority.to_string());
    line("reason", &decision.reason);
    for notice in &decision.notices {
        let to: Vec<String> = notice.to.iter().map(ToString::to_string).collect();
        let kind = if notice.page { "page" } else { "inform" };
        line("tells", &format!("{} ({}, {kind})", to.join(", "), notice.key));
        if let Some(text) = &notice.text {
            line("", text);
        }
    }
    if decision.notices.is_empty() {
        line("tells", "nobody yet");
    }
    if let Some(at) = decision.next_check {
        line("next", &format!("{} after it opened, at {at}", at.since(facts.incident.opened_at)));
    }
}
