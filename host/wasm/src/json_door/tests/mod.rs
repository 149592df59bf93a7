//! The documents, the schemas in sdk/json and the examples in its README say the same.

mod channel;
mod source;

use super::{answer, question};
use crate::World;
use bellwire_core::{
    Alert, AlertState, Civil, Facts, IncidentFacts, IncidentId, IncidentState, Instant, Labels, OnCall, PluginFault,
    Priority, Sent, SentOutcome, Target, WindowFact,
};
use serde_json::{Value, json};
use std::{fs, sync::Arc};

const SETTINGS: &str = r#"{"to": {"team": "schedule:primary", "manager": "person:bob"}}"#;

fn file(name: &str) -> String {
    fs::read_to_string(format!("{}/../../sdk/json/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&file(&format!("{name}.schema.json"))).unwrap()
}

/// The README's, under a heading such as "### A policy", in their order.
fn examples<const N: usize>(heading: &str) -> [Value; N] {
    let readme = file("README.md");
    let part = readme.split_once(heading).unwrap().1.split("\n##").next().unwrap();
    let blocks = part.split("```json\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    let examples: Vec<Value> = blocks.map(|block| serde_json::from_str(block).unwrap()).collect();
    examples.try_into().unwrap()
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(1_700_000_000_000 + seconds * 1000)
}

/// The alert of the README.
fn alert() -> Arc<Alert> {
    let labels = Labels::from_pairs([("alertname", "Down"), ("severity", "critical")]);
    Arc::new(Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations: Labels::from_pairs([("summary", "no answer for 5 minutes")]),
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: at(0),
        ends_at: None,
        updated_at: at(0),
        incidents: Vec::new(),
    })
}

/// The incident of the README.
fn facts() -> Facts {
    let to = Target::Schedule("primary".into());
    Facts {
        now: at(300),
        incident: IncidentFacts {
            id: IncidentId { team: "payments".into(), number: 42 },
            route: "root".into(),
            state: IncidentState::Open,
            group: Labels::from_pairs([("alertname", "Down")]),
            opened_at: at(0),
            changed_at: at(240),
            reopened: 1,
            acknowledged: None,
            snoozed_until: None,
            escalated_at: Some(at(240)),
            priority: Some(Priority::P1),
            firing: 1,
            resolved: 0,
            alerts: vec![alert()],
            sent: vec![Sent { key: "team".into(), to, at: at(0), outcome: SentOutcome::Delivered }],
        },
        civil: vec![Civil {
            zone: "Europe/Berlin".into(),
            year: 2023,
            month: 11,
            day: 14,
            weekday: 2,
            hour: 23,
            minute: 18,
        }],
        windows: vec![WindowFact { name: "business-hours".into(), inside: false, changes_at: Some(at(31_600)) }],
        on_call: vec![OnCall { schedule: "primary".into(), people: vec!["ann".into()], until: Some(at(31_600)) }],
    }
}

fn asked(facts: &Facts) -> Value {
    serde_json::from_slice(&question::evaluate(SETTINGS, facts, 1 << 20).unwrap()).unwrap()
}

#[test]
fn the_readme_has_the_questions_as_they_are() {
    let [_, check] = examples("## The documents");
    assert_eq!(check, serde_json::from_slice::<Value>(&question::check(SETTINGS).unwrap()).unwrap());
    let [_, _, evaluate, _, _] = examples("### A policy");
    assert_eq!(evaluate, asked(&facts()));
}

#[test]
fn the_readme_has_answers_that_are_taken() {
    let [describe, _] = examples("## The documents").map(|example| example.to_string());
    assert_eq!(answer::description(describe.as_bytes()).unwrap().name, "ladder");
    assert_eq!(answer::world(describe.as_bytes()), Ok(World::Policy));
    let [wants, problems, _, decision, error] = examples("### A policy").map(|example| example.to_string());
    assert_eq!(answer::verdict(wants.as_bytes()).unwrap().unwrap().targets.len(), 2);
    assert_eq!(answer::verdict(problems.as_bytes()).unwrap().unwrap_err()[0].path, "to.manager");
    let decision = answer::decision(decision.as_bytes()).unwrap();
    assert_eq!((decision.check(), decision.notices.len()), (Ok(()), 2));
    let error = answer::decision(error.as_bytes()).unwrap_err();
    assert_eq!(error, PluginFault::NotApplicable("this team has no ladder".into()));
}

#[test]
fn facts_are_as_their_schema_has_them() {
    let schema = schema("facts");
    let every_state =
        [IncidentState::Open, IncidentState::Acknowledged, IncidentState::Snoozed, IncidentState::Resolved];
    let every_outcome = [SentOutcome::Pending, SentOutcome::Delivered, SentOutcome::Failed, SentOutcome::Nobody];
    let every_target = [
        Target::Receiver("a".into()),
        Target::Person("a".into()),
        Target::Schedule("a".into()),
        Target::Person("".into()),
    ];
    for ((state, outcome), to) in every_state.into_iter().zip(every_outcome).zip(every_target) {
        let mut facts = facts();
        facts.incident.state = state;
        facts.incident.snoozed_until = Some(facts.now);
        facts.incident.sent.push(Sent { key: "b".into(), to, at: facts.now, outcome });
        assert_eq!(mismatch(&schema, &schema, &asked(&facts)["facts"]), None);
    }
    let mut wrong = asked(&facts())["facts"].clone();
    wrong["incident"]["sent"][0]["outcome"] = json!("lost");
    assert!(mismatch(&schema, &schema, &wrong).unwrap().contains("lost"));
}

/// The least and the most that a schema allows.
#[test]
fn what_the_schemas_allow_is_taken() {
    for amount in [Amount::Least, Amount::Most] {
        for one in samples("description", amount) {
            answer::description(one.to_string().as_bytes()).unwrap();
        }
        for (name, member) in [("wants", "ok"), ("problems", "problems")] {
            for one in samples(name, amount) {
                let taken = answer::verdict(json!({ member: one }).to_string().as_bytes());
                assert!(matches!(taken, Ok(_) | Err(PluginFault::UnknownTarget(_))), "{taken:?} of {one}");
            }
        }
        for one in samples("decision", amount) {
            let taken = answer::decision(json!({ "ok": one }).to_string().as_bytes());
            assert!(matches!(taken, Ok(_) | Err(PluginFault::UnknownTarget(_))), "{taken:?} of {one}");
        }
        for one in samples("error", amount) {
            let taken = answer::decision(json!({ "error": one }).to_string().as_bytes());
            assert!(!matches!(taken, Ok(_) | Err(PluginFault::BadDecision(_))), "{taken:?} of {one}");
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Amount {
    Least,
    Most,
}

fn samples(name: &str, amount: Amount) -> Vec<Value> {
    let schema = schema(name);
    sample(&schema, &schema, amount)
}

fn list(schema: &Value, member: &str) -> Vec<Value> {
    schema[member].as_array().cloned().unwrap_or_default()
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Values that a schema allows: one of each kind that it knows.
fn sample(root: &Value, schema: &Value, amount: Amount) -> Vec<Value> {
    let schema = resolved(root, schema);
    let cases = [list(schema, "oneOf"), list(schema, "anyOf")].concat();
    if !cases.is_empty() {
        return cases.iter().flat_map(|case| sample(root, case, amount)).collect();
    }
    if !list(schema, "enum").is_empty() {
        return list(schema, "enum");
    }
    match schema["type"].as_str().unwrap() {
        "string" => vec![json!("a")],
        "integer" => vec![json!(7)],
        "boolean" => vec![json!(true)],
        "null" => vec![Value::Null],
        "array" if amount == Amount::Least => vec![json!([])],
        "array" => vec![Value::Array(sample(root, &schema["items"], amount))],
        _ => {
            let required = list(schema, "required");
            let properties = schema["properties"].as_object().unwrap().iter();
            let wanted = properties.filter(|(name, _)| amount == Amount::Most || required.contains(&json!(name)));
            let values: Vec<_> = wanted.map(|(name, schema)| (name, sample(root, schema, amount))).collect();
            let most = values.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
            let one = |index: usize| {
                values.iter().map(|(name, values)| ((*name).clone(), values[index % values.len()].clone())).collect()
            };
            (0..most).map(|index| Value::Object(one(index))).collect()
        }
    }
}

/// What of a value its schema does not allow; and nothing may be there that it does not know.
fn mismatch(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = resolved(root, schema);
    let cases = [list(schema, "oneOf"), list(schema, "anyOf")].concat();
    if !cases.is_empty() {
        let fits = cases.iter().any(|case| mismatch(root, case, value).is_none());
        return (!fits).then(|| format!("{value} is none of {cases:?}"));
    }
    let kind = schema["type"].as_str().unwrap();
    let fits = match value {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Number(number) => {
            let within = |limit: &str, holds: fn(i128, i128) -> bool| {
                schema[limit].as_i64().is_none_or(|limit| holds(number.as_i128().unwrap(), limit.into()))
            };
            kind == "integer" && within("minimum", |n, limit| n >= limit) && within("maximum", |n, limit| n <= limit)
        }
        Value::String(_) => kind == "string" && (schema["enum"].is_null() || list(schema, "enum").contains(value)),
        Value::Array(elements) if kind == "array" => {
            return elements.iter().find_map(|element| mismatch(root, &schema["items"], element));
        }
        Value::Object(members) if kind == "object" => {
            let mut required = list(schema, "required").into_iter();
            let missing = required.find(|name| !members.contains_key(name.as_str().unwrap()));
            return missing.map(|name| format!("{name} is missing")).or_else(|| {
                members.iter().find_map(|(name, member)| match &schema["properties"][name] {
                    Value::Null => Some(format!("{name} is unknown")),
                    known => mismatch(root, known, member),
                })
            });
        }
        Value::Array(_) | Value::Object(_) => false,
    };
    (!fits).then(|| format!("{value} is no {schema}"))
}
