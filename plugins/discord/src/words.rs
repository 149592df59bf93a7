//! The embed: within Discord's limits, and with nothing in it that an alert's text could make into Markdown.

use bellwire_policy::channel::{Message, Standing, clip, length};
use serde_json::{Value, json};

const TITLE_MAX: usize = 256;
/// All texts of a message together may have 6,000.
const DESCRIPTION_MAX: usize = 4_096;
const RED: u32 = 0xD9_30_25;
const AMBER: u32 = 0xF2_A6_00;
const GREEN: u32 = 0x2E_A0_43;

pub fn embed(message: &Message) -> Value {
    let color = match message.standing() {
        Standing::Firing => RED,
        Standing::Taken => AMBER,
        Standing::Resolved => GREEN,
    };
    let mut embed = json!({
        "title": escaped_within(&message.title, TITLE_MAX),
        "description": escaped_within(message.body(), DESCRIPTION_MAX),
        "color": color,
    });
    if let Some(url) = message.link("incident") {
        embed["url"] = url.into();
    }
    embed
}

/// The escapes make a text longer, so it is cut until the escaped text fits.
fn escaped_within(text: &str, max: usize) -> String {
    let mut room = max;
    loop {
        let escaped = escape(&clip(text, room, char::len_utf16));
        match length(&escaped, char::len_utf16).saturating_sub(max) {
            0 => return escaped,
            // An escape doubles a character at most.
            over => room = room.saturating_sub(over.div_ceil(2)),
        }
    }
}

/// A backslash before whatever Markdown takes for its own. An address stays as it is, or it would lead nowhere.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for word in text.split_inclusive(char::is_whitespace) {
        if is_address(word.trim_end()) {
            escaped.push_str(word);
            continue;
        }
        for character in word.chars() {
            if matches!(character, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '(' | ')' | '@') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
    }
    escaped
}

fn is_address(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:?#=&%+~,;!$@".contains(&byte);
    (word.starts_with("https://") || word.starts_with("http://")) && word.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_only_text() {
        assert_eq!(
            escape("**a** [b](https://c) `d` <@1> @everyone"),
            r"\*\*a\*\* \[b\]\(https://c\) \`d\` \<\@1\> \@everyone"
        );
        assert_eq!(escape("see https://a/b_c?d=e_f#g\nnext_line"), "see https://a/b_c?d=e_f#g\nnext\\_line");
    }

    #[test]
    fn what_is_escaped_fits() {
        for text in ["*".repeat(5_000), "🔥".repeat(5_000), "a_b ".repeat(2_000), "short".into()] {
            let escaped = escaped_within(&text, DESCRIPTION_MAX);
            assert!(length(&escaped, char::len_utf16) <= DESCRIPTION_MAX);
            assert!(text == "short" || escaped.ends_with('…') && escaped.len() > DESCRIPTION_MAX / 2);
        }
    }
}
