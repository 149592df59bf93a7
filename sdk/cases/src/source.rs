//! Golden cases of a source: a webhook in, alerts out.

use crate::{CaseError, Instant, Moment, OPENED_AT, check_names, json};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, io, path::Path};

/// A file of cases of one source.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceCaseFile {
    /// Of every case that has none of its own.
    #[serde(default)]
    settings: toml::Table,
    #[serde(rename = "case", default)]
    pub cases: Vec<SourceCase>,
}

/// A webhook, and the alerts that it shall give or the error that it shall meet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceCase {
    pub name: String,
    settings: Option<toml::Table>,
    now: Option<Moment>,
    #[serde(default = "application_json")]
    pub content_type: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    body: Option<String>,
    /// Beside the file of cases.
    body_file: Option<String>,
    alerts: Option<Vec<SourceAlert>>,
    error: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceAlert {
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    pub starts_at: Option<Moment>,
    pub ends_at: Option<Moment>,
    #[serde(default)]
    pub generator_url: String,
}

/// What a source makes of a webhook. Two that are written alike are alike: see [`SourceAnswer::written`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceAnswer {
    Alerts(Vec<SourceAlert>),
    /// `settings: `, `malformed: ` or `failed: ` and what the source says.
    Error(String),
}

fn application_json() -> String {
    "application/json".into()
}

impl SourceCaseFile {
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        let file: Self = toml::from_str(text).map_err(CaseError::Malformed)?;
        check_names(file.cases.iter().map(|case| case.name.as_str()))?;
        match file.cases.iter().find_map(|case| Some((case, case.problem()?))) {
            Some((case, problem)) => Err(CaseError::Case { name: case.name.clone(), problem: problem.into() }),
            None => Ok(file),
        }
    }

    /// The settings of a case of this file, as the JSON that a source is given.
    pub fn settings(&self, case: &SourceCase) -> String {
        json(case.settings.as_ref().unwrap_or(&self.settings)).to_string()
    }
}

impl SourceCase {
    fn problem(&self) -> Option<&'static str> {
        match (&self.body, &self.body_file, &self.alerts, &self.error) {
            (Some(_), Some(_), ..) => Some("has `body` and `body_file`: one of them is enough"),
            (_, _, Some(_), Some(_)) => Some("has `alerts` and `error`: it can expect only one of them"),
            (_, _, None, None) => Some("expects nothing: say `alerts` or `error`"),
            _ => None,
        }
    }

    pub fn now(&self) -> Instant {
        self.now.map_or(OPENED_AT, |moment| moment.from(OPENED_AT))
    }

    /// `folder` is the one that the file of cases lies in.
    pub fn body(&self, folder: &Path) -> io::Result<Vec<u8>> {
        match (&self.body, &self.body_file) {
            (Some(text), _) => Ok(text.clone().into_bytes()),
            (None, Some(name)) => fs::read(folder.join(name)),
            (None, None) => Ok(Vec::new()),
        }
    }

    pub fn expected(&self) -> SourceAnswer {
        match (&self.alerts, &self.error) {
            (_, Some(error)) => SourceAnswer::Error(error.clone()),
            (alerts, None) => SourceAnswer::Alerts(alerts.clone().unwrap_or_default()),
        }
    }
}

impl SourceAnswer {
    /// As a case says it, so that two can be compared line by line and what differs can be copied.
    pub fn written(&self, now: Instant) -> String {
        match self {
            Self::Error(error) => format!("error = {error:?}\n"),
            Self::Alerts(alerts) if alerts.is_empty() => "alerts = []\n".into(),
            Self::Alerts(alerts) => alerts.iter().map(|alert| alert.written(now)).collect(),
        }
    }
}

impl SourceAlert {
    fn written(&self, now: Instant) -> String {
        let mut text = String::from("[[case.alerts]]\n");
        for (name, table) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            for (key, value) in table.iter().filter(|(_, value)| !value.is_empty()) {
                text.push_str(&format!("{name}.{} = {value:?}\n", written_key(key)));
            }
        }
        for (name, moment) in [("starts_at", self.starts_at), ("ends_at", self.ends_at)] {
            if let Some(moment) = moment {
                text.push_str(&format!("{name} = {:?}\n", Moment::At(moment.from(now)).written(now)));
            }
        }
        if !self.generator_url.is_empty() {
            text.push_str(&format!("generator_url = {:?}\n", self.generator_url));
        }
        text
    }
}

fn written_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { key.into() } else { format!("{key:?}") }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    const FILE: &str = r#"
settings = { list = "/alerts" }

[[case]]
name = "everything"
now = "2026-11-21T04:00:00Z"
content_type = "text/plain"
query = { env = "prod" }
headers = { x-kind = "a" }
body = "{}"
[[case.alerts]]
labels = { alertname = "Down", "a.b" = "\"", none = "" }
annotations.summary = "s"
starts_at = "2026-11-21T03:00:00Z"
ends_at = "+0m"
generator_url = "https://g"

[[case]]
name = "nothing"
settings = {}
alerts = []

[[case]]
name = "an error"
error = "malformed: no"
"#;

    #[test]
    fn reads_all_that_a_case_may_say() {
        let file = SourceCaseFile::parse(FILE).unwrap();
        let [case, nothing, error] = &file.cases[..] else { unreachable!() };
        assert_eq!((file.settings(case), file.settings(nothing)), (r#"{"list":"/alerts"}"#.into(), "{}".into()));
        assert_eq!((case.content_type.as_str(), nothing.content_type.as_str()), ("text/plain", "application/json"));
        assert_eq!(case.body(Path::new("/")).unwrap(), b"{}");
        assert_eq!(
            case.expected().written(case.now()),
            "[[case.alerts]]\nlabels.\"a.b\" = \"\\\"\"\nlabels.alertname = \"Down\"\nannotations.summary = \"s\"\n\
             starts_at = \"2026-11-21T03:00:00Z\"\nends_at = \"+0m\"\ngenerator_url = \"https://g\"\n"
        );
        assert_eq!(nothing.expected().written(0), "alerts = []\n");
        assert_eq!(error.expected().written(0), "error = \"malformed: no\"\n");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |text: &str| SourceCaseFile::parse(text).unwrap_err().to_string();
        assert_eq!(refused(""), "there is no [[case]] in it");
        let both = refused(&FILE.replace("error = ", "alerts = []\nerror = "));
        assert_eq!(both, r#"case "an error": has `alerts` and `error`: it can expect only one of them"#);
        let none = refused(&FILE.replace("settings = {}\nalerts = []", ""));
        assert_eq!(none, r#"case "nothing": expects nothing: say `alerts` or `error`"#);
        let bodies = refused(&FILE.replace("body = \"{}\"", "body = \"{}\"\nbody_file = \"a.json\""));
        assert_eq!(bodies, r#"case "everything": has `body` and `body_file`: one of them is enough"#);
    }
}
