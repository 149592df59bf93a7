//! Matchers as Alertmanager has them: `=`, `!=`, `=~`, `!~`, ANDed; regexes anchored at both ends; a missing label is "".

use crate::Labels;
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOperator {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

#[derive(Clone, Debug)]
pub struct Matcher {
    pub name: Box<str>,
    pub operator: MatchOperator,
    pub value: Box<str>,
    regex: Option<regex::Regex>,
}

/// All must match. None at all match everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matchers(pub Vec<Matcher>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    #[error("`{0}` has no operator; write `name=\"value\"`, with =, !=, =~ or !~")]
    NoOperator(String),
    #[error("`{0}` has no label name before its operator")]
    NoName(String),
    #[error("the value of `{0}` has a quote that does not close")]
    Unclosed(String),
    #[error("the value of `{0}` has an escape that is none of \\\", \\\\ and \\n")]
    Escape(String),
    #[error("the regular expression of `{name}` is not valid: {reason}")]
    Regex { name: String, reason: String },
}

impl Matcher {
    /// A compiled regex may take this much memory: a hostile one is refused, not built.
    const REGEX_SIZE_MAX: usize = 1 << 20;

    pub fn new(name: &str, operator: MatchOperator, value: &str) -> Result<Self, MatcherError> {
        let regex = match operator {
            MatchOperator::Equal | MatchOperator::NotEqual => None,
            MatchOperator::Regex | MatchOperator::NotRegex => Some(
                regex::RegexBuilder::new(&format!("^(?s:{value})$"))
                    .size_limit(Self::REGEX_SIZE_MAX)
                    .build()
                    .map_err(|error| MatcherError::Regex { name: name.into(), reason: format!("{error}") })?,
            ),
        };
        Ok(Self { name: name.into(), operator, value: value.into(), regex })
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name);
        let regex = || self.regex.as_ref().is_some_and(|regex| regex.is_match(value));
        match self.operator {
            MatchOperator::Equal => value == &*self.value,
            MatchOperator::NotEqual => value != &*self.value,
            MatchOperator::Regex => regex(),
            MatchOperator::NotRegex => !regex(),
        }
    }
}

impl Matchers {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|matcher| matcher.matches(labels))
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.operator, &self.value) == (&other.name, other.operator, &other.value)
    }
}

impl Eq for Matcher {}

impl MatchOperator {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// `severity="critical"`, `service=~"pay.*"`; the value's quotes may be left out, a name with odd characters is quoted.
impl FromStr for Matcher {
    type Err = MatcherError;

    fn from_str(text: &str) -> Result<Self, MatcherError> {
        let text = text.trim();
        let (name, rest) = match text.strip_prefix('"') {
            Some(quoted) => {
                let end = closing_quote(quoted).ok_or_else(|| MatcherError::Unclosed(text.into()))?;
                (unescape(&quoted[..end], text)?, quoted[end + 1..].trim_start())
            }
            None => {
                let end = text.find(['=', '!']).ok_or_else(|| MatcherError::NoOperator(text.into()))?;
                (text[..end].trim().into(), &text[end..])
            }
        };
        if name.is_empty() {
            return Err(MatcherError::NoName(text.into()));
        }
        let (operator, value) = [
            ("=~", MatchOperator::Regex),
            ("!~", MatchOperator::NotRegex),
            ("!=", MatchOperator::NotEqual),
            ("=", MatchOperator::Equal),
        ]
        .into_iter()
        .find_map(|(sign, operator)| rest.strip_prefix(sign).map(|value| (operator, value.trim())))
        .ok_or_else(|| MatcherError::NoOperator(text.into()))?;
        let value = match value.strip_prefix('"') {
            Some(quoted) if closing_quote(quoted) == Some(quoted.len().wrapping_sub(1)) => {
                unescape(&quoted[..quoted.len() - 1], text)?
            }
            Some(_) => return Err(MatcherError::Unclosed(text.into())),
            None => value.into(),
        };
        Self::new(&name, operator, &value)
    }
}

/// Where the quote closes, if it does.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn unescape(text: &str, whole: &str) -> Result<String, MatcherError> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some(same @ ('"' | '\\')) => plain.push(same),
            // A regex's own escapes, such as \d, pass through as they are.
            Some(other) => plain.extend(['\\', other]),
            None => return Err(MatcherError::Escape(whole.into())),
        }
    }
    Ok(plain)
}

impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'-');
        match self.name.bytes().all(plain) {
            true => formatter.write_str(&self.name)?,
            false => write!(formatter, "{:?}", self.name)?,
        }
        write!(formatter, "{}\"", self.operator.as_str())?;
        for character in self.value.chars() {
            match character {
                '"' => formatter.write_str("\\\"")?,
                '\\' => formatter.write_str("\\\\")?,
                '\n' => formatter.write_str("\\n")?,
                other => write!(formatter, "{other}")?,
            }
        }
        formatter.write_str("\"")
    }
}

/// `a="b", c=~"d"`; empty if there is none.
impl fmt::Display for Matchers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, matcher) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(", ")?;
            }
            write!(formatter, "{matcher}")?;
        }
        Ok(())
    }
}

/// A list of texts, each as [`Matcher`] shows itself.
impl Serialize for Matchers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|matcher| format!("{matcher}")))
    }
}

impl<'de> Deserialize<'de> for Matchers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| text.parse()).collect::<Result<_, _>>().map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn matches_as_alertmanager_does() {
        let labels = Labels::from_pairs([("severity", "critical"), ("service", "payments")]);
        for (text, expected) in [
            (r#"severity="critical""#, true),
            ("severity=critical", true),
            (r#"severity = "warning""#, false),
            (r#"service=~"pay.*""#, true),
            (r#"service=~"pay""#, false),
            (r#"service=~"x|payments""#, true),
            (r#"service!~"pay.*""#, false),
            (r#"missing="""#, true),
            (r#"missing!="""#, false),
            (r#"missing=~".*""#, true),
            (r#"missing=~".+""#, false),
            (r#""severity"!="info""#, true),
            (r#"service=~"\\w+""#, true),
            (r#"service=~"\w+""#, true),
        ] {
            assert_eq!(text.parse::<Matcher>().unwrap().matches(&labels), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for text in ["severity", "=x", r#"a="b"#, r#"a=~"(""#, r#""a="b""#, "", "a!b"] {
            assert!(text.parse::<Matcher>().is_err(), "{text}");
        }
        let huge = format!("a=~\"{}\"", "(x{1000}){1000}");
        assert!(matches!(huge.parse::<Matcher>(), Err(MatcherError::Regex { .. })));
    }

    #[test]
    fn shows_what_it_reads() {
        for text in [r#"a="b""#, r#"a!~"b|c""#, r#""a b"="c\"d""#] {
            let matcher: Matcher = text.parse().unwrap();
            assert_eq!(matcher.to_string(), text);
            assert_eq!(matcher.to_string().parse::<Matcher>().unwrap(), matcher);
        }
    }
}
