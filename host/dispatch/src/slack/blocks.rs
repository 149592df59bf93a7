//! Block Kit within its limits: nothing is refused for its length, and what is cut says so.

use crate::{
    render::escape,
    text::{clip, count, length},
};
use serde_json::{Map, Value, json};

const HEADER_CHARS_MAX: usize = 150;
pub(super) const SECTION_CHARS_MAX: usize = 3_000;
/// Slack takes about 13,200 in all; the rest is for the header and the note of what was cut.
const BODY_CHARS_MAX: usize = 12_000;
/// Slack takes 50.
const SECTIONS_MAX: usize = 40;
/// One line is cut here, so that it fits a section with room to spare.
const LINE_CHARS_MAX: usize = 2_900;

/// One message: its blocks, and the text that notifications show.
pub(super) struct Words {
    text: String,
    blocks: Vec<Value>,
}

impl Words {
    /// `title` is plain, `body` is mrkdwn and escaped already.
    pub fn full(title: &str, body: &str) -> Self {
        let mut blocks = vec![
            json!({"type": "header", "text": {"type": "plain_text", "text": escaped_within(title, HEADER_CHARS_MAX), "emoji": false}}),
        ];
        blocks.extend(sections(body).into_iter().map(|text| section(&text)));
        Self { text: escaped_within(title, SECTION_CHARS_MAX), blocks }
    }

    /// `sections` are mrkdwn, escaped and within a section's limit; those for which there is no room are left out.
    pub fn report(title: &str, sections: &[String]) -> Self {
        let mut words = Self::full(title, "");
        let mut room = BODY_CHARS_MAX;
        for (index, text) in sections.iter().enumerate() {
            if length(text) > room || index == SECTIONS_MAX {
                words.blocks.push(section(&format!("… {} left out", count(sections.len() - index, "more part"))));
                break;
            }
            room -= length(text);
            words.blocks.push(section(text));
        }
        words
    }

    pub fn with_buttons(mut self, buttons: Option<Value>) -> Self {
        self.blocks.extend(buttons);
        self
    }

    /// One line, and what the policy said.
    pub fn short(title: &str, text: Option<&str>) -> Self {
        let title = escaped_within(title, 1_000);
        let line = match text {
            Some(text) => format!("*{title}*\n{}", escaped_within(text, 1_500)),
            None => format!("*{title}*"),
        };
        Self { text: title, blocks: vec![section(&line)] }
    }

    /// `text` is always beside the blocks: a message without it has no notification.
    pub fn message(&self) -> Map<String, Value> {
        let mut message = self.text_only();
        message.insert("blocks".into(), json!(self.blocks));
        message
    }

    pub fn text_only(&self) -> Map<String, Value> {
        Map::from_iter([("text".to_owned(), json!(self.text))])
    }
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

/// The escape makes text longer, so it is cut until the escaped text fits.
fn escaped_within(text: &str, chars_max: usize) -> String {
    let mut room = chars_max;
    loop {
        let escaped = escape(&clip(text, room));
        match length(&escaped).saturating_sub(chars_max) {
            0 => return escaped,
            // An escape adds at most four characters to each.
            over => room = room.saturating_sub(over.div_ceil(5).max(1)),
        }
    }
}

/// Whole lines, as many as there is room for, in as few sections as hold them.
fn sections(body: &str) -> Vec<String> {
    let lines: Vec<String> = body.trim().lines().map(cut_line).collect();
    let mut sections: Vec<String> = Vec::new();
    let mut total = 0;
    for (index, line) in lines.iter().enumerate() {
        let needed = length(line) + 1;
        let fits = sections.last().is_some_and(|section| length(section) + needed <= SECTION_CHARS_MAX);
        if total + needed > BODY_CHARS_MAX || (!fits && sections.len() == SECTIONS_MAX) {
            sections.push(format!("… {} left out", count(lines.len() - index, "more line")));
            break;
        }
        total += needed;
        match sections.last_mut() {
            Some(section) if fits => {
                section.push('\n');
                section.push_str(line);
            }
            // A section may not be empty, and needs no blank line at its top.
            _ if line.is_empty() => {}
            _ => sections.push(line.clone()),
        }
    }
    sections
}

/// Cuts no character, no escape and no link in two.
pub(super) fn cut_line(line: &str) -> String {
    let whole = length(line);
    if whole <= LINE_CHARS_MAX {
        return line.to_owned();
    }
    let mut kept = String::new();
    let mut room = LINE_CHARS_MAX - 60;
    for character in line.chars() {
        let needed = character.len_utf16();
        if needed > room {
            break;
        }
        room -= needed;
        kept.push(character);
    }
    for (open, close) in [('&', ';'), ('<', '>')] {
        let opened = kept.rfind(open);
        if let Some(start) = opened.filter(|start| !kept[*start..].contains(close)) {
            kept.truncate(start);
        }
    }
    let left = whole - length(&kept);
    format!("{kept}… ({} left out)", count(left, "character"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &Words) -> Vec<String> {
        words.blocks.iter().map(|block| block["text"]["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn a_long_body_is_cut_by_lines_and_says_how_many() {
        let body: String = (0..1_000).map(|index| format!("• line {index} {}\n", "🔥".repeat(20))).collect();
        let words = Words::full("title", &body);
        let texts = texts(&words);
        assert!(texts.iter().all(|text| !text.is_empty() && length(text) <= SECTION_CHARS_MAX));
        assert!(texts.iter().map(|text| length(text)).sum::<usize>() <= 13_000);
        let lines: usize = texts[1..texts.len() - 1].iter().map(|text| text.lines().count()).sum();
        assert_eq!(texts.last().cloned().unwrap_or_default(), format!("… {} more lines left out", 1_000 - lines));
    }

    #[test]
    fn a_long_line_is_cut_between_escapes_and_links() {
        for shift in 0..12 {
            let escapes = cut_line(&format!("{}{}", "x".repeat(shift), "&amp;".repeat(1_000)));
            assert!(escapes.split("&amp;").all(|rest| !rest.contains('&')), "{escapes}");
        }
        let link = cut_line(&format!("{} <https://example.com/{}|Runbook>", "x".repeat(2_000), "y".repeat(2_000)));
        assert_eq!(link.trim_start_matches('x'), " … (2030 characters left out)");
    }

    #[test]
    fn a_title_full_of_escapes_fits_the_header() {
        let words = Words::full(&"<!channel>&".repeat(100), "body");
        assert!(length(&texts(&words)[0]) <= HEADER_CHARS_MAX);
        assert!(!texts(&words)[0].contains('<'));
    }
}
