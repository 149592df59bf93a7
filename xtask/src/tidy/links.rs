//! A link between our own documents leads somewhere.

use super::{File, Problem};
use std::collections::HashSet;

pub fn check(files: &[File]) -> Vec<Problem> {
    let paths: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let leads_somewhere = |path: &str| path.is_empty() || paths.contains(path) || is_folder(files, path);
    let mut problems = Vec::new();
    for document in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(document) {
            let path = resolve(&document.path, target);
            if !leads_somewhere(&path) {
                problems
                    .push(document.problem(line, format!("the link to `{target}` leads nowhere: there is no {path}")));
            }
        }
    }
    problems
}

fn is_folder(files: &[File], path: &str) -> bool {
    files.iter().any(|file| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
}

/// `](target)` outside of code blocks, with its line; neither of the web nor of the same page.
fn links(document: &File) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (number, line) in document.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let local = targets.filter(|target| !target.contains(':') && !target.starts_with('#'));
        found.extend(local.map(|target| (number, target)));
    }
    found
}

/// From the root of the clone; a fragment is dropped.
fn resolve(from: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or(target);
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    #[test]
    fn links_lead_to_files_and_folders() {
        let text = "[a](adr/0001.md#why) [b](../README.md) [web](https://example.org/x) [c](#here)\n\
                    ```\n[code](nowhere.md)\n```\n[d](adr/) [e](nowhere.md) [f](..)";
        let files = [file("docs/page.md", text), file("docs/adr/0001.md", ""), file("README.md", "")];
        let found: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["docs/page.md:5: the link to `nowhere.md` leads nowhere: there is no docs/nowhere.md"]);
    }
}
