//! What became of a message, by what the service answered.

use super::{Response, Retry, Step};
use crate::Span;

impl Step {
    /// It has arrived, and there is nothing to remember of it.
    pub fn delivered() -> Self {
        Self::Delivered(None)
    }

    /// It has arrived; the receipt comes back in `message.earlier`.
    pub fn delivered_as(receipt: impl Into<String>) -> Self {
        Self::Delivered(Some(receipt.into()))
    }

    /// Not now. `after`: as the service asked.
    pub fn retry(after: Option<Span>, reason: impl Into<String>) -> Self {
        Self::Retry(Retry { after: after.map(Span::as_milliseconds), reason: reason.into() })
    }

    /// Never: the fallback is told. The reason is shown to people.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent(reason.into())
    }

    /// What a status means where the service says nothing else: 2xx has arrived; 408, 425, 429 and 5xx are tried again,
    /// after `Retry-After` if there is one; anything else never works. The reason is the status and the body's beginning.
    pub fn by_status(response: &Response) -> Self {
        Self::by_status_as(response, &response.body, None)
    }

    /// The same, for a service whose body says what is wrong, and perhaps how long to wait.
    pub fn by_status_as(response: &Response, said: &str, wait: Option<Span>) -> Self {
        match response.status {
            200..=299 => Self::delivered(),
            300..=399 => Self::permanent(format!("answered {}, a redirect, which is not followed", response.status)),
            408 | 425 | 429 | 500..=599 => Self::retry(wait.or(retry_after(response)), response.quote(said)),
            _ => Self::permanent(response.quote(said)),
        }
    }
}

/// In seconds; a date is not understood, and the host waits as it would without.
fn retry_after(response: &Response) -> Option<Span> {
    let seconds: u32 = response.header("retry-after")?.trim().parse().ok()?;
    Some(Span::from_milliseconds(u64::from(seconds) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pair;

    fn step(status: u16, body: &str) -> Step {
        let header = Pair { name: "retry-after".into(), value: " 7 ".into() };
        Step::by_status(&Response { status, headers: vec![header], body: body.into(), ext: Vec::new() })
    }

    #[test]
    fn a_status_says_what_became_of_it() {
        let wait = |reason: &str| Step::retry(Some(Span::from_milliseconds(7_000)), reason);
        assert_eq!((step(200, "ok"), step(204, "")), (Step::delivered(), Step::delivered()));
        assert_eq!(step(429, " slow\n down "), wait("answered 429: slow down"));
        assert_eq!((step(503, ""), step(408, "")), (wait("answered 503"), wait("answered 408")));
        assert_eq!(step(404, "no such hook"), Step::permanent("answered 404: no such hook"));
        assert_eq!(step(302, "x"), Step::permanent("answered 302, a redirect, which is not followed"));
    }
}
