//! The alerts that Bellwire raises itself. Data only.
//!
//! Whoever may send alerts could end one of these by sending the same labels, and nobody would hear what they say; so
//! the doors refuse them, and the engine has places for them when it is full.

use crate::{Heartbeat, Labels, Tables, Team};

const DELIVERY_FAILED: &str = "BellwireDeliveryFailed";
const SOURCE_FAILED: &str = "BellwireSourceFailed";

/// Labels of the alert that a receiver cannot be reached.
pub fn delivery_failed(receiver: &str, team: &str) -> Labels {
    Labels::from_pairs([
        ("alertname", DELIVERY_FAILED),
        ("severity", "critical"),
        ("receiver", receiver),
        ("team", team),
    ])
}

/// Labels of the alert that a webhook could not be taken. One a source, whatever was wrong: it is the same alert from one
/// webhook to the next.
pub fn source_failed(source: &str) -> Labels {
    Labels::from_pairs([("alertname", SOURCE_FAILED), ("severity", "critical"), ("source", source)])
}

impl Tables {
    /// Are these exactly the labels of an alert that Bellwire raises itself? One that only has its name is anybody's.
    pub fn is_own(&self, labels: &Labels) -> bool {
        match labels.get("alertname") {
            DELIVERY_FAILED => *labels == delivery_failed(labels.get("receiver"), labels.get("team")),
            SOURCE_FAILED => *labels == source_failed(labels.get("source")),
            Heartbeat::ALERT => self.team_that_missed(labels).is_some(),
            _ => false,
        }
    }

    /// Of whom a heartbeat was missed, if these are exactly the labels of that alert.
    pub(crate) fn team_that_missed(&self, labels: &Labels) -> Option<&Team> {
        let team = self.teams.get(labels.get("team"))?;
        team.heartbeats.iter().any(|heartbeat| heartbeat.alert(&team.name) == *labels).then_some(team)
    }
}
