//! What is wrong, and where: noted while the files are read, and then shown with the lines in question.
//!
//! Secrets that stand in a file as they are are starred out of every snippet.

use crate::file::File;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode};
use std::{cell::RefCell, fmt, ops::Range, sync::Arc};

/// One thing that is wrong, with its place and a remedy.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Diagnostic {
    message: String,
    help: Option<String>,
    severity: Severity,
    /// None: it is in no file.
    snippet: Option<Snippet>,
}

#[derive(Clone, Debug)]
struct Snippet {
    source: NamedSource<Arc<str>>,
    span: Range<usize>,
    line: usize,
    column: usize,
}

/// Everything that is wrong, at once.
///
/// `Display` is for a terminal, with snippets; [`Report::lines`] is for a log.
#[derive(Clone, Debug)]
pub struct Report(Vec<Diagnostic>);

/// A place in one of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the file.
    pub file: usize,
    /// In bytes.
    pub span: Range<usize>,
}

/// Collects while the files are read. Shared by all that reads, hence the cell.
#[derive(Default)]
pub(crate) struct Notes {
    notes: RefCell<Vec<Note>>,
    secrets: RefCell<Vec<Place>>,
}

struct Note {
    severity: Severity,
    place: Place,
    message: String,
    help: String,
}

impl Notes {
    pub fn error(&self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.note(Severity::Error, place, message.into(), help.into());
    }

    pub fn warning(&self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.note(Severity::Warning, place, message.into(), help.into());
    }

    fn note(&self, severity: Severity, place: Place, message: String, help: String) {
        self.notes.borrow_mut().push(Note { severity, place, message, help });
    }

    /// What is at this place is never shown.
    pub fn secret(&self, place: Place) {
        self.secrets.borrow_mut().push(place);
    }

    /// Takes over which places are secret, and nothing else.
    pub fn keep_secrets_of(&self, other: &Self) {
        self.secrets.borrow_mut().append(&mut other.secrets.borrow_mut());
    }

    /// Makes the secrets in the files unreadable, and the notes into diagnostics: in the order of the files, by line.
    pub fn into_diagnostics(self, files: &mut [File]) -> Vec<Diagnostic> {
        for place in self.secrets.into_inner() {
            if let Some(file) = files.get_mut(place.file) {
                file.star_out(place.span);
            }
        }
        let mut notes = self.notes.into_inner();
        notes.sort_by_key(|note| (note.place.file, note.place.span.start, note.place.span.end));
        notes.into_iter().map(|note| note.into_diagnostic(files)).collect()
    }
}

impl Note {
    fn into_diagnostic(self, files: &[File]) -> Diagnostic {
        let Self { severity, place, message, help } = self;
        Diagnostic::new(message).with_help(help).with_severity(severity).at(files, &place)
    }
}

impl Diagnostic {
    /// An error that is in no file.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, severity: Severity::Error, snippet: None }
    }

    /// A warning that is in no file.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(message).with_severity(Severity::Warning)
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into()).filter(|help: &String| !help.is_empty());
        self
    }

    pub(crate) fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(crate) fn at(mut self, files: &[File], place: &Place) -> Self {
        self.snippet = files.get(place.file).map(|file| {
            let before = file.text.get(..place.span.start).unwrap_or(&file.text);
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            Snippet {
                source: NamedSource::new(&*file.name, file.shown.clone()),
                span: place.span.clone(),
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
            }
        });
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// One line without a snippet, for a log.
    pub fn line(&self) -> String {
        let place = match &self.snippet {
            Some(snippet) => format!("{}:{}:{}: ", snippet.source.name(), snippet.line, snippet.column),
            None => String::new(),
        };
        let help = self.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{place}{}{help}", self.message).replace('\n', " ")
    }
}

impl Report {
    pub fn new(diagnostics: Vec<Diagnostic>) -> Self {
        Self(diagnostics)
    }

    /// One problem that is in no file.
    pub fn of(message: impl Into<String>) -> Self {
        Self(vec![Diagnostic::new(message)])
    }

    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// One line for each problem, without snippets, for a log.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Diagnostic::line)
    }
}

impl miette::Diagnostic for Diagnostic {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| &snippet.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.snippet.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, snippet.span.clone()))))
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
        let count = |severity| self.0.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        match (count(Severity::Error), count(Severity::Warning)) {
            (0, warnings) => write!(formatter, "warnings: {warnings}"),
            (errors, 0) => write!(formatter, "errors: {errors}"),
            (errors, warnings) => write!(formatter, "errors: {errors}, warnings: {warnings}"),
        }
    }
}

impl std::error::Error for Report {}
