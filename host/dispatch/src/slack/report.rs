//! Markdown as Slack shows it: headings in bold, tables in aligned columns. Pure.

use crate::{render::escape, text::length};

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
                let fence = "```";
                let lines = pack(&aligned(&rows), chars_max.saturating_sub(2 * fence.len() + 2));
                sections.extend(lines.iter().map(|lines| format!("{fence}\n{lines}\n{fence}")));
            }
        }
    }
    sections
}

fn pieces(markdown: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in markdown.lines().map(str::trim_end) {
        match (cells(line), pieces.last_mut()) {
            (Some(row), Some(Piece::Table(rows))) => rows.push(row),
            (Some(row), _) => pieces.push(Piece::Table(vec![row])),
            (None, Some(Piece::Words(lines))) => lines.push(mrkdwn(line)),
            (None, _) => pieces.push(Piece::Words(vec![mrkdwn(line)])),
        }
    }
    pieces
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    Some(inner.split('|').map(|cell| escape(&cell.trim().replace("**", "").replace('`', ""))).collect())
}

/// Without the rule under the head.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let is_rule = |row: &&Vec<String>| row.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':')));
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| !is_rule(row)).collect();
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &&Vec<String>| {
        let padded =
            row.iter().zip(&widths).map(|(cell, &wanted)| cell.clone() + &" ".repeat(wanted - self::width(cell)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// As it is shown, where an escape is one character.
fn width(cell: &str) -> usize {
    cell.chars().count()
        - 4 * cell.matches("&amp;").count()
        - 3 * cell.matches("&lt;").count()
        - 3 * cell.matches("&gt;").count()
}

fn mrkdwn(line: &str) -> String {
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return format!("*{}*", escape(&heading.trim().replace("**", "")));
    }
    let (bullet, rest) = match line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* ")) {
        Some(rest) => ("• ", rest),
        None => ("", line),
    };
    format!("{bullet}{}", links(&escape(rest).replace("**", "*")))
}

/// `[text](https://…)` → `<https://…|text>`
fn links(line: &str) -> String {
    let mut written = String::new();
    let mut rest = line;
    while let Some((before, text, address, after)) = next_link(rest) {
        written.push_str(before);
        written.push_str(&format!("<{address}|{text}>"));
        rest = after;
    }
    written + rest
}

fn next_link(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, tail) = line.split_once("](http")?;
    let (before, text) = head.rsplit_once('[')?;
    let end = tail.find(')')?;
    let start = head.len() + "](".len();
    let address = &line[start..start + "http".len() + end];
    Some((before, text, address, &tail[end + 1..]))
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
        let markdown = "# Week 47 of <payments>\n\nPages: **12**, see [the list](https://bellwire.example/incidents?team=a&state=open).\n- one & two\n\n\
                        | person | pages |\n|:---|---:|\n| ann | 3 |\n| R&D | 12 |\n\nThat is all.";
        insta::assert_snapshot!(sections(markdown, 3_000).join("\n─\n"), @r"
        *Week 47 of &lt;payments&gt;*

        Pages: *12*, see <https://bellwire.example/incidents?team=a&amp;state=open|the list>.
        • one &amp; two
        ─
        ```
        person  pages
        ann     3
        R&amp;D     12
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
