//! `cargo xtask tidy`: the rules of this repository that no compiler knows, checked all at once.
//!
//! Each check is a pure function of the tree and returns problems; each problem names file, line and remedy. The same
//! checks run in `cargo test`, so a rule cannot be broken by somebody who has never heard of this command.

mod clocks;
mod contract;
mod graph;
mod links;
mod size;
mod text;

use crate::workspace::Workspace;
use anyhow::{Context, ensure};
use std::{fmt, fs, path::Path, process::Command};

/// One text file of the clone.
struct File {
    /// From the root of the clone, with `/`.
    path: String,
    text: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    path: String,
    /// Counted from 1.
    line: usize,
    /// What is wrong, and what to do about it.
    message: String,
}

pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let files = read_tree(&workspace.root)?;
    let problems = check(workspace, &files)?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    ensure!(problems.is_empty(), "{} problems", problems.len());
    println!("{} files are tidy.", files.len());
    Ok(())
}

fn check(workspace: &Workspace, files: &[File]) -> anyhow::Result<Vec<Problem>> {
    let mut problems = graph::check(workspace, files)?;
    problems.extend(clocks::check(files)?);
    problems.extend(contract::check(files));
    problems.extend(links::check(files));
    problems.extend(size::check(files));
    problems.extend(text::check(files));
    problems.sort();
    Ok(problems)
}

/// Every text file that git tracks or would track: what is ignored is nobody's business.
fn read_tree(root: &Path) -> anyhow::Result<Vec<File>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot start git")?;
    ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).context("a path is not UTF-8")?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    // A file that cannot be read as text is a fixture, or was deleted and the deletion is not committed yet.
    Ok(paths
        .filter_map(|path| Some(File { path: path.into(), text: fs::read_to_string(root.join(path)).ok()? }))
        .collect())
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// With their numbers, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    fn problem(&self, line: usize, message: impl Into<String>) -> Problem {
        Problem { path: self.path.clone(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_tree_is_tidy() -> anyhow::Result<()> {
        let workspace = Workspace::locate()?;
        let files = read_tree(&workspace.root)?;
        let mut report = String::new();
        for problem in check(&workspace, &files)? {
            writeln!(report, "{problem}")?;
        }
        assert!(report.is_empty(), "\n{report}");
        Ok(())
    }
}
