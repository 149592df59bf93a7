//! Reads the tree value by value, by the rules of Go's yaml.v2 in its strict mode, and notes everything that is wrong
//! on the way: nothing stands for empty, a key that is not known or there twice is an error, `<<` merges.

use crate::{
    duration,
    report::{Located, Notes, Place},
    yaml::{Kind, Means, Node},
};
use std::{collections::BTreeMap, rc::Rc};

/// Beyond it, a key is no slip of the pen.
const SIMILAR_MIN: f64 = 0.75;

/// A mapping whose keys are known.
pub(crate) struct Fields<'a> {
    pub place: Place,
    pub notes: &'a Notes,
    values: BTreeMap<&'a str, Value<'a>>,
}

/// A value that is there, with the key that it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub key: &'a str,
    pub node: &'a Node,
    pub notes: &'a Notes,
}

impl<'a> Fields<'a> {
    /// Null values are as good as none.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.values.get(key).copied().filter(|value| !value.node.is_null())
    }

    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) {
        self.notes.error(self.place, message, help);
    }

    /// Empty text is as good as none.
    pub fn text(&self, key: &str) -> Option<Located<String>> {
        self.get(key)?.text().filter(|text| !text.value.is_empty())
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.flag()
    }

    pub fn texts(&self, key: &str) -> Vec<Located<String>> {
        self.get(key).map(|value| value.texts()).unwrap_or_default()
    }

    pub fn list(&self, key: &str) -> Vec<Value<'a>> {
        self.get(key).and_then(|value| value.list()).unwrap_or_default()
    }

    pub fn duration(&self, key: &str) -> Option<Located<bellwire_core::Span>> {
        self.get(key)?.duration()
    }
}

impl<'a> Value<'a> {
    pub fn place(&self) -> Place {
        self.node.place
    }

    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) {
        self.notes.error(self.node.place, message, help);
    }

    fn wrong_kind(&self, expected: &str) {
        self.error(format!("`{}` must be {expected}, and not {}", self.key, self.node.noun()), "");
    }

    /// Any scalar is text: `5` is "5", and nothing is "".
    pub fn text(&self) -> Option<Located<String>> {
        let Kind::Scalar(scalar) = &self.node.kind else {
            self.wrong_kind("text");
            return None;
        };
        let value = if scalar.means == Means::Null { String::new() } else { scalar.text.clone() };
        Some(Located { value, place: self.node.place })
    }

    pub fn flag(&self) -> Option<bool> {
        match &self.node.kind {
            Kind::Scalar(scalar) if scalar.means == Means::Null => None,
            Kind::Scalar(scalar) if let Means::Flag(flag) = scalar.means => Some(flag),
            _ => {
                self.wrong_kind("true or false");
                None
            }
        }
    }

    pub fn whole(&self) -> Option<i64> {
        match &self.node.kind {
            Kind::Scalar(scalar) if let Means::Whole(whole) = scalar.means => Some(whole),
            _ => {
                self.wrong_kind("a whole number");
                None
            }
        }
    }

    pub fn duration(&self) -> Option<Located<bellwire_core::Span>> {
        let text = self.text()?;
        let parsed = duration::prometheus(&text.value);
        if parsed.is_none() {
            let help = "a number with ms, s, m, h, d, w or y, the long ones first, as in 30s, 5m or 1h30m";
            self.error(format!("`{}` is not a length of time", self.key), help);
        }
        Some(Located { value: parsed?, place: text.place })
    }

    pub fn list(&self) -> Option<Vec<Self>> {
        let Kind::Sequence(items) = &self.node.kind else {
            self.wrong_kind("a list");
            return None;
        };
        Some(items.iter().map(|item| self.inner(self.key, item)).collect())
    }

    pub fn texts(&self) -> Vec<Located<String>> {
        self.list().unwrap_or_default().iter().filter_map(Self::text).collect()
    }

    /// A mapping of names to text, in the order in which they are written.
    pub fn pairs(&self) -> Vec<(Located<String>, Located<String>)> {
        let entries = self.entries();
        let pair = |(name, value): (Located<String>, Self)| Some((name, value.text()?));
        entries.into_iter().filter_map(pair).collect()
    }

    /// A mapping whose keys are names.
    pub fn entries(&self) -> Vec<(Located<String>, Self)> {
        let mut entries: Vec<(Located<String>, Self)> = Vec::new();
        for (key, value) in self.merged().unwrap_or_default() {
            let Some(name) = self.inner(self.key, key).text() else { continue };
            if entries.iter().any(|(earlier, _)| earlier.value == name.value) {
                self.notes.error(name.place, format!("`{}` is here twice", name.value), "");
            }
            entries.push((name, self.inner(self.key, value)));
        }
        entries
    }

    /// A mapping with these keys and no others.
    pub fn fields(&self, keys: impl IntoIterator<Item = &'static str> + Clone) -> Option<Fields<'a>> {
        let mut values = BTreeMap::new();
        for (key, value) in self.merged()? {
            let Kind::Scalar(name) = &key.kind else {
                self.notes.error(key.place, "a key must be text", "");
                continue;
            };
            let name = name.text.as_str();
            if !keys.clone().into_iter().any(|key| key == name) {
                // What is behind a misspelled key may be as secret as what is behind the right one.
                self.notes.secret(value.place);
                let help = similar(name, keys.clone());
                self.notes.error(key.place, format!("there is no key `{name}` here"), help);
            } else if values.insert(name, self.inner(name, value)).is_some() {
                self.notes.error(key.place, format!("`{name}` is here twice"), "");
            }
        }
        Some(Fields { place: self.node.place, notes: self.notes, values })
    }

    /// The pairs of a mapping; those of `<<` come after its own, which win.
    fn merged(&self) -> Option<Vec<(&'a Rc<Node>, &'a Rc<Node>)>> {
        let Kind::Mapping(pairs) = &self.node.kind else {
            self.wrong_kind("a mapping");
            return None;
        };
        let is_merge = |key: &Node| matches!(&key.kind, Kind::Scalar(scalar) if scalar.text == "<<");
        let (merges, own): (Vec<_>, Vec<_>) =
            pairs.iter().map(|(key, value)| (key, value)).partition(|(key, _)| is_merge(key));
        let mut merged = own;
        for (_, value) in merges {
            let sources = match &value.kind {
                Kind::Sequence(items) => items.iter().collect(),
                Kind::Mapping(_) | Kind::Scalar(_) => vec![value],
            };
            for source in sources {
                for (key, value) in self.inner("<<", source).merged()? {
                    let name = |node: &Node| {
                        if let Kind::Scalar(scalar) = &node.kind { scalar.text.clone() } else { String::new() }
                    };
                    if !merged.iter().any(|(earlier, _)| name(earlier) == name(key)) {
                        merged.push((key, value));
                    }
                }
            }
        }
        Some(merged)
    }

    fn inner(&self, key: &'a str, node: &'a Node) -> Self {
        Self { key, node, notes: self.notes }
    }
}

/// A remedy: what may have been meant.
pub(crate) fn similar<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let scored = names.into_iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let best = scored.max_by(|(left, _), (right, _)| left.total_cmp(right));
    best.filter(|(score, _)| *score >= SIMILAR_MIN)
        .map(|(_, best)| format!("did you mean `{best}`?"))
        .unwrap_or_default()
}
