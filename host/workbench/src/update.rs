//! `--update`: what was answered becomes what is expected. Everything else in the file stays as its author wrote it.

use crate::cases::{CaseRun, Verdict};
use bellwire_wasm::World;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error(transparent)]
    Malformed(#[from] toml_edit::TomlError),
    #[error("the cases are not those that were run")]
    OtherCases,
}

/// `text` with the answers of `runs` put in where they differ; `runs` are those of its cases, which are for plugins of
/// `world`.
pub fn update(world: World, text: &str, runs: &[CaseRun]) -> Result<String, UpdateError> {
    let mut document: DocumentMut = text.parse()?;
    for (index, run) in runs.iter().enumerate() {
        match &run.verdict {
            Verdict::Passed | Verdict::Faulted(_) => {}
            Verdict::Differs { expected, actual } => {
                let table = expectation(&mut document, index, world).ok_or(UpdateError::OtherCases)?;
                put(table, &answer(expected)?, &answer(actual)?);
            }
        }
    }
    Ok(document.to_string())
}

/// What the case with this number expects, however that is written.
fn expectation(document: &mut DocumentMut, index: usize, world: World) -> Option<&mut dyn TableLike> {
    let case: &mut dyn TableLike = match document.get_mut("case")? {
        Item::ArrayOfTables(cases) => cases.get_mut(index)?,
        Item::Value(Value::Array(cases)) => cases.get_mut(index)?.as_inline_table_mut()?,
        Item::None | Item::Value(_) | Item::Table(_) => return None,
    };
    match world {
        World::Policy => case.get_mut("decision")?.as_table_like_mut(),
        // They are among the other keys of the case: `alerts` or `error`, and `step`.
        World::Source | World::Channel => Some(case),
    }
}

/// An answer as a case says it: some are written from `[case.…]`, others within it.
fn answer(written: &str) -> Result<Table, UpdateError> {
    let mut document: DocumentMut = written.parse()?;
    let mut table = match document.remove("case") {
        Some(Item::Table(table)) => table,
        _ => document.as_table().clone(),
    };
    unplace(&mut table);
    Ok(table)
}

/// Tables remember where they stood in their document; here they are put after what they belong to.
fn unplace(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => unplace(inner),
            Item::ArrayOfTables(tables) => tables.iter_mut().for_each(unplace),
            Item::None | Item::Value(_) => {}
        }
    }
}

/// Only what differs, so that the rest keeps its comments and its form.
fn put(table: &mut dyn TableLike, expected: &Table, actual: &Table) {
    for (key, _) in expected.iter().filter(|(key, _)| !actual.contains_key(key)) {
        table.remove(key);
    }
    for (key, item) in actual.iter() {
        if expected.get(key).map(ToString::to_string) != Some(item.to_string()) {
            set(table, key, item);
        }
    }
}

