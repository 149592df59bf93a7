//! `bellwire import`, as somebody who leaves Alertmanager runs it: what it writes, `bellwire check` takes with the real
//! plugin, and an alert goes where Alertmanager would have sent it.

use crate::{
    process::{Ended, bellwire, run},
    stage::Stage,
};
use std::fs;

const ALERTMANAGER: &str = r#"
global:
  slack_api_url: https://hooks.slack.com/services/never-copied
route:
  receiver: team
  routes:
  - matchers: [severity="critical"]
    receiver: pager
receivers:
- name: team
  slack_configs: [{channel: '#payments', send_resolved: true}]
- name: pager
  pagerduty_configs: [{routing_key: never-copied}]
inhibit_rules:
- source_matchers: [severity="critical"]
  target_matchers: [severity="warning"]
"#;

/// A stage with Alertmanager's file in it, and what is imported goes to the folder `new`, which has the real plugin.
async fn stage(alertmanager: &str) -> Stage {
    let stage = Stage::new().await;
    fs::write(stage.path("alertmanager.yml"), alertmanager).unwrap();
    fs::create_dir_all(stage.path("new/plugins")).unwrap();
    fs::copy(stage.plugin("standard"), stage.path("new/plugins/standard.wasm")).unwrap();
    stage
}

async fn command(stage: &Stage, arguments: &[&str]) -> Ended {
    let mut command = bellwire(stage, arguments);
    command.env("SLACK_TOKEN", "xoxb-1").env("PAGER_KEY", "0123456789abcdef0123456789abcdef");
    run(&mut command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn import_writes_what_check_takes_and_routes_as_before() {
    let stage = stage(ALERTMANAGER).await;
    let done = command(&stage, &["import", "alertmanager.yml", "-o", "new", "--team", "payments"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.starts_with("written: new/bellwire.toml, new/routes/payments.toml\n"), "{}", done.out);
    assert!(done.out.contains("PAGER_KEY    line 13: `routing_key`"), "{}", done.out);
    assert!(done.error.contains("- line 15: `inhibit_rules`"), "{}", done.error);
    let routes = fs::read_to_string(stage.path("new/routes/payments.toml")).unwrap();
    assert!(routes.contains("line 15: `inhibit_rules`"), "{routes}");
    let host = fs::read_to_string(stage.path("new/bellwire.toml")).unwrap();
    assert!(!format!("{host}{routes}{}{}", done.out, done.error).contains("never-copied"));

    let checked = command(&stage, &["check", "-c", "new/bellwire.toml"]).await;
    assert_eq!((checked.code, checked.error.as_str()), (Some(0), ""), "{checked:?}");
    assert_eq!(checked.out, "new/bellwire.toml is sound: 1 team, 2 routes, 2 receivers, 2 policies\n");

    for (severity, told) in
        [("critical", "receiver:pager (p1-step-1, page)"), ("warning", "receiver:team (p3-step-1, inform)")]
    {
        let severity = format!("severity={severity}");
        let said = command(&stage, &["route", "test", "-c", "new/bellwire.toml", "alertname=Down", &severity]).await;
        assert!(said.out.contains(told), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_overwrites_nothing_unless_it_is_told_to() {
    let stage = stage(ALERTMANAGER).await;
    let before = fs::read_to_string(stage.config()).unwrap();
    let refused = command(&stage, &["import", "alertmanager.yml"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.error.contains("bellwire.toml is there already, so nothing was written"), "{refused:?}");
    assert_eq!(fs::read_to_string(stage.config()).unwrap(), before);
    assert!(!stage.path("routes/ops.toml").exists());
    let forced = command(&stage, &["import", "alertmanager.yml", "--force"]).await;
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert_ne!(fs::read_to_string(stage.config()).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_is_shown_with_its_lines_and_nothing_is_written() {
    let wrong = ALERTMANAGER.replace("receiver: pager\n", "receiver: pagr\n").replace("routing_key", "routing_kee");
    let stage = stage(&wrong).await;
    let done = command(&stage, &["import", "alertmanager.yml", "-o", "new"]).await;
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
    for part in [
        "there is no receiver `pagr`",
        "did you mean `pager`?",
        "alertmanager.yml:8:15",
        "there is no key `routing_kee`",
    ] {
        assert!(done.error.contains(part), "no {part:?} in\n{}", done.error);
    }
    assert!(!stage.path("new/bellwire.toml").exists());
    assert_eq!(command(&stage, &["import", "no-such.yml"]).await.code, Some(1));
    assert_eq!(command(&stage, &["import", "alertmanager.yml", "--team", "Ops Team"]).await.code, Some(2));
}
