//! A receiver of outgoing webhooks that checks Standard Webhooks signatures with its own code (contracts.md §5) and
//! keeps what arrived. It accepts nothing that a strict receiver would refuse.

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

const CLOCK_SKEW_SECONDS_MAX: u64 = 300;

/// How the receiver tells a genuine delivery.
#[derive(Clone, Debug)]
pub enum Verification {
    /// Unsigned deliveries are taken, as Alertmanager sends them.
    None,
    /// `whsec_<base64>`, with a timestamp within five minutes of the wall clock.
    Signed(String),
    /// The same, but for tests whose clock is not the wall clock.
    SignedAtAnyTime(String),
}

#[derive(Clone, Debug)]
pub struct Delivery {
    pub at: Instant,
    pub path: String,
    /// `webhook-id`: the same in each attempt of one notice.
    pub id: String,
    pub authorization: String,
    /// `Null` when the body was no JSON.
    pub body: Value,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub deliveries: Vec<Delivery>,
    /// Why each refused delivery was refused.
    pub refused: Vec<String>,
}

pub struct Webhook {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
}

impl Webhook {
    /// Takes `POST` on any path.
    pub async fn start(verification: Verification) -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Seen>::default(), Script::default());
        let (state, faults) = (seen.clone(), script.clone());
        let server =
            Server::start(move |request| receive(request, verification.clone(), state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script })
    }

    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// The next requests to `path` meet these faults.
    pub fn script(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(path, faults);
    }

    pub fn faults(&self) -> &Script {
        &self.script
    }

    pub fn seen(&self) -> Seen {
        self.seen.read(Seen::clone)
    }

    pub async fn wait_for<R>(
        &self,
        what: &str,
        timeout: Duration,
        look: impl FnMut(&Seen) -> Option<R>,
    ) -> Result<R, TimedOut> {
        self.seen.wait_for(what, timeout, look).await
    }
}

async fn receive(request: Request, verification: Verification, seen: Observed<Seen>, script: Script) -> Outcome {
    if request.method != "POST" {
        return Some(Reply::text(405, "POST only"));
    }
    let heard = match script.play(&request.path).await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    if let Err(reason) = verify(&request, &verification) {
        seen.change(|seen| seen.refused.push(reason.to_owned()));
        return heard.then(|| Reply::text(401, reason));
    }
    let delivery = Delivery {
        at: Instant::now(),
        path: request.path.clone(),
        id: request.header("webhook-id").to_owned(),
        authorization: request.header("authorization").to_owned(),
        body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
    };
    seen.change(|seen| seen.deliveries.push(delivery));
    heard.then(|| Reply::text(200, ""))
}

fn verify(request: &Request, verification: &Verification) -> Result<(), &'static str> {
    let secret = match verification {
        Verification::None => return Ok(()),
        Verification::Signed(secret) | Verification::SignedAtAnyTime(secret) => secret,
    };
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    if id.is_empty() {
        return Err("webhook-id is missing");
    }
    let seconds: u64 = timestamp.parse().map_err(|_| "webhook-timestamp is not a number of seconds")?;
    if let Verification::Signed(_) = verification {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if now.abs_diff(seconds) > CLOCK_SKEW_SECONDS_MAX {
            return Err("webhook-timestamp is too far from now");
        }
    }
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(key).map_err(|_| "the receiver's own secret is not base64")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| "the receiver's own secret is empty")?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&request.body);
    let genuine = request
        .header("webhook-signature")
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .any(|signature| mac.clone().verify_slice(&signature).is_ok());
    if genuine { Ok(()) } else { Err("webhook-signature does not match") }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
    use super::*;

    // The published vector of the Standard Webhooks libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: &str = "1614265330";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const BODY: &str = r#"{"test": 2432232314}"#;

    async fn post(webhook: &Webhook, id: &str, timestamp: &str, signature: &str, body: &'static str) -> u16 {
        let request = crate::http().post(webhook.url("/hook")).header("webhook-id", id);
        let request = request.header("webhook-timestamp", timestamp).header("webhook-signature", signature);
        request.body(body).send().await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn only_a_genuine_signature_is_taken() {
        let webhook = Webhook::start(Verification::SignedAtAnyTime(SECRET.into())).await.unwrap();
        assert_eq!(post(&webhook, ID, TIMESTAMP, SIGNATURE, BODY).await, 200);
        assert_eq!(post(&webhook, ID, TIMESTAMP, &format!("v1,AAAA v2,x {SIGNATURE}"), BODY).await, 200);
        assert_eq!(post(&webhook, ID, TIMESTAMP, SIGNATURE, r#"{"test": 1}"#).await, 401);
        assert_eq!(post(&webhook, "msg_other", TIMESTAMP, SIGNATURE, BODY).await, 401);
        assert_eq!(post(&webhook, ID, "1614265331", SIGNATURE, BODY).await, 401);
        assert_eq!(post(&webhook, ID, "soon", SIGNATURE, BODY).await, 401);
        assert_eq!(post(&webhook, "", TIMESTAMP, SIGNATURE, BODY).await, 401);
        assert_eq!(webhook.seen().deliveries.len(), 2);
        assert_eq!(webhook.seen().refused.len(), 5);

        let strict = Webhook::start(Verification::Signed(SECRET.into())).await.unwrap();
        assert_eq!(post(&strict, ID, TIMESTAMP, SIGNATURE, BODY).await, 401, "years old");
    }

    #[tokio::test]
    async fn a_script_is_followed_and_then_it_is_over() {
        let webhook = Webhook::start(Verification::None).await.unwrap();
        let limited = Fault::RateLimited { retry_after_seconds: 7 };
        webhook.script("/hook", [limited, Fault::Status(503), Fault::Cut, Fault::CutAfterwards]);
        let send = || crate::http().post(webhook.url("/hook")).body("{}").send();
        let first = send().await.unwrap();
        assert_eq!((first.status().as_u16(), first.headers()["retry-after"].to_str().unwrap()), (429, "7"));
        assert_eq!(send().await.unwrap().status().as_u16(), 503);
        assert!(send().await.is_err());
        assert_eq!(webhook.seen().deliveries.len(), 0);
        assert!(send().await.is_err());
        assert_eq!(webhook.seen().deliveries.len(), 1, "acted on, though the sender cannot know");
        assert_eq!(send().await.unwrap().status().as_u16(), 200);
        let two = |seen: &Seen| (seen.deliveries.len() == 2).then_some(());
        webhook.wait_for("two deliveries", Duration::from_secs(5), two).await.unwrap();
        let three = |seen: &Seen| (seen.deliveries.len() == 3).then_some(());
        let late = webhook.wait_for("third", Duration::from_millis(1), three).await.unwrap_err();
        assert!(late.to_string().starts_with("no third within 1ms"), "{late}");
    }

    #[tokio::test]
    async fn a_held_request_gets_no_answer() {
        let webhook = Webhook::start(Verification::None).await.unwrap();
        webhook.faults().always("/hook", Fault::Hold);
        let patience = crate::http().post(webhook.url("/hook")).timeout(Duration::from_millis(50));
        assert!(patience.send().await.unwrap_err().is_timeout());
        webhook.faults().heal("/hook");
        assert_eq!(crate::http().post(webhook.url("/hook")).send().await.unwrap().status(), 200);
    }
}
