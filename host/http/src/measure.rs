//! What this room counts and times. Whoever embeds it installs the recorder, before [`crate::Server::serve`].

use metrics::{Unit, describe_counter, describe_histogram};

pub(crate) const REQUESTS: &str = "bellwire_http_requests_total";
pub(crate) const REQUEST_SECONDS: &str = "bellwire_http_request_seconds";
/// Its buckets are the embedder's to choose: bytes, up to [`crate::Settings::body_bytes_max`].
pub const BODY_BYTES: &str = "bellwire_http_request_body_bytes";
pub(crate) const DECODE_ERRORS: &str = "bellwire_decode_errors_total";
pub(crate) const TRUNCATED: &str = "bellwire_truncated_alerts_total";
pub(crate) const INTEGRATION_REQUESTS: &str = "bellwire_integration_requests_total";

/// Name, kind and meaning of each, as docs/api.md lists them.
pub const METRICS: [(&str, &str, &str); 6] = [
    (REQUESTS, "counter", "Requests, by route and code."),
    (REQUEST_SECONDS, "histogram", "From a request's headers to its reply, by route."),
    (BODY_BYTES, "histogram", "Size of the bodies that brought alerts, by route."),
    (DECODE_ERRORS, "counter", "Bodies and alerts that could not be taken as they were sent, by kind."),
    (TRUNCATED, "counter", "Alerts that Alertmanager left out of a webhook (max_alerts)."),
    (INTEGRATION_REQUESTS, "counter", "Requests of Slack, of mail links and of PagerDuty, by integration and outcome."),
];

/// Tells the recorder what each means.
pub fn describe_metrics() {
    for (name, kind, meaning) in METRICS {
        match (kind, name) {
            ("counter", _) => describe_counter!(name, meaning),
            (_, BODY_BYTES) => describe_histogram!(name, Unit::Bytes, meaning),
            (_, _) => describe_histogram!(name, Unit::Seconds, meaning),
        }
    }
}
