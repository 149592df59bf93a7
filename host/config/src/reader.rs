//! Reads the parsed text of a file, table by table, and notes everything that is wrong on the way.
//!
//! Not serde: it stops at the first error of a file, and every error is to be shown at once.

use crate::{
    file::File,
    keys::Keys,
    report::{Notes, Place},
    suggest,
};
use bellwire_core::Span;
use std::{collections::BTreeMap, ops::Range, ops::RangeInclusive, path::Path, sync::Arc};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// What surrounds every value: its file, where errors go, and where secrets come from.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub file: &'a File,
    pub notes: &'a Notes,
    pub surroundings: &'a Surroundings<'a>,
}

pub(crate) struct Surroundings<'a> {
    /// That of bellwire.toml: relative paths are relative to it.
    pub folder: &'a Path,
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// A table whose keys are known.
pub(crate) struct Fields<'a> {
    pub scope: Scope<'a>,
    /// For errors about the table as a whole.
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
    keys: Keys,
}

/// A value, with the key that it belongs to.
#[derive(Clone)]
pub(crate) struct Value<'a> {
    pub scope: Scope<'a>,
    pub key: &'a str,
    pub span: Range<usize>,
    pub value: &'a DeValue<'a>,
}

/// An entry of a table whose keys are names.
pub(crate) struct Entry<'a> {
    pub name: Arc<str>,
    /// Of the name.
    pub place: Place,
    pub value: Value<'a>,
}

impl<'a> Scope<'a> {
    pub fn error(&self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.notes.error(self.file.place(span.clone()), message, help);
    }

    pub fn warning(&self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.notes.warning(self.file.place(span.clone()), message, help);
    }
}

impl<'a> Fields<'a> {
    /// Notes every key that is not among `keys`.
    pub fn new(scope: Scope<'a>, table: &'a DeTable<'a>, span: Range<usize>, keys: Keys) -> Self {
        for key in table.keys().filter(|key| !keys.contains(&&**key.get_ref())) {
            let name = key.get_ref();
            let help = suggest::remedy(name, keys.iter().copied(), "");
            scope.error(&key.span(), format!("there is no key `{name}` here"), help);
        }
        Self { scope, span, table, keys }
    }

