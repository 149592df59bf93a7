//! TOML as text, with its comments.

use super::Left;
use std::collections::{BTreeMap, BTreeSet};

const LINE_WIDTH: usize = 120;

/// In the quotes that it needs.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// `["a", "b"]`.
pub(super) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// As Bellwire reads it: `1h30m`.
pub(super) fn length(span: bellwire_core::Span) -> String {
    let millis = span.as_millis() % 1_000;
    let text = if span.as_millis() >= 1_000 && millis > 0 { format!("{span} {millis}ms") } else { span.to_string() };
    let text = if text == "0ms" { "0s".to_owned() } else { text.replace(' ', "") };
    quoted(&text)
}

/// A name that Bellwire takes, and that is not among `taken` yet.
pub(super) fn name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    const LENGTH_MAX: usize = 56;
    let sound = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = wanted.chars().map(sound).take(LENGTH_MAX).collect();
    let name = if name.trim_matches('-').is_empty() { "unnamed" } else { name.trim_matches('-') };
    let candidates = std::iter::once(name.to_owned()).chain((2..).map(|count| format!("{name}-{count}")));
    let free = candidates.into_iter().find(|candidate| !taken.contains(candidate)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// As the key of a table: in quotes if a dot would make it two.
pub(super) fn key(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() }
}

pub(super) fn host(file: &str, services: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = format!("# Made by `bellwire import` from {file}; lines are of that file.\n");
    if !variables.is_empty() {
        text.push_str("#\n# Secrets are not copied. Bellwire reads them from these variables of its environment:\n");
        let width = variables.keys().map(String::len).max().unwrap_or_default();
        for (name, holds) in variables {
            text.push_str(&format!("#   {name:width$}  {}\n", one_line(holds)));
        }
    }
    text + services
}

pub(super) fn routes(file: &str, team: &str, parts: &[String], left: &[Left]) -> String {
    let mut text = format!("# Made by `bellwire import` from {file}; lines are of that file.\n");
    text.push_str(&format!("team = \"{team}\"\n"));
    parts.iter().for_each(|part| text.push_str(part));
    if !left.is_empty() {
        text.push_str("\n# What could not be carried over, or is different here:\n");
        for left in left {
            let options = textwrap::Options::new(LINE_WIDTH).initial_indent("# ").subsequent_indent("#   ");
            let wrapped = textwrap::fill(&format!("{}.", one_line(&left.to_string())), options);
            text.push_str(&format!("#\n{wrapped}\n"));
        }
    }
    text
}

/// What strangers wrote cannot end a comment.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
