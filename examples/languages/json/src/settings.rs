//! Whom each step tells, and every way in which that can be wrong, all of them at once.

use crate::documents::{Problem, Target, Wants};
use serde_json::{Map, Value};

/// Whom each step tells.
pub struct Recipients {
    pub team: Vec<Target>,
    pub manager: Vec<Target>,
    pub director: Vec<Target>,
    pub vp: Vec<Target>,
}

impl From<Recipients> for Wants {
    fn from(to: Recipients) -> Self {
        Self { targets: [to.team, to.manager, to.director, to.vp].concat() }
    }
}

/// With the default of every role that is missing or wrong.
pub fn read(settings: &Value) -> (Recipients, Vec<Problem>) {
    let mut reader = Reader { problems: Vec::new() };
    let settings = reader.object(settings, "", &["to"]);
    let to = settings.and_then(|settings| settings.get("to"));
    let to = to.and_then(|to| reader.object(to, "to", &["team", "manager", "director", "vp"]));
    let mut role = |name: &str, default: &[&str]| {
        let given = to.and_then(|to| to.get(name)).and_then(|given| reader.targets(given, &format!("to.{name}")));
        given.unwrap_or_else(|| default.iter().map(|&name| Target::Receiver(name.into())).collect())
    };
    let recipients = Recipients {
        team: role("team", &["team"]),
        manager: role("manager", &["manager"]),
        director: role("director", &["director"]),
        vp: role("vp", &["vp", "war-room"]),
    };
    (recipients, reader.problems)
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn problem<T>(&mut self, path: impl Into<String>, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem { path: path.into(), message: message.into() });
        None
    }

    fn object<'a>(&mut self, value: &'a Value, path: &str, known: &[&str]) -> Option<&'a Map<String, Value>> {
        let Value::Object(object) = value else { return self.problem(path, "must be an object") };
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.problem::<()>(path, format!("is not known here; expected {}", known.join(", ")));
        }
        Some(object)
    }

    /// One target or a list.
    fn targets(&mut self, value: &Value, path: &str) -> Option<Vec<Target>> {
        match value {
            Value::Array(list) if list.is_empty() => self.problem(path, "needs at least one target"),
            Value::Array(list) => {
                let targets = list.iter().enumerate();
                let targets: Vec<_> = targets.map(|(i, value)| self.target(value, &format!("{path}[{i}]"))).collect();
                targets.into_iter().collect()
            }
            value => self.target(value, path).map(|target| vec![target]),
        }
    }

    fn target(&mut self, value: &Value, path: &str) -> Option<Target> {
        let Value::String(text) = value else { return self.problem(path, "must be a target or a list of targets") };
        // A bare name is a receiver's.
        let (kind, name) = text.split_once(':').unwrap_or(("receiver", text));
        match kind {
            _ if name.is_empty() => self.problem(path, "must have a name"),
            "receiver" => Some(Target::Receiver(name.into())),
            "person" => Some(Target::Person(name.into())),
            "schedule" => Some(Target::Schedule(name.into())),
            _ => self.problem(path, format!("is of an unknown kind {kind:?}; expected receiver, person, schedule")),
        }
    }
}
