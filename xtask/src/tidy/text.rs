//! What a file may say: a header that introduces it, nothing of the machine it was written on, nothing left undone.

use super::{File, Problem};

/// Folders that exist on somebody's machine only. Split, so that this file may be read by its own rule.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

const UNDONE: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

pub fn check(files: &[File]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = files.iter().filter(|file| file.path != "Cargo.lock").flat_map(words).collect();
    problems.extend(files.iter().filter(|file| file.is_rust()).filter_map(header));
    problems.extend(files.iter().find(|file| file.path == "host/core/src/lib.rs").and_then(no_std));
    problems
}

fn header(file: &File) -> Option<Problem> {
    let missing = !file.text.starts_with("//!");
    missing.then(|| file.problem(1, "no `//!` header: say what this is for and what it may not touch"))
}

fn no_std(core: &File) -> Option<Problem> {
    let missing = !core.lines().any(|(_, line)| line == "#![no_std]");
    missing.then(|| core.problem(1, "the core is `#![no_std]`, so that a clock or a file in it does not compile"))
}

fn words(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| mentions_path(line, path)) {
            problems
                .push(file.problem(number, format!("`{path}` is a folder of one machine: ask the environment for it")));
        }
        let mut words = line.split(|character: char| !character.is_ascii_alphanumeric());
        if let Some(word) = words.find(|word| UNDONE.contains(word)) {
            problems.push(file.problem(number, format!("`{word}`: do it now, or open an issue and delete the note")));
        }
    }
    problems
}

/// Only at the start of a path: a folder of the same name further in is nobody's machine.
fn mentions_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|character| !character.is_alphanumeric() && !"_-./}*".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    #[test]
    fn names_file_and_line() {
        let text = format!("//! Header.\nlet path = \"{}somebody\";\n// {}: later\n", MACHINE_PATHS[1], UNDONE[0]);
        let found = check(&[file("a.rs", &text)]);
        assert_eq!(found.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3], "{found:?}");
    }

    #[test]
    fn harmless_words_pass() {
        let text = format!("//! A TODOS table, {}.\n// see docs{}x and ./{}\n", "mastodon", MACHINE_PATHS[3], "work/");
        assert_eq!(check(&[file("a.rs", &text)]), []);
    }

    #[test]
    fn rust_files_have_a_header_and_the_core_has_no_std() {
        assert_eq!(check(&[file("a.rs", "use x;\n"), file("a.md", "text")]).len(), 1);
        assert_eq!(check(&[file("host/core/src/lib.rs", "//! Core.\n")]).len(), 1);
        assert_eq!(check(&[file("host/core/src/lib.rs", "//! Core.\n#![no_std]\n")]), []);
    }
}
