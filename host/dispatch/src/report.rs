//! A report as a message: the texts come from whoever makes the report, and each kind of receiver takes the one it shows best.

/// One report in every form that a receiver may want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// For a terminal and the plain part of a mail; its columns are aligned.
    pub text: String,
    /// Headings, lists, `**bold**`, links and tables.
    pub markdown: String,
    /// A whole document.
    pub html: String,
}
