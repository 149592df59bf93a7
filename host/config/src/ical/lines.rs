//! The lines of a calendar: are they lines, and does what begins end?

use super::Wrong;

pub(super) const NOT_A_CALENDAR: &str = "this is not an iCalendar, which begins with BEGIN:VCALENDAR";

/// Checks that lines are lines and that what begins ends. The numbers of the lines in which something begins.
pub(super) fn structure(text: &str) -> Result<Vec<usize>, Wrong> {
    let mut begins = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut last = 1;
    for (line, content) in logical_lines(text) {
        let wrong = |message: String| Wrong { line, message };
        last = line;
        let Some((name, value)) = content.split_once(':') else {
            let message = if begins.is_empty() { NOT_A_CALENDAR.into() } else { "this line has no colon".into() };
            return Err(wrong(message));
        };
        let value = value.trim().to_ascii_uppercase();
        match name.to_ascii_uppercase().as_str() {
            "BEGIN" => {
                if open.is_empty() && value != "VCALENDAR" {
                    return Err(wrong(NOT_A_CALENDAR.into()));
                }
                begins.push(line);
                open.push((line, value));
            }
            "END" => match open.pop() {
                Some((_, begun)) if begun == value => {}
                Some((since, begun)) => {
                    let message = format!("END:{value} where the {begun} that begins in line {since} should end");
                    return Err(wrong(message));
                }
                None => return Err(wrong(format!("END:{value} where nothing began"))),
            },
            _ if open.is_empty() => return Err(wrong(NOT_A_CALENDAR.into())),
            _ => {}
        }
    }
    match open.pop() {
        Some((since, begun)) => {
            Err(Wrong { line: last, message: format!("the {begun} that begins in line {since} does not end") })
        }
        None if begins.is_empty() => Err(Wrong { line: 1, message: NOT_A_CALENDAR.into() }),
        None => Ok(begins),
    }
}

/// Lines with the folded ones joined, each with the number that it begins in.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((index + 1, line.to_owned())),
        }
    }
    lines
}
