//! Sends the planned reports: each once, also when a restart falls between, and late rather than never.
//!
//! For each plan and receiver the store keeps a mark: up to when reports were sent. It is set *before* a report goes
//! out, and put back when that failed for certain. So a crash in that moment may cost a report, and never sends one twice.

use super::plan;
use crate::{
    alarm::Waiter,
    clock::Clock,
    inbox::{Inbox, Order},
    measure,
    recurring::Recurring,
};
use arc_swap::ArcSwap;
use bellwire_config::ReportPlan;
use bellwire_core::{Delivery, Instant, Roster, Span};
use bellwire_dispatch::{Dispatcher, Letter};
use bellwire_http::{ReportFormat, ReportQuery, ReportView, render_report, report_subject};
use bellwire_store::Reader;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::oneshot;

/// One that could not be sent by then is of no use any more; the next one comes.
const LATE_MAX: Span = Span::from_secs(86_400);
/// Between one attempt and the next; after the last of them it is given up.
const PAUSES: [Span; 5] =
    [Span::from_secs(60), Span::from_secs(300), Span::from_secs(900), Span::from_secs(3_600), Span::from_secs(10_800)];

pub(crate) struct Reporter {
    pub recurring: Arc<Recurring>,
    pub reader: Arc<dyn Reader>,
    pub roster: Arc<ArcSwap<Roster>>,
    pub dispatcher: Arc<ArcSwap<Dispatcher>>,
    pub inbox: Arc<Inbox>,
    pub clock: Clock,
    /// Reports that failed, by their mark.
    pub tries: HashMap<String, Try>,
}

/// A report that is tried again.
pub(crate) struct Try {
    until: Instant,
    failed: usize,
    at: Instant,
    /// The same in every attempt, by which a receiver knows that it had it already; none: it could not be written.
    letter: Option<Arc<Letter>>,
}

/// Why a report did not go out.
enum Failure {
    /// It may go out later.
    Passing(String),
    Final(String),
}

impl Reporter {
    /// For ever.
    pub async fn run(mut self, mut waiter: Waiter) {
        loop {
            let due = self.look().await;
            waiter.wait(due).await;
        }
    }

    /// Sends what is due; answers when something is due next.
    async fn look(&mut self) -> Option<Instant> {
        let plans = self.recurring.reports.load_full();
        let mut due: Option<Instant> = None;
        for plan in plans.iter() {
            for receiver in &plan.to {
                let again = self.attend(plan, receiver).await;
                let next = plan::next(plan, self.clock.now());
                due = [due, again, next].into_iter().flatten().min();
            }
        }
        due
    }

    /// Sends one, if it is time; answers when it is to be tried again.
    async fn attend(&mut self, plan: &ReportPlan, receiver: &Arc<str>) -> Option<Instant> {
        let (mark, now) = (plan::mark(plan, receiver), self.clock.now());
        let (from, until) = plan::due(plan, now)?;
        let sent = match self.sent(&mark).await {
            Ok(Some(sent)) => sent,
            // A new plan begins with its next time, not with one that it never knew.
            Ok(None) => return self.set(&mark, until).await.err().map(|_| now.saturating_add(PAUSES[0])),
            Err(reason) => return self.again(&mark, until, receiver, Failure::Passing(reason)),
        };
        if sent >= until {
            self.tries.remove(&mark);
            return None;
        }
        let before = self.tries.get(&mark).filter(|before| before.until == until);
        if let Some(before) = before.filter(|before| before.at > now) {
            return Some(before.at);
        }
        let written = before.and_then(|before| before.letter.clone());
        if now.since(until) > LATE_MAX {
            tracing::warn!(team = %plan.team, receiver = %receiver, "the report of {until} is more than a day late, and is left out");
            return self.set(&mark, until).await.err().map(|_| now.saturating_add(PAUSES[0]));
        }
        let letter = match written {
            Some(letter) => letter,
            None => match self.letter(plan, from, until).await {
                Ok(letter) => Arc::new(letter),
                Err(reason) => return self.again(&mark, until, receiver, Failure::Passing(reason)),
            },
        };
        let delivered = match self.set(&mark, until).await {
            Ok(()) => self.deliver(receiver, &letter).await,
            Err(reason) => Err(Failure::Passing(reason)),
        };
        let again = match delivered {
            Ok(()) => {
                tracing::info!(team = %plan.team, receiver = %receiver, "report sent");
                measure::reported("sent");
                self.tries.remove(&mark);
                return None;
            }
            Err(failure) => self.again(&mark, until, receiver, failure)?,
        };
        self.tries.entry(mark.clone()).and_modify(|again| again.letter = Some(letter));
        // Also if the claim is not on disk yet: it may come there later. If this does not, the report is left out.
        drop(self.set(&mark, sent).await);
        Some(again)
    }

    async fn deliver(&self, receiver: &str, letter: &Letter) -> Result<(), Failure> {
        match self.dispatcher.load_full().send_report(receiver, letter).await {
            Delivery::Delivered { .. } => Ok(()),
            Delivery::Retry { reason, .. } => Err(Failure::Passing(reason)),
            Delivery::Permanent { reason } => Err(Failure::Final(reason)),
        }
    }

    /// Counts a failure; answers when to try again, if ever.
    fn again(&mut self, mark: &str, until: Instant, receiver: &str, failure: Failure) -> Option<Instant> {
        let failed = self.tries.get(mark).filter(|again| again.until == until).map_or(0, |again| again.failed);
        measure::reported("failed");
        match (failure, PAUSES.get(failed)) {
            (Failure::Passing(reason), Some(pause)) => {
                tracing::warn!(receiver, reason, "a report was not sent, trying again in {pause}");
                let at = self.clock.now().saturating_add(*pause);
                self.tries.insert(mark.to_owned(), Try { until, failed: failed + 1, at, letter: None });
                Some(at)
            }
            (Failure::Passing(reason), None) | (Failure::Final(reason), _) => {
                tracing::error!(receiver, reason, "a report cannot be sent, and is left out");
                self.tries.remove(mark);
                None
            }
        }
    }

    async fn letter(&self, plan: &ReportPlan, from: Instant, until: Instant) -> Result<Letter, String> {
        let (reader, roster, zone) = (self.reader.clone(), self.roster.load_full(), Some(plan.zone.clone()));
        let query = ReportQuery { from, until, team: Some(plan.team.clone()), zone: zone.clone() };
        let _turn = super::AT_ONCE.acquire().await;
        let counted = tokio::task::spawn_blocking(move || super::count(&*reader, &roster, query)).await;
        let report = counted.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let view = ReportView::new(&report, zone);
        let written = |format| render_report(&view, format).map_err(|error| error.to_string());
        Ok(Letter {
            subject: report_subject(&view),
            text: written(ReportFormat::Text)?,
            markdown: written(ReportFormat::Markdown)?,
            html: written(ReportFormat::Html)?,
        })
    }

    async fn sent(&self, mark: &str) -> Result<Option<Instant>, String> {
        let (reader, mark) = (self.reader.clone(), mark.to_owned());
        let read = tokio::task::spawn_blocking(move || reader.mark(&mark)).await;
        read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }

    /// Answers once it is on disk.
    async fn set(&self, mark: &str, at: Instant) -> Result<(), String> {
        let (reply, answer) = oneshot::channel();
        self.inbox.put(Order::Mark { name: mark.into(), at }, Some(reply));
        match answer.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_not_stored)) => Err("the store refuses writes".into()),
            Err(_stopped) => Err("stopping".into()),
        }
    }
}
