//! Every key there is, table by table; docs/configuration.md has a row for each.

pub(crate) type Keys = &'static [&'static str];

pub(crate) const HOST: Keys = &[
    "listen",
    "external_url",
    "default_team",
    "routes",
    "plugins",
    "code_cache",
    "calendar_cache",
    "plugin_cache",
    "watch_plugins",
    "registries",
    "store",
    "auth",
    "tls",
    "smtp",
    "slack",
    "pagerduty",
    "links",
    "limits",
    "policy_limits",
    "receivers",
    "sources",
    "inhibit",
    "dependencies",
];
pub(crate) const SOURCE: Keys = &["plugin", "settings", "labels"];
pub(crate) const REGISTRY: Keys = &["user", "password", "plain_http"];
pub(crate) const STORE: Keys = &["path"];
pub(crate) const AUTH: Keys = &["bearer_tokens", "basic", "metrics"];
pub(crate) const BEARER: Keys = &["env", "file", "name"];
pub(crate) const BASIC: Keys = &["user", "password"];
pub(crate) const TLS: Keys = &["certificate", "key"];
pub(crate) const SMTP: Keys = &["host", "port", "encryption", "user", "password", "from", "root"];
pub(crate) const SLACK: Keys = &["token", "signing_secret", "api"];
pub(crate) const PAGERDUTY: Keys = &["api", "webhook_secrets"];
pub(crate) const LINKS: Keys = &["secret"];
pub(crate) const LIMITS: Keys = &[
    "body_bytes_max",
    "bodies_bytes_max",
    "batch_alerts_max",
    "connections_max",
    "queue_max",
    "alerts_max",
    "labels_max",
    "label_bytes_max",
    "annotation_bytes_max",
    "facts_alerts_max",
    "resolve_timeout",
    "fault_retry",
    "fallback_repeat",
];
pub(crate) const POLICY_LIMITS: Keys = &["fuel_max", "memory_bytes_max", "wall_clock"];
pub(crate) const SECRET: Keys = &["env", "file"];

pub(crate) const TEAM: Keys = &[
    "team",
    "match",
    "people",
    "schedules",
    "calendars",
    "receivers",
    "policies",
    "windows",
    "route",
    "last_resort",
    "last_resort_after",
    "reports",
    "silences",
    "inhibit",
    "dependencies",
    "heartbeats",
];
pub(crate) const PERSON: Keys = &["name", "zone", "slack", "email", "contact"];
pub(crate) const CONTACT: Keys = &["slack", "email", "pagerduty", "webhook", "channel", "after"];
pub(crate) const SCHEDULE: Keys = &["zone", "layers", "overrides"];
pub(crate) const LAYER: Keys =
    &["name", "people", "every", "start", "until", "turns", "hours", "only", "except", "adds", "calendar"];
pub(crate) const OVERRIDE: Keys = &["from", "until", "add", "remove", "replace", "with", "reason"];
pub(crate) const CALENDAR: Keys = &["days", "ical"];
pub(crate) const ICAL: Keys = &["file", "url", "refresh"];
pub(crate) const REPORT: Keys = &["when", "zone", "to"];
pub(crate) const RECEIVER: Keys = &[
    "slack",
    "email",
    "pagerduty",
    "webhook",
    "channel",
    "fallback",
    "deadline",
    "updates",
    "concurrency_max",
    "rate_per_minute",
    "bundle_window",
    "timeout",
    "title_template",
    "body_template",
];
pub(crate) const RECEIVER_SLACK: Keys = &["channel", "webhook_url"];
pub(crate) const RECEIVER_EMAIL: Keys = &["to"];
pub(crate) const RECEIVER_PAGERDUTY: Keys = &["routing_key"];
pub(crate) const RECEIVER_WEBHOOK: Keys = &["url", "secret"];
pub(crate) const RECEIVER_CHANNEL: Keys = &["plugin", "hosts", "secrets", "settings"];
pub(crate) const WINDOW: Keys = &["zone", "hours", "only", "except", "from", "until"];
pub(crate) const POLICY: Keys = &["plugin", "settings"];
pub(crate) const PLUGIN: Keys = &["name", "file", "oci", "sha256", "public_key"];
/// The root takes what no route below it takes, so it has no `match`, no `name` and no `continue`.
pub(crate) const ROOT: Keys = &[
    "policy",
    "fallback",
    "group_by",
    "group_wait",
    "group_interval",
    "reopen_window",
    "flapping",
    "mute",
    "active",
    "routes",
];
pub(crate) const ROUTE: Keys = &[
    "match",
    "name",
    "continue",
    "policy",
    "fallback",
    "group_by",
    "group_wait",
    "group_interval",
    "reopen_window",
    "flapping",
    "mute",
    "active",
    "routes",
];
pub(crate) const SILENCE: Keys = &["name", "match", "windows", "comment"];
pub(crate) const INHIBIT: Keys = &["name", "source", "target", "equal"];
pub(crate) const DEPENDENCY: Keys = &["name", "cause", "symptoms", "on"];
pub(crate) const HEARTBEAT: Keys = &["match", "every", "grace", "labels"];
pub(crate) const FLAPPING: Keys = &["opens", "within", "stable"];

/// Of each table, by the heading it has in docs/configuration.md.
#[cfg(test)]
pub(crate) const ALL: &[Keys] = &[
    HOST,
    SOURCE,
    REGISTRY,
    STORE,
    AUTH,
    BEARER,
    BASIC,
    TLS,
    SMTP,
    SLACK,
    PAGERDUTY,
    LINKS,
    LIMITS,
    POLICY_LIMITS,
    SECRET,
    TEAM,
    PERSON,
    CONTACT,
    SCHEDULE,
    LAYER,
    OVERRIDE,
    CALENDAR,
    ICAL,
    REPORT,
    RECEIVER,
    RECEIVER_SLACK,
    RECEIVER_EMAIL,
    RECEIVER_PAGERDUTY,
    RECEIVER_WEBHOOK,
    RECEIVER_CHANNEL,
    WINDOW,
    POLICY,
    PLUGIN,
    ROOT,
    ROUTE,
    FLAPPING,
    SILENCE,
    INHIBIT,
    DEPENDENCY,
    HEARTBEAT,
];
