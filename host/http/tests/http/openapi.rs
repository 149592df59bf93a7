//! The document says what there is: every route, and nothing that is not there.

use crate::world::World;
use axum::http::{Method, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// Every route of the router, read from where it is built, with an id filled in.
pub fn routes() -> Vec<(Method, String)> {
    let source = include_str!("../../src/server.rs");
    let mut routes = Vec::new();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap().replace("{id}", "ops-1");
        let method = route.split(',').nth(1).unwrap().trim().split('(').next().unwrap().to_uppercase();
        routes.push((method.parse().unwrap(), path));
    }
    assert!(routes.len() >= 12, "{routes:?}");
    routes
}

#[tokio::test]
async fn documents_every_route_and_no_other() {
    let reply = World::new().get("/api/v1/openapi.json").await;
    assert_eq!(reply.status, StatusCode::OK);
    let mut documented = BTreeSet::new();
    for (path, operations) in reply.json()["paths"].as_object().unwrap() {
        for method in METHODS.iter().filter(|method| operations.get(**method).is_some()) {
            documented.insert((method.to_uppercase(), path.replace("{id}", "ops-1")));
        }
    }
    let served: BTreeSet<_> = routes().into_iter().map(|(method, path)| (method.to_string(), path)).collect();
    assert_eq!(documented, served);
}

#[tokio::test]
async fn is_a_sound_document() {
    let document = World::new().get("/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for name in ["title", "version"] {
        assert!(document["info"][name].is_string());
    }
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
            let operation = &item[*method];
            assert!(
                operations.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{path}: its id is another's"
            );
            assert!(
                operation["responses"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|response| response["description"].is_string())
            );
            assert!(operation["summary"].is_string(), "{path} has no summary");
            let in_path = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .count();
            assert_eq!(in_path, path.matches('{').count(), "{path}");
        }
    }
    let mut references = Vec::new();
    references_of(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

fn references_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references_of(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references_of(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
