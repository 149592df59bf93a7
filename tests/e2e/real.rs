//! The real Prometheus, the real Alertmanager and a real SMTP server around the app, on the wall clock. Where one cannot
//! be had, its test says so in one line and is skipped; in CI that is a failure.

use crate::{
    alerts::{Status, alert, webhook},
    configuration::AUTH,
    stage::{ONCALL_KEY, PATIENCE, Stage, TOKEN},
    story::client,
};
use bellwire_app::{App, Clock, Options};
use bellwire_support::{
    debian::{self, Program, or_skip},
    mail::{SmtpServer, SmtpSettings},
    metrics,
    pagerduty::{self, Status as PagerDutyStatus},
    prometheus::{Alertmanager, AlertmanagerSettings, AlertsTo, Prometheus, PrometheusSettings},
    slack,
    webhook::Verification,
};

const RULES: &str = r#"
groups:
  - name: payments
    rules:
      - alert: HighErrorRate
        expr: payment_error_ratio > 0.05
        labels: {severity: critical, service: payments}
        annotations:
          summary: "{{ $value | humanizePercentage }} of the payments fail"
          runbook_url: https://runbooks.example.com/payments
"#;

async fn start(stage: &Stage) -> App {
    let options = Options { config: stage.config(), listen: None, environment: stage.look_up(), clock: Clock::System };
    App::start(options).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn stage() -> Stage {
    let stage = Stage::with_webhook(Verification::None).await;
    stage.host(AUTH);
    stage.routes("payments", &crate::configuration::PAYMENTS.replace("group_wait = \"5s\"", "group_wait = \"0s\""));
    stage
}

fn all_here<const COUNT: usize>(programs: [Program; COUNT]) -> bool {
    programs.map(debian::program).map(or_skip).iter().all(Option::is_some)
}

/// A page at PagerDuty and a P1 in Slack, and then the end of both.
async fn fires_and_resolves(stage: &Stage, metrics: &metrics::Server, logs: impl Fn() -> String) {
    let paged = |seen: &pagerduty::Seen| seen.pages.first().cloned();
    let page = stage.pagerduty.wait_for("page", PATIENCE, paged).await;
    let page = page.unwrap_or_else(|error| panic!("{error}\n{}", logs()));
    assert_eq!((page.routing_key.as_str(), page.severity.as_str()), (ONCALL_KEY, "critical"));
    assert!(page.summary.contains("P1 HighErrorRate: 7% of the payments fail"), "{}", page.summary);
    let shown = |part: &'static str| move |seen: &slack::Seen| seen.rendering("#payments").contains(part).then_some(());
    stage.slack.wait_for("P1 in Slack", PATIENCE, shown("P1 HighErrorRate: 7% of the payments fail")).await.unwrap();

    metrics.set("payment_error_ratio", 0.01);
    let ended = |seen: &pagerduty::Seen| {
        let alert = seen.alert(ONCALL_KEY, &page.dedup_key)?;
        (alert.status == PagerDutyStatus::Resolved).then_some(())
    };
    let resolved = stage.pagerduty.wait_for("resolve", PATIENCE, ended).await;
    resolved.unwrap_or_else(|error| panic!("{error}\n{}", logs()));
    stage.slack.wait_for("the end in Slack", PATIENCE, shown("Resolved: P1 HighErrorRate")).await.unwrap();
    assert_eq!(stage.pages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_pages_by_way_of_prometheus_and_alertmanager() {
    if !all_here([Program::Prometheus, Program::Alertmanager]) {
        return;
    }
    let stage = stage().await;
    let app = start(&stage).await;
    let mut settings = AlertmanagerSettings::to(&format!("{}/webhook/alertmanager", app.url()));
    settings.bearer = Some(TOKEN.into());
    let alertmanager = Alertmanager::start(settings).await.unwrap();
    let metrics = metrics::Server::start().await.unwrap();
    metrics.set("payment_error_ratio", 0.07);
    let alerts_to = AlertsTo { address: alertmanager.address(), bearer: None };
    let settings = PrometheusSettings { targets: vec![metrics.target()], rules: RULES.into(), alerts_to };
    let prometheus = Prometheus::start(settings).await.unwrap();
    fires_and_resolves(&stage, &metrics, || format!("{}\n{}", prometheus.log(), alertmanager.log())).await;
    drop((prometheus, alertmanager));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_pages_with_prometheus_posting_straight_to_us() {
    if !all_here([Program::Prometheus]) {
        return;
    }
    let stage = stage().await;
    let app = start(&stage).await;
    let metrics = metrics::Server::start().await.unwrap();
    metrics.set("payment_error_ratio", 0.07);
    let alerts_to = AlertsTo { address: app.address().to_string(), bearer: Some(TOKEN.into()) };
    let settings = PrometheusSettings { targets: vec![metrics.target()], rules: RULES.into(), alerts_to };
    let prometheus = Prometheus::start(settings).await.unwrap();
    fires_and_resolves(&stage, &metrics, || prometheus.log()).await;
    drop(prometheus);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_mail_server_gets_the_mail_over_starttls_with_a_password() {
    if or_skip(debian::aiosmtpd()).is_none() {
        return;
    }
    let settings = SmtpSettings::default();
    let (user, password) = (settings.user.clone(), settings.password.clone());
    let smtp = SmtpServer::start(settings).await.unwrap();
    let stage = stage().await;
    std::fs::write(stage.path("authority.pem"), &smtp.authority_pem).unwrap();
    let host = std::fs::read_to_string(stage.config()).unwrap();
    let plain = format!("port = {}\nencryption = \"none\"", stage.mail.address.port());
    assert!(host.contains(&plain));
    let secure = format!(
        "port = {}\nencryption = \"starttls\"\nroot = \"authority.pem\"\nuser = \"{user}\"\npassword = \"{password}\"",
        smtp.address.port()
    );
    std::fs::write(stage.config(), host.replace(&plain, &secure)).unwrap();
    let routes = crate::configuration::PAYMENTS.replace("to = [\"channel\", \"audit\"]", "to = [\"manager\"]");
    stage.routes("payments", &routes.replace("group_wait = \"5s\"", "group_wait = \"0s\""));
    let app = start(&stage).await;
    let long_ago = "2026-01-01T00:00:00Z";
    let body = webhook(Status::Firing, &[alert("DiskFull", "warning")], long_ago, long_ago);
    let sent = client().post(format!("{}/webhook/alertmanager", app.url())).bearer_auth(TOKEN).json(&body).send().await;
    assert_eq!(sent.unwrap().status(), 200);
    let mail = smtp.wait_for("mail", PATIENCE, |mails| mails.first().cloned()).await.unwrap();
    assert!(mail.encrypted && mail.authenticated);
    assert_eq!(mail.to, ["manager@example.com"]);
    let parsed = mail.parsed();
    assert_eq!(parsed.subject, "[P2] DiskFull on pay-1:9100 — payments-1");
    assert!(parsed.text.contains("bellwire incidents ack payments-1"), "{}", parsed.text);
    assert!(parsed.html.contains(">Runbook</a>"), "{}", parsed.html);
    app.stop().await;
}
