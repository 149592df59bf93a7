//! What is done again and again beside the loop: reports that are sent, calendars that are fetched, plugins' files that
//! are looked at.

use crate::{
    alarm::{Alarm, Waiter, alarm},
    busy::Busy,
    clock::Clock,
    plugins::PluginFile,
    setup::Prepared,
};
use arc_swap::ArcSwap;
use bellwire_config::{Feed, ReportPlan};
use bellwire_core::Instant;
use std::sync::Arc;

/// What the tasks work by, and how they hear that it changed.
pub(crate) struct Recurring {
    pub reports: ArcSwap<Vec<ReportPlan>>,
    pub feeds: ArcSwap<Vec<Feed>>,
    pub plugin_files: ArcSwap<Vec<PluginFile>>,
    alarms: [Alarm; 3],
}

/// The tasks' ends.
pub(crate) struct Waiters {
    pub reports: Waiter,
    pub feeds: Waiter,
    pub plugin_files: Waiter,
}

impl Recurring {
    pub fn new(prepared: &Prepared, clock: &Clock, busy: &Busy) -> (Arc<Self>, Waiters) {
        let (of_reports, reports_waiter) = alarm(clock, busy);
        let (of_feeds, feeds_waiter) = alarm(clock, busy);
        let (of_files, files_waiter) = alarm(clock, busy);
        let recurring = Self {
            reports: ArcSwap::from_pointee(prepared.reports.clone()),
            feeds: ArcSwap::from_pointee(prepared.feeds.clone()),
            plugin_files: ArcSwap::from_pointee(prepared.plugin_files.clone()),
            alarms: [of_reports, of_feeds, of_files],
        };
        let waiters = Waiters { reports: reports_waiter, feeds: feeds_waiter, plugin_files: files_waiter };
        (Arc::new(recurring), waiters)
    }

    /// After a reload.
    pub fn replace(&self, prepared: &mut Prepared) {
        self.reports.store(std::mem::take(&mut prepared.reports).into());
        self.feeds.store(std::mem::take(&mut prepared.feeds).into());
        self.plugin_files.store(std::mem::take(&mut prepared.plugin_files).into());
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
