//! Who is let in.

use crate::world::{ALERTS, InMemory, World};
use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bellwire_core::Secret;
use bellwire_http::{Credential, MetricsAccess, Settings};

fn settings() -> Settings {
    let bearer = |name: Option<&str>, token: &str| Credential::Bearer {
        name: name.map(str::to_owned),
        token: Secret::new(token),
    };
    let anna = Credential::Basic { user: "anna".into(), password: Secret::new("pass:word") };
    Settings { credentials: vec![bearer(None, "t0ken"), bearer(Some("ci"), "other"), anna], ..Settings::default() }
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[tokio::test]
async fn the_right_credential_lets_in_and_no_other() {
    let world = World::with(&settings(), InMemory::new());
    let cases = [
        ("Bearer t0ken".to_owned(), 200),
        ("bearer other".into(), 200),
        (basic("anna:pass:word"), 200),
        ("".into(), 401),
        ("Bearer".into(), 401),
        ("Bearer ".into(), 401),
        ("Bearer t0ke".into(), 401),
        ("Bearer t0ken2".into(), 401),
        ("Bearer anna:pass:word".into(), 401),
        ("Basic t0ken".into(), 401),
        ("Basic !!!".into(), 401),
        (basic("anna:pass"), 401),
        (basic("anna"), 401),
        (basic("bob:pass:word"), 401),
        (basic("t0ken"), 401),
        ("Digest t0ken".into(), 401),
    ];
    for (authorization, status) in cases {
        let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
        let reply = world.call(Method::POST, ALERTS, &headers, "[]").await;
        assert_eq!(reply.status, status, "{authorization}: {}", reply.body);
    }
    let reply = world.post(ALERTS, "[]").await;
    let challenges: Vec<_> =
        reply.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(challenges, ["Bearer realm=\"bellwire\"", "Basic realm=\"bellwire\", charset=\"UTF-8\""]);
    assert_eq!(reply.json()["code"], 401);
}

#[tokio::test]
async fn every_route_but_the_probes_is_guarded() {
    let world = World::with(&settings(), InMemory::new());
    for (method, path) in crate::openapi::routes() {
        let reply = world.call(method.clone(), &path, &[("content-type", "application/json")], "{}").await;
        // The last four prove each request by itself.
        let open = ["/-/healthy", "/-/ready", "/slack/actions", "/slack/command", "/act/{token}", "/pagerduty/webhook"];
        let open = open.contains(&&*path);
        assert_eq!(reply.status == StatusCode::UNAUTHORIZED, !open, "{method} {path}: {}", reply.status);
    }
    assert_eq!(world.get("/nothing").await.status, StatusCode::UNAUTHORIZED, "what is there is not told either");
}

#[tokio::test]
async fn metrics_may_be_opened() {
    let world = World::with(&Settings { metrics_access: MetricsAccess::Open, ..settings() }, InMemory::new());
    let reply = world.get("/metrics").await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "bellwire_up 1\n"));
    assert_eq!(world.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_credential_says_who_acts() {
    let world = World::with(&settings(), InMemory::new());
    let (anna, bearer) = (basic("anna:pass:word"), "Bearer t0ken".to_owned());
    let json = |authorization: &'static str| [("content-type", "application/json"), ("authorization", authorization)];
    let (anna, bearer): (&'static str, &'static str) = (anna.leak(), bearer.leak());
    world.call(Method::POST, ALERTS, &json(bearer), r#"[{"labels":{"alertname":"A"}}]"#).await;
    let path = "/api/v1/incidents/ops-1/acknowledge";
    let reply = world.call(Method::POST, path, &json(bearer), "{}").await;
    assert_eq!((reply.status, reply.message().as_str()), (StatusCode::BAD_REQUEST, "by is missing: who acts?"));
    assert_eq!(world.call(Method::POST, path, &json(anna), "").await.status, StatusCode::OK);
    let shown = world.call(Method::GET, "/api/v1/incidents/ops-1", &json(anna), "").await;
    assert_eq!(shown.json()["incident"]["acknowledged"]["by"], "anna");
}
