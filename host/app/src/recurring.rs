//! What is done again and again beside the loop: reports that are sent, calendars that are fetched.

use crate::{
    alarm::{Alarm, Waiter, alarm},
    busy::Busy,
    clock::Clock,
};
use arc_swap::ArcSwap;
use bellwire_config::{Feed, ReportPlan};
use bellwire_core::Instant;
use std::sync::Arc;

/// What the tasks work by, and how they hear that it changed.
pub(crate) struct Recurring {
    pub reports: ArcSwap<Vec<ReportPlan>>,
    pub feeds: ArcSwap<Vec<Feed>>,
    alarms: [Alarm; 2],
}

/// The tasks' ends.
pub(crate) struct Waiters {
    pub reports: Waiter,
    pub feeds: Waiter,
}

impl Recurring {
    pub fn new(reports: Vec<ReportPlan>, feeds: Vec<Feed>, clock: &Clock, busy: &Busy) -> (Arc<Self>, Waiters) {
        let (of_reports, reports_waiter) = alarm(clock, busy);
        let (of_feeds, feeds_waiter) = alarm(clock, busy);
        let recurring = Self {
            reports: ArcSwap::from_pointee(reports),
            feeds: ArcSwap::from_pointee(feeds),
            alarms: [of_reports, of_feeds],
        };
        (Arc::new(recurring), Waiters { reports: reports_waiter, feeds: feeds_waiter })
    }

    /// After a reload.
    pub fn replace(&self, reports: Vec<ReportPlan>, feeds: Vec<Feed>) {
        self.reports.store(reports.into());
        self.feeds.store(feeds.into());
        self.wake();
    }

    pub fn wake(&self) {
        self.alarms.iter().for_each(Alarm::wake);
    }

    /// When the first of the tasks has something to do.
    pub fn due(&self) -> Instant {
        self.alarms.iter().map(Alarm::due).min().unwrap_or(Instant::MAX)
    }
}
