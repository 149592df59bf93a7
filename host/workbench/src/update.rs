//! `--update`: what was decided becomes what is expected. Everything else in the file stays as its author wrote it.

use crate::cases::{CaseRun, Verdict};
use bellwire_cases::{CaseFile, Decision, Moment, Notice};
use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};

#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error(transparent)]
    Malformed(#[from] toml_edit::TomlError),
    #[error("the cases are not those that were run")]
    OtherCases,
}

/// `text` with the decisions of `runs` put in where they differ; `runs` are those of `file`, which is `text`.
pub fn update(text: &str, file: &CaseFile, runs: &[CaseRun]) -> Result<String, UpdateError> {
    let mut document: DocumentMut = text.parse()?;
    for (index, (case, run)) in file.cases.iter().zip(runs).enumerate() {
        match &run.verdict {
            Verdict::Passed | Verdict::Faulted(_) => {}
            Verdict::Differs { decided, .. } => {
                let table = case_table(&mut document, index).ok_or(UpdateError::OtherCases)?;
                put(table, &case.decision, decided, case.opened_at());
            }
        }
    }
    Ok(document.to_string())
}

/// The decision of the case with this number, however that is written.
fn case_table(document: &mut DocumentMut, index: usize) -> Option<&mut dyn TableLike> {
    let case: &mut dyn TableLike = match document.get_mut("case")? {
        Item::ArrayOfTables(cases) => cases.get_mut(index)?,
        Item::Value(Value::Array(cases)) => cases.get_mut(index)?.as_inline_table_mut()?,
        Item::None | Item::Value(_) | Item::Table(_) => return None,
    };
    case.get_mut("decision")?.as_table_like_mut()
}

/// Only what differs, so that the rest keeps its comments and its form.
fn put(table: &mut dyn TableLike, expected: &Decision, decided: &Decision, opened_at: u64) {
    let at = |moment: Moment| moment.from(opened_at);
    if expected.priority != decided.priority {
        set(table, "priority", format!("{:?}", decided.priority).into());
    }
    if expected.reason != decided.reason {
        set(table, "reason", decided.reason.as_str().into());
    }
    match decided.next_check {
        _ if expected.next_check.map(at) == decided.next_check.map(at) => {}
        Some(moment) => set(table, "next_check", moment.written(opened_at).into()),
        None => {
            table.remove("next_check");
        }
    }
    if expected.notices != decided.notices {
        set(table, "notices", notices(&decided.notices).into());
    }
}

/// In the place and with the comment of the value before it.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(before) => {
            *value.decor_mut() = before.decor().clone();
            *before = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn notices(notices: &[Notice]) -> Array {
    let mut array: Array = notices.iter().map(|one| Value::InlineTable(notice(one))).collect();
    if notices.len() > 1 {
        for value in array.iter_mut() {
            value.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing_comma(true);
        array.set_trailing("\n");
    }
    array
}

fn notice(notice: &Notice) -> InlineTable {
    let Notice { key, to, page, text } = notice;
    let mut table = InlineTable::new();
    table.insert("key", key.as_str().into());
    table.insert("to", to.iter().map(ToString::to_string).collect::<Array>().into());
    if *page {
        table.insert("page", true.into());
    }
    if let Some(text) = text {
        table.insert("text", text.as_str().into());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_cases::{Priority, Target};
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

    fn run(decided: Decision) -> CaseRun {
        let verdict = Verdict::Differs { expected: String::new(), actual: String::new(), decided };
        CaseRun { name: String::new(), verdict, fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
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
        let updated = update(TEXT, &file, &[run(first.clone()), run(second)]).unwrap();
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
}
