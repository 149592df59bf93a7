//! What a sender is handed to write one message of an incident.

use super::{Held, delivery::may_have_arrived, live::Live};
use crate::{Earlier, Fingerprint, Incident, Instant, Message, Notice, NoticeState, Person, Roster, SentOutcome, Told};
use alloc::{sync::Arc, vec::Vec};
use hashbrown::HashMap;

impl Live {
    pub fn message(&self, now: Instant, index: usize, roster: &Roster, alerts: &HashMap<Fingerprint, Held>) -> Message {
        let notice = &self.notices[index];
        let earlier = self.notices.iter().filter(|other| other.receiver == notice.receiver).filter_map(|other| {
            match &other.state {
                NoticeState::Delivered { receipt, .. } => Some(Earlier {
                    notice: other.id.clone(),
                    kind: other.kind,
                    receipt: receipt.clone(),
                    bundled: other.bundle.is_some(),
                }),
                _ if may_have_arrived(other) => Some(Earlier {
                    notice: other.id.clone(),
                    kind: other.kind,
                    receipt: None,
                    bundled: other.bundle.is_some(),
                }),
                NoticeState::Pending { .. }
                | NoticeState::Failed { .. }
                | NoticeState::Superseded { .. }
                | NoticeState::Nobody { .. } => None,
            }
        });
        Message {
            notice: notice.id.clone(),
            receiver: notice.receiver.clone(),
            person: self.person(notice, roster),
            attempt: notice.attempts + 1,
            kind: notice.kind,
            key: notice.key.clone(),
            page: notice.page,
            text: notice.text.clone(),
            now,
            deadline: notice.deadline,
            // The row's count is as old as the row.
            incident: Incident { firing: self.firing, ..self.incident.clone() },
            firing: self.loud(),
            resolved: self.resolved_members(),
            alerts: self.sorted_alerts(alerts, Message::ALERTS_MAX),
            // Who knows of other incidents adds them.
            symptoms: Vec::new(),
            told: self.told_beside(notice),
            earlier: earlier.collect(),
            bundle: None,
        }
    }

    fn person(&self, notice: &Notice, roster: &Roster) -> Option<Arc<Person>> {
        let team = roster.tables.team(&self.incident.id.team)?;
        team.people.get(notice.person.as_ref()?).cloned()
    }

    fn told_beside(&self, notice: &Notice) -> Vec<Told> {
        let others = self.notices.iter().filter(|other| {
            other.receiver != notice.receiver && other.opening == self.incident.reopened && !other.kind.is_update()
        });
        let told = others.filter_map(|other| {
            let outcome = match other.state {
                NoticeState::Pending { .. } => SentOutcome::Pending,
                NoticeState::Delivered { .. } => SentOutcome::Delivered,
                NoticeState::Failed { .. } => SentOutcome::Failed,
                NoticeState::Superseded { .. } | NoticeState::Nobody { .. } => return None,
            };
            Some(Told { receiver: other.receiver.clone(), at: other.created_at, outcome })
        });
        told.collect()
    }
}
