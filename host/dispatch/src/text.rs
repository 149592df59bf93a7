//! Cutting and cleaning text that strangers wrote: always at a character's boundary, always saying what is missing.

use sha2::{Digest, Sha256};

const ELLIPSIS: char = '…';

/// On one line, without control characters, and at most `chars_max` UTF-16 units: Slack and PagerDuty count no finer.
pub(crate) fn clip(text: &str, chars_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(chars_max * 4));
    let mut room = chars_max;
    // A space that is still owed: none at the start, none at the end, one for any run in between.
    let mut space = 0;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() || is_invisible(character) {
            space = usize::from(!line.is_empty());
            continue;
        }
        let length = character.len_utf16() + space;
        if length > room {
            return with_ellipsis(line, room);
        }
        if space == 1 {
            line.push(' ');
        }
        line.push(character);
        room -= length;
        space = 0;
    }
    line
}

/// Characters that change the direction or the look of what stands beside them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
}

fn with_ellipsis(mut line: String, room: usize) -> String {
    if room == 0 {
        line.pop();
    }
    line.push(ELLIPSIS);
    line
}

/// A provider's own words, fit to be a reason: one short line in which no secret is repeated.
pub(crate) fn quote(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[secret]");
    }
    clip(&text, 200)
}

/// UTF-16 units.
pub(crate) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The address if it is one that a person may be sent to; anything else is not made a link.
pub(crate) fn link(address: &str) -> Option<String> {
    let web = address.starts_with("https://") || address.starts_with("http://");
    let plain = address
        .chars()
        .all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '|' | '"' | '\'' | '`'));
    (web && plain && address.len() <= 2_000).then(|| address.to_owned())
}

/// `1 alert`, `2 alerts`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Hex digits that are the same for the same text on every machine and in every version.
pub(crate) fn fingerprint(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_at_a_character_and_says_so() {
        assert_eq!(clip("disk full", 20), "disk full");
        assert_eq!(clip("  disk\r\n\tfull\u{0} ", 20), "disk full");
        assert_eq!(clip("🔥🔥🔥", 6), "🔥🔥🔥");
        assert_eq!(clip("🔥🔥🔥", 5), "🔥🔥…");
        assert_eq!(clip("🔥🔥🔥", 4), "🔥…");
        for room in 1..40 {
            assert!(length(&clip(&"ab 🔥c\n".repeat(20), room)) <= room);
        }
    }

    #[test]
    fn a_quote_repeats_no_secret() {
        assert_eq!(quote("token xoxb-1\nis bad", &["xoxb-1", ""]), "token [secret] is bad");
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(link("https://runbooks/x?a=b&c#d").as_deref(), Some("https://runbooks/x?a=b&c#d"));
        for bad in ["javascript:alert(1)", "https://a b", "https://x|y>", "//x", "", "https://a\nb"] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }
}
