//! Was this request made by who it says? HMAC-SHA256, compared in constant time. Pure.

use axum::http::HeaderMap;
use bellwire_core::{Instant, Secret, Span};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far Slack's clock and ours may be apart, either way.
const SLACK_CLOCKS_APART_MAX: Span = Span::from_secs(300);
/// Of one header: more is no attempt of PagerDuty's at replacing its secret.
const PAGERDUTY_SIGNATURES_MAX: usize = 8;

/// Why a request is not believed; for the metric, never for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    Forged,
    Stale,
    Replayed,
}

/// The bytes of a good signature.
pub(super) type Signature = [u8; 32];

/// `X-Slack-Signature: v0=HEX` over `v0:TIMESTAMP:BODY`, with `X-Slack-Request-Timestamp` in seconds.
pub(super) fn slack(secret: &Secret, headers: &HeaderMap, body: &[u8], now: Instant) -> Result<Signature, Doubt> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Doubt::Forged);
    let (timestamp, signature) = (text("x-slack-request-timestamp")?, text("x-slack-signature")?);
    let signature = signature.strip_prefix("v0=").and_then(bytes).ok_or(Doubt::Forged)?;
    if !agrees(secret, &[b"v0:", timestamp.as_bytes(), b":", body], &signature) {
        return Err(Doubt::Forged);
    }
    let seconds: u64 = timestamp.parse().map_err(|_| Doubt::Forged)?;
    let sent = Instant::from_millis(seconds.saturating_mul(1_000));
    let apart = sent.since(now).max(now.since(sent));
    if apart > SLACK_CLOCKS_APART_MAX { Err(Doubt::Stale) } else { Ok(signature) }
}

/// For as long a good signature stays good: from the earliest clock that takes it to the latest.
pub(super) const SLACK_GOOD_FOR: Span = SLACK_CLOCKS_APART_MAX.saturating_mul(2);

/// `X-PagerDuty-Signature: v1=HEX[,v1=HEX…]` over the body: any of them, with any of our secrets.
pub(super) fn pagerduty(secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Doubt> {
    let header = headers.get("x-pagerduty-signature").and_then(|value| value.to_str().ok()).ok_or(Doubt::Forged)?;
    let given = header.split(',').take(PAGERDUTY_SIGNATURES_MAX);
    let given: Vec<Signature> = given.filter_map(|one| bytes(one.trim().strip_prefix("v1=")?)).collect();
    let good = |signature| secrets.iter().any(|secret| agrees(secret, &[body], signature));
    if given.iter().any(good) { Ok(()) } else { Err(Doubt::Forged) }
}

fn bytes(text: &str) -> Option<Signature> {
    let mut bytes = Signature::default();
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

fn agrees(secret: &Secret, parts: &[&[u8]], signature: &Signature) -> bool {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok()
}
