//! The rest of Alertmanager's API: shapes, order, parameters and errors.

use crate::world::{ALERTS, InMemory, Reply, World, tables};
use axum::{
    body::{Body, HttpBody},
    http::{Method, Request, StatusCode},
};
use bellwire_core::{
    Inhibition, InhibitionKind, Limits, MatchOperator, Matcher, Matchers, Policy, Secret, Target, Wants,
};
use bellwire_http::{Credential, Settings};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Two routes under the root, an inhibition, and a policy that names somebody of each kind.
fn world() -> World {
    let mut tables = tables(Limits::default());
    let matchers = |text: &str| Matchers(vec![text.parse().unwrap()]);
    let ops = tables.teams.get_mut("ops").unwrap();
    ops.receivers = [("chat".into(), "ops/chat".into()), ("mail".into(), "mail".into())].into_iter().collect();
    let targets = vec![Target::Receiver("chat".into()), Target::Person("ann".into()), Target::Schedule("day".into())];
    let wants = Wants { targets, ..Wants::default() };
    let loud = Policy { name: "loud".into(), plugin: "p".into(), settings: "{}".into(), wants, zones: vec![] };
    ops.policies.insert("loud".into(), loud);
    let mut pay = ops.root.clone();
    (pay.name, pay.policy, pay.continues) = ("pay".into(), "loud".into(), true);
    pay.matchers = matchers("service=\"pay\"");
    let mut db = pay.clone();
    (db.name, db.policy, db.matchers) = ("db".into(), "p".into(), matchers("tier=\"db\""));
    ops.root.routes = vec![pay, db];
    ops.inhibitions = vec![Inhibition {
        name: "worse".into(),
        sources: matchers("severity=\"critical\""),
        targets: matchers("severity=\"warning\""),
        equal: vec!["cluster".into()],
        kind: InhibitionKind::Quiet,
    }];
    World::with(&Settings::default(), InMemory::with_tables(tables))
}

async fn filled() -> World {
    let world = world();
    let alerts = json!([
        {"labels": {"alertname": "Z", "severity": "critical", "cluster": "x"}, "annotations": {"s": "1"}, "generatorURL": "http://p/g"},
        {"labels": {"alertname": "B", "severity": "warning", "cluster": "x", "service": "pay"}},
        {"labels": {"alertname": "B", "severity": "warning", "cluster": "y", "service": "pay", "tier": "db"},
            "startsAt": "2026-11-21T03:00:00.5Z", "endsAt": "2026-11-22T00:00:00Z"},
        {"labels": {"alertname": "Gone"}, "startsAt": "2026-11-21T03:00:00Z", "endsAt": "2026-11-21T03:01:00Z"},
    ]);
    assert_eq!(world.post(ALERTS, alerts.to_string()).await.status, StatusCode::OK);
    world
}

const SILENCE: &str = r#"{"matchers": [{"name": "cluster", "value": "y|z", "isRegex": true},
    {"name": "alertname", "value": "B", "isRegex": false, "isEqual": true}],
    "startsAt": "2026-11-20T00:00:00Z", "endsAt": "2026-12-21T10:00:00.123Z", "createdBy": "ann", "comment": "why"}"#;

