//! What is wrong with a file, and where: noted while it is read, and then shown with the lines in question. Secrets are
//! starred out of every snippet.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode};
use saphyr_parser::Marker;
use std::{cell::RefCell, fmt, ops::Range, sync::Arc};

/// Where a value begins; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub line: usize,
    /// In characters.
    pub column: usize,
}

/// From its first character to the one behind its last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub start: Point,
    pub end: Point,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    pub value: T,
    pub place: Place,
}

/// One thing that is wrong, with its place and a remedy.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Diagnostic {
    message: String,
    help: Option<String>,
    point: Point,
    file: NamedSource<Arc<str>>,
    /// In bytes.
    range: Range<usize>,
}

/// Everything that is wrong, at once. `Display` is for a terminal, with snippets; [`Report::lines`] is for a log.
#[derive(Clone, Debug, Default)]
pub struct Report(Vec<Diagnostic>);

/// The ends of keys whose values nobody is to see; `…_file` is none of them.
const SECRET_WORDS: [&str; 8] = ["url", "password", "secret", "token", "token_id", "key", "credentials", "bearer"];

/// Collects while a file is read. Shared by all that reads, hence the cells.
#[derive(Default)]
pub(crate) struct Notes {
    notes: RefCell<Vec<(Place, String, String)>>,
    secrets: RefCell<Vec<Place>>,
}

impl Place {
    pub(crate) fn of(span: saphyr_parser::Span) -> Self {
        Self { start: span.start.into(), end: span.end.into() }
    }

    pub(crate) fn at(marker: Marker) -> Self {
        Self { start: marker.into(), end: marker.into() }
    }

    pub fn line(&self) -> usize {
        self.start.line
    }

    /// Where it is in `text`. Of several lines, only the first is meant.
    fn range(&self, text: &str) -> Range<usize> {
        let start = self.start.offset(text);
        let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        start..self.end.offset(text).clamp(start, line_end)
    }

    /// All of its lines.
    fn whole_range(&self, text: &str) -> Range<usize> {
        let start = self.start.offset(text);
        start..self.end.offset(text).max(start)
    }
}

impl Point {
    fn offset(self, text: &str) -> usize {
        let mut begins = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let Some(begin) = begins.nth(self.line.saturating_sub(1)) else { return text.len() };
        let mut characters = text[begin..].char_indices().map(|(at, _)| begin + at);
        characters.nth(self.column.saturating_sub(1)).unwrap_or(text.len())
    }
}

impl Default for Point {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl From<Marker> for Point {
    fn from(marker: Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }
}

impl Notes {
    pub fn error(&self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.notes.borrow_mut().push((place, message.into(), help.into()));
    }

    /// Of the file as a whole, if nothing is noted yet.
    pub fn if_none(&self, message: &str, help: &str) {
        if self.notes.borrow().is_empty() {
            self.error(Place::default(), message, help);
        }
    }

    /// What is at this place is never shown.
    pub fn secret(&self, place: Place) {
        self.secrets.borrow_mut().push(place);
    }

    /// What may be a secret in a text that cannot be read: the rest of each line behind a key that says so.
    pub fn secrets_by_words(&self, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let is_secret = |(at, _): &(usize, &str)| {
                let key = line[..*at].trim_end_matches([' ', '"', '\'']);
                SECRET_WORDS.iter().any(|word| key.ends_with(word))
            };
            if let Some((at, _)) = line.match_indices(':').find(is_secret) {
                let column = line[..at].chars().count() + 2;
                let end = line.chars().count() + 1;
                let point = |column| Point { line: index + 1, column };
                self.secret(Place { start: point(column), end: point(end.max(column)) });
            }
        }
    }

    /// None: nothing is wrong. By line.
    pub fn into_report(self, name: &str, text: &str) -> Option<Report> {
        let mut notes = self.notes.into_inner();
        if notes.is_empty() {
            return None;
        }
        notes.sort();
        notes.dedup();
        let mut shown = text.to_owned();
        for place in self.secrets.into_inner() {
            let range = place.whole_range(text);
            let stars: Vec<String> = text[range.clone()].split('\n').map(|line| "*".repeat(line.len())).collect();
            shown.replace_range(range, &stars.join("\n"));
        }
        let shown: Arc<str> = shown.into();
        let diagnostic = |(place, message, help): (Place, String, String)| Diagnostic {
            message,
            help: Some(help).filter(|help| !help.is_empty()),
            point: place.start,
            file: NamedSource::new(name, shown.clone()),
            range: place.range(text),
        };
        Some(Report(notes.into_iter().map(diagnostic).collect()))
    }
}

impl Diagnostic {
    /// One line without a snippet, for a log.
    pub fn line(&self) -> String {
        let Self { message, help, point, file, .. } = self;
        let help = help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{}:{}: {message}{help}", file.name(), point.line, point.column).replace('\n', " ")
    }

    pub fn point(&self) -> Point {
        self.point
    }
}

impl Report {
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// One line for each problem.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Diagnostic::line)
    }
}

impl miette::Diagnostic for Diagnostic {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, self.range.clone()))))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handler =
            GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_links(false).with_width(110);
        for diagnostic in &self.0 {
            handler.render_report(formatter, diagnostic)?;
            formatter.write_str("\n")?;
        }
        write!(formatter, "errors: {}", self.0.len())
    }
}

impl std::error::Error for Report {}
