//! A report as the API shows it: instants as RFC 3339, lengths of time in seconds, each list the worst first.

use bellwire_core::{
    AlertNoise, DeliveryFailures, Figures, Pages, PolicyFaults, Priority, PriorityFigures, Report, Span, Times,
    Unattended,
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Entries of a list that are shown; a longer one is cut at its end, where the least is.
const LIST_MAX: usize = 1_000;

/// What happened in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportView {
    pub from: String,
    pub until: String,
    /// IANA name of the zone in which hours and nights are counted. For a person with a zone of their own, and if none
    /// was asked for, it is that one.
    pub zone: String,
    /// None: every team.
    pub team: Option<String>,
    /// Nothing opened, nobody was paged and nothing failed.
    pub quiet: bool,
    pub total: FiguresView,
    /// The most urgent first.
    pub priorities: Vec<FiguresView>,
    /// How often incidents re-opened.
    pub reopened: u32,
    /// Incidents from before the period that are open still.
    pub carried: u32,
    /// Of people and of receivers together.
    pub pages: u32,
    /// Of these, from 22 to 7 o'clock.
    pub pages_at_night: u32,
    /// Pages by hour of the day, from midnight on.
    pub hours: Vec<u32>,
    pub people: Vec<PagesView>,
    /// Those that are no person's contact, such as a channel.
    pub receivers: Vec<PagesView>,
    /// The noisiest first.
    pub alerts: Vec<AlertNoiseView>,
    /// Incidents that nobody has acknowledged and that are open, or for which the policy came to its end.
    pub unattended: Vec<UnattendedView>,
    /// How many those are; the list may be cut.
    pub unattended_count: usize,
    pub failures: Vec<DeliveryFailuresView>,
    pub faults: Vec<PolicyFaultsView>,
    /// What was too much to count; 0 unless the period is enormous.
    pub uncounted: u64,
}

/// Of incidents that opened in the period. One that re-opened counts once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FiguresView {
    /// `P1` to `P4`; none: of all, or of those that no policy has decided about.
    pub priority: Option<String>,
    pub opened: u32,
    pub acknowledged: u32,
    pub resolved: u32,
    pub still_open: u32,
    /// Resolved without anybody having acknowledged: not in `seconds_to_acknowledge`.
    pub never_acknowledged: u32,
    /// The policy came to its end and nobody had acknowledged.
    pub unowned: u32,
    /// From the opening to the first acknowledgement (MTTA); none: nothing was acknowledged.
    pub seconds_to_acknowledge: Option<TimesView>,
    /// From the opening to the last resolution (MTTR); none: nothing is resolved.
    pub seconds_to_resolve: Option<TimesView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimesView {
    pub mean: u64,
    /// Half of them took less.
    pub median: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PagesView {
    /// `TEAM/PERSON`, or a receiver's full name.
    #[schema(example = "payments/ann")]
    pub name: String,
    /// The same page on two contacts of a person is one.
    pub pages: u32,
    pub at_night: u32,
    pub messages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertNoiseView {
    /// The `alertname`.
    pub name: String,
    pub incidents: u32,
    pub reopened: u32,
    pub pages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnattendedView {
    pub incident: String,
    pub opened_at: String,
    pub priority: Option<String>,
    /// The `alertname`.
    pub alert: Option<String>,
    /// None: it is open.
    pub resolved_at: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryFailuresView {
    pub receiver: String,
    /// Notices that it was never given.
    pub given_up: u32,
    /// Attempts that failed and were made again.
    pub repeated: u32,
    /// The last reason.
    pub last: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyFaultsView {
    /// `TEAM/POLICY`.
    pub policy: String,
    pub count: u32,
    /// The last one.
    pub last: String,
}

impl ReportView {
    /// `zone`: the one that was asked for, if any.
    pub fn new(report: &Report, zone: Option<TimeZone>) -> Self {
        let zone = zone.as_ref().and_then(TimeZone::iana_name).unwrap_or("UTC").to_owned();
        let paged = || report.people.iter().chain(&report.receivers).map(|(_, pages)| pages);
        Self {
            from: report.from.to_string(),
            until: report.until.to_string(),
            zone,
            team: report.team.as_ref().map(|team| team.to_string()),
            quiet: report.is_quiet(),
            total: figures(None, &report.total),
            priorities: report
                .priorities
                .iter()
                .map(|PriorityFigures { priority, figures: of_it }| figures(*priority, of_it))
                .collect(),
            reopened: report.reopened,
            carried: report.carried,
            pages: paged().map(|pages| pages.pages).sum(),
            pages_at_night: paged().map(|pages| pages.at_night).sum(),
            hours: report.hours.to_vec(),
            people: listed(&report.people, pages),
            receivers: listed(&report.receivers, pages),
            alerts: listed(&report.alerts, alert),
            unattended: report.unattended.iter().take(LIST_MAX).map(unattended).collect(),
            unattended_count: report.unattended.len(),
            failures: listed(&report.failures, failures),
            faults: listed(&report.faults, faults),
            uncounted: report.uncounted,
        }
    }
}

fn listed<T, V>(figures: &[(Arc<str>, T)], view: impl Fn(String, &T) -> V) -> Vec<V> {
    figures.iter().take(LIST_MAX).map(|(name, figures)| view(name.to_string(), figures)).collect()
}

fn figures(priority: Option<Priority>, figures: &Figures) -> FiguresView {
    let Figures { opened, acknowledged, resolved, still_open, never_acknowledged, unowned, .. } = *figures;
    FiguresView {
        priority: priority.map(|priority| priority.to_string()),
        opened,
        acknowledged,
        resolved,
        still_open,
        never_acknowledged,
        unowned,
        seconds_to_acknowledge: figures.to_acknowledge.map(times),
        seconds_to_resolve: figures.to_resolve.map(times),
    }
}

fn times(times: Times) -> TimesView {
    let seconds = |span: Span| span.as_millis() / 1_000;
    TimesView { mean: seconds(times.mean), median: seconds(times.median) }
}

fn pages(name: String, pages: &Pages) -> PagesView {
    let Pages { pages, at_night, messages } = *pages;
    PagesView { name, pages, at_night, messages }
}

fn alert(name: String, noise: &AlertNoise) -> AlertNoiseView {
    let AlertNoise { incidents, reopened, pages } = *noise;
    AlertNoiseView { name, incidents, reopened, pages }
}

fn unattended(one: &Unattended) -> UnattendedView {
    UnattendedView {
        incident: one.incident.to_string(),
        opened_at: one.opened_at.to_string(),
        priority: one.priority.map(|priority| priority.to_string()),
        alert: one.alert.as_ref().map(|alert| alert.to_string()),
        resolved_at: one.resolved_at.map(|at| at.to_string()),
    }
}

fn failures(receiver: String, failures: &DeliveryFailures) -> DeliveryFailuresView {
    let DeliveryFailures { given_up, repeated, last } = failures;
    DeliveryFailuresView { receiver, given_up: *given_up, repeated: *repeated, last: last.to_string() }
}

fn faults(policy: String, faults: &PolicyFaults) -> PolicyFaultsView {
    let PolicyFaults { count, last } = faults;
    PolicyFaultsView { policy, count: *count, last: last.to_string() }
}
