//! Reads what `cargo test -- --show-output` prints: counts tests, and decides which lines a person wants to see.
//!
//! A test that lacks something it needs prints `skipped: REASON` and returns; the harness takes it for passed.

use std::fmt;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
    /// Each reason that was printed, once per test.
    skipped: Vec<String>,
    /// The names of the tests that failed.
    failures: Vec<String>,
    /// Inside the captured output of tests that passed.
    hidden: bool,
}

impl Tally {
    /// Takes one line and returns it if it is to be shown.
    pub fn read<'line>(&mut self, line: &'line str) -> Option<&'line str> {
        if let Some(reason) = reason_to_skip(line) {
            self.skipped.push(reason.to_owned());
            return Some(line);
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.hidden = false;
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
            self.ignored += count(result, "ignored");
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_owned());
        } else if line == "successes:" {
            self.hidden = true;
        } else if line == "failures:" {
            self.hidden = false;
        }
        (!self.hidden && !line.is_empty() && line != "running 0 tests").then_some(line)
    }

    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    pub fn reasons_to_skip(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = self.skipped.iter().map(String::as_str).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }

    pub fn is_empty(&self) -> bool {
        self.passed + self.failed + self.ignored == 0
    }
}

/// `118 passed, 0 failed, 2 skipped`
impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed = self.passed.saturating_sub(self.skipped.len());
        write!(formatter, "{passed} passed, {} failed, {} skipped", self.failed, self.ignored + self.skipped.len())
    }
}

/// On one core the harness has printed `test NAME ... ` before the test says anything.
fn reason_to_skip(line: &str) -> Option<&str> {
    let (before, reason) = line.split_once("skipped: ")?;
    let is_whole = before.is_empty() || (before.starts_with("test ") && before.ends_with(" ... "));
    is_whole.then_some(reason)
}

/// `count("ok. 3 passed; 0 failed; 1 ignored", "ignored") == 1`
fn count(result: &str, what: &str) -> usize {
    result
        .split(['.', ';'])
        .filter_map(|part| part.trim().strip_suffix(what))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 4 tests
test a ... ok
test b ... FAILED
test c ... ok
test d ... ignored, needs a browser

successes:

---- a stdout ----
chatter
skipped: prometheus is not here
---- c stdout ----
more chatter

successes:
    a
    c

failures:

---- b stdout ----
thread 'b' panicked

failures:
    b

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.12s

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    #[test]
    fn counts_and_hides() {
        let mut tally = Tally::default();
        let shown: Vec<&str> = OUTPUT.lines().filter_map(|line| tally.read(line)).collect();
        assert_eq!(tally.to_string(), "1 passed, 1 failed, 2 skipped");
        assert_eq!(tally.failures(), ["b"]);
        assert_eq!(tally.reasons_to_skip(), ["prometheus is not here"]);
        assert!(shown.contains(&"thread 'b' panicked"), "{shown:?}");
        assert!(shown.contains(&"skipped: prometheus is not here"), "{shown:?}");
        assert!(!shown.iter().any(|line| line.contains("chatter")), "{shown:?}");
    }

    #[test]
    fn a_reason_to_skip_is_a_line_of_its_own_or_follows_the_tests_name() {
        assert_eq!(reason_to_skip("skipped: no x"), Some("no x"));
        assert_eq!(reason_to_skip("test a::b ... skipped: no x"), Some("no x"));
        assert_eq!(reason_to_skip("error: skipped: no x"), None);
    }

    #[test]
    fn sums_over_runs() {
        let mut tally = Tally::default();
        assert!(tally.is_empty());
        for line in OUTPUT.lines().chain(OUTPUT.lines()) {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "2 passed, 2 failed, 4 skipped");
    }
}
