//! What is in memory and not on disk. While the store takes writes that is a moment's; while it refuses, only the last
//! version of each row is kept, so that hours of refusal cost no more memory than what is held anyway.

use crate::measure;
use bellwire_core::{Effects, Fingerprint, IncidentId, NoticeId, Write};
use std::{collections::HashMap, sync::Arc};

/// Journal entries kept while the disk refuses; beyond it the oldest go, and are counted. Rows always stay.
const ENTRIES_MAX: usize = 200_000;
/// Fewer rows than this are not worth merging.
const MERGE_MIN: usize = 10_000;

#[derive(Default)]
pub(crate) struct Backlog {
    turns: Vec<Effects>,
    /// Rows after the last merge.
    merged: usize,
}

#[derive(PartialEq, Eq, Hash)]
enum Row {
    Alert(Fingerprint),
    Incident(IncidentId),
    Notice(NoticeId),
    Override(Arc<str>, Arc<str>),
    Silence(Arc<str>),
    Mark(Arc<str>),
}

impl Backlog {
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    pub fn push(&mut self, turn: Effects) {
        if !turn.writes.is_empty() || !turn.journal.is_empty() {
            self.turns.push(turn);
        }
    }

    pub fn turns(&self) -> Vec<&Effects> {
        self.turns.iter().collect()
    }

    pub fn clear(&mut self) {
        self.turns.clear();
        self.merged = 0;
    }

    /// The store refused: keeps within bounds what may have to be kept for long.
    pub fn bound(&mut self) {
        let rows: usize = self.turns.iter().map(|turn| turn.writes.len()).sum();
        let entries: usize = self.turns.iter().map(|turn| turn.journal.len()).sum();
        if rows < (2 * self.merged).max(MERGE_MIN) && entries <= ENTRIES_MAX {
            return;
        }
        let mut whole = Effects::default();
        let mut places: HashMap<Row, usize> = HashMap::new();
        for turn in self.turns.drain(..) {
            whole.journal.extend(turn.journal);
            for write in turn.writes {
                // In the place of its first version: notices are kept in the order they were made.
                match places.get(&row(&write)) {
                    Some(place) => whole.writes[*place] = write,
                    None => {
                        places.insert(row(&write), whole.writes.len());
                        whole.writes.push(write);
                    }
                }
            }
        }
        let dropped = whole.journal.len().saturating_sub(ENTRIES_MAX);
        if dropped > 0 {
            whole.journal.drain(..dropped);
            measure::journal_dropped(dropped);
        }
        self.merged = whole.writes.len();
        self.turns.push(whole);
    }
}

fn row(write: &Write) -> Row {
    match write {
        Write::Alert(alert) => Row::Alert(alert.fingerprint),
        Write::ForgetAlert(fingerprint) => Row::Alert(*fingerprint),
        Write::Incident(incident) => Row::Incident(incident.id.clone()),
        Write::Notice(notice) => Row::Notice(notice.id.clone()),
        Write::Override(made) => Row::Override(made.team.clone(), made.id.clone()),
        Write::ForgetOverride { team, id } => Row::Override(team.clone(), id.clone()),
        Write::Silence(silence) => Row::Silence(silence.id.clone()),
        Write::ForgetSilence(id) => Row::Silence(id.clone()),
        Write::Mark { name, .. } => Row::Mark(name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_core::{Entry, Fact, Instant};

    #[test]
    fn hours_of_refusal_keep_the_last_of_each_row_and_the_newest_entries() {
        let mut backlog = Backlog::default();
        for at in 0..ENTRIES_MAX as u64 + 10 {
            let mut turn = Effects::default();
            turn.writes.push(Write::ForgetAlert(Fingerprint(at % 7)));
            let fact = Fact::Reloaded { revision: "r".into() };
            turn.journal.push(Entry { at: Instant::from_millis(at), incident: None, fact });
            backlog.push(turn);
        }
        backlog.bound();
        let turns = backlog.turns();
        assert_eq!((turns.len(), turns[0].writes.len(), turns[0].journal.len()), (1, 7, ENTRIES_MAX));
        assert_eq!(turns[0].journal[0].at.as_millis(), 10);
    }
}
