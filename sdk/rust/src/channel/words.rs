//! Cutting text to what a service takes: always between characters, always saying that something is missing.

const ELLIPSIS: char = '…';

/// At most `max`, as `measure` counts a character: `char::len_utf8` for bytes, `char::len_utf16` where a service counts as
/// JavaScript does, `|_| 1` for characters.
pub fn clip(text: &str, max: usize, measure: fn(char) -> usize) -> String {
    if length(text, measure) <= max {
        return text.into();
    }
    let mut clipped = String::new();
    let mut room = max.saturating_sub(measure(ELLIPSIS));
    for character in text.chars() {
        let Some(left) = room.checked_sub(measure(character)) else { break };
        room = left;
        clipped.push(character);
    }
    clipped.truncate(clipped.trim_end().len());
    if measure(ELLIPSIS) <= max {
        clipped.push(ELLIPSIS);
    }
    clipped
}

pub fn length(text: &str, measure: fn(char) -> usize) -> usize {
    text.chars().map(measure).sum()
}

/// Without line breaks and control characters, and at most `max` characters.
pub fn one_line(text: &str, max: usize) -> String {
    let spaced: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    clip(&words.join(" "), max, |_| 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters_and_says_so() {
        assert_eq!(clip("disk full", 9, char::len_utf8), "disk full");
        assert_eq!(clip("disk full", 8, char::len_utf8), "disk…");
        assert_eq!(clip("🔥🔥🔥", 5, char::len_utf16), "🔥🔥…");
        assert_eq!(clip("🔥🔥🔥", 2, |_| 1), "🔥…");
        for max in 0..40 {
            assert!(length(&clip(&"aé🔥".repeat(9), max, char::len_utf8), char::len_utf8) <= max);
        }
    }

    #[test]
    fn a_line_has_no_breaks() {
        assert_eq!(one_line("  no\r\n\tsuch\u{0} hook ", 20), "no such hook");
    }
}
