//! Settings: the types they are made of, and how every problem in them is found at once.

use crate::{Policy, Priority, Problem, Target, Wants};
use core::{fmt, str::FromStr};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;
use serde_path_to_error::Segment;

/// A length of time, written as `"90s"`, `"5m"`, `"1h30m"`, `"2d"` or `"0"`: elapsed time, so a day is 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    milliseconds: u64,
}

impl Span {
    pub const ZERO: Self = Self { milliseconds: 0 };
    /// Longer is a typing error, and the limit keeps sums of instants and spans from overflowing.
    const YEARS_MAX: u64 = 10 * 366 * 86_400_000;

    pub const fn minutes(minutes: u32) -> Self {
        Self { milliseconds: minutes as u64 * 60_000 }
    }

    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self { milliseconds }
    }

    pub const fn as_milliseconds(self) -> u64 {
        self.milliseconds
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SYNTAX: &str = "expected a length of time such as \"90s\", \"5m\", \"1h30m\" or \"2d\"";
        if text == "0" {
            return Ok(Self::ZERO);
        }
        let mut milliseconds = 0_u64;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let letters = rest[digits..].bytes().take_while(u8::is_ascii_lowercase).count();
            let number: u64 = rest[..digits].parse().map_err(|_| SYNTAX)?;
            let unit = match &rest[digits..digits + letters] {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                "w" => 604_800_000,
                _ => return Err(SYNTAX),
            };
            milliseconds = milliseconds.saturating_add(number.saturating_mul(unit));
            rest = &rest[digits + letters..];
        }
        match milliseconds {
            _ if text.is_empty() => Err(SYNTAX),
            too_long if too_long > Self::YEARS_MAX => Err("is longer than ten years"),
            milliseconds => Ok(Self { milliseconds }),
        }
    }
}

/// The two largest units that it has, as in `1h30m`.
impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
        let mut rest = self.milliseconds;
        let mut written = 0;
        for (unit, name) in UNITS {
            if rest >= unit && written < 2 {
                write!(formatter, "{}{name}", rest / unit)?;
                rest %= unit;
                written += 1;
            }
        }
        if written == 0 { formatter.write_str("0m") } else { Ok(()) }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// `NAME` and `receiver:NAME` are a receiver; `person:NAME` and `schedule:NAME` are what they say.
impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').unwrap_or(("receiver", text));
        if name.is_empty() {
            return Err("a target needs a name".into());
        }
        match kind {
            "receiver" => Ok(Self::Receiver(name.into())),
            "person" => Ok(Self::Person(name.into())),
            "schedule" => Ok(Self::Schedule(name.into())),
            _ => Err(format!("unknown kind of target {kind:?}: expected receiver, person or schedule")),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "P1" => Ok(Self::P1),
            "P2" => Ok(Self::P2),
            "P3" => Ok(Self::P3),
            "P4" => Ok(Self::P4),
            other => Err(D::Error::custom(format!("unknown priority {other:?}: expected P1, P2, P3 or P4"))),
        }
    }
}

/// What the exported `check` does: the shape of the settings first, every problem of it; then the policy's own `check`.
pub fn check_settings<P: Policy>(json: &str) -> Result<Wants, Vec<Problem>> {
    check_shape(json, P::check)
}

/// Of every kind of plugin: `check` is asked only about settings that have the right shape.
pub(crate) fn check_shape<S: DeserializeOwned, W>(
    json: &str,
    check: fn(&S) -> Result<W, Vec<Problem>>,
) -> Result<W, Vec<Problem>> {
    let document: Value = serde_json::from_str(json).map_err(|error| vec![Problem::new("", error.to_string())])?;
    match serde_path_to_error::deserialize(document.clone()) {
        Ok(settings) => check(&settings),
        Err(_) => Err(shape_problems::<S>(document)),
    }
}

/// Serde stops at the first problem. So note it, take the part that it is in out of the document, and look again.
fn shape_problems<S: DeserializeOwned>(mut document: Value) -> Vec<Problem> {
    const PROBLEMS_MAX: usize = 100;
    let mut problems: Vec<Problem> = Vec::new();
    let mut removed = Removed::default();
    while problems.len() < PROBLEMS_MAX
        && let Err(error) = serde_path_to_error::deserialize::<_, S>(document.clone())
    {
        let segments: Vec<Segment> = error.path().iter().cloned().collect();
        let place = removed.original(&segments);
        let message = error.inner().to_string();
        // What lacks a part only because we took it out is no problem of its author's.
        if !(message.starts_with("missing field") && removed.has_inside(&place)) {
            problems.push(Problem::new(written(&place), message));
        }
        if !remove(&mut document, &segments) {
            break;
        }
        removed.0.push(place);
    }
    problems
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What was taken out of the document, by its place in the original one.
#[derive(Default)]
struct Removed(Vec<Vec<Step>>);

impl Removed {
    /// Where a place of the document was before anything was removed: elements after a removed one have moved up.
    fn original(&self, segments: &[Segment]) -> Vec<Step> {
        let mut place = Vec::new();
        for segment in segments {
            let step = match segment {
                Segment::Seq { index } => Step::Index(self.original_index(&place, *index)),
                Segment::Map { key } => Step::Key(key.clone()),
                Segment::Enum { variant } => Step::Key(variant.clone()),
                Segment::Unknown => break,
            };
            place.push(step);
        }
        place
    }

    fn original_index(&self, list: &[Step], mut index: usize) -> usize {
        let siblings = self.0.iter().filter(|place| place.len() == list.len() + 1 && place.starts_with(list));
        let mut gone: Vec<usize> = siblings
            .filter_map(|place| match place.last() {
                Some(Step::Index(index)) => Some(*index),
                Some(Step::Key(_)) | None => None,
            })
            .collect();
        gone.sort_unstable();
        for removed in gone {
            if removed <= index {
                index += 1;
            }
        }
        index
    }

    fn has_inside(&self, place: &[Step]) -> bool {
        self.0.iter().any(|removed| removed.len() > place.len() && removed.starts_with(place))
    }
}

fn remove(document: &mut Value, segments: &[Segment]) -> bool {
    let Some((last, parents)) = segments.split_last() else { return false };
    let mut parent = document;
    for segment in parents {
        let child = match segment {
            Segment::Seq { index } => parent.get_mut(index),
            Segment::Map { key } | Segment::Enum { variant: key } => parent.get_mut(key),
            Segment::Unknown => None,
        };
        let Some(child) = child else { return false };
        parent = child;
    }
    match (last, parent) {
        (Segment::Seq { index }, Value::Array(list)) if *index < list.len() => {
            list.remove(*index);
            true
        }
        (Segment::Map { key } | Segment::Enum { variant: key }, Value::Object(map)) => map.remove(key).is_some(),
        _ => false,
    }
}

fn written(place: &[Step]) -> String {
    let mut path = String::new();
    for step in place {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => path.push_str(&format!(".{key}")),
        }
    }
    path
}

