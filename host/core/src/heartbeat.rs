//! Dead man's switches: what says regularly that it is alive. Data only.

use crate::{Labels, Matchers, Span};
use alloc::sync::Arc;

/// When it is not heard of for `every` and `grace`, an alert is raised to its team; it ends at the next beat.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    pub name: Arc<str>,
    /// Alerts that are beats, such as `Watchdog`, and open no incident of this team; none: beats come by HTTP alone.
    pub matchers: Option<Matchers>,
    pub every: Span,
    pub grace: Span,
    /// Of the alert that is raised, beside [`Heartbeat::ALERT`], the heartbeat's name, the team's and a severity.
    pub labels: Labels,
}

impl Heartbeat {
    /// The alert's name.
    pub const ALERT: &'static str = "BellwireHeartbeatMissed";

    /// From a beat until the next one is missed.
    pub fn patience(&self) -> Span {
        Span::from_millis(self.every.as_millis().saturating_add(self.grace.as_millis()))
    }

    /// Of the alert that it was missed.
    pub fn alert(&self, team: &str) -> Labels {
        let own = [("alertname", Self::ALERT), ("severity", "critical"), ("heartbeat", &*self.name), ("team", team)];
        // The last of one name wins; name and team say where the alert belongs.
        let (first, last) = own.split_at(2);
        Labels::from_pairs(first.iter().copied().chain(self.labels.iter()).chain(last.iter().copied()))
    }
}
