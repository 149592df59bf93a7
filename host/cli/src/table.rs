//! Text for a terminal: columns, and times as the API has them.

use crate::Failure;
use std::io::IsTerminal;
use textwrap::core::display_width;

/// Prints rows under a header, each column as wide as its widest cell; the last one is as long as it is.
pub fn print<const COLUMNS: usize>(header: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    let header = header.map(String::from);
    let all = || [&header].into_iter().chain(rows);
    let width = |column: usize| all().map(|row| display_width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in all() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - display_width(cell) + 2));
        }
        println!("{}", line.trim_end());
    }
}

/// Prints a line, broken where the terminal ends; what goes on is indented. A pipe gets it in one piece.
pub fn print_wrapped(line: &str, indent: usize) {
    if !std::io::stdout().is_terminal() {
        println!("{line}");
        return;
    }
    println!("{}", wrapped(line, indent, textwrap::termwidth()));
}

fn wrapped(line: &str, indent: usize, width: usize) -> String {
    // A terminal that is hardly wider than the indent is not worth indenting in.
    let indent = " ".repeat(if width > indent * 2 { indent } else { 0 });
    textwrap::fill(line, textwrap::Options::new(width.max(1)).subsequent_indent(&indent))
}

pub fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Failed(error.to_string()))?;
    println!("{text}");
    Ok(())
}

/// `2026-11-21T03:12:00.123Z` → `2026-11-21 03:12:00`.
pub fn short(instant: &str) -> String {
    instant.get(..19).unwrap_or(instant).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_line_breaks_at_the_terminals_edge() {
        let line = "Sat 21 Nov  until 09:00 ann; from 09:00 bob";
        assert_eq!(wrapped(line, 12, 80), line);
        assert_eq!(wrapped(line, 12, 32), "Sat 21 Nov  until 09:00 ann;\n            from 09:00 bob");
        for width in 0..60 {
            assert!(wrapped(line, 12, width).lines().all(|line| line.chars().count() <= width.max(1)), "{width}");
        }
    }
}
