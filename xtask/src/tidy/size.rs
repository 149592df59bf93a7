//! Files and functions stay readable: a ratchet, not a target.

use super::{File, Problem};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const MEDIAN_FILE_LINES_MAX: usize = 300;

pub fn check(files: &[File]) -> Vec<Problem> {
    let rust: Vec<&File> = files.iter().filter(|file| file.is_rust()).collect();
    let mut problems: Vec<Problem> = rust.iter().flat_map(|file| check_file(file)).collect();
    let mut by_length: Vec<(usize, &File)> = rust.iter().map(|file| (file.lines().count(), *file)).collect();
    by_length.sort_unstable_by_key(|(lines, _)| *lines);
    if let Some((lines, file)) = by_length.get(by_length.len() / 2)
        && *lines >= MEDIAN_FILE_LINES_MAX
    {
        problems.push(file.problem(1, format!("half of all files have {lines} lines or more: split the long ones")));
    }
    problems
}

fn check_file(file: &File) -> Vec<Problem> {
    let lines = file.lines().count();
    let long_file = (lines > FILE_LINES_MAX).then(|| {
        let message = format!("{lines} lines (at most {FILE_LINES_MAX}): split the file by what its parts are for");
        file.problem(FILE_LINES_MAX, message)
    });
    let long_functions = functions(&file.text).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    let problem = |Function { name, line, lines }| {
        let message =
            format!("`{name}` has {lines} lines (at most {FUNCTION_LINES_MAX}): name its parts and call them");
        file.problem(line, message)
    };
    long_file.into_iter().chain(long_functions.map(problem)).collect()
}

#[derive(Debug, PartialEq)]
struct Function<'text> {
    name: &'text str,
    /// Of its `fn`.
    line: usize,
    /// From there to its closing brace, without the inside of raw strings: a snapshot is data.
    lines: usize,
}

/// Relies on rustfmt: a function ends at the first line of its own indentation that begins with a brace.
fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().enumerate().filter_map(|(index, line)| Some((index, function_name(line)?)));
    let function = |(index, name): (usize, _)| {
        let line: &str = lines[index];
        let indentation = line.len() - line.trim_start().len();
        let end = lines[index..].iter().position(|line| ends_at(line, indentation))?;
        Some(Function { name, line: index + 1, lines: code_lines(&lines[index..=index + end]) })
    };
    begins.filter_map(function).collect()
}

fn code_lines(lines: &[&str]) -> usize {
    const OPENINGS: [(&str, &str); 2] = [("r##\"", "\"##"), ("r#\"", "\"#")];
    let mut closing: Option<&str> = None;
    let is_code = |line: &&&str| {
        let was_inside = closing.is_some();
        // What follows the literal that this line closes, if it does, may open another.
        let rest = closing.map_or(Some(**line), |closing| line.split_once(closing).map(|(_, rest)| rest));
        if let Some(rest) = rest {
            let opens = |(opening, closing)| Some((rest.rsplit_once(opening)?.1, closing));
            let opened: Option<(&str, &str)> = OPENINGS.into_iter().find_map(opens);
            closing = opened.filter(|(after, closing)| !after.contains(closing)).map(|(_, closing)| closing);
        }
        !(was_inside && rest.is_none())
    };
    lines.iter().filter(is_code).count()
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let words = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""];
    let is_item = before.split_whitespace().all(|word| words.contains(&word));
    is_item.then(|| after.split(['(', '<']).next().unwrap_or(after))
}

/// Also where a function without a body ends, on its first line or at the end of its arguments.
fn ends_at(line: &str, indentation: usize) -> bool {
    let Some((margin, rest)) = line.split_at_checked(indentation) else { return false };
    let is_first = function_name(line).is_some();
    margin.trim().is_empty()
        && (rest.starts_with('}')
            || (is_first && rest.ends_with(['}', ';']))
            || (rest.starts_with(')') && rest.ends_with(';')))
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    #[test]
    fn functions_are_measured_to_their_closing_brace() {
        let text = "\
pub(crate) async fn first(
    argument: u8,
) -> u8 {
    {
    }
}
trait Two {
    fn declared(&self) -> fn(u8);
    fn declared_over_lines(
        &self,
    );
    fn short(&self) {}
    const fn long() {
        work();
    }
}
// a fn in a comment, and a type: fn(u8)
type Function = fn(u8);
";
        let found: Vec<_> =
            functions(text).iter().map(|function| (function.name, function.line, function.lines)).collect();
        let expected =
            [("first", 1, 6), ("declared", 8, 1), ("declared_over_lines", 9, 3), ("short", 12, 1), ("long", 13, 3)];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_snapshot_inside_a_function_is_data() {
        let text = "fn test() {\n    shows(r#\"\n    one\n    two\n    \"#);\n    shows(r#\"x\"#);\n}\n";
        assert_eq!(functions(text), [Function { name: "test", line: 1, lines: 5 }]);
    }

    #[test]
    fn the_limits_hold_to_the_line() {
        let function = |lines: usize| format!("fn long() {{\n{}}}\n", "    work();\n".repeat(lines - 2));
        assert_eq!(check(&[file("a.rs", &function(70))]), []);
        let found = check(&[file("a.rs", &function(71))]);
        assert!(found[0].to_string().starts_with("a.rs:1: `long` has 71 lines"), "{found:?}");

        let short = file("short.rs", "");
        assert_eq!(check(&[file("a.rs", &"\n".repeat(600)), file("b.rs", ""), file("c.rs", "")]), []);
        assert_eq!(check(&[file("a.rs", &"\n".repeat(601)), short, file("c.rs", "")]).len(), 1);
    }

    #[test]
    fn the_median_is_of_rust_files() {
        let long = || file("a.rs", &"\n".repeat(300));
        assert_eq!(check(&[long(), long(), file("b.rs", "")]).len(), 1);
        assert_eq!(check(&[long(), file("b.rs", ""), file("c.rs", "")]), []);
        assert_eq!(check(&[file("a.md", &"\n".repeat(9000))]), []);
    }
}
