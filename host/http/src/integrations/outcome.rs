//! An action on an incident, and what became of it in words for the person.

use crate::{
    backend::{Acted, Backend, Unavailable},
    named,
    when::readable,
};
use axum::http::StatusCode;
use bellwire_core::{Action, Answer, IncidentId, Team};
use std::time::Duration;
use tokio::time::timeout;

/// Slack gives up after 3 s, and a person does not look at a page for much longer.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(2_500);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Already,
    /// Nothing was done, and doing it again will not help.
    Refused(StatusCode, String),
    /// Nothing is known to be on disk; it may be tried again.
    Unavailable(Unavailable),
    /// It has been taken in and will be done; the disk is slow.
    UnderWay,
}

/// Answers in time. An action whose answer is late is not lost: it was handed over before the wait began.
pub(super) async fn act<B: Backend>(backend: &B, acted: Acted) -> Outcome {
    let (id, action) = (acted.incident.clone(), acted.action.clone());
    match timeout(ANSWER_TIME_MAX, backend.acted(acted)).await {
        Err(_elapsed) => Outcome::UnderWay,
        Ok(Err(unavailable)) => Outcome::Unavailable(unavailable),
        Ok(Ok(answer)) => Outcome::of(answer, &id, &action, backend.roster().tables.team(&id.team)),
    }
}

impl Outcome {
    fn of(answer: Answer, id: &IncidentId, action: &Action, team: Option<&Team>) -> Self {
        let refused = |status, sentence: String| Self::Refused(status, sentence);
        match answer {
            Answer::Done | Answer::Received { .. } | Answer::Overridden(_) | Answer::Silenced(_) => Self::Done,
            Answer::Nothing => Self::Already,
            Answer::UnknownIncident => refused(StatusCode::NOT_FOUND, format!("There is no incident {id}.")),
            Answer::AlreadyResolved if *action == Action::Resolve => Self::Already,
            Answer::AlreadyResolved => {
                refused(StatusCode::CONFLICT, format!("{id} is resolved already: nothing was done."))
            }
            Answer::Stale { revision: _ } => refused(
                StatusCode::CONFLICT,
                format!(
                    "{id} has moved on since you saw it: nothing was done. Look again, and escalate if it is still needed."
                ),
            ),
            Answer::UnknownTarget { target } => refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("Nothing was done: the team of {id} does not have {}.", named::unknown_target(&target, team)),
            ),
            Answer::BadSnooze { reason } => {
                refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{id} was not snoozed: {reason}."))
            }
            Answer::UnknownHeartbeat { known } => {
                refused(StatusCode::NOT_FOUND, format!("The team has only the heartbeats {}.", known.join(", ")))
            }
            Answer::SilenceRefused(refusal) => refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{refusal}.")),
            Answer::OverrideRefused(refusal) => refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{refusal}.")),
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Done | Self::Already => StatusCode::OK,
            Self::Refused(status, _) => *status,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnderWay => StatusCode::ACCEPTED,
        }
    }

    /// As the metric has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "nothing",
            Self::Refused(..) => "refused",
            Self::Unavailable(_) => "unavailable",
            Self::UnderWay => "under_way",
        }
    }

    /// Plain text, for the one who acted.
    pub fn sentence(&self, id: &IncidentId, action: &Action) -> String {
        match self {
            Self::Done => done(id, action),
            Self::Already => already(id, action),
            Self::Refused(_, sentence) => sentence.clone(),
            Self::Unavailable(unavailable) => format!("{id}: not now, for {}. Try again.", unavailable.reason),
            Self::UnderWay => format!("{id}: this takes longer than usual, and is under way. Look again in a moment."),
        }
    }
}

fn done(id: &IncidentId, action: &Action) -> String {
    match action {
        Action::Acknowledge => format!("{id} is acknowledged."),
        Action::Unacknowledge => format!("{id} is given back: the escalation goes on."),
        Action::Snooze { until } => format!("{id} is snoozed until {}.", readable(&until.to_string())),
        Action::Reassign { to } => format!("{id} is handed to {to}, who is being told."),
        Action::Escalate => format!("{id} goes to its next step now."),
        Action::Resolve => format!("{id} is resolved."),
    }
}

fn already(id: &IncidentId, action: &Action) -> String {
    match action {
        Action::Acknowledge => format!("You have acknowledged {id} already."),
        Action::Unacknowledge => format!("Nobody has {id}: there was nothing to give back."),
        Action::Resolve => format!("{id} is resolved already."),
        Action::Snooze { .. } | Action::Reassign { .. } | Action::Escalate => {
            format!("{id} is so already: there was nothing to do.")
        }
    }
}