async fn silence(world: &World, body: &str) -> String {
    let reply = world.post("/api/v2/silences", body.to_owned()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()["silenceID"].as_str().unwrap().to_owned()
}

async fn names(world: &World, query: &str) -> String {
    let reply = world.get(&format!("/api/v2/alerts?{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.body);
    let text = |alert: &Value, name: &str| alert["labels"][name].as_str().unwrap().to_owned();
    let list = reply.json();
    let mut names: Vec<_> =
        list.as_array().unwrap().iter().map(|alert| text(alert, "alertname") + &text(alert, "cluster")).collect();
    names.sort();
    names.join(" ")
}

#[tokio::test]
async fn alerts_are_shown_as_alertmanager_shows_them() {
    let world = filled().await;
    let id = silence(&world, SILENCE).await;
    let reply = world.get(ALERTS).await;
    assert_eq!(reply.headers["content-type"], "application/json");
    let told = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>();
    let critical = json!({
        "annotations": {"s": "1"}, "endsAt": "2026-11-21T03:17:00.000Z", "startsAt": "2026-11-21T03:12:00.000Z",
        "updatedAt": "2026-11-21T03:12:00.000Z", "generatorURL": "http://p/g", "fingerprint": "a51a6de20f24ec45",
        "receivers": told(&["mail"]), "labels": {"alertname": "Z", "severity": "critical", "cluster": "x"},
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []},
    });
    let found = reply.json();
    let find = |name: &str, cluster: &str| {
        let is = |alert: &&Value| alert["labels"]["alertname"] == name && alert["labels"]["cluster"] == cluster;
        found.as_array().unwrap().iter().find(is).unwrap().clone()
    };
    let mut shown = find("Z", "x");
    let fingerprint = shown["fingerprint"].clone();
    shown["fingerprint"] = critical["fingerprint"].clone();
    assert_eq!(shown, critical);
    let inhibited = find("B", "x");
    assert_eq!(
        inhibited["status"],
        json!({"state": "suppressed", "silencedBy": [], "inhibitedBy": [fingerprint], "mutedBy": []})
    );
    assert_eq!(inhibited["receivers"], json!(told(&["mail", "ops/chat", "ops/person:ann", "ops/schedule:day"])));
    assert!(inhibited.get("generatorURL").is_none(), "{inhibited}");
    let silenced = find("B", "y");
    assert_eq!(
        silenced["status"],
        json!({"state": "suppressed", "silencedBy": [id], "inhibitedBy": [], "mutedBy": []})
    );
    assert_eq!(
        (silenced["startsAt"].as_str(), silenced["endsAt"].as_str()),
        (Some("2026-11-21T03:00:00.500Z"), Some("2026-11-22T00:00:00.000Z"))
    );
    let fingerprints: Vec<_> = found.as_array().unwrap().iter().map(|alert| alert["fingerprint"].to_string()).collect();
    assert!(fingerprints.len() == 3 && fingerprints.is_sorted(), "{fingerprints:?}");
}

#[tokio::test]
async fn parameters_select_as_in_alertmanager() {
    let world = filled().await;
    silence(&world, SILENCE).await;
    for (query, expected) in [
        ("", "Bx By Zx"),
        ("active=false", "Bx By"),
        ("active=0&silenced=True", "Bx By"),
        ("active=nonsense", "Bx By"),
        ("active=", "Bx By Zx"),
        ("active=false&active=true", "Bx By Zx"),
        ("silenced=false", "Bx Zx"),
        ("inhibited=false", "By Zx"),
        ("silenced=false&inhibited=false&unprocessed=false", "Zx"),
        ("unknown=1", "Bx By Zx"),
        ("filter=alertname%3D%22B%22", "Bx By"),
        ("filter=alertname%3DB&filter=cluster%21%3Dx", "By"),
        ("filter=%22alertname%22%3D~%22Z%7CQ%22", "Zx"),
        ("filter=tier%3D%22%22", "Bx Zx"),
        ("filter=alertname%21~%22.%2B%22", ""),
        ("receiver=", "Bx By Zx"),
        ("receiver=mail", "Bx By Zx"),
        ("receiver=ops%2F.*", "Bx By"),
        ("receiver=ops%2Fperson%3Aann", "Bx By"),
        ("receiver=ops", ""),
    ] {
        assert_eq!(names(&world, query).await, expected, "{query}");
    }
    for (query, says) in [
        ("filter=foo", "bad matcher format: "),
        ("filter=", "bad matcher format: "),
        ("filter=%7Ba%3Db%7D", "is not one matcher"),
        ("filter=a%3D%22b%22%2Cc%3D%22d%22", "bad matcher format: "),
        ("filter=a%3D~(", "regular expression"),
        ("receiver=(", "failed to parse receiver param: "),
    ] {
        for path in ["/api/v2/alerts", "/api/v2/alerts/groups"] {
            let reply = world.get(&format!("{path}?{query}")).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
            assert!(reply.json().as_str().unwrap().contains(says), "{query}: {}", reply.body);
        }
    }
    let many = "filter=a%3Db&".repeat(101);
    assert_eq!(world.get(&format!("/api/v2/alerts?{many}")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn groups_are_the_incidents_in_alertmanagers_order() {
    let world = filled().await;
    let lines = |reply: &Reply| {
        let of = |group: &Value| {
            let alerts = group["alerts"].as_array().unwrap().len();
            format!("{} {} {alerts}", group["labels"], group["receiver"]["name"].as_str().unwrap())
        };
        reply.json().as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let all = world.get("/api/v2/alerts/groups").await;
    let pay = "mail,ops/chat,ops/person:ann,ops/schedule:day";
    let expected = [
        "{\"alertname\":\"B\"} mail 1".to_owned(),
        format!("{{\"alertname\":\"B\"}} {pay} 2"),
        "{\"alertname\":\"Z\"} mail 1".to_owned(),
    ];
    assert_eq!(lines(&all), expected);
    let receivers = all.json()[0]["alerts"][0]["receivers"].clone();
    assert_eq!(receivers.as_array().unwrap().len(), 4, "of all its groups: {receivers}");
    let some = world.get("/api/v2/alerts/groups?receiver=mail&inhibited=false&filter=alertname%3DB").await;
    assert_eq!(lines(&some), ["{\"alertname\":\"B\"} mail 1".to_owned(), format!("{{\"alertname\":\"B\"}} {pay} 1")]);
    assert_eq!(world.get("/api/v2/alerts/groups?active=false&inhibited=false").await.json(), json!([]));
}

#[tokio::test]
async fn a_silence_is_made_shown_changed_and_ended() {
    let world = filled().await;
    let id = silence(&world, SILENCE).await;
    assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
    let shown = world.get(&format!("/api/v2/silence/{id}")).await.json();
    assert_eq!(
        shown,
        json!({"id": id, "status": {"state": "active"}, "updatedAt": "2026-11-21T03:12:00.000Z", "comment": "why",
            "createdBy": "ann", "startsAt": "2026-11-21T03:12:00.000Z", "endsAt": "2026-12-21T10:00:00.123Z",
            "matchers": [{"name": "cluster", "value": "y|z", "isRegex": true, "isEqual": true},
                {"name": "alertname", "value": "B", "isRegex": false, "isEqual": true}]})
    );
    // Longer: the same one. Other matchers: another one.
    let mut longer: Value = serde_json::from_str(SILENCE).unwrap();
    (longer["id"], longer["endsAt"]) = (json!(id), json!("2027-01-01T00:00:00Z"));
    assert_eq!(silence(&world, &longer.to_string()).await, id);
    longer["matchers"] = json!([{"name": "cluster", "value": "q", "isRegex": false, "isEqual": false},
        {"name": "alertname", "value": "B", "isRegex": false}]);
    (longer["team"], longer["startsAt"]) = (json!("ops"), json!("2026-12-01T00:00:00Z"));
    let other = silence(&world, &longer.to_string()).await;
    assert_ne!(other, id);
    let states = |reply: Reply| {
        let of = |silence: &Value| {
            let text = |name: &str| silence[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", silence["status"]["state"].as_str().unwrap(), text("team"), text("id") == id)
        };
        reply.json().as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(states(world.get("/api/v2/silences").await), ["pending ops false", "expired - true"]);
    for (filter, found) in [("cluster%21%3Dq", 1), ("cluster%3Dq", 0), ("cluster%3D~%22y%7Cz%22", 1), ("x%3D", 0)] {
        assert_eq!(states(world.get(&format!("/api/v2/silences?filter={filter}")).await).len(), found, "{filter}");
    }
    for _ in 0..2 {
        let ended = world.call(Method::DELETE, &format!("/api/v2/silence/{other}"), &[], Body::empty()).await;
        assert_eq!((ended.status, ended.body.as_str()), (StatusCode::OK, ""));
    }
    // Both ended at one instant, so that their order is that of their ids, which are random.
    let mut ended = states(world.get("/api/v2/silences").await);
    ended.sort_unstable();
    assert_eq!(ended, ["expired - true", "expired ops false"]);
}

#[tokio::test]
async fn what_is_no_silence_is_refused_as_alertmanager_refuses_it() {
    let world = world();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut silence: Value = serde_json::from_str(SILENCE).unwrap();
        change(&mut silence);
        silence.to_string()
    };
    let without = |field: &str| with(&|silence| drop(silence.as_object_mut().unwrap().remove(field)));
    let matcher = |matcher: Value| with(&|silence| silence["matchers"] = json!([matcher]));
    for (body, status, code, says) in [
        (String::new(), 422, 602, "silence in body is required"),
        ("null".into(), 422, 602, "comment in body is required"),
        ("{}".into(), 422, 602, "comment in body is required"),
        (without("createdBy"), 422, 602, "createdBy in body is required"),
        (without("endsAt"), 422, 602, "endsAt in body is required"),
        (without("matchers"), 422, 602, "matchers in body is required"),
        (without("startsAt"), 422, 602, "startsAt in body is required"),
        (with(&|silence| silence["matchers"] = json!([])), 422, 612, "matchers in body should have at least 1 items"),
        (matcher(json!({"value": "x", "isRegex": false})), 422, 602, "matchers.0.name in body is required"),
        (matcher(json!({"name": "a", "isRegex": false})), 422, 602, "matchers.0.value in body is required"),
        (matcher(json!({"name": "a", "value": "x"})), 422, 602, "matchers.0.isRegex in body is required"),
        ("{".into(), 400, 400, "parsing silence body failed"),
        ("[]".into(), 400, 400, "parsing silence body failed"),
        ("[null]".into(), 400, 400, "parsing silence body failed"),
        (with(&|silence| silence["endsAt"] = json!("soon")), 400, 400, "endsAt must be a time of RFC 3339"),
        (
            matcher(json!({"name": "a", "value": "(", "isRegex": true})),
            400,
            0,
            "label matcher 0: the regular expression",
        ),
        (matcher(json!({"name": "", "value": "x", "isRegex": false})), 400, 0, "label matcher 0: a label's name"),
        (matcher(json!({"name": "a", "value": "", "isRegex": false})), 400, 0, "it would silence everything"),
        (with(&|silence| silence["endsAt"] = json!("2026-11-20T10:00:00Z")), 400, 0, "it ends before it begins"),
        (with(&|silence| silence["createdBy"] = json!("")), 400, 0, "createdBy"),
        (with(&|silence| silence["comment"] = json!("x".repeat(2_001))), 400, 0, "comment is longer than 2000"),
        (with(&|silence| silence["team"] = json!("nobody")), 400, 0, "there is no team nobody"),
        (with(&|silence| silence["id"] = json!("abc")), 404, 0, "silence not found"),
    ] {
        let reply = world.post("/api/v2/silences", body.clone()).await;
        assert_eq!(reply.status.as_u16(), status, "{body}: {}", reply.body);
        let answer = reply.json();
        let text = if code == 0 { answer.as_str().unwrap() } else { answer["message"].as_str().unwrap() };
        assert!(text.contains(says), "{body}: {text}");
        assert!(code == 0 || answer["code"] == code, "{body}: {answer}");
    }
    let form = world.call(Method::POST, "/api/v2/silences", &[("content-type", "text/plain")], "{}").await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for method in [Method::GET, Method::DELETE] {
        let call = |id: &'static str| world.call(method.clone(), id, &[], Body::empty());
        let reply = call("/api/v2/silence/abc").await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_u64()), (422, Some(601)), "{}", reply.body);
        assert!(reply.message().starts_with("silenceID in path must be of type uuid"), "{}", reply.body);
        assert_eq!(call("/api/v2/silence/11111111-2222-4333-8444-555555555555").await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(world.get("/api/v2/silences").await.json(), json!([]), "nothing was made");
}

#[tokio::test]
async fn status_and_receivers_are_what_a_dashboard_needs() {
    let world = world();
    let receivers = world.get("/api/v2/receivers").await.json();
    let names = ["mail", "ops/chat", "ops/person:ann", "ops/schedule:day"];
    assert_eq!(receivers, json!(names.map(|name| json!({"name": name}))));
    let status = world.get("/api/v2/status").await.json();
    assert_eq!(status["cluster"], json!({"status": "disabled", "peers": []}));
    assert_eq!(status["uptime"], "2026-11-21T03:12:00.000Z");
    let fields = ["branch", "buildDate", "buildUser", "goVersion", "revision", "version"];
    assert!(fields.iter().all(|field| status["versionInfo"][*field].is_string()), "{status}");
    let original = status["config"]["original"].as_str().unwrap();
    let expected = r#"global:
  resolve_timeout: 5m
route:
  receiver: "mail"
  group_by: ["alertname"]
  group_wait: 1h
  group_interval: 30s
  routes:
  - continue: true
    matchers:
      - "service=\"pay\""
    receiver: "mail,ops/chat,ops/person:ann,ops/schedule:day"
    group_by: ["alertname"]
    group_wait: 1h
    group_interval: 30s
  - continue: true
    matchers:
      - "tier=\"db\""
    receiver: "mail"
    group_by: ["alertname"]
    group_wait: 1h
    group_interval: 30s
inhibit_rules:
  - equal: ["cluster"]  # "worse"
    source_matchers:
      - "severity=\"critical\""
    target_matchers:
      - "severity=\"warning\""
receivers:
  - name: "mail"
  - name: "mail,ops/chat,ops/person:ann,ops/schedule:day"
"#;
    assert!(original.ends_with(expected), "{original}");
}

#[tokio::test]
async fn several_teams_are_nodes_beside_each_other_and_the_default_team_has_the_rest() {
    let mut tables = tables(Limits::default());
    let mut pay = tables.teams["ops"].clone();
    (pay.name, pay.root.fallback) = ("pay".into(), vec!["pager".into()]);
    pay.matchers = Matchers(vec![Matcher::new("team", MatchOperator::Equal, "pay").unwrap()]);
    let ops = tables.teams.get_mut("ops").unwrap();
    let mut disk = ops.root.clone();
    disk.matchers = Matchers(vec!["kind=\"disk\"".parse().unwrap()]);
    ops.root.routes = vec![disk];
    tables.teams.insert("pay".into(), pay);
    let world = World::with(&Settings::default(), InMemory::with_tables(tables));
    let status = world.get("/api/v2/status").await.json();
    let original = status["config"]["original"].as_str().unwrap();
    let said = |line: &&str| ["- ", "receiver:", "continue:"].iter().any(|part| line.contains(part));
    let lines: Vec<&str> = original.lines().filter(said).map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "  receiver: \"mail\"",
            "  - continue: true",
            "      - \"team=\\\"pay\\\"\"",
            "    receiver: \"pager\"",
            "  - continue: false",
            "      - \"team!=\\\"pay\\\"\"",
            "    receiver: \"mail\"",
            "    - continue: false",
            "        - \"kind=\\\"disk\\\"\"",
            "      receiver: \"mail\"",
            "  - name: \"mail\"",
            "  - name: \"pager\"",
        ],
        "{original}"
    );
}

/// What Grafana's data source asks of an Alertmanager of the implementation "prometheus", and the fields that it reads.
#[tokio::test]
async fn grafana_finds_what_it_reads() {
    let world = filled().await;
    let status = world.get("/api/v2/status").await.json();
    for path in ["/config/original", "/versionInfo/version", "/cluster/status", "/uptime"] {
        assert!(status.pointer(path).is_some_and(Value::is_string), "{path}: {status}");
    }
    let made = world
        .post(
            "/api/v2/silences",
            r#"{"startsAt": "2026-11-21T03:12:00.000Z", "endsAt": "2026-11-21T05:12:00.000Z", "comment": "created 2026-11-21",
                "createdBy": "admin", "matchers": [{"name": "alertname", "value": "B", "isEqual": true, "isRegex": false}],
                "timeZone": "browser", "duration": "2h"}"#,
        )
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let groups = world.get("/api/v2/alerts/groups?active=true&silenced=true&inhibited=true&muted=true").await.json();
    let groups = groups.as_array().unwrap();
    assert_eq!(groups.len(), 3);
    for group in groups {
        assert!(group["receiver"]["name"].is_string() && group["labels"]["alertname"].is_string(), "{group}");
        for alert in group["alerts"].as_array().unwrap() {
            for field in ["startsAt", "endsAt", "updatedAt", "fingerprint"] {
                assert!(alert[field].is_string(), "{field}: {alert}");
            }
            for field in ["silencedBy", "inhibitedBy", "mutedBy"] {
                assert!(alert["status"][field].is_array(), "{field}: {alert}");
            }
        }
    }
    let silences = world.get("/api/v2/silences").await.json();
    for path in ["/0/id", "/0/comment", "/0/createdBy", "/0/startsAt", "/0/endsAt", "/0/updatedAt", "/0/status/state"] {
        assert!(silences.pointer(path).is_some_and(Value::is_string), "{path}: {silences}");
    }
    assert_eq!(
        silences[0]["matchers"][0],
        json!({"name": "alertname", "value": "B", "isEqual": true, "isRegex": false})
    );
    let silenced =
        world.get("/api/v2/alerts?filter=alertname%3D%22B%22&silenced=true&active=true&inhibited=true").await;
    assert_eq!(silenced.json()[0]["status"]["silencedBy"], json!([silences[0]["id"]]));
    assert_eq!(world.get("/api/v2/receivers").await.json()[0]["name"], "mail");
}

#[tokio::test]
async fn a_long_list_is_written_piece_by_piece() {
    const ALERTS_MAX: usize = 5_000;
    let world = world();
    let alerts: Vec<Value> = (0..ALERTS_MAX)
        .map(|i| json!({"labels": {"alertname": "A", "i": i.to_string()}, "annotations": {"s": "x".repeat(100)}}))
        .collect();
    assert_eq!(world.post(ALERTS, json!(alerts).to_string()).await.status, StatusCode::OK);
    for (path, expected) in
        [("/api/v2/alerts", ALERTS_MAX), ("/api/v2/alerts/groups", 1), ("/api/v2/alerts?filter=i%3D7", 1)]
    {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let mut body = world.router.clone().oneshot(request).await.unwrap().into_body();
        assert_eq!(body.size_hint().exact(), None, "nobody knows its length yet");
        let (mut whole, mut largest) = (Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            largest = largest.max(data.len());
            whole.extend(data);
        }
        assert!(largest < 40 << 10, "{path}: a piece of {largest} bytes");
        let list: Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(list.as_array().unwrap().len(), expected, "{path}");
        if path.ends_with("groups") {
            assert_eq!(list[0]["alerts"].as_array().unwrap().len(), ALERTS_MAX);
        }
    }
}

#[tokio::test]
async fn who_made_and_ended_a_silence_is_known_by_the_credential_too() {
    let token = Credential::Bearer { name: Some("ci".into()), token: Secret::new("t0ken") };
    let settings = Settings { credentials: vec![token], ..Settings::default() };
    let world = World::with(&settings, InMemory::new());
    for path in ["alerts", "alerts/groups", "silences", "receivers", "status"] {
        assert_eq!(world.get(&format!("/api/v2/{path}")).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let headers = [("authorization", "Bearer t0ken"), ("content-type", "application/json")];
    let made = world.call(Method::POST, "/api/v2/silences", &headers, SILENCE).await;
    let path = format!("/api/v2/silence/{}", made.json()["silenceID"].as_str().unwrap());
    let by = async || world.call(Method::GET, &path, &headers, Body::empty()).await.json()["createdBy"].clone();
    assert_eq!(by().await, "ann (as ci)");
    assert_eq!(world.call(Method::DELETE, &path, &headers, Body::empty()).await.status, StatusCode::OK);
    assert_eq!(by().await, "ann (as ci)", "still whose it was");
}
