//! The contract has one version: that of sdk/wit. Some languages must write it into their sources; none may write another.

use super::{File, Problem};

const PACKAGE: &str = "bellwire:policy";
const CONTRACT: &str = "sdk/wit/policy.wit";
/// The host and its tests name older versions, too, as they still load them.
const FOLDERS: [&str; 3] = ["sdk/", "examples/", "plugins/"];

pub fn check(files: &[File]) -> Vec<Problem> {
    let contract = files.iter().find(|file| file.path == CONTRACT);
    let Some(version) = contract.and_then(|contract| versions(&contract.text).next()) else { return Vec::new() };
    let in_scope = files.iter().filter(|file| FOLDERS.iter().any(|folder| file.path.starts_with(folder)));
    let lines = in_scope.flat_map(|file| file.lines().map(move |(number, line)| (file, number, line)));
    let others = lines.flat_map(|(file, number, line)| {
        let other = versions(line).filter(|named| *named != version);
        other.map(move |named| {
            let remedy = "write that, or run `cargo xtask plugins --bindings` if a generator wrote it";
            file.problem(number, format!("{PACKAGE} is {version} in {CONTRACT}, not {named}: {remedy}"))
        })
    });
    others.collect()
}

/// Of `bellwire:policy@1.2.3` and `bellwire:policy/log@1.2.3`, each `1.2.3`.
fn versions(text: &str) -> impl Iterator<Item = &str> {
    text.split(PACKAGE).skip(1).filter_map(|rest| {
        let rest =
            rest.trim_start_matches(|c: char| c == '/' || c == '-' || c.is_ascii_lowercase()).strip_prefix('@')?;
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(rest.len());
        Some(rest[..end].trim_end_matches('.')).filter(|version| !version.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    #[test]
    fn every_sdk_names_the_version_of_the_contract() {
        let files = [
            file(CONTRACT, "package bellwire:policy@0.1.1;\n"),
            file("sdk/c/a.c", "bellwire:policy/log@0.1.1\nbellwire:policy/evaluator@0.1.0#check\n"),
            file("sdk/wit/source.wit", "package bellwire:policy@0.2.0;"),
            file("sdk/README.md", "It exports `bellwire:policy/evaluator`, of `bellwire:policy@0.1.1`."),
            file("host/wasm/src/load.rs", "bellwire:policy@0.1.0"),
        ];
        let found: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("sdk/c/a.c:2: bellwire:policy is 0.1.1 in sdk/wit/policy.wit, not 0.1.0"));
        assert!(found[1].starts_with("sdk/wit/source.wit:1: "), "{found:?}");
    }
}
