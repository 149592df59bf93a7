//! Matchers in both of Alertmanager's syntaxes: the classic one, which takes almost anything, and the one of 0.27 with
//! UTF-8 label names. As Alertmanager does it by default, what both can read is read the classic way.

use crate::{
    reader::{Fields, Value},
    regex,
};
use bellwire_core::{Labels, MatchOperator};
use std::{cmp::Ordering, fmt, str::Chars};

/// One condition on a label.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub name: String,
    pub operator: MatchOperator,
    /// As it is written: a regular expression is Go's; one of `match_re` is anchored.
    pub value: String,
    /// The same for Bellwire.
    pub native: bellwire_core::Matcher,
}

impl Matcher {
    /// The error says what is wrong with the regular expression.
    pub fn new(name: &str, operator: MatchOperator, value: &str) -> Result<Self, String> {
        let native = match operator {
            MatchOperator::Equal | MatchOperator::NotEqual => value.to_owned(),
            MatchOperator::Regex | MatchOperator::NotRegex => regex::from_go(value),
        };
        let native = bellwire_core::Matcher::new(name, operator, &native).map_err(|error| error.to_string())?;
        Ok(Self { name: name.to_owned(), operator, value: value.to_owned(), native })
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.native.matches(labels)
    }

    /// Alertmanager's order.
    fn order(&self, other: &Self) -> Ordering {
        let (left, right) = ((&self.name, &self.value), (&other.name, &other.value));
        left.cmp(&right).then((self.operator as u8).cmp(&(other.operator as u8)))
    }
}

/// As in Alertmanager's group keys: `severity="critical"`.
impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"");
        if is_classic_name(&self.name) {
            write!(formatter, "{}{}\"{value}\"", self.name, self.operator.as_str())
        } else {
            write!(formatter, "{:?}{}\"{value}\"", self.name, self.operator.as_str())
        }
    }
}

/// Keys in which a mapping may have matchers: equal values, regular expressions, and texts of both.
pub(crate) struct Keys {
    pub equal: &'static str,
    pub regex: &'static str,
    pub matchers: &'static str,
}

/// All of them together, in Alertmanager's order, each with its place.
pub(crate) fn read(fields: &Fields<'_>, keys: &Keys) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    for (key, operator) in [(keys.equal, MatchOperator::Equal), (keys.regex, MatchOperator::Regex)] {
        let value = fields.get(key);
        for (name, entry) in value.map(|value| value.entries()).unwrap_or_default() {
            if !is_label_name(&name.value) {
                let help = "letters, digits and _, not a digit first; `matchers` takes others, in quotes";
                fields.notes.error(name.place, format!("`{}` cannot be a label's name here", name.value), help);
            }
            if operator == MatchOperator::Regex && entry.node.is_null() {
                entry.error(format!("the regular expression of `{}` is missing", name.value), "");
                continue;
            }
            let Some(text) = entry.text() else { continue };
            let matcher = Matcher::new(&name.value, operator, &text.value).map(|matcher| match operator {
                // Alertmanager's group keys show what it has made of it.
                MatchOperator::Regex => Matcher { value: format!("^(?:{})$", text.value), ..matcher },
                MatchOperator::Equal | MatchOperator::NotEqual | MatchOperator::NotRegex => matcher,
            });
            push(matcher.map(|matcher| vec![matcher]), &entry, &mut matchers);
        }
    }
    for value in fields.list(keys.matchers) {
        if let Some(text) = value.text() {
            push(parse(&text.value), &value, &mut matchers);
        }
    }
    matchers.sort_by(Matcher::order);
    matchers
}

fn push(parsed: Result<Vec<Matcher>, String>, value: &Value<'_>, into: &mut Vec<Matcher>) {
    match parsed {
        Ok(matchers) => into.extend(matchers),
        Err(error) => value.error(error, "as in severity=\"critical\", service=~\"pay.*\" or \"a name\"!=\"x\""),
    }
}

/// One text may hold several: `{a="b", c=~"d"}`.
pub fn parse(text: &str) -> Result<Vec<Matcher>, String> {
    classic(text).or_else(|why| Strict::parse(text).map_err(|_| why))
}

/// A label's name as Prometheus had it before UTF-8.
pub(crate) fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Those of classic matchers may have colons.
fn is_classic_name(name: &str) -> bool {
    is_label_name(&name.replace(':', "_"))
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

fn classic(text: &str) -> Result<Vec<Matcher>, String> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        match character {
            ',' if !quoted => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            '"' if escaped => escaped = false,
            '"' => quoted = !quoted,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
        part.push(character);
    }
    if !part.trim().is_empty() {
        parts.push(part.trim().to_owned());
    }
    parts.iter().map(|part| classic_matcher(part)).collect()
}

fn classic_matcher(text: &str) -> Result<Matcher, String> {
    let trimmed = text.trim_matches(is_space);
    let wrong = || format!("`{text}` is no matcher");
    let end = trimmed.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').ok_or_else(wrong)?;
    let (name, rest) = trimmed.split_at(end);
    if !is_classic_name(name) {
        return Err(wrong());
    }
    let (operator, value) = operator(rest.trim_start_matches(is_space)).ok_or_else(wrong)?;
    let value = value.trim_start_matches(is_space);
    Matcher::new(name, operator, &classic_value(value).ok_or_else(|| format!("the quotes in `{text}` do not match"))?)
}

