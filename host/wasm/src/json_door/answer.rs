//! What a program writes to stdout, taken to the letter: what is unknown, missing or of another type is an error that
//! says where. sdk/json/*.schema.json say the same to the author's tools. What is empty or not there may be left out.

use crate::{Description, Problem, World, bindings::clip};
use bellwire_core::{self as core, DecidedNotice, Instant, PluginFault, Wants};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Evaluated {
    Ok(Decision),
    Error(Refused),
}

/// What `check` answers: `W` is what a plugin of that world wants.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Checked<W> {
    Ok(W),
    Problems(Vec<Wrong>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    priority: Priority,
    #[serde(default)]
    notices: Vec<Notice>,
    #[serde(default)]
    next_check: Option<u64>,
    reason: String,
    /// For later versions of the contract; says nothing yet.
    #[serde(default, rename = "ext")]
    _ext: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Priority {
    P1,
    P2,
    P3,
    P4,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    key: String,
    #[serde(default)]
    to: Vec<Target>,
    page: bool,
    #[serde(default)]
    text: Option<String>,
    #[serde(default, rename = "ext")]
    _ext: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Target {
    Receiver(String),
    Person(String),
    Schedule(String),
    Other(Pair),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refused {
    Settings(String),
    NotApplicable(String),
    Failed(String),
    Other(Pair),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    pub name: String,
    pub value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default)]
    windows: Vec<String>,
    #[serde(default)]
    schedules: Vec<String>,
    #[serde(default)]
    targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    path: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    version: String,
    summary: String,
    settings_schema: String,
    #[serde(default)]
    world: Kind,
}

/// Programs of 0.1.0 say nothing of it: there were only policies.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Policy,
    Source,
    Channel,
}

pub(super) fn description(stdout: &[u8]) -> Result<Description, PluginFault> {
    let Described { name, version, summary, settings_schema, world: _ } = read(stdout).map_err(PluginFault::Failed)?;
    Ok(Description { name, version, summary, settings_schema })
}

/// Of the same document: what it is.
pub(super) fn world(stdout: &[u8]) -> Result<World, PluginFault> {
    let Described { world, .. } = read(stdout).map_err(PluginFault::Failed)?;
    Ok(match world {
        Kind::Policy => World::Policy,
        Kind::Source => World::Source,
        Kind::Channel => World::Channel,
    })
}

pub(super) fn verdict(stdout: &[u8]) -> Result<Result<Wants, Vec<Problem>>, PluginFault> {
    match checked(stdout)? {
        Ok(Wanted { zones, windows, schedules, targets }) => {
            Ok(Ok(Wants { zones, windows, schedules, targets: self::targets(targets)? }))
        }
        Err(problems) => Ok(Err(problems)),
    }
}

pub(super) fn checked<W: DeserializeOwned>(stdout: &[u8]) -> Result<Result<W, Vec<Problem>>, PluginFault> {
    Ok(match read(stdout).map_err(PluginFault::Failed)? {
        Checked::Ok(wanted) => Ok(wanted),
        Checked::Problems(problems) => {
            Err(problems.into_iter().map(|Wrong { path, message }| Problem { path, message }).collect())
        }
    })
}

pub(super) fn decision(stdout: &[u8]) -> Result<core::Decision, PluginFault> {
    let Decision { priority, notices, next_check, reason, _ext } =
        match read(stdout).map_err(PluginFault::BadDecision)? {
            Evaluated::Ok(decision) => decision,
            Evaluated::Error(refused) => return Err(refusal(refused)),
        };
    let notices = notices
        .into_iter()
        .map(|Notice { key, to, page, text, _ext }| Ok(DecidedNotice { key, to: targets(to)?, page, text }));
    Ok(core::Decision {
        priority: match priority {
            Priority::P1 => core::Priority::P1,
            Priority::P2 => core::Priority::P2,
            Priority::P3 => core::Priority::P3,
            Priority::P4 => core::Priority::P4,
        },
        notices: notices.collect::<Result<_, PluginFault>>()?,
        next_check: next_check.map(Instant::from_millis),
        reason,
    })
}

fn refusal(refused: Refused) -> PluginFault {
    match refused {
        Refused::Settings(message) => PluginFault::Settings(clip(message)),
        Refused::NotApplicable(message) => PluginFault::NotApplicable(clip(message)),
        Refused::Failed(message) => PluginFault::Failed(clip(message)),
        Refused::Other(Pair { name, value }) => PluginFault::Failed(clip(format!("{name}: {value}"))),
    }
}

