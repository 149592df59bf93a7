//! The crate graph is the one drawn in docs/ARCHITECTURE.md.

use super::{File, Problem};
use crate::workspace::Workspace;
use anyhow::{Context, ensure};
use serde::Deserialize;

/// Which of our crates each may use.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("bellwire", &["bellwire-app", "bellwire-workbench", "bellwire-alertmanager"]),
    (
        "bellwire-app",
        &["bellwire-http", "bellwire-dispatch", "bellwire-wasm", "bellwire-store", "bellwire-config", "bellwire-core"],
    ),
    // For authors of plugins; the server does not know it.
    ("bellwire-workbench", &["bellwire-wasm", "bellwire-core", "bellwire-cases"]),
    // The edge crates: they never see each other.
    ("bellwire-http", &["bellwire-core"]),
    ("bellwire-dispatch", &["bellwire-core"]),
    ("bellwire-wasm", &["bellwire-core"]),
    ("bellwire-store", &["bellwire-core"]),
    ("bellwire-config", &["bellwire-core"]),
    // Its tests load what it writes.
    ("bellwire-alertmanager", &["bellwire-core", "bellwire-config"]),
    ("bellwire-core", &[]),
    // Host and guest meet only in the WIT text, and their tests in the format of cases.
    ("bellwire-policy", &["bellwire-cases"]),
    ("bellwire-cases", &[]),
    // Tools and tests. What they share must not need the host, or the tools would wait for it to compile.
    ("bellwire-support", &[]),
    ("xtask", &["bellwire-support"]),
    ("bellwire-sim", &["bellwire-core"]),
    ("bellwire-conformance", &["bellwire-core", "bellwire-wasm", "bellwire-workbench"]),
];

/// Any crate's own tests may use these as well.
const TESTS_MAY_USE: [&str; 1] = ["bellwire-support"];

/// What the core may use from outside: pure computation. `no_std` alone does not keep a crate with sockets out.
const CORE_MAY_USE: [&str; 5] = ["hashbrown", "jiff", "regex", "serde", "thiserror"];

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`; none is a normal one.
    kind: Option<String>,
    /// Only a dependency inside the clone has one.
    path: Option<String>,
}

pub fn check(workspace: &Workspace, files: &[File]) -> anyhow::Result<Vec<Problem>> {
    let output = workspace
        .cargo()
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata is not as expected")?;
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let manifest = files
            .iter()
            .filter(|file| file.path.ends_with("Cargo.toml"))
            .find(|file| workspace.root.join(&file.path).as_os_str() == package.manifest_path.as_str())
            .with_context(|| format!("{} is not in the clone", package.manifest_path))?;
        problems.extend(check_package(package, manifest));
    }
    Ok(problems)
}

fn check_package(package: &Package, manifest: &File) -> Vec<Problem> {
    let name = package.name.as_str();
    let Some((_, may_use)) = MAY_USE.iter().find(|(crate_name, _)| *crate_name == name) else {
        return vec![
            manifest.problem(1, format!("`{name}` is not in the crate graph: draw it in xtask/src/tidy/graph.rs")),
        ];
    };
    let refused = package.dependencies.iter().filter(|dependency| {
        let used = dependency.name.as_str();
        let in_tests = dependency.kind.as_deref() == Some("dev");
        match dependency.path {
            // An example or a test that uses its own crate by name is no edge.
            Some(_) if in_tests => used != name && !may_use.contains(&used) && !TESTS_MAY_USE.contains(&used),
            Some(_) => !may_use.contains(&used),
            None => name == "bellwire-core" && !in_tests && !CORE_MAY_USE.contains(&used),
        }
    });
    let problem = |dependency: &Dependency| {
        let used = dependency.name.as_str();
        let line = manifest.lines().find(|(_, line)| line.starts_with(used)).map_or(1, |(number, _)| number);
        let remedy = match dependency.path {
            Some(_) => "take what you need as an argument and let `app` wire it",
            None => "the core computes from its arguments and touches nothing else; do it in the room that may",
        };
        manifest.problem(line, format!("`{name}` may not use `{used}`: {remedy}"))
    };
    refused.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `dependencies`: name, kind, whether it is ours.
    fn problems(name: &str, dependencies: &[(&str, Option<&str>, Option<&str>)]) -> Vec<String> {
        let dependency = |&(name, kind, path): &(&str, Option<&str>, Option<&str>)| Dependency {
            name: name.into(),
            kind: kind.map(Into::into),
            path: path.map(Into::into),
        };
        let dependencies = dependencies.iter().map(dependency).collect();
        let package = Package { name: name.into(), manifest_path: String::new(), dependencies };
        let manifest =
            super::super::file("Cargo.toml", "[dependencies]\nserde = \"1\"\nbellwire-store = \"1\"\ntokio = \"1\"");
        check_package(&package, &manifest).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn edges_see_the_core_and_not_each_other() {
        let found = problems("bellwire-http", &[("bellwire-core", None, Some("")), ("bellwire-store", None, Some(""))]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("Cargo.toml:3: `bellwire-http` may not use `bellwire-store`"), "{found:?}");
    }

    #[test]
    fn tests_may_use_the_support_crate_and_production_may_not() {
        assert_eq!(problems("bellwire-store", &[("bellwire-support", Some("dev"), Some(""))]), [""; 0]);
        assert_eq!(problems("bellwire-store", &[("bellwire-store", Some("dev"), Some(""))]), [""; 0]);
        assert_eq!(problems("bellwire-store", &[("bellwire-support", None, Some(""))]).len(), 1);
        assert_eq!(problems("bellwire-support", &[("bellwire-core", Some("dev"), Some(""))]).len(), 1);
    }

    #[test]
    fn the_core_touches_nothing() {
        let found =
            problems("bellwire-core", &[("tokio", None, None), ("serde", None, None), ("proptest", Some("dev"), None)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("Cargo.toml:4: "), "{found:?}");
    }

    #[test]
    fn a_crate_that_nobody_drew_is_named() {
        assert_eq!(problems("bellwire-new", &[]).len(), 1);
    }
}
