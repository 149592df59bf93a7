//! A report's words: minijinja templates over a [`ReportView`]. Touches nothing but its arguments.
//!
//! Every value is escaped for the format it goes into: names of alerts and reasons of failures are strangers' texts.

use super::view::ReportView;
use bellwire_core::Report;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{AutoEscape, Environment, Value, context, syntax::SyntaxConfig, value::Serde};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Steps of one template; a full report needs some ten thousand.
const FUEL: u64 = 1_000_000;
/// The longest bar of the hours.
const BAR_MAX: u32 = 30;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    #[default]
    Json,
    /// For a terminal of 80 columns.
    Text,
    /// For a wiki.
    Markdown,
    /// For a mail or a browser: one file.
    Html,
}

/// Our templates are tried by a test; this is a bug all the same, and not a reason to break off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RenderError(String);

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(environment);

impl ReportFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// minijinja chooses the escape by the name's ending.
    fn template(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Json => None,
            Self::Text => Some(("report.txt", include_str!("templates/report.txt.j2"))),
            Self::Markdown => Some(("report.md", include_str!("templates/report.md.j2"))),
            Self::Html => Some(("report.html", include_str!("templates/report.html.j2"))),
        }
    }
}

pub fn render_report(report: &ReportView, format: ReportFormat) -> Result<String, RenderError> {
    let failed = |error: &dyn std::fmt::Display| RenderError(error.to_string());
    let Some((name, _)) = format.template() else {
        return serde_json::to_string_pretty(report).map_err(|error| failed(&error));
    };
    let template = TEMPLATES.get_template(name).map_err(|error| failed(&error))?;
    let highest = report.hours.iter().max().copied().unwrap_or(0).max(1);
    let hours: Vec<Value> = (0..)
        .zip(&report.hours)
        .filter(|(_, pages)| **pages > 0)
        .map(|(hour, pages)| {
            let length = (u64::from(*pages) * u64::from(BAR_MAX)).div_ceil(u64::from(highest));
            context! { hour => format!("{hour:02}:00"), pages, night => Report::is_night(hour), length }
        })
        .collect();
    let values = context! { hours, subject => report_subject(report), report => Value::from(Serde(report)) };
    template.render(values).map_err(|error| failed(&error))
}

/// One line, for a mail's subject.
pub fn report_subject(report: &ReportView) -> String {
    let team = report.team.as_deref().unwrap_or("all teams");
    let (opened, pages) = (report.total.opened, report.pages);
    let (from, until) = (day(&report.from, &report.zone), day(&report.until, &report.zone));
    let what = match (opened, pages) {
        (0, 0) => "no incidents".to_owned(),
        (0, pages) => format!("no new incidents, {}", counted(pages, "page")),
        (opened, pages) => format!("{}, {}", counted(opened, "incident"), counted(pages, "page")),
    };
    format!("On-call report, {team}: {what} ({from} to {until})")
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // A syntax without custom delimiters always builds.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "html")) => AutoEscape::Html,
        Some((_, "md")) => AutoEscape::Custom("md".into()),
        _ => AutoEscape::Custom("txt".into()),
    });
    environment.set_formatter(|output, state, value| match state.auto_escape() {
        AutoEscape::Custom(format) if format == "md" => Ok(output.write_str(&escape_markdown(&shown(value)))?),
        AutoEscape::Custom(_) => Ok(output.write_str(&one_line(&shown(value)))?),
        _ if value.is_none() => Ok(()),
        _ => minijinja::escape_formatter(output, state, value),
    });
    environment.add_filter("left", |text: Value, width: usize| format!("{:<width$}", clip(&shown(&text), width)));
    environment.add_filter("right", |text: Value, width: usize| format!("{:>width$}", clip(&shown(&text), width)));
    environment.add_filter("clip", |text: Value, width: usize| clip(&shown(&text), width));
    environment.add_filter("span", span);
    environment.add_filter("moment", |instant: String, zone: String| moment(&instant, &zone));
    environment.add_filter("counted", |count: u32, noun: String| counted(count, &noun));
    environment.add_filter("bar", |length: usize| "#".repeat(length));
    let formats = [ReportFormat::Text, ReportFormat::Markdown, ReportFormat::Html];
    for (name, source) in formats.into_iter().filter_map(ReportFormat::template) {
        // One that did not parse is said by whoever asks for it.
        drop(environment.add_template(name, source));
    }
    environment
}

/// Two units at most: nobody asks for the seconds of an hour.
fn span(seconds: u64) -> String {
    let parts = [(seconds / 86_400, 'd'), (seconds / 3_600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = parts.iter().skip(first).take(2).filter(|(count, _)| *count > 0);
    let words: Vec<String> = shown.map(|(count, unit)| format!("{count}{unit}")).collect();
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}

/// `Mon 16 Nov 2026 09:00`, on the zone's wall clock.
fn moment(instant: &str, zone: &str) -> String {
    on_the_wall(instant, zone, "%a %-d %b %Y %H:%M")
}

fn day(instant: &str, zone: &str) -> String {
    on_the_wall(instant, zone, "%-d %b %Y")
}

fn on_the_wall(instant: &str, zone: &str, format: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    match instant.parse::<Timestamp>() {
        Ok(timestamp) => timestamp.to_zoned(zone).strftime(format).to_string(),
        Err(_) => instant.to_owned(),
    }
}

fn counted(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn shown(value: &Value) -> String {
    if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() }
}

/// As wide as it may be, in characters.
fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// No new line, nothing that a terminal obeys, and nothing that turns the reading around.
fn one_line(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if obeyed(c) { ' ' } else { c }).collect()
}

fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
