//! Reports that are sent regularly: to whom, and when.

use crate::{
    file::at_most,
    keys,
    moments::{Zone, parse_time},
    reader::{Fields, Value, names},
    suggest, windows,
};
use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};
use std::{collections::BTreeMap, sync::Arc};

const REPORTS_MAX: usize = 20;
const WHEN_HELP: &str = "write \"mon 09:00\" for a week's, \"daily 09:00\" or \"monthly 09:00\", which is on the first";

/// A report that is sent again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportPlan {
    pub team: Arc<str>,
    /// Full names of receivers.
    pub to: Vec<Arc<str>>,
    pub every: ReportEvery,
    /// On the wall clock of `zone`.
    pub time: Time,
    pub zone: TimeZone,
}

/// When a report is sent; it is about the day, the week or the month before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportEvery {
    Day,
    Week(Weekday),
    /// On its first day.
    Month,
}

pub(crate) fn read(team: &Fields<'_>, name: &Arc<str>, receivers: &BTreeMap<Arc<str>, Arc<str>>) -> Vec<ReportPlan> {
    let Some(value) = team.get("reports") else { return Vec::new() };
    let items = value.list().unwrap_or_default();
    if items.len() > REPORTS_MAX {
        value.error(format!("{} reports", items.len()), at_most(REPORTS_MAX));
    }
    let plan = |item: &Value<'_>| {
        let fields = item.fields(keys::REPORT)?;
        let when = fields.require("when", WHEN_HELP).and_then(|value| when(&value));
        let zone = fields.require_zone();
        let to = fields.require("to", "the receivers that get it, as in to = [\"mail\"]");
        let to = to.map(|value| to_receivers(&value, receivers));
        let ((every, time), Zone { zone, .. }) = when.zip(zone)?;
        Some(ReportPlan { team: name.clone(), to: to?, every, time, zone })
    };
    items.iter().take(REPORTS_MAX).filter_map(plan).collect()
}

fn when(value: &Value<'_>) -> Option<(ReportEvery, Time)> {
    let text = value.filled()?;
    let parsed = text.trim().split_once(' ').and_then(|(day, time)| {
        let every = match day {
            "daily" => ReportEvery::Day,
            "monthly" => ReportEvery::Month,
            day => ReportEvery::Week(windows::weekday(day)?),
        };
        Some((every, parse_time(time.trim())??))
    });
    if parsed.is_none() {
        value.error(format!("`{text}` does not say when the report is sent"), WHEN_HELP);
    }
    parsed
}

fn to_receivers(value: &Value<'_>, receivers: &BTreeMap<Arc<str>, Arc<str>>) -> Vec<Arc<str>> {
    let listed = value.listed();
    if listed.is_empty() && value.list().is_some() {
        value.error("`to` is empty, so nobody would get the report", "to = [\"mail\"]");
    }
    let found = listed.into_iter().filter_map(|(name, value)| {
        let found = receivers.get(&name).cloned();
        if found.is_none() {
            let help = suggest::remedy(&name, names(receivers), "the team has no receiver");
            value.error(format!("there is no receiver `{name}`"), help);
        }
        found
    });
    found.collect()
}
