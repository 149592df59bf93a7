//! A fake of an ntfy server with access control: messages published as JSON, with the limits and the errors of the real one.

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use serde_json::{Value, json};
use std::time::Duration;

/// What is longer becomes an attachment, and this server takes none.
const MESSAGE_BYTES_MAX: usize = 4096;
const ACTIONS_MAX: usize = 3;

#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub topic: String,
    pub title: String,
    pub text: String,
    /// 1 to 5; 3 if none was given.
    pub priority: u64,
    pub tags: Vec<String>,
    pub click: Option<String>,
    /// Of later messages with the same one, the last is shown.
    pub sequence: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub messages: Vec<Message>,
    /// Why each refused request was refused.
    pub refused: Vec<String>,
}

pub struct Ntfy {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
}

impl Ntfy {
    /// Whoever has the token may publish to any topic, and nobody else.
    pub async fn start(token: &str) -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Seen>::default(), Script::default());
        let (known, state, faults) = (format!("Bearer {token}"), seen.clone(), script.clone());
        let server = Server::start(move |request| receive(request, known.clone(), state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script })
    }

    /// The base URL, to which JSON is posted.
    pub fn url(&self) -> String {
        self.server.url("")
    }

    /// The next messages to `topic` meet these faults.
    pub fn script(&self, topic: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(topic, faults);
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
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let limited =
        |seconds| error(42901, "limit reached: too many requests, please be nice").header("retry-after", seconds);
    let heard = match script.play_as(body["topic"].as_str().unwrap_or(""), limited).await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    let reply = match publish(&request, &body, &known) {
        Ok(message) => seen.change(|seen| {
            let id = format!("message{:05}", seen.messages.len());
            let reply = json!({
                "id": id, "time": 1, "expires": 43_201, "event": "message", "topic": message.topic,
                "title": message.title, "message": message.text, "priority": message.priority, "tags": message.tags,
            });
            seen.messages.push(Message { id, ..message });
            Reply::json(200, &reply)
        }),
        Err((code, why)) => {
            seen.change(|seen| seen.refused.push(format!("{code}: {why}")));
            error(code, why)
        }
    };
    heard.then_some(reply)
}

/// The first three digits of ntfy's codes are HTTP's.
fn error(code: u32, why: &str) -> Reply {
    let status = u16::try_from(code / 100).unwrap_or(500);
    Reply::json(status, &json!({"code": code, "http": status, "error": why, "link": "https://ntfy.sh/docs/publish/"}))
}

fn publish(request: &Request, body: &Value, known: &str) -> Result<Message, (u32, &'static str)> {
    if !matches!(request.method.as_str(), "POST" | "PUT") || request.path != "/" {
        return Err((40401, "page not found"));
    }
    match request.header("authorization") {
        "" => return Err((40301, "forbidden")),
        given if given != known => return Err((40101, "unauthorized")),
        _ => {}
    }
    if request.body.len() > 2 * MESSAGE_BYTES_MAX {
        return Err((41303, "JSON body too large"));
    }
    let of = |key: &str| body[key].as_str().unwrap_or("").to_owned();
    let textual = ["topic", "title", "message", "click", "sequence_id"];
    if !body.is_object() || textual.iter().any(|key| !(body[*key].is_null() || body[*key].is_string())) {
        return Err((40024, "invalid request: request body must be message JSON"));
    }
    if !is_name(&of("topic")) {
        return Err((40009, "invalid request: topic invalid"));
    }
    let sequence = body["sequence_id"].as_str().map(str::to_owned);
    if sequence.as_deref().is_some_and(|sequence| !is_name(sequence)) {
        return Err((40049, "invalid request: sequence ID invalid"));
    }
    let priority = body["priority"].as_u64().unwrap_or(3);
    if !(1..=5).contains(&priority) || !(body["priority"].is_null() || body["priority"].is_u64()) {
        return Err((40007, "invalid request: priority invalid"));
    }
    let actions = body["actions"].as_array().cloned().unwrap_or_default();
    let sound =
        |action: &Value| action["label"].is_string() && (action["action"] != "view" || action["url"].is_string());
    if actions.len() > ACTIONS_MAX || !actions.iter().all(sound) {
        return Err((40018, "invalid request: actions invalid"));
    }
    let tags = body["tags"].as_array().cloned().unwrap_or_default();
    let tags = tags.iter().map(|tag| tag.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    let tags = tags.ok_or((40024, "invalid request: request body must be message JSON"))?;
    let text = of("message");
    if text.len() > MESSAGE_BYTES_MAX {
        return Err((40014, "invalid request: attachments not allowed"));
    }
    let text = if text.is_empty() { "triggered".to_owned() } else { text };
    let click = body["click"].as_str().map(str::to_owned);
    Ok(Message { id: String::new(), topic: of("topic"), title: of("title"), text, priority, tags, click, sequence })
}

fn is_name(text: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(sound)
}
