//! Saying things: decisions, notices, wants, problems, each built in one expression.

use crate::{Decision, Description, Instant, Notice, Priority, Problem, Target, Wants};
use core::{borrow::Borrow, fmt};

impl Decision {
    /// `reason` is one sentence for a human.
    pub fn new(priority: Priority, reason: impl Into<String>) -> Self {
        Self { priority, notices: Vec::new(), next_check: None, reason: reason.into(), ext: Vec::new() }
    }

    /// A notice that is due by now, whether it was sent before or not.
    pub fn notify(mut self, notice: Notice) -> Self {
        self.notices.push(notice);
        self
    }

    /// Ask again at `instant`; the earliest of several calls counts.
    pub fn check_at(mut self, instant: Instant) -> Self {
        self.next_check = Some(self.next_check.map_or(instant, |earlier| earlier.min(instant)));
        self
    }
}

impl Notice {
    /// Wakes somebody.
    pub fn page<T: Borrow<Target>>(key: impl Into<String>, to: impl IntoIterator<Item = T>) -> Self {
        Self { page: true, ..Self::inform(key, to) }
    }

    /// Only informs.
    pub fn inform<T: Borrow<Target>>(key: impl Into<String>, to: impl IntoIterator<Item = T>) -> Self {
        let to = to.into_iter().map(|target| target.borrow().clone()).collect();
        Self { key: key.into(), to, page: false, text: None, ext: Vec::new() }
    }

    /// Said in the message beside the host's own text.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

impl Wants {
    pub fn none() -> Self {
        Self { zones: Vec::new(), windows: Vec::new(), schedules: Vec::new(), targets: Vec::new() }
    }

    /// Every target that a decision may ever name, each once.
    pub fn targets<T: Borrow<Target>>(targets: impl IntoIterator<Item = T>) -> Self {
        let mut wants = Self::none();
        for target in targets {
            let target = target.borrow();
            if !wants.targets.contains(target) {
                wants.targets.push(target.clone());
            }
        }
        wants
    }

    /// The facts shall say whether we are in this window of the routes file.
    pub fn window(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.windows.contains(&name) {
            self.windows.push(name);
        }
        self
    }

    /// The facts shall hold the wall clock of this IANA zone.
    pub fn zone(mut self, name: impl Into<String>) -> Self {
        self.zones.push(name.into());
        self
    }

    /// The facts shall say who is on call in this schedule.
    pub fn schedule(mut self, name: impl Into<String>) -> Self {
        self.schedules.push(name.into());
        self
    }
}

impl Problem {
    /// `path` as in `rules[2].above.error_rate`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl Description {
    pub fn new(name: impl Into<String>, version: impl Into<String>, summary: impl Into<String>) -> Self {
        // The schema `true` takes every document.
        Self { name: name.into(), version: version.into(), summary: summary.into(), settings_schema: "true".into() }
    }

    /// A JSON Schema of the settings.
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.settings_schema = schema.into();
        self
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        })
    }
}

/// `receiver:NAME`, `person:NAME`, `schedule:NAME`, or another kind and its name.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receiver(name) => write!(formatter, "receiver:{name}"),
            Self::Person(name) => write!(formatter, "person:{name}"),
            Self::Schedule(name) => write!(formatter, "schedule:{name}"),
            Self::Other(pair) => write!(formatter, "{}:{}", pair.name, pair.value),
        }
    }
}
