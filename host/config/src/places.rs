//! Where schedules and overrides stand, for what is found out about them when all is read.

use crate::{
    file::File,
    report::{Diagnostic, Place},
};
use std::{collections::BTreeMap, sync::Arc};

pub struct Places {
    pub(crate) files: Vec<File>,
    /// By team and name.
    pub(crate) schedules: BTreeMap<(Arc<str>, Arc<str>), Place>,
    /// By team and id.
    pub(crate) overrides: BTreeMap<(Arc<str>, Arc<str>), Place>,
}

impl Places {
    /// The diagnostic, at the schedule.
    pub fn at_schedule(&self, team: &Arc<str>, schedule: &Arc<str>, diagnostic: Diagnostic) -> Diagnostic {
        self.at(self.schedules.get(&(team.clone(), schedule.clone())), diagnostic)
    }

    /// The diagnostic, at the override of a routes file.
    pub fn at_override(&self, team: &Arc<str>, id: &Arc<str>, diagnostic: Diagnostic) -> Diagnostic {
        self.at(self.overrides.get(&(team.clone(), id.clone())), diagnostic)
    }

    pub(crate) fn at(&self, place: Option<&Place>, diagnostic: Diagnostic) -> Diagnostic {
        match place {
            Some(place) => diagnostic.at(&self.files, place),
            None => diagnostic,
        }
    }
}
