//! Clocks, tasks, threads and endless queues belong to `host/app` alone.
//!
//! clippy.toml bans the calls, by name and with reasons, and clippy finds them. What is checked here is that the ban is
//! whole and that nobody opts out of it who may not.

use super::{File, Problem};
use anyhow::Context;
use serde::Deserialize;

/// What clippy.toml must ban at the least.
const BANNED: [&str; 10] = [
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "tokio::spawn",
    "tokio::task::spawn",
    "std::thread::spawn",
    "std::thread::sleep",
    "std::sync::mpsc::channel",
    "tokio::sync::mpsc::unbounded_channel",
];

/// Where a stopwatch is read, for metrics: how long something took, and nothing is decided by it.
const STOPWATCHES: [&str; 3] = ["host/wasm/src/guest.rs", "host/workbench/src/any.rs", "host/workbench/src/bench.rs"];

/// The lint by its name, split so that this file is not taken to opt out.
const LINT: &str = concat!("clippy::disallowed", "_methods");

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Clippy {
    disallowed_methods: Vec<Disallowed>,
}

#[derive(Deserialize)]
struct Disallowed {
    path: String,
    reason: String,
}

pub fn check(files: &[File]) -> anyhow::Result<Vec<Problem>> {
    let configurations = files.iter().filter(|file| file.path == "clippy.toml" || file.path.ends_with("/clippy.toml"));
    let mut problems = Vec::new();
    for file in configurations {
        match file.path.as_str() {
            "clippy.toml" => problems.extend(gaps(file)?),
            _ => {
                problems.push(file.problem(1, "a nested clippy.toml silently replaces the one in the root: delete it"))
            }
        }
    }
    problems.extend(files.iter().filter(|file| is_bound(&file.path)).flat_map(opt_outs));
    Ok(problems)
}

fn gaps(file: &File) -> anyhow::Result<Vec<Problem>> {
    let clippy: Clippy = toml::from_str(&file.text).context("clippy.toml")?;
    let banned = |path: &&str| clippy.disallowed_methods.iter().any(|ban| ban.path == *path && !ban.reason.is_empty());
    let missing = BANNED.iter().filter(|path| !banned(path));
    Ok(missing.map(|path| file.problem(1, format!("`{path}` is not banned, or without a reason: add it"))).collect())
}

/// The rooms of the host but `app`; their integration tests are free.
fn is_bound(path: &str) -> bool {
    let is_free = path.starts_with("host/app/")
        || path.contains("/tests/")
        || path.contains("/examples/")
        || STOPWATCHES.contains(&path);
    path.ends_with(".rs") && path.starts_with("host/") && !is_free
}

/// Up to the unit tests, which end a file and may name what they need.
fn opt_outs(file: &File) -> Vec<Problem> {
    let is_unit_tests = file.path.ends_with("/tests.rs");
    let production = file.lines().take_while(|(_, line)| !is_unit_tests && line.trim() != "#[cfg(test)]");
    let opting_out = production.filter(|(_, line)| line.contains(LINT) && !line.contains("cfg_attr(test"));
    let problem = |(number, _)| {
        file.problem(
            number,
            "only `host/app` has a clock, tasks and threads: take time, or a way to spawn, as an argument",
        )
    };
    opting_out.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    fn opting_out(path: &str) -> Vec<Problem> {
        opt_outs_of(path, &format!("//! Header.\n#![expect({LINT}, reason = \"…\")]\n"))
    }

    fn opt_outs_of(path: &str, text: &str) -> Vec<Problem> {
        check(&[file(path, text)]).unwrap_or_default()
    }

    #[test]
    fn only_the_app_and_tests_opt_out() {
        assert_eq!(opting_out("host/http/src/server.rs")[0].line, 2);
        for free in
            ["host/app/src/lib.rs", "host/http/tests/ingest.rs", "tests/support/src/lib.rs", "xtask/src/main.rs"]
        {
            assert_eq!(opting_out(free), [], "{free}");
        }
        let in_tests = format!("//! Header.\n#[cfg(test)]\nmod tests {{\n    #[expect({LINT}, reason = \"…\")]\n}}\n");
        assert_eq!(opt_outs_of("host/http/src/server.rs", &in_tests), []);
    }

    #[test]
    fn the_ban_is_whole() -> anyhow::Result<()> {
        let bans: Vec<String> = BANNED.iter().map(|path| format!("{{ path = \"{path}\", reason = \"…\" }}")).collect();
        let configuration =
            |bans: &[String]| file("clippy.toml", &format!("disallowed-methods = [{}]", bans.join(",")));
        assert_eq!(check(&[configuration(&bans)])?, []);
        let found = check(&[configuration(&bans[1..])])?;
        assert!(found[0].to_string().contains(BANNED[0]), "{found:?}");
        assert_eq!(check(&[file("host/core/clippy.toml", "")])?.len(), 1);
        Ok(())
    }
}
