//! What must hold of notices and of what people did: nothing that is due waits, nobody is woken for what somebody has, and
//! nobody's silence is forgotten.

use crate::{store::Rows, truth::Truth};
use bellwire_core::{
    Action, Answer, Event, Incident, IncidentState, Instant, Message, Notice, NoticeKind, NoticeState, OverrideRequest,
    Span, Tables,
};
use std::{collections::BTreeMap, sync::Arc};

/// The longest window of a storm that a run has.
const WINDOW_MAX: Span = Span::from_secs(120);
const SNOOZE_MAX: Span = Span::from_secs(30 * 86_400);

#[derive(Clone, Copy)]
pub enum WasSent {
    Never,
    Before,
}

/// Of a message that goes out. `was_sent`: it did before, and a crash took the answer.
pub fn check_sent(now: Instant, message: &Message, was_sent: WasSent, rows: &Rows) -> Result<(), String> {
    let notices = rows.notices_of(&message.incident.id);
    let Some(place) = notices.iter().position(|notice| notice.id == message.notice) else {
        return Err(format!("{} was sent and is not stored", message.notice));
    };
    let notice = &notices[place];
    if !is_pending(notice) {
        return Err(format!("{} is sent again, though it is {:?}", message.notice, notice.state));
    }
    let of_the_line = |other: &&Notice| other.receiver == message.receiver;
    if let Some(earlier) = notices[..place].iter().filter(of_the_line).find(|earlier| is_in_line(now, earlier)) {
        return Err(format!("{} overtakes {}", message.notice, earlier.id));
    }
    let is_told = |later: &Notice| later.attempts > 0 && !later.kind.is_update();
    if let Some(later) = notices[place..].iter().filter(of_the_line).find(|later| is_told(later))
        && message.kind == NoticeKind::Resolved
        && later.opening > notice.opening
    {
        return Err(format!(
            "{} tells of an end after {}\n{}",
            message.notice,
            later.id,
            rows.describe(&message.incident.id)
        ));
    }
    match was_sent {
        WasSent::Never => check_wakes_nobody_in_vain(message, notice)
            .map_err(|error| format!("{error}\n{}", rows.describe(&message.incident.id))),
        WasSent::Before => Ok(()),
    }
}

/// Somebody has it: whoever was not told yet is left in peace, unless more fires than that one knows of.
fn check_wakes_nobody_in_vain(message: &Message, notice: &Notice) -> Result<(), String> {
    let Incident { state, acknowledged, .. } = &message.incident;
    let is_quiet = matches!(state, IncidentState::Acknowledged | IncidentState::Snoozed);
    let is_joined = message.kind == NoticeKind::AlertsJoined;
    if !is_quiet || !message.page || message.attempt > 1 || is_joined {
        return Ok(());
    }
    match acknowledged {
        // A receiver is no person: what was decided before is told, and a fallback hears what could not be.
        Some(acknowledged)
            if message.person.is_none()
                && (notice.created_at <= acknowledged.at || message.kind == NoticeKind::Failover) =>
        {
            Ok(())
        }
        _ => Err(format!("{} pages {} for what is {state:?} by {acknowledged:?}", message.notice, message.receiver)),
    }
}

fn is_pending(notice: &Notice) -> bool {
    matches!(notice.state, NoticeState::Pending { .. })
}

/// To be sent, and not before its time as a later contact is, or what is held to be told with others.
fn is_in_line(now: Instant, notice: &Notice) -> bool {
    matches!(notice.state, NoticeState::Pending { due } if notice.attempts > 0 || due <= now)
}

impl Truth {
    /// After every turn: whatever is due is with its sender, and nothing is held for longer than a window.
    pub fn check_outbox(&self, now: Instant, rows: &Rows) -> Result<(), String> {
        let mut under_way: BTreeMap<&Arc<str>, u32> = BTreeMap::new();
        for message in self.in_flight.values() {
            *under_way.entry(&message.receiver).or_default() += message.count;
        }
        let mut due_to: BTreeMap<&Arc<str>, u32> = BTreeMap::new();
        for (id, notices) in rows.notices.iter().filter(|(id, _)| rows.is_open(id)) {
            let mut lines: Vec<&Arc<str>> = Vec::new();
            for notice in notices {
                let NoticeState::Pending { due } = notice.state else { continue };
                if notice.held && notice.attempts == 0 && due > now.saturating_add(WINDOW_MAX) {
                    return Err(format!("{} of {id} is held until {due}", notice.id));
                }
                if is_in_line(now, notice) && !lines.contains(&&notice.receiver) {
                    lines.push(&notice.receiver);
                    *due_to.entry(&notice.receiver).or_default() += u32::from(due <= now);
                }
            }
        }
        due_to.retain(|_, count| *count > 0);
        match due_to == under_way {
            true => Ok(()),
            false => Err(format!("at {now} there are due {due_to:?}, and under way {under_way:?}")),
        }
    }

