//! People in Slack: they press the buttons that a message really has, and type commands. Slack tells the app by a signed
//! form (contracts.md §2), and shows what comes back to the person alone.

use super::{Message, Seen, Slack};
use crate::observed::Observed;
use crate::serve::{Reply, Request};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// The signing secret of the fake's app: the one of Slack's own documentation.
pub const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub(super) const RESPONSE_PATH: &str = "/actions/T00000001/1/response";

#[derive(Clone, Debug)]
pub struct User {
    /// `U…`
    pub id: String,
    pub name: String,
}

impl User {
    pub fn new(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned() }
    }
}

/// A form as Slack posts it.
#[derive(Clone, Debug)]
pub struct SignedForm {
    /// `X-Slack-Request-Timestamp`, in seconds.
    pub timestamp: String,
    /// `X-Slack-Signature`
    pub signature: String,
    pub body: String,
}

/// What the app answered to Slack.
#[derive(Clone, Debug)]
pub struct Answered {
    pub status: u16,
    pub body: String,
}

impl SignedForm {
    pub fn new(secret: &str, seconds: u64, body: String) -> Self {
        let timestamp = seconds.to_string();
        let signature = format!("v0={}", hex::encode(mac(secret, format!("v0:{timestamp}:{body}").as_bytes())));
        Self { timestamp, signature, body }
    }

    /// Somebody pressed a button.
    pub fn press(seconds: u64, user: &User, action_id: &str, value: &str, response_url: &str) -> Self {
        let actions = json!([{"type": "button", "action_id": action_id, "block_id": "bellwire", "value": value,
            "action_ts": format!("{seconds}.000100"), "text": {"type": "plain_text", "text": action_id}}]);
        Self::interaction(seconds, &interaction(user, &actions, response_url))
    }

    pub fn interaction(seconds: u64, payload: &Value) -> Self {
        Self::new(SIGNING_SECRET, seconds, encoded(&[("payload", &payload.to_string())]))
    }

    /// Somebody typed `/bellwire TEXT`.
    pub fn command(seconds: u64, user: &User, text: &str, response_url: &str) -> Self {
        let fields = [
            ("token", "gIkuvaNzQIHg97ATvDxqgjtO"),
            ("team_id", "T00000001"),
            ("channel_id", "C00000001"),
            ("user_id", &user.id),
            ("user_name", &user.name),
            ("command", "/bellwire"),
            ("text", text),
            ("response_url", response_url),
        ];
        Self::new(SIGNING_SECRET, seconds, encoded(&fields))
    }

    /// To the app's request URL.
    pub async fn post(&self, url: &str) -> reqwest::Result<Answered> {
        let request = crate::http().post(url).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("x-slack-request-timestamp", &self.timestamp);
        let reply = request.header("x-slack-signature", &self.signature).body(self.body.clone()).send().await?;
        Ok(Answered {
            status: reply.status().as_u16(),
            body: String::from_utf8_lossy(&reply.bytes().await?).into_owned(),
        })
    }
}

impl Message {
    /// The value of the button with that `action_id`; none: a person sees no such button.
    pub fn button(&self, action_id: &str) -> Option<&str> {
        let elements = self.blocks.iter().filter_map(|block| block["elements"].as_array()).flatten();
        let mut buttons = elements.filter(|element| element["type"] == "button");
        buttons.find(|button| button["action_id"] == action_id)?["value"].as_str()
    }
}

impl Slack {
    /// Where the app may say something to the one who pressed or typed.
    pub fn response_url(&self) -> String {
        self.server.url(RESPONSE_PATH)
    }

    /// `user` presses a button of `message`. None: it has no such button.
    pub fn press(&self, seconds: u64, user: &User, message: &Message, action_id: &str) -> Option<SignedForm> {
        let value = message.button(action_id)?;
        Some(SignedForm::press(seconds, user, action_id, value, &self.response_url()))
    }
}

/// What the app says to one person. Slack refuses what has no text.
pub(super) fn respond(request: &Request, seen: &Observed<Seen>) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    match body["text"].as_str() {
        Some(text) if request.method == "POST" && body["response_type"] == "ephemeral" => {
            seen.change(|seen| seen.ephemeral.push(text.to_owned()));
            Reply::text(200, "ok")
        }
        Some(_) | None => Reply::text(500, "invalid_payload"),
    }
}

fn interaction(user: &User, actions: &Value, response_url: &str) -> Value {
    json!({
        "type": "block_actions",
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": "T00000001"},
        "api_app_id": "A00000001",
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "container": {"type": "message", "message_ts": "1700000000.000001", "channel_id": "C00000001"},
        "trigger_id": "12466734323.1395872398",
        "team": {"id": "T00000001", "domain": "example"},
        "channel": {"id": "C00000001", "name": "ops"},
        "response_url": response_url,
        "actions": actions,
    })
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn mac(secret: &str, message: &[u8]) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