    pub fn get(&self, key: &'static str) -> Option<Value<'a>> {
        debug_assert!(self.keys.contains(&key), "{key} is missing in keys.rs");
        let value = self.table.get(key)?;
        Some(Value { scope: self.scope, key, span: value.span(), value: value.get_ref() })
    }

    /// Notes that it is missing; `help` says what to write.
    pub fn require(&self, key: &'static str, help: &str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            self.error(format!("`{key}` is missing"), help);
        }
        value
    }

    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) {
        self.scope.error(&self.span, message, help);
    }

    pub fn place(&self) -> Place {
        self.scope.file.place(self.span.clone())
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub fn duration(&self, key: &'static str, range: RangeInclusive<Span>, default: Span) -> Span {
        self.get(key).and_then(|value| value.duration(range)).unwrap_or(default)
    }

    pub fn whole<N: TryFrom<u64>>(&self, key: &'static str, range: RangeInclusive<u64>, default: N) -> N {
        self.get(key).and_then(|value| value.whole(range)).and_then(|whole| N::try_from(whole).ok()).unwrap_or(default)
    }

    /// None: there is no such table, or it is none.
    pub fn fields(&self, key: &'static str, keys: Keys) -> Option<Fields<'a>> {
        self.get(key)?.fields(keys)
    }

    /// The entries of a table of names; none if there is no such table.
    pub fn entries(&self, key: &'static str) -> Vec<Entry<'a>> {
        self.get(key).map(|value| value.entries()).unwrap_or_default()
    }
}

impl<'a> Value<'a> {
    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) {
        self.scope.error(&self.span, message, help);
    }

    pub fn place(&self) -> Place {
        self.scope.file.place(self.span.clone())
    }

    pub fn wrong_kind(&self, expected: &str) {
        let found = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("`{}` must be {expected}, and not {found}", self.key), "");
    }

    pub fn text(&self) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) => Some(text),
            _ => {
                self.wrong_kind("text in quotes");
                None
            }
        }
    }

    /// Text that is not empty.
    pub fn filled(&self) -> Option<&'a str> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.error(format!("`{}` is empty", self.key), "");
            return None;
        }
        Some(text)
    }

    pub fn flag(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.wrong_kind("true or false");
                None
            }
        }
    }

    pub fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let DeValue::Integer(integer) = self.value else {
            self.wrong_kind("a whole number");
            return None;
        };
        let whole = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let whole = whole.filter(|whole| range.contains(whole));
        if whole.is_none() {
            let message = format!("`{}` must be from {} to {}", self.key, range.start(), range.end());
            self.error(message, "");
        }
        whole
    }

    pub fn duration(&self, range: RangeInclusive<Span>) -> Option<Span> {
        let Some(span) = parse_duration(self.text()?) else {
            self.error(
                format!("`{}` is not a length of time", self.key),
                "write a number with ms, s, m, h or d, as in \"90s\", \"1h30m\" or \"250ms\"",
            );
            return None;
        };
        if !range.contains(&span) {
            let message = format!("`{}` must be from {} to {}", self.key, range.start(), range.end());
            self.error(message, "");
            return None;
        }
        Some(span)
    }

    pub fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let choice = choices.iter().find(|(name, _)| *name == text);
        if choice.is_none() {
            let help = suggest::remedy(text, choices.iter().map(|(name, _)| *name), "");
            self.error(format!("`{}` cannot be `{text}`", self.key), help);
        }
        choice.map(|(_, choice)| *choice)
    }

    pub fn list(&self) -> Option<Vec<Value<'a>>> {
        let DeValue::Array(array) = self.value else {
            self.wrong_kind("a list in [ ]");
            return None;
        };
        Some(array.iter().map(|item| self.inner(self.key, item)).collect())
    }

    pub fn fields(&self, keys: Keys) -> Option<Fields<'a>> {
        let DeValue::Table(table) = self.value else {
            self.wrong_kind("a table");
            return None;
        };
        Some(Fields::new(self.scope, table, self.span.clone(), keys))
    }

    /// Those whose names are well-formed; notes the others.
    pub fn entries(&self) -> Vec<Entry<'a>> {
        self.entries_of(is_name, NAME_RULE)
    }

    /// The same with another idea of a name; `rule` says which.
    pub fn entries_of(&self, is_name: fn(&str) -> bool, rule: &str) -> Vec<Entry<'a>> {
        let DeValue::Table(table) = self.value else {
            self.wrong_kind("a table of names");
            return Vec::new();
        };
        let named = table.iter().map(|(key, value)| (key.get_ref(), key.span(), value));
        let sound = named.filter(|(name, span, _)| {
            let sound = is_name(name);
            if !sound {
                self.scope.error(span, format!("`{name}` cannot be a name"), rule);
            }
            sound
        });
        sound
            .map(|(name, span, value)| Entry {
                name: (&**name).into(),
                place: self.scope.file.place(span),
                value: self.inner(name, value),
            })
            .collect()
    }

    fn inner(&self, key: &'a str, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { scope: self.scope, key, span: value.span(), value: value.get_ref() }
    }

    /// The place of a part of this text; of all of it if it is written with escapes.
    pub fn part(&self, part: Range<usize>) -> Range<usize> {
        let start = self.span.start + 1;
        let written = self.scope.file.text.get(start..self.span.end.saturating_sub(1));
        match self.value {
            DeValue::String(text) if written == Some(text) => start + part.start..start + part.end,
            _ => self.span.clone(),
        }
    }
}

pub(crate) const NAME_RULE: &str = "letters, digits, `-`, `_` and `.`, at most 64 of them";

pub(crate) fn is_name(name: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(sound)
}

/// `5m`, `1h30m`, `1h 30m`, `250ms`.
fn parse_duration(text: &str) -> Option<Span> {
    let mut rest = text.trim();
    let mut millis = 0_u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let unit_at = rest.find(|character: char| !character.is_ascii_digit())?;
        let (count, after) = rest.split_at(unit_at);
        let unit_end = after.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit_millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        millis = count.parse::<u64>().ok()?.checked_mul(unit_millis)?.checked_add(millis)?;
        rest = after.trim_start();
    }
    Some(Span::from_millis(millis))
}

/// Notes that there are more; `what` they are.
pub(crate) fn at_most_entries(entries: &[Entry<'_>], max: usize, what: &str) {
    if let Some(beyond) = entries.get(max) {
        let message = format!("{} {what}", entries.len());
        beyond.value.scope.notes.error(beyond.place.clone(), message, crate::file::at_most(max));
    }
}

/// The names that there are, for a remedy.
pub(crate) fn names<V>(map: &BTreeMap<Arc<str>, V>) -> impl Iterator<Item = &str> {
    map.keys().map(|name| &**name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1h 30m", Some(5_400_000)),
            ("250ms", Some(250)),
            ("0s", Some(0)),
            ("5", None),
            ("", None),
            ("m", None),
            ("-5m", None),
            ("1.5h", None),
            ("5 minutes", None),
            ("99999999999999999999d", None),
            ("999999999999999d", None),
        ] {
            assert_eq!(parse_duration(text), millis.map(Span::from_millis), "{text}");
        }
    }
}
