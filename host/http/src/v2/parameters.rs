//! The query of a request, read as Alertmanager reads it: what it does not know it ignores.

use super::Refusal;
use bellwire_core::{Labels, MatchOperator, Matcher};
use url::form_urlencoded;

/// Matchers and a regex are work for every alert, so that there are not many.
const FILTERS_MAX: usize = 100;

/// Which alerts are wanted.
#[derive(Debug)]
pub(super) struct Selection {
    pub active: bool,
    pub silenced: bool,
    pub inhibited: bool,
    pub muted: bool,
    /// All must match.
    pub filters: Vec<Matcher>,
    /// None: whatever their receivers.
    pub receiver: Option<ReceiverPattern>,
}

/// Matches a receiver's whole name.
#[derive(Debug)]
pub(super) struct ReceiverPattern(Matcher);

impl Selection {
    pub fn read(query: Option<&str>) -> Result<Self, Refusal> {
        let receiver = last(query, "receiver").map(|text| ReceiverPattern::new(&text)).transpose()?;
        let filters = filters(query)?;
        let flag = |name| last(query, name).is_none_or(|value| is_true(&value));
        Ok(Self {
            active: flag("active"),
            silenced: flag("silenced"),
            inhibited: flag("inhibited"),
            muted: flag("muted"),
            filters,
            receiver,
        })
    }
}

impl ReceiverPattern {
    fn new(text: &str) -> Result<Self, Refusal> {
        let matcher = Matcher::new("receiver", MatchOperator::Regex, text);
        matcher.map(Self).map_err(|error| Refusal::bad(format!("failed to parse receiver param: {error}")))
    }

    pub fn matches(&self, receiver: &str) -> bool {
        self.0.matches(&Labels::from_pairs([("receiver", receiver)]))
    }
}

/// Every `filter`.
pub(super) fn filters(query: Option<&str>) -> Result<Vec<Matcher>, Refusal> {
    let texts = pairs(query).filter(|(name, _)| name == "filter").map(|(_, text)| text);
    let texts: Vec<String> = texts.take(FILTERS_MAX + 1).collect();
    if texts.len() > FILTERS_MAX {
        return Err(Refusal::bad(format!("there are more than {FILTERS_MAX} filters")));
    }
    texts.iter().map(|text| filter(text)).collect()
}

/// One matcher: a list of them, or one in braces, would else be taken for an odd name that no alert has.
fn filter(text: &str) -> Result<Matcher, Refusal> {
    let bad = |why: String| Refusal::bad(format!("bad matcher format: {why}"));
    let matcher: Matcher = text.parse().map_err(|error| bad(format!("{error}")))?;
    let odd = |character: char| character.is_whitespace() || "{},'`\"\\~".contains(character);
    if !text.trim_start().starts_with('"') && matcher.name.contains(odd) {
        return Err(bad(format!("`{text}` is not one matcher; write `name=\"value\"`, an odd name in quotes")));
    }
    Ok(matcher)
}

/// The last of that name that is not empty.
fn last(query: Option<&str>, name: &str) -> Option<String> {
    pairs(query).filter(|(found, value)| found == name && !value.is_empty()).last().map(|(_, value)| value)
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned()))
}

fn is_true(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    matches!(&*text, "true" | "1" | "yes" | "ok" | "y" | "on" | "selected" | "checked" | "t" | "enabled")
}
