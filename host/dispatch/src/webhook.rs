//! An outgoing webhook, signed as Standard Webhooks has it. Touches only the attempt's HTTP client.
//!
//! The body is JSON: `version` (`"1"`), `title` and `text` (the message in words), and every field of [`View`].
//! A report has `version`, `kind` (`"report"`), `title`, `text`, `markdown` and `html`.
//! `webhook-id` is the same in every attempt at a notice, so that a receiver can drop what it has had.

use crate::{
    dispatcher::{Attempt, Wire},
    exchange::exchange,
    render::{Format, Heading},
    report::Letter,
    text::{fingerprint, quote},
    view::View,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bellwire_core::{Delivery, Secret, WebhookReceiver};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use serde::Serialize;
use sha2::Sha256;

const VERSION: &str = "1";

/// `whsec_` and base64, or any other text as it is.
pub(crate) struct SigningKey(Vec<u8>);

#[derive(Serialize)]
struct Body<'a> {
    version: &'static str,
    title: &'a str,
    text: String,
    #[serde(flatten)]
    view: &'a View<'a>,
}

#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    kind: &'static str,
    title: &'a str,
    text: &'a str,
    markdown: &'a str,
    html: &'a str,
}

pub(crate) struct Hook<'a> {
    pub webhook: &'a WebhookReceiver,
    pub key: Option<&'a SigningKey>,
}

impl Hook<'_> {
    pub async fn send(&self, attempt: &Attempt<'_>) -> Delivery {
        let title = attempt.renderer.title(attempt.view, attempt.receiver, Heading::Title);
        let text = attempt.renderer.body(attempt.view, attempt.receiver, &title, Format::Text);
        let body = Body { version: VERSION, title: &title, text, view: attempt.view };
        self.post(attempt.wire, &attempt.message.notice.0, &body).await
    }

    pub async fn send_report(&self, wire: Wire<'_>, letter: &Letter) -> Delivery {
        let Letter { subject, text, markdown, html } = letter;
        let body = Report { version: VERSION, kind: "report", title: subject, text, markdown, html };
        self.post(wire, &format!("report/{subject}/{text}"), &body).await
    }

    /// `unique`: the same in every attempt at one message, and in no other message.
    async fn post(&self, wire: Wire<'_>, unique: &str, body: &impl Serialize) -> Delivery {
        let body = match serde_json::to_vec(body) {
            Ok(body) => body,
            Err(error) => {
                return Delivery::Permanent { reason: format!("the message cannot be written as JSON: {error}") };
            }
        };
        // A notice's id may hold a full stop, which the signature is built with, so it goes as a hash.
        let id = format!("msg_{}", &fingerprint(unique)[..32]);
        let timestamp = wire.now.as_millis() / 1_000;
        let mut request = wire
            .client
            .post(self.webhook.url.expose())
            .header(CONTENT_TYPE, "application/json")
            .header(HeaderName::from_static("webhook-id"), &id)
            .header(HeaderName::from_static("webhook-timestamp"), timestamp);
        if let Some(key) = self.key {
            request = request.header(HeaderName::from_static("webhook-signature"), key.sign(&id, timestamp, &body));
        }
        match exchange(request.body(body), wire.now).await {
            Ok(reply) if reply.status.is_success() => Delivery::Delivered { receipt: None },
            Ok(reply) if reply.status.as_u16() == 410 => {
                Delivery::Permanent { reason: "it answered 410: the webhook is gone for good".to_owned() }
            }
            Ok(reply) => {
                let secrets = [self.webhook.url.expose(), self.webhook.secret.as_ref().map_or("", Secret::expose)];
                reply.refusal(&quote(&String::from_utf8_lossy(&reply.body), &secrets))
            }
            Err(delivery) => delivery,
        }
    }
}

impl SigningKey {
    pub fn new(secret: &Secret) -> Result<Self, String> {
        let key = match secret.expose().strip_prefix("whsec_") {
            Some(encoded) => BASE64_STANDARD
                .decode(encoded)
                .map_err(|_| "what follows `whsec_` in its secret is not base64".to_owned())?,
            None => secret.expose().as_bytes().to_vec(),
        };
        if key.is_empty() { Err("its secret is empty".to_owned()) } else { Ok(Self(key)) }
    }

    fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the Standard Webhooks libraries are tested with.
    #[test]
    fn signs_as_standard_webhooks_has_it() {
        let key = SigningKey::new(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).ok();
        let signature =
            key.map(|key| key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#));
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_secret_that_is_no_secret_is_refused() {
        assert!(SigningKey::new(&Secret::new("whsec_***")).is_err());
        assert!(SigningKey::new(&Secret::new("")).is_err());
        assert!(SigningKey::new(&Secret::new("raw")).is_ok());
    }
}