    /// After every turn: an incident that the policy has done with, and nobody has, is seen to be unowned.
    pub fn check_owned(&self, now: Instant, rows: &Rows, tables: &Tables) -> Result<(), String> {
        for (id, incident) in rows.incidents.iter().filter(|(_, incident)| !incident.closed) {
            let Incident { state, unowned_since, evaluate, flapping, moved_at, reopened, .. } = incident;
            if *state != IncidentState::Open {
                if unowned_since.is_some() {
                    return Err(format!("{id} is {state:?} and unowned"));
                }
                continue;
            }
            let is_left = evaluate.is_none() && !self.evaluating.contains(id) && flapping.is_none();
            let paged = |notice: &Notice| {
                let arrives = matches!(notice.state, NoticeState::Pending { .. } | NoticeState::Delivered { .. });
                notice.page && notice.opening == *reopened && arrives
            };
            let after = tables.team(&id.team).map_or(Span::ZERO, |team| team.last_resort_after);
            let is_late = moved_at.saturating_add(after) <= now;
            if is_left && is_late && unowned_since.is_none() && rows.notices_of(id).iter().any(paged) {
                return Err(format!("nobody has {id}, and nobody sees it: {incident:?}"));
            }
        }
        Ok(())
    }

    /// Of an event that was its turn's only one; the rows are as they were before it.
    pub fn check_answer(&self, now: Instant, event: &Event, answer: &Answer, rows: &Rows) -> Result<(), String> {
        let is_right = match event {
            Event::Acted { incident, action, revision, .. } => {
                is_right(now, action, *revision, rows.incidents.get(incident).filter(|row| !row.closed), answer)
            }
            Event::Overridden { request: OverrideRequest::Add(_), .. } => {
                matches!(answer, Answer::Overridden(_) | Answer::OverrideRefused(_))
            }
            Event::Overridden { request: OverrideRequest::Remove { team, id }, .. } => {
                let is_known = rows.overrides.iter().any(|made| (&made.team, &made.id) == (team, id));
                matches!((is_known, answer), (true, Answer::Done) | (false, Answer::OverrideRefused(_)))
            }
            Event::Silenced { .. } => matches!(answer, Answer::Silenced(_) | Answer::SilenceRefused(_)),
            Event::Beat { .. }
            | Event::Received(_)
            | Event::Decided { .. }
            | Event::Delivered { .. }
            | Event::Reloaded(_) => true,
        };
        match (is_right, event) {
            (false, Event::Acted { incident, action, revision, .. }) => {
                let row = rows.incidents.get(incident);
                Err(format!("{action:?} as of {revision:?} was answered {answer:?} for {row:?}"))
            }
            (false, _) => Err(format!("a wrong answer: {answer:?}")),
            (true, _) => Ok(()),
        }
    }
}

fn is_right(now: Instant, action: &Action, seen: Option<u64>, incident: Option<&Incident>, answer: &Answer) -> bool {
    let Some(incident) = incident else {
        return *answer == Answer::UnknownIncident;
    };
    match (incident.state, action) {
        (IncidentState::Resolved, Action::Resolve) => *answer == Answer::Nothing,
        (IncidentState::Resolved, _) => *answer == Answer::AlreadyResolved,
        (_, Action::Resolve) => *answer == Answer::Done,
        (_, Action::Acknowledge) => matches!(answer, Answer::Done | Answer::Nothing),
        (IncidentState::Open, Action::Unacknowledge) => *answer == Answer::Nothing,
        (_, Action::Unacknowledge) => *answer == Answer::Done,
        (_, Action::Snooze { until }) => {
            let is_good = *until > now && until.since(now) <= SNOOZE_MAX;
            is_good == (*answer == Answer::Done) && is_good != matches!(answer, Answer::BadSnooze { .. })
        }
        (_, Action::Reassign { .. }) => matches!(answer, Answer::Done | Answer::UnknownTarget { .. }),
        (_, Action::Escalate) => match seen.is_some_and(|seen| seen < incident.moved) {
            true => *answer == Answer::Stale { revision: incident.revision },
            false => *answer == Answer::Done,
        },
    }
}