fn targets(targets: Vec<Target>) -> Result<Vec<core::Target>, PluginFault> {
    let target = |target| match target {
        Target::Receiver(name) => Ok(core::Target::Receiver(name)),
        Target::Person(name) => Ok(core::Target::Person(name)),
        Target::Schedule(name) => Ok(core::Target::Schedule(name)),
        Target::Other(Pair { name, value }) => Err(PluginFault::UnknownTarget(clip(format!("{name}:{value}")))),
    };
    targets.into_iter().map(target).collect()
}

/// The one document on stdout; or a sentence about it.
pub(super) fn read<T: DeserializeOwned>(stdout: &[u8]) -> Result<T, String> {
    let text = str::from_utf8(stdout)
        .map_err(|error| format!("what it wrote to stdout is not UTF-8 from byte {} on", error.valid_up_to()))?;
    if text.trim_ascii().is_empty() {
        return Err("it wrote nothing to stdout".into());
    }
    let mut document = serde_json::Deserializer::from_str(text);
    let answer = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { String::new() } else { format!("`{path}`: ") };
        clip(format!("what it wrote to stdout is not the answer: {at}{}", error.into_inner()))
    })?;
    document.end().map_err(|error| clip(format!("after its answer it wrote more to stdout: {error}")))?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(stdout: &str) -> String {
        decision(stdout.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_empty_may_be_left_out() {
        let least = decision(br#"{"ok": {"priority": "p4", "reason": "quiet"}}"#).unwrap();
        let whole = decision(
            br#" {"ok": {"priority": "p4", "notices": [], "next_check": null, "reason": "quiet", "ext": []}}
            "#,
        );
        assert_eq!(Ok(least), whole);
        assert_eq!(verdict(br#"{"ok": {}}"#), Ok(Ok(Wants::default())));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let unknown = fault(r#"{"ok": {"priority": "p1", "reason": "", "notice": []}}"#);
        assert!(unknown.contains("unknown field `notice`, expected one of `priority`, `notices`"), "{unknown}");
        let target = r#"{"ok": {"priority": "p1", "reason": "", "notices": [{"key": "a", "page": true, "to": [{"team": "x"}]}]}}"#;
        let target = fault(target);
        assert!(target.contains("`ok.notices[0].to[0]"), "{target}");
        assert!(target.contains("unknown variant `team`, expected one of `receiver`, `person`"), "{target}");
        let missing = fault(r#"{"ok": {"priority": "p1"}}"#);
        assert!(missing.contains("`ok`: missing field `reason` at line 1"), "{missing}");
        let kind = fault(r#"{"ok": {"priority": "P1", "reason": ""}}"#);
        assert!(kind.contains("`ok.priority`: unknown variant `P1`, expected one of `p1`"), "{kind}");
        let instant = fault(r#"{"ok": {"priority": "p1", "reason": "", "next_check": -1}}"#);
        assert!(instant.contains("`ok.next_check`: invalid value: integer `-1`, expected u64"), "{instant}");
    }

    #[test]
    fn no_document_and_two_are_said_as_such() {
        assert!(fault(" \n").ends_with("it wrote nothing to stdout"));
        let two = fault(r#"{"error": {"failed": "x"}} {}"#);
        assert!(two.contains("after its answer it wrote more"), "{two}");
        let bytes = decision(b"{\"ok\xff").unwrap_err().to_string();
        assert!(bytes.ends_with("is not UTF-8 from byte 4 on"), "{bytes}");
        let cut = fault(r#"{"ok": {"priority""#);
        assert!(cut.contains("EOF while parsing"), "{cut}");
        let both = fault(r#"{"error": {"failed": "x"}, "ok": {"priority": "p1", "reason": ""}}"#);
        assert!(both.contains("what it wrote to stdout is not the answer"), "{both}");
    }

    #[test]
    fn refusals_keep_their_kind() {
        let refused = |kind: &str| decision(format!(r#"{{"error": {{"{kind}": "why"}}}}"#).as_bytes()).unwrap_err();
        assert_eq!(refused("settings"), PluginFault::Settings("why".into()));
        assert_eq!(refused("not_applicable"), PluginFault::NotApplicable("why".into()));
        assert_eq!(refused("failed"), PluginFault::Failed("why".into()));
    }
}
