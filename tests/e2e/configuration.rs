//! The configuration that most stories use; those that need another say how it differs.

use crate::stage::Stage;

/// `bellwire.toml`: how to reach the fakes. Compiled policies are kept from test to test.
pub fn host(stage: &Stage) -> String {
    format!(
        r##"
listen = "127.0.0.1:0"
external_url = "https://bellwire.example.com"
plugins = "plugins"
code_cache = "{code_cache}"

# On a machine as slow as it likes: here the verdict is fuel's.
[policy_limits]
wall_clock = "10s"

[slack]
token = {{ env = "SLACK_TOKEN" }}
api = "{slack}/api"

[pagerduty]
api = "{pagerduty}"

[smtp]
host = "127.0.0.1"
port = {smtp}
encryption = "none"
from = "Bellwire <bellwire@example.com>"
"##,
        code_cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/code-cache"),
        slack = stage.slack.url(),
        pagerduty = stage.pagerduty.url(),
        smtp = stage.mail.address.port(),
    )
}

/// Who may come in.
pub const AUTH: &str = r#"
[auth]
bearer_tokens = [{ env = "GATE_TOKEN", name = "anna" }]
"#;

/// A team with a receiver of each kind, and the ladder of a P1: the on-call team at once, the manager after 5 minutes,
/// the director after 15, the VP and the war room after 30.
pub const PAYMENTS: &str = r##"
team = "payments"

[receivers]
channel = { slack = { channel = "#payments" } }
oncall = { pagerduty = { routing_key = { env = "ONCALL_KEY" } } }
manager = { email = { to = ["manager@example.com"] } }
director = { email = { to = ["director@example.com"] } }
vp = { pagerduty = { routing_key = { env = "STANDBY_KEY" } } }
war-room = { slack = { webhook_url = { env = "SLACK_WEBHOOK" } } }
audit = { webhook = { url = { env = "AUDIT_URL" }, secret = { env = "AUDIT_SECRET" } } }
fallback = { slack = { channel = "#fallback" } }

[policies.standard]
plugin = "standard"

[policies.standard.settings]
default_priority = "P3"
rules = [
    { priority = "P1", labels = { severity = "critical" } },
    { priority = "P2", labels = { severity = "warning" } },
]

[policies.standard.settings.ladders.P1]
steps = [
    { to = ["channel", "oncall", "audit"] },
    { after = "5m", to = ["manager", "oncall"] },
    { after = "15m", to = ["director"] },
    { after = "30m", to = ["vp", "war-room"] },
]

[policies.standard.settings.ladders.P2]
steps = [{ to = ["channel", "audit"] }, { after = "15m", to = ["manager"] }]

[policies.standard.settings.ladders.P3]
window = "always"
steps = [{ to = ["audit"] }]

[route]
policy = "standard"
fallback = ["fallback"]
group_by = ["alertname"]
group_wait = "5s"
"##;
