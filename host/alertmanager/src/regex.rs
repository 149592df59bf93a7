//! Go's regular expressions as Rust's: the two differ in what `{`, `[`, `\d` and a few others mean where they are not
//! what they usually are.

use std::{iter::Peekable, str::Chars};

/// A regular expression of Go's with the same meaning in Rust. One that is wrong stays so.
pub(crate) fn from_go(go: &str) -> String {
    let mut rust = String::with_capacity(go.len());
    let mut rest = go.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, Inside::Text, &mut rust),
            '[' => class(&mut rest, &mut rust),
            // Not a count of repetitions, and so a brace.
            '{' if !is_count(rest.clone()) => rust.push_str(r"\{"),
            other => rust.push(other),
        }
    }
    rust
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Class,
}

/// What follows a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>, inside: Inside, rust: &mut String) {
    // Go's classes are of ASCII. In a class, brackets stand in brackets.
    let class = |members: &str| match inside {
        Inside::Text => format!("[{members}]"),
        Inside::Class => members.to_owned(),
    };
    match rest.next() {
        Some('d') => rust.push_str(&class("0-9")),
        Some('w') => rust.push_str(&class("0-9A-Za-z_")),
        Some('s') => rust.push_str(&class(r"\t\n\f\r ")),
        Some('D') => rust.push_str("[^0-9]"),
        Some('W') => rust.push_str("[^0-9A-Za-z_]"),
        Some('S') => rust.push_str(r"[^\t\n\f\r ]"),
        Some('b') if inside == Inside::Text => rust.push_str(r"(?-u:\b)"),
        Some('B') if inside == Inside::Text => rust.push_str(r"(?-u:\B)"),
        // Rust's edges of words; Go's characters.
        Some(edge @ ('<' | '>')) => rust.push(edge),
        // As it stands, up to its end.
        Some('Q') => loop {
            match rest.next() {
                None => break,
                Some('\\') if rest.peek() == Some(&'E') => {
                    rest.next();
                    break;
                }
                Some(plain) if plain.is_ascii_punctuation() => rust.extend(['\\', plain]),
                Some(plain) => rust.push(plain),
            }
        },
        Some(other) => rust.extend(['\\', other]),
        None => rust.push('\\'),
    }
}

/// A class, behind its bracket. Rust has classes in classes, and sets of them (`&&`, `--`, `~~`); Go has neither.
fn class(rest: &mut Peekable<Chars<'_>>, rust: &mut String) {
    rust.push('[');
    if rest.peek() == Some(&'^') {
        rust.extend(rest.next());
    }
    if rest.peek() == Some(&']') {
        rest.next();
        rust.push_str(r"\]");
    }
    while let Some(character) = rest.next() {
        match character {
            ']' => {
                rust.push(']');
                return;
            }
            '\\' => escape(rest, Inside::Class, rust),
            '[' if rest.peek() == Some(&':') => {
                rust.push('[');
                for named in rest.by_ref() {
                    rust.push(named);
                    if named == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' => rust.extend(['\\', character]),
            other => rust.push(other),
        }
    }
}

/// `3}`, `3,}` or `3,5}`.
fn is_count(rest: Peekable<Chars<'_>>) -> bool {
    let count: String = rest.take_while(|character| *character != '}').collect();
    let (least, most) = count.split_once(',').unwrap_or((&count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_core::{Labels, MatchOperator, Matcher};

    #[test]
    fn means_what_go_means() {
        for (go, matching, not_matching) in [
            ("pay.*", "payments", "repay"),
            ("x{", "x{", "x"),
            ("x{2}", "xx", "x{2}"),
            ("x{2,3}", "xxx", "x"),
            ("{a}", "{a}", "a"),
            ("x{,3}", "x{,3}", "xx"),
            (r"\Qa.b\E.", "a.bc", "axbc"),
            (r"\d+", "42", "٤٢"),
            (r"[\d]+", "42", "٤٢"),
            (r"\w+", "abc_1", "ä"),
            (r"[^\W]", "a", "ä"),
            ("[a&&b]+", "a&b", "x"),
            ("[[a]", "[", "x"),
            ("[]a]", "]", "b"),
            ("[^]a]", "b", "]"),
            ("[[:alpha:]]+", "abc", "a1"),
            (r"\<a\>", "<a>", "a"),
            (r"\bok\b", "ok", "oko"),
            ("(?i)ok", "OK", "no"),
            ("a|b", "b", "c"),
            (r"(?P<name>x)\.y", "x.y", "xzy"),
        ] {
            let matcher = Matcher::new("label", MatchOperator::Regex, &from_go(go)).unwrap();
            assert!(matcher.matches(&Labels::from_pairs([("label", matching)])), "{go} must match {matching}");
            assert!(
                !matcher.matches(&Labels::from_pairs([("label", not_matching)])),
                "{go} must not match {not_matching}"
            );
        }
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        for go in ["(", "[", "*", "(?=a)", r"\", "x{3,2}", "[b-a]"] {
            assert!(Matcher::new("label", MatchOperator::Regex, &from_go(go)).is_err(), "{go}");
        }
    }
}
