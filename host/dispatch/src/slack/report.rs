//! Markdown as Slack shows it: headings in bold, tables in aligned columns. Pure.
//!
//! A character that Markdown is to leave alone (`\*`), or that Slack would take for its own (`<`), is *sealed* on the way
//! in: moved to where nothing here looks for it. On the way out it is itself again, escaped as Slack wants it.

use crate::{render::escape, text::length};

const FENCE: &str = "```";
/// The first of the private-use characters that stand for ASCII.
const SEALED: u32 = 0xE000;

/// One piece of a report; a table is shown in a fixed width.
enum Piece {
    Words(Vec<String>),
    Table(Vec<Vec<String>>),
}

/// Sections of mrkdwn, each of at most `chars_max`, none empty.
pub(super) fn sections(markdown: &str, chars_max: usize) -> Vec<String> {
    let mut sections = Vec::new();
    for piece in pieces(markdown) {
        match piece {
            Piece::Words(lines) => sections.extend(pack(&lines, chars_max)),
            Piece::Table(rows) => {
                let tables = pack(&aligned(&rows), chars_max.saturating_sub(2 * FENCE.len() + 2));
                sections.extend(tables.iter().map(|table| format!("{FENCE}\n{table}\n{FENCE}")));
            }
        }
    }
    sections
}

fn pieces(markdown: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in markdown.lines().map(|line| seal(line.trim_end())) {
        match (cells(&line), pieces.last_mut()) {
            (Some(row), Some(Piece::Table(rows))) => rows.push(row),
            (Some(row), _) => pieces.push(Piece::Table(vec![row])),
            (None, Some(Piece::Words(lines))) => lines.push(mrkdwn(&line)),
            (None, _) => pieces.push(Piece::Words(vec![mrkdwn(&line)])),
        }
    }
    pieces
}

fn seal(line: &str) -> String {
    let sealed = |c: char| char::from_u32(SEALED + u32::from(c)).unwrap_or(c);
    let mut written = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.next_if(|next| c == '\\' && next.is_ascii_punctuation())) {
            (_, Some(escaped)) => written.push(sealed(escaped)),
            ('&' | '<' | '>', None) => written.push(sealed(c)),
            (_, None) => written.push(c),
        }
    }
    written
}

fn unseal(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(SEALED).filter(|code| *code < 0x80).and_then(char::from_u32) {
            Some(sealed) => written.push_str(&escape(sealed.encode_utf8(&mut [0; 4]))),
            None => written.push(c),
        }
    }
    written
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    Some(inner.split('|').map(|cell| cell.trim().replace("**", "").replace('`', "")).collect())
}

/// The rule under the head says which columns are of numbers, and is not shown.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let is_rule =
        |row: &&Vec<String>| row.iter().all(|cell| cell.contains('-') && cell.chars().all(|c| "-:".contains(c)));
    let rule = rows.iter().find(is_rule);
    let is_right = |column: usize| rule.and_then(|rule| rule.get(column)).is_some_and(|cell| cell.ends_with("-:"));
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| !is_rule(row)).collect();
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let width = |column| rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &&Vec<String>| {
        let padded = widths.iter().enumerate().map(|(column, width)| match is_right(column) {
            true => format!("{:>width$}", cell(row, column)),
            false => format!("{:<width$}", cell(row, column)),
        });
        unseal(padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn mrkdwn(line: &str) -> String {
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return format!("*{}*", unseal(&heading.trim().replace("**", "")));
    }
    let (bullet, rest) = match line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* ")) {
        Some(rest) => ("• ", rest),
        None => ("", line),
    };
    format!("{bullet}{}", unseal(&links(&rest.replace("**", "*"))))
}

/// `[text](https://…)` → `<https://…|text>`
fn links(line: &str) -> String {
    let mut written = String::new();
    let mut rest = line;
    while let Some((before, text, address, after)) = next_link(rest) {
        written.push_str(&format!("{before}<{address}|{text}>"));
        rest = after;
    }
    written + rest
}

fn next_link(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, tail) = line.split_once("](http")?;
    let (before, text) = head.rsplit_once('[')?;
    let (_, after) = tail.split_once(')')?;
    let address = line[head.len() + "](".len()..].strip_suffix(after)?.strip_suffix(')')?;
    Some((before, text, address, after))
}

/// Whole lines, as many to a section as it holds. A line that is too long by itself is cut.
fn pack(lines: &[String], chars_max: usize) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for line in lines {
        let line = if length(line) > chars_max { super::blocks::cut_line(line) } else { line.clone() };
        match sections.last_mut() {
            Some(section) if length(section) + 1 + length(&line) <= chars_max => {
                section.push('\n');
                section.push_str(&line);
            }
            _ if line.is_empty() => {}
            _ => sections.push(line),
        }
    }
    sections.iter().map(|section| section.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_reads_well_in_slack() {
        let markdown = "# Week 47 of <payments>\n\nPages: **12**, see [the list](https://bellwire.example/incidents?team=a&state=open).\n- one & two, 2 \\* 3\n\n\
                        | person | pages | |\n|:---|---:|---|\n| ann | 3 | \\|x\\_y |\n| R&D | 12 |\n\nThat is all.";
        insta::assert_snapshot!(sections(markdown, 3_000).join("\n─\n"), @r"
        *Week 47 of &lt;payments&gt;*

        Pages: *12*, see <https://bellwire.example/incidents?team=a&amp;state=open|the list>.
        • one &amp; two, 2 * 3
        ─
        ```
        person  pages
        ann         3  |x_y
        R&amp;D        12
        ```
        ─
        That is all.
        ");
    }

    #[test]
    fn nothing_is_longer_than_a_section_may_be() {
        let row = "| ann & ben | 3 |\n".repeat(500);
        let words = "**&** <https://x> [a](b) [a](http ".repeat(300);
        let sections = sections(&format!("{row}\n{words}\n{row}"), 3_000);
        assert!(sections.len() > 4);
        for section in sections {
            assert!(!section.is_empty() && length(&section) <= 3_000);
            assert_eq!(section.matches("```").count() % 2, 0, "{section}");
        }
    }
}