fn operator(text: &str) -> Option<(MatchOperator, &str)> {
    [
        ("=~", MatchOperator::Regex),
        ("!~", MatchOperator::NotRegex),
        ("!=", MatchOperator::NotEqual),
        ("=", MatchOperator::Equal),
    ]
    .into_iter()
    .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))
}

/// With quotes or without; a backslash that escapes nothing stands for itself.
fn classic_value(text: &str) -> Option<String> {
    let (inner, mut opened) = text.strip_prefix('"').map_or((text, false), |inner| (inner, true));
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        let is_last = at + character.len_utf8() == inner.len();
        match character {
            '\\' if !is_last => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, same @ ('"' | '\\'))) => value.push(same),
                Some((_, other)) => value.extend(['\\', other]),
                None => {}
            },
            '"' if opened && is_last => opened = false,
            '"' => return None,
            other => value.push(other),
        }
    }
    (!opened).then_some(value)
}

/// The syntax of 0.27: names and values are quoted unless they have none of the reserved characters.
struct Strict<'a> {
    rest: Chars<'a>,
}

struct Wrong;

impl Strict<'_> {
    fn parse(text: &str) -> Result<Vec<Matcher>, Wrong> {
        let mut strict = Strict { rest: text.chars() };
        let braced = strict.take('{');
        let mut matchers = Vec::new();
        loop {
            if strict.peek().is_none_or(|next| next == '}') {
                break;
            }
            matchers.push(strict.matcher()?);
            if !strict.take(',') {
                break;
            }
        }
        let closed = strict.take('}');
        if braced == closed && strict.peek().is_none() { Ok(matchers) } else { Err(Wrong) }
    }

    fn matcher(&mut self) -> Result<Matcher, Wrong> {
        let name = self.word()?;
        self.peek();
        let (operator, rest) = operator(self.rest.as_str()).ok_or(Wrong)?;
        self.rest = rest.chars();
        let value = self.word()?;
        if name.is_empty() { Err(Wrong) } else { Matcher::new(&name, operator, &value).map_err(|_| Wrong) }
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.as_str().trim_start().chars();
        self.rest.clone().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.rest.next();
        }
        there
    }

    fn word(&mut self) -> Result<String, Wrong> {
        if self.take('"') {
            return self.quoted();
        }
        let rest = self.rest.as_str();
        let is_reserved = |c: char| c.is_whitespace() || "{}!=~,\\\"'`".contains(c);
        let (word, rest) = rest.split_at(rest.find(is_reserved).unwrap_or(rest.len()));
        self.rest = rest.chars();
        if word.is_empty() { Err(Wrong) } else { Ok(word.to_owned()) }
    }

    /// A string of Go's, behind its first quote.
    fn quoted(&mut self) -> Result<String, Wrong> {
        let mut text = String::new();
        loop {
            match self.rest.next().ok_or(Wrong)? {
                '"' => return Ok(text),
                '\n' => return Err(Wrong),
                '\\' => text.push(match self.rest.next().ok_or(Wrong)? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    same @ ('"' | '\\') => same,
                    'u' => self.code(4)?,
                    'U' => self.code(8)?,
                    _ => return Err(Wrong),
                }),
                other => text.push(other),
            }
        }
    }

    fn code(&mut self, digits: usize) -> Result<char, Wrong> {
        let text: String = self.rest.by_ref().take(digits).collect();
        u32::from_str_radix(&text, 16).ok().filter(|_| text.len() == digits).and_then(char::from_u32).ok_or(Wrong)
    }
}

/// Do all of them match?
pub fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

/// `{a="b",c=~"d"}`, as in Alertmanager's group keys.
pub(crate) fn shown(matchers: &[Matcher]) -> String {
    let shown: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", shown.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse(text).map_or_else(|error| format!("wrong: {error}"), |matchers| shown(&matchers))
    }

    #[test]
    fn both_syntaxes() {
        for (text, expected) in [
            ("a=b", r#"{a="b"}"#),
            (r#" a = "b c" "#, r#"{a="b c"}"#),
            (r#"{a="x,y", b!~"c|d",}"#, r#"{a="x,y",b!~"c|d"}"#),
            ("a=b,c!=d", r#"{a="b",c!="d"}"#),
            ("a=", r#"{a=""}"#),
            ("", "{}"),
            ("{}", "{}"),
            (r#"a:b=~".+""#, r#"{a:b=~".+"}"#),
            (r#"a="\"q\" \\ \d \n""#, r#"{a="\"q\" \\ \\d \n"}"#),
            (r#""a b"="c""#, r#"{"a b"="c"}"#),
            (r#"{"größe"=~"x|y", b=c}"#, r#"{"größe"=~"x|y",b="c"}"#),
            (r#"größe="\u00e4""#, r#"{"größe"="ä"}"#),
            ("a=b,,c=d", "wrong: `` is no matcher"),
            ("a", "wrong: `a` is no matcher"),
            ("=b", "wrong: `=b` is no matcher"),
            (r#"a="b"#, r#"wrong: the quotes in `a="b` do not match"#),
            (r#"a=b"c"#, r#"wrong: the quotes in `a=b"c` do not match"#),
            (r#""a b"=c}"#, r#"wrong: `"a b"=c` is no matcher"#),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(read("a=~\"(\"").starts_with("wrong: the regular expression of `a` is not valid"));
    }
}
