//! What surrounds a Bellwire in a test: a folder with its configuration, and everybody whom it can tell.

use bellwire_support::{
    mail::MailSink,
    pagerduty::PagerDuty,
    slack::{self, Slack},
    webhook::{Verification, Webhook},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// For what happens in real time; nothing that works comes near it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The routing keys that the fake PagerDuty knows.
pub const ONCALL_KEY: &str = "0123456789abcdef0123456789abcdef";
pub const STANDBY_KEY: &str = "fedcba9876543210fedcba9876543210";
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The bearer token of [`crate::configuration::AUTH`].
pub const TOKEN: &str = "let-anna-in";

pub struct Stage {
    pub slack: Slack,
    pub pagerduty: PagerDuty,
    pub mail: MailSink,
    pub webhook: Webhook,
    folder: TempDir,
}

impl Stage {
    /// The usual team, `configuration::PAYMENTS`, with the shipped policies.
    pub async fn new() -> Self {
        Self::with_webhook(Verification::SignedAtAnyTime(WEBHOOK_SECRET.into())).await
    }

    pub async fn with_webhook(verification: Verification) -> Self {
        let stage = Self {
            slack: Slack::start(&["#payments", "#war-room", "#fallback", "#bellwire"]).await.unwrap(),
            pagerduty: PagerDuty::start(&[ONCALL_KEY, STANDBY_KEY]).await.unwrap(),
            mail: MailSink::start().await.unwrap(),
            webhook: Webhook::start(verification).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["routes", "plugins"] {
            fs::create_dir(stage.path(folder)).unwrap();
        }
        for plugin in ["standard", "passthrough"] {
            stage.install(plugin);
        }
        stage.host("");
        stage.routes("payments", crate::configuration::PAYMENTS);
        stage
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path("bellwire.toml")
    }

    /// The host's file: how to reach the fakes, and `more` tables.
    pub fn host(&self, more: &str) {
        let services = crate::configuration::host(self);
        fs::write(self.config(), format!("{services}\n{more}")).unwrap();
    }

    /// A team's file, written or replaced.
    pub fn routes(&self, team: &str, text: &str) {
        fs::write(self.path("routes").join(format!("{team}.toml")), text).unwrap();
    }

    pub fn plugin(&self, name: &str) -> PathBuf {
        self.path("plugins").join(format!("{name}.wasm"))
    }

    /// One of the shipped plugins, for the tests that need it.
    pub fn install(&self, plugin: &str) {
        fs::copy(shipped(plugin), self.plugin(plugin)).unwrap();
    }

    /// What `{ env = … }` in the configuration finds.
    pub fn environment(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("SLACK_TOKEN", slack::TOKEN.into()),
            ("SLACK_WEBHOOK", self.slack.webhook_url("#war-room")),
            ("ONCALL_KEY", ONCALL_KEY.into()),
            ("STANDBY_KEY", STANDBY_KEY.into()),
            ("AUDIT_URL", self.webhook.url("/audit")),
            ("AUDIT_SECRET", WEBHOOK_SECRET.into()),
            ("GATE_TOKEN", TOKEN.into()),
        ])
    }

    pub fn look_up(&self) -> bellwire_app::Environment {
        let environment = self.environment();
        Arc::new(move |name| environment.get(name).cloned())
    }

    /// Everything that woke somebody at PagerDuty, by dedup key, in order.
    pub fn pages(&self) -> Vec<String> {
        self.pagerduty.seen().pages.into_iter().map(|page| page.dedup_key).collect()
    }

    /// A Slack channel as a person sees it.
    pub fn channel(&self, channel: &str) -> String {
        self.slack.seen().rendering(channel)
    }

    /// Each mail: its recipient and its subject.
    pub fn mails(&self) -> Vec<(String, String)> {
        let mails = self.mail.mails();
        mails.iter().map(|mail| (mail.to.join(","), mail.parsed().subject)).collect()
    }

    /// What each webhook delivery was about, in order: `payments-1 p1-step-1`, or `payments-1 resolved` and the like.
    pub fn audit(&self) -> Vec<String> {
        let line = |body: &serde_json::Value| {
            let text =
                |pointer: &str| body.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
            let (kind, key) = (text("/notice/kind"), text("/notice/key"));
            format!("{} {}", text("/incident/id"), if kind == "decided" { key } else { kind })
        };
        let seen = self.webhook.seen();
        assert!(seen.refused.is_empty(), "a signature that a receiver would not take: {:?}", seen.refused);
        seen.deliveries.iter().map(|delivery| line(&delivery.body)).collect()
    }
}

/// A plugin as `cargo xtask plugins` makes it.
fn shipped(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    let file = folder.join(format!("{name}.wasm"));
    assert!(file.is_file(), "{} is missing: run `cargo xtask plugins` (`cargo xtask test` does)", file.display());
    file
}