#[cfg(feature = "schema")]
mod schema {
    use super::{Priority, Span, Target};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    impl JsonSchema for Span {
        fn schema_name() -> Cow<'static, str> {
            "Span".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "A length of time: \"90s\", \"5m\", \"1h30m\", \"2d\".",
                "type": "string",
                "pattern": "^(0|([0-9]+(ms|s|m|h|d|w))+)$",
            })
        }
    }

    impl JsonSchema for Target {
        fn schema_name() -> Cow<'static, str> {
            "Target".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "Whom to tell: a receiver's name, or \"receiver:NAME\", \"person:NAME\", \"schedule:NAME\".",
                "type": "string",
                "pattern": "^((receiver|person|schedule):.+|[^:]+)$",
            })
        }
    }

    impl JsonSchema for Priority {
        fn schema_name() -> Cow<'static, str> {
            "Priority".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "description": "P1 is the most urgent.", "enum": ["P1", "P2", "P3", "P4"] })
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use crate::{Decision, Description, Facts, PolicyError};
    use std::collections::BTreeMap;

    struct Probe;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Settings {
        to: Target,
        steps: Vec<Step>,
        #[serde(default)]
        above: BTreeMap<String, f64>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Step {
        after: Span,
        #[serde(default)]
        page: bool,
    }

    impl Policy for Probe {
        type Settings = Settings;

        fn describe() -> Description {
            Description::new("probe", "0.1.0", "")
        }

        fn check(_: &Settings) -> Result<Wants, Vec<Problem>> {
            Ok(Wants::none())
        }

        fn evaluate(_: &Settings, _: &Facts) -> Result<Decision, PolicyError> {
            Err(PolicyError::NotApplicable(String::new()))
        }
    }

    fn problems(json: &str) -> String {
        let problems = check_settings::<Probe>(json).unwrap_err();
        problems.iter().map(|problem| format!("{}: {}\n", problem.path, problem.message)).collect()
    }

    #[test]
    fn every_problem_of_the_shape_is_found_with_its_place() {
        let settings = r#"{
            "to": "team:ops",
            "steps": [
                { "after": "5 minutes" },
                { "after": "5m", "pgae": true },
                { "page": true },
                { "after": "0", "page": "yes" },
                7
            ],
            "above": { "rate": "high", "ok": 5 }
        }"#;
        assert_eq!(
            problems(settings),
            "above.rate: invalid type: string \"high\", expected f64\n\
             steps[0].after: expected a length of time such as \"90s\", \"5m\", \"1h30m\" or \"2d\"\n\
             steps[1].pgae: unknown field `pgae`, expected `after` or `page`\n\
             steps[2]: missing field `after`\n\
             steps[3].page: invalid type: string \"yes\", expected a boolean\n\
             steps[4]: invalid type: integer `7`, expected struct Step\n\
             to: unknown kind of target \"team\": expected receiver, person or schedule\n"
        );
    }

    #[test]
    fn what_is_not_json_or_lacks_everything_is_one_problem() {
        assert_eq!(problems("{"), ": EOF while parsing an object at line 1 column 1\n");
        assert_eq!(problems("{}"), ": missing field `to`\n");
    }

    #[test]
    fn spans_read_and_write() {
        for (text, milliseconds, written) in [
            ("0", 0, "0m"),
            ("90s", 90_000, "1m30s"),
            ("1h30m", 5_400_000, "1h30m"),
            ("2w", 1_209_600_000, "14d"),
            ("250ms", 250, "250ms"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.as_milliseconds(), span.to_string().as_str()), (milliseconds, written));
        }
        for bad in ["", "5", "m", "-5m", "5 m", "5M", "99999999999999999999m", "4000d", "5mm"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn targets_read_and_write() {
        for (text, written) in [("ops", "receiver:ops"), ("person:amy", "person:amy"), ("schedule:a:b", "schedule:a:b")]
        {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), written);
        }
        assert!("".parse::<Target>().is_err());
        assert!("receiver:".parse::<Target>().is_err());
    }
}
