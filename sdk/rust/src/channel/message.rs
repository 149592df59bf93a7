//! Reading a message: what a channel asks of it, by name.

use super::{Link, Message};
use crate::IncidentState;

/// How a message is to look: what it is about has to be seen before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It fires, and nobody has it.
    Firing,
    /// Somebody has it, or it is snoozed.
    Taken,
    Resolved,
}

impl Message {
    /// Of what is told in a storm: firing.
    pub fn standing(&self) -> Standing {
        match self.incident.state {
            _ if self.is_bundle() => Standing::Firing,
            IncidentState::Open => Standing::Firing,
            IncidentState::Acknowledged | IncidentState::Snoozed => Standing::Taken,
            IncidentState::Resolved => Standing::Resolved,
        }
    }

    /// Several at once: it is the message of none of them, so it has no receipt and is never edited.
    pub fn is_bundle(&self) -> bool {
        self.together > 1
    }

    /// Does it only say what became of something that was told before?
    pub fn is_update(&self) -> bool {
        matches!(self.kind.as_str(), "acknowledged" | "unacknowledged" | "snoozed" | "priority_changed" | "resolved")
    }

    /// `incident`, `runbook`, `dashboard` or `generator`.
    pub fn link(&self, name: &str) -> Option<&str> {
        self.web_links().find(|link| link.name == name).map(|link| link.url.as_str())
    }

    /// Those that lead to the web: an alert's annotation may say anything.
    pub fn web_links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| is_web_address(&link.url))
    }

    /// The receipt of the first message about the incident that has one: the root to edit, or to answer to.
    pub fn root(&self) -> Option<&str> {
        self.earlier.iter().find_map(|earlier| earlier.receipt.as_deref())
    }

    /// `text` without its first line, if that is the title.
    pub fn body(&self) -> &str {
        self.text.strip_prefix(&self.title).unwrap_or(&self.text).trim_matches('\n')
    }
}

impl Link {
    /// For a button.
    pub fn label(&self) -> &str {
        match self.name.as_str() {
            "incident" => "Incident",
            "runbook" => "Runbook",
            "dashboard" => "Dashboard",
            "generator" => "Rule",
            other => other,
        }
    }
}

/// No service takes a longer one than 2,000 bytes everywhere.
fn is_web_address(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.chars().all(|character| {
        !character.is_whitespace()
            && !character.is_control()
            && !matches!(character, '<' | '>' | '|' | '"' | '\'' | '`' | '\\')
    });
    web && plain && url.len() <= 2_000
}