/// In the place and with the comment of the value before it.
fn set(table: &mut dyn TableLike, key: &str, item: &Item) {
    match (table.get_mut(key), item.clone()) {
        (Some(Item::Value(before)), Item::Value(mut value)) => {
            *value.decor_mut() = before.decor().clone();
            *before = value;
        }
        (_, mut item) => {
            if let Item::Value(value) = &mut item {
                value.decor_mut().clear();
            }
            table.insert(key, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_cases::{
        CaseFile, Decision, Moment, Notice, Priority, Target, channel::ChannelCaseFile, source::SourceCaseFile,
    };
    use std::time::Duration;

    const TEXT: &str = r#"# The cases.

[[case]]
name = "one"          # the first
[case.decision]
# Urgent?
priority = "P1"       # yes
reason = "because"
next_check = "+5m"
notices = [{ key = "a", to = ["x"] }]

[[case]]
name = "two"
decision = { priority = "P2", reason = "kept" }  # inline
"#;

    fn run(expected: &str, actual: &str) -> CaseRun {
        let verdict = Verdict::Differs { expected: expected.into(), actual: actual.into() };
        CaseRun { name: String::new(), verdict, fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
    }

    /// The text that comes out is a file of cases again, with these expectations.
    fn updated(world: World, text: &str, runs: &[CaseRun]) -> String {
        update(world, text, runs).unwrap()
    }

    #[test]
    fn only_what_differs_changes() {
        let file = CaseFile::parse(TEXT).unwrap();
        let told = |key: &str, page| Notice {
            key: key.into(),
            to: vec![Target::Receiver("x".into()), Target::Person("p".into())],
            page,
            text: None,
        };
        let first = Decision {
            priority: Priority::P2,
            reason: "because".into(),
            next_check: None,
            notices: vec![told("a", true), told("b", false)],
        };
        let second = Decision { next_check: Some(Moment::After(61_000)), ..file.cases[1].decision.clone() };
        let runs: Vec<CaseRun> = file
            .cases
            .iter()
            .zip([&first, &second])
            .map(|(case, decided)| run(&case.decision.written(case.opened_at()), &decided.written(case.opened_at())))
            .collect();
        let updated = updated(World::Policy, TEXT, &runs);
        assert_eq!(
            updated,
            r#"# The cases.

[[case]]
name = "one"          # the first
[case.decision]
# Urgent?
priority = "P2"       # yes
reason = "because"
notices = [
    { key = "a", to = ["x", "person:p"], page = true },
    { key = "b", to = ["x", "person:p"] },
]

[[case]]
name = "two"
decision = { priority = "P2", reason = "kept" , next_check = "+1m1s" }  # inline
"#
        );
        let again = CaseFile::parse(&updated).unwrap();
        assert_eq!(again.cases[0].decision, first);
    }

    #[test]
    fn alerts_and_steps_are_put_where_they_were() {
        let text = "# Of a source.\n[[case]]\nname = \"one\"\nbody = \"{}\" # kept\nalerts = []\n\n[[case]]\nname = \"two\"\n\
                    [[case.alerts]]\nlabels.a = \"b\"\n\n[[case]]\nname = \"three\"\nerror = \"failed: why\"\n";
        let alert = "[[case.alerts]]\nlabels.a = \"c\"\nends_at = \"+0m\"\n";
        let runs = [
            run("alerts = []\n", &alert.repeat(2)),
            run("[[case.alerts]]\nlabels.a = \"b\"\n", "error = \"malformed: no\"\n"),
            run("error = \"failed: why\"\n", alert),
        ];
        let updated = updated(World::Source, text, &runs);
        assert_eq!(
            updated,
            format!(
                "# Of a source.\n[[case]]\nname = \"one\"\nbody = \"{{}}\" # kept\n{alert}{alert}\n[[case]]\nname = \"two\"\n\
                 error = \"malformed: no\"\n\n[[case]]\nname = \"three\"\n{alert}"
            )
        );
        let again = SourceCaseFile::parse(&updated).unwrap();
        assert_eq!(again.cases[0].expected().written(0), alert.repeat(2));
    }

    #[test]
    fn a_step_is_written_as_what_it_has_become() {
        let text = "[[case]]\nname = \"one\"\n[case.step.send]\nmethod = \"GET\"\nurl = \"https://h\"\n\n\
                    [[case]]\nname = \"two\"\nstep.delivered = {}\n# The last.\n\n[[case]]\nname = \"three\"\nstep.delivered = {}\n";
        let send = "[case.step.send]\nmethod = \"POST\"\nurl = \"https://h\"\njson = '''\n{\n  \"a\": 1\n}\n'''\n";
        let file = ChannelCaseFile::parse(text).unwrap();
        let [one, two, three] = &file.cases[..] else { unreachable!() };
        let runs = [
            run(&one.step.written(), "step.permanent = \"no\"\n"),
            run(&two.step.written(), send),
            run(&three.step.written(), "step.retry = { reason = \"busy\" }\n"),
        ];
        let updated = updated(World::Channel, text, &runs);
        let again = ChannelCaseFile::parse(&updated).unwrap();
        let steps: Vec<String> = again.cases.iter().map(|case| case.step.written()).collect();
        assert_eq!(steps, ["step.permanent = \"no\"\n", send, "step.retry = { reason = \"busy\" }\n"]);
        assert!(updated.contains("# The last.\n\n[[case]]\nname = \"three\"\nstep.retry = "), "{updated}");
    }
}
