//! A fake of Discord's webhooks: executing one and editing its messages, with the limits of the published reference.

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use serde_json::{Value, json};
use std::time::Duration;

const CONTENT_CHARACTERS_MAX: usize = 2000;
const EMBEDS_MAX: usize = 10;
const FIELDS_MAX: usize = 25;
const EMBEDS_CHARACTERS_MAX: usize = 6000;

#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    /// As a person reads it: the content, then each embed's title, description and fields.
    pub text: String,
    /// Somebody's `@everyone` would have rung everywhere.
    pub pings: bool,
    pub edits: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub messages: Vec<Message>,
    /// Why each refused request was refused.
    pub refused: Vec<String>,
}

pub struct Discord {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
    path: String,
}

impl Discord {
    /// Has one webhook, by its id and token.
    pub async fn start(id: &str, token: &str) -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Seen>::default(), Script::default());
        let path = format!("/api/webhooks/{id}/{token}");
        let (known, state, faults) = (path.clone(), seen.clone(), script.clone());
        let server = Server::start(move |request| receive(request, known.clone(), state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script, path })
    }

    pub fn base(&self) -> String {
        self.server.url("")
    }

    /// The webhook's URL, as Discord shows it.
    pub fn url(&self) -> String {
        self.server.url(&self.path)
    }

    /// The next requests meet these faults.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.next("", faults);
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

async fn receive(request: Request, known: String, seen: Observed<Seen>, script: Script) -> Outcome {
    let limited = |seconds: u32| {
        let body =
            json!({"message": "You are being rate limited.", "retry_after": f64::from(seconds), "global": false});
        Reply::json(429, &body).header("retry-after", seconds).text_header("x-ratelimit-scope", "user")
    };
    let heard = match script.play_as("", limited).await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    let reply = act(&request, &known, &seen).unwrap_or_else(|(status, body)| {
        seen.change(|seen| seen.refused.push(body.to_string()));
        Reply::json(status, &body)
    });
    heard.then_some(reply)
}

type Refusal = (u16, Value);

fn act(request: &Request, known: &str, seen: &Observed<Seen>) -> Result<Reply, Refusal> {
    if request.header("user-agent").is_empty() {
        return Err((403, json!({"message": "Forbidden", "code": 40333})));
    }
    let path = request.path.replacen("/api/v10/", "/api/", 1);
    let Some(rest) = path.strip_prefix(known) else {
        let webhook = known.rsplit_once('/').map_or(known, |(webhook, _)| webhook);
        return Err(match path.starts_with(&format!("{webhook}/")) {
            true => (401, json!({"message": "Invalid Webhook Token", "code": 50027})),
            false => (404, json!({"message": "Unknown Webhook", "code": 10015})),
        });
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    if request.media_type() != "application/json" || !body.is_object() {
        return Err((400, json!({"message": "The request body contains invalid JSON.", "code": 50109})));
    }
    let text = check(&body).map_err(|(code, message)| (400, json!({"message": message, "code": code})))?;
    let pings = text.contains("@everyone") && body["allowed_mentions"]["parse"] != json!([]);
    match (request.method.as_str(), rest.strip_prefix("/messages/")) {
        ("POST", None) if rest.is_empty() => Ok(seen.change(|seen| {
            let id = format!("{}", 1_000_000_000_000_000_000 + seen.messages.len());
            let message = json!({"id": id, "type": 0, "content": body["content"], "embeds": body["embeds"]});
            seen.messages.push(Message { id, text, pings, edits: 0 });
            match request.query.split('&').any(|pair| pair == "wait=true") {
                true => Reply::json(200, &message),
                false => Reply::text(204, ""),
            }
        })),
        ("PATCH", Some(id)) => seen.change(|seen| {
            let message = seen.messages.iter_mut().find(|message| message.id == id);
            let message = message.ok_or((404, json!({"message": "Unknown Message", "code": 10008})))?;
            message.text = text;
            message.edits += 1;
            Ok(Reply::json(200, &json!({"id": id, "type": 0})))
        }),
        _ => Err((405, json!({"message": "405: Method Not Allowed", "code": 0}))),
    }
}

/// What a person reads; the error with Discord's code.
fn check(body: &Value) -> Result<String, (u32, String)> {
    let form = |what: &str| (50035, format!("Invalid Form Body: {what}"));
    let within = |value: &Value, what: &str, max: usize| match value {
        Value::Null => Ok(String::new()),
        Value::String(text) if text.chars().count() <= max => Ok(text.clone()),
        Value::String(_) => Err(form(&format!("{what}: Must be {max} or fewer in length."))),
        _ => Err(form(&format!("{what}: Could not interpret as string."))),
    };
    let mut lines = vec![within(&body["content"], "content", CONTENT_CHARACTERS_MAX)?];
    let embeds = body["embeds"].as_array().cloned().unwrap_or_default();
    if embeds.len() > EMBEDS_MAX {
        return Err(form("embeds: Must be 10 or fewer in length."));
    }
    let mut characters = 0;
    for embed in &embeds {
        let mut texts = vec![
            within(&embed["title"], "title", 256)?,
            within(&embed["description"], "description", 4096)?,
            within(&embed["footer"]["text"], "footer", 2048)?,
            within(&embed["author"]["name"], "author", 256)?,
        ];
        let fields = embed["fields"].as_array().cloned().unwrap_or_default();
        if fields.len() > FIELDS_MAX {
            return Err(form("fields: Must be 25 or fewer in length."));
        }
        for field in &fields {
            let (name, value) = (within(&field["name"], "name", 256)?, within(&field["value"], "value", 1024)?);
            if name.is_empty() || value.is_empty() {
                return Err(form("fields: This field is required"));
            }
            texts.extend([name, value]);
        }
        if embed["url"].as_str().is_some_and(|url| !url.starts_with("http")) {
            return Err(form("url: Scheme must be one of ('http', 'https')."));
        }
        if !(embed["color"].is_null() || embed["color"].as_u64().is_some_and(|color| color <= 0xFF_FFFF)) {
            return Err(form("color: int value should be between 0 and 16777215."));
        }
        characters += texts.iter().map(|text| text.chars().count()).sum::<usize>();
        lines.extend(texts);
    }
    if characters > EMBEDS_CHARACTERS_MAX {
        return Err(form("Embed size exceeds maximum size of 6000"));
    }
    lines.retain(|line| !line.trim().is_empty());
    match lines.is_empty() {
        true => Err((50006, "Cannot send an empty message".to_owned())),
        false => Ok(unescaped(&lines.join("\n"))),
    }
}

/// Discord does not show a backslash before what would be its markup.
fn unescaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '\\' || !rest.peek().is_some_and(char::is_ascii_punctuation) {
            shown.push(character);
        } else {
            shown.extend(rest.next());
        }
    }
    shown
}
