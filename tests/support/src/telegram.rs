//! A fake of Telegram's Bot API: `sendMessage` and `editMessageText` take and refuse what the published reference says.

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use serde_json::{Value, json};
use std::time::Duration;

/// As Telegram counts: in UTF-16 units, once the markup is gone.
const TEXT_UNITS_MAX: usize = 4096;
/// The tags of `parse_mode` HTML.
const TAGS: [&str; 16] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "a",
    "tg-emoji",
    "code",
    "pre",
    "blockquote",
];

#[derive(Clone, Debug)]
pub struct Message {
    pub id: u64,
    pub chat: String,
    /// As a person reads it, without markup.
    pub text: String,
    pub reply_to: Option<u64>,
    /// Without a sound.
    pub silent: bool,
    pub edits: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub messages: Vec<Message>,
    /// Why each refused request was refused.
    pub refused: Vec<String>,
}

pub struct Telegram {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
}

#[derive(Clone)]
struct Known {
    token: String,
    chats: Vec<String>,
}

impl Telegram {
    /// Knows one bot, by its token, and the chats that it is in.
    pub async fn start(token: &str, chats: &[&str]) -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Seen>::default(), Script::default());
        let known = Known { token: token.to_owned(), chats: chats.iter().map(|&chat| chat.to_owned()).collect() };
        let (state, faults) = (seen.clone(), script.clone());
        let server = Server::start(move |request| receive(request, known.clone(), state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script })
    }

    /// The base URL, to which a sender adds `/botTOKEN/METHOD`.
    pub fn url(&self) -> String {
        self.server.url("")
    }

    /// The next requests about `chat` meet these faults.
    pub fn script(&self, chat: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(chat, faults);
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

async fn receive(request: Request, known: Known, seen: Observed<Seen>, script: Script) -> Outcome {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let chat = chat(&body);
    let limited = |seconds| {
        let description = format!("Too Many Requests: retry after {seconds}");
        let parameters = json!({"retry_after": seconds});
        Reply::json(429, &json!({"ok": false, "error_code": 429, "description": description, "parameters": parameters}))
    };
    let heard = match script.play_as(&chat, limited).await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    let reply = match act(&request, &body, &chat, &known, &seen) {
        Ok(message) => Reply::json(200, &json!({"ok": true, "result": message})),
        Err((status, description)) => {
            seen.change(|seen| seen.refused.push(description.clone()));
            Reply::json(status, &json!({"ok": false, "error_code": status, "description": description}))
        }
    };
    heard.then_some(reply)
}

type Refusal = (u16, String);

fn bad(description: &str) -> Refusal {
    (400, format!("Bad Request: {description}"))
}

fn act(request: &Request, body: &Value, chat: &str, known: &Known, seen: &Observed<Seen>) -> Result<Value, Refusal> {
    let (token, method) = request.path.strip_prefix("/bot").and_then(|path| path.split_once('/')).unwrap_or(("", ""));
    if !token.contains(':') {
        return Err((404, "Not Found".to_owned()));
    }
    if token != known.token {
        return Err((401, "Unauthorized".to_owned()));
    }
    if !matches!(request.method.as_str(), "POST") || request.media_type() != "application/json" || !body.is_object() {
        return Err(bad("this fake takes POST with a JSON object"));
    }
    if !known.chats.iter().any(|known| known == chat) {
        return Err(bad("chat not found"));
    }
    let text = text(body)?;
    match method {
        "sendMessage" => send(body, chat, text, seen),
        "editMessageText" => edit(body, chat, text, seen),
        _ => Err((404, "Not Found: method not found".to_owned())),
    }
}

fn send(body: &Value, chat: &str, text: String, seen: &Observed<Seen>) -> Result<Value, Refusal> {
    let reply = &body["reply_parameters"];
    let reply_to = reply["message_id"].as_u64();
    seen.change(|seen| {
        let there = reply_to.is_none_or(|id| seen.messages.iter().any(|message| message.id == id));
        if !there && reply["allow_sending_without_reply"] != true {
            return Err(bad("message to be replied not found"));
        }
        let silent = body["disable_notification"] == true;
        let id = seen.messages.len() as u64 + 1;
        let reply_to = reply_to.filter(|_| there);
        seen.messages.push(Message { id, chat: chat.to_owned(), text: text.clone(), reply_to, silent, edits: 0 });
        Ok(json!({"message_id": id, "date": 1, "chat": {"id": chat}, "text": text}))
    })
}

fn edit(body: &Value, chat: &str, text: String, seen: &Observed<Seen>) -> Result<Value, Refusal> {
    let id = body["message_id"].as_u64();
    seen.change(|seen| {
        let message = seen.messages.iter_mut().find(|message| Some(message.id) == id && message.chat == chat);
        let message = message.ok_or_else(|| bad("message to edit not found"))?;
        if message.text == text {
            return Err(bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a \
                 current content and reply markup of the message",
            ));
        }
        message.text = text;
        message.edits += 1;
        Ok(json!({"message_id": message.id, "date": 1, "chat": {"id": chat}, "text": message.text}))
    })
}

/// A number, or text.
fn chat(body: &Value) -> String {
    match &body["chat_id"] {
        Value::String(chat) => chat.clone(),
        Value::Number(chat) => chat.to_string(),
        _ => String::new(),
    }
}

/// What a person reads.
fn text(body: &Value) -> Result<String, Refusal> {
    let text = body["text"].as_str().unwrap_or("");
    let text = match body["parse_mode"].as_str() {
        None => text.to_owned(),
        Some("HTML") => plain(text).map_err(|why| bad(&format!("can't parse entities: {why}")))?,
        Some(_) => return Err(bad("unsupported parse_mode")),
    };
    match text.encode_utf16().count() {
        _ if text.trim().is_empty() => Err(bad("message text is empty")),
        units if units > TEXT_UNITS_MAX => Err(bad("message is too long")),
        _ => Ok(text),
    }
}

/// Well nested tags that Telegram knows, and nothing else that looks like one.
fn plain(html: &str) -> Result<String, String> {
    let (mut plain, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(at) = rest.find(['<', '>', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('<') {
            let (tag, after) = after.split_once('>').ok_or("unclosed start tag")?;
            let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or("");
            if !TAGS.contains(&name) {
                return Err(format!("unsupported start tag \"{name}\""));
            }
            match tag.starts_with('/') {
                false => open.push(name),
                true if open.pop() == Some(name) => {}
                true => return Err(format!("unexpected end tag \"{name}\"")),
            }
            rest = after;
        } else {
            let entities = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
            let entity = entities.iter().find(|(written, _)| rest.starts_with(written));
            let (written, meant) = entity.ok_or("a character that must be escaped")?;
            plain.push(*meant);
            rest = &rest[written.len()..];
        }
    }
    plain.push_str(rest);
    match open.pop() {
        None => Ok(plain),
        Some(tag) => Err(format!("can't find end tag corresponding to start tag \"{tag}\"")),
    }
}
