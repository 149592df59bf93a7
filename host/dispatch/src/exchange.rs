//! One HTTP exchange: the request goes out, a bounded reply comes back, and a refusal is classified.

use crate::text::clip;
use bellwire_core::{Delivery, Instant, Span};
use jiff::fmt::rfc2822;
use reqwest::{
    RequestBuilder, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use std::error::Error;

/// A reply is read no further.
const REPLY_BYTES_MAX: usize = 64 * 1024;

pub(crate) struct Reply {
    pub status: StatusCode,
    /// `Retry-After`.
    pub after: Option<Span>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// There may be more of the body.
    pub cut: bool,
}

/// Sends the request. An error is already classified: a network's failure is worth another attempt.
pub(crate) async fn exchange(request: RequestBuilder, now: Instant) -> Result<Reply, Delivery> {
    let mut response = request.send().await.map_err(broken)?;
    let after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| retry_after(text, now));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        let room = REPLY_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == REPLY_BYTES_MAX {
            break;
        }
    }
    let cut = body.len() == REPLY_BYTES_MAX;
    Ok(Reply { status: response.status(), after, headers: response.headers().clone(), body, cut })
}

impl Reply {
    /// What a status that is no success means. `said`: the provider's own words, free of secrets.
    pub fn refusal(&self, said: &str) -> Delivery {
        let code = self.status.as_u16();
        let mut reason = match self.status.canonical_reason() {
            Some(name) => format!("it answered {code} {name}"),
            None => format!("it answered {code}"),
        };
        if self.status.is_redirection() {
            reason.push_str(", a redirect, which is not followed");
        }
        if !said.is_empty() {
            reason.push_str(": ");
            reason.push_str(said);
        }
        if self.status.is_server_error() || matches!(code, 408 | 425 | 429) {
            Delivery::Retry { after: self.after, reason }
        } else {
            Delivery::Permanent { reason }
        }
    }
}

/// reqwest's errors print the URL, which may be a secret; what caused them does not.
fn broken(error: reqwest::Error) -> Delivery {
    let error = error.without_url();
    let malformed = error.is_builder();
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !reason.contains(&text) {
            reason.push_str(": ");
            reason.push_str(&text);
        }
        cause = inner.source();
    }
    let reason = clip(&reason, 300);
    if malformed { Delivery::Permanent { reason } } else { Delivery::Retry { after: None, reason } }
}

/// Seconds, or an HTTP date.
fn retry_after(text: &str, now: Instant) -> Option<Span> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Span::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let date = Instant::from_millis(u64::try_from(date.as_millisecond()).unwrap_or(0));
    Some(date.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Instant::from_millis(784_111_767_000);
        assert_eq!(retry_after("120", now), Some(Span::from_secs(120)));
        assert_eq!(retry_after(" 0 ", now), Some(Span::ZERO));
        assert_eq!(retry_after("99999999999999999999", now), Some(Span::from_secs(u64::MAX)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Span::from_secs(10)));
        assert_eq!(retry_after("Sat, 05 Nov 1994 08:49:37 GMT", now), Some(Span::ZERO), "a date that has passed");
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense:?}");
        }
    }

    #[test]
    fn statuses_are_classified() {
        let refuse = |status: u16| {
            Reply {
                status: StatusCode::from_u16(status).unwrap_or_default(),
                after: Some(Span::from_secs(7)),
                headers: HeaderMap::new(),
                body: Vec::new(),
                cut: false,
            }
            .refusal("")
        };
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(refuse(status), Delivery::Retry { after: Some(_), .. }), "{status}");
        }
        for status in [301, 307, 400, 401, 403, 404, 410, 413, 422] {
            assert!(matches!(refuse(status), Delivery::Permanent { .. }), "{status}");
        }
    }
}
