//! A fake Slack that takes and refuses what the published contract takes and refuses (contracts.md §2):
//! `chat.postMessage`, `chat.update` and incoming webhooks. Keeps the channels as a person would see them now.

mod blocks;
pub mod press;

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::Instant;

const TEXT_CHARACTERS_MAX: usize = 40_000;

/// The only bot token that the fake knows.
pub const TOKEN: &str = "xoxb-bellwire-fake";

#[derive(Clone, Debug)]
pub struct Message {
    pub at: Instant,
    pub ts: String,
    /// The root of the thread it is a reply in.
    pub thread_ts: Option<String>,
    pub text: String,
    pub blocks: Vec<Value>,
    pub edits: u32,
}

impl Message {
    /// What a person reads: the blocks where there are any, else the text.
    pub fn shown(&self) -> String {
        if self.blocks.is_empty() { self.text.clone() } else { blocks::shown(&self.blocks) }
    }
}

#[derive(Clone, Debug)]
pub struct Channel {
    /// `C…`, or `D…` for the conversation with one user.
    pub id: String,
    pub archived: bool,
    pub messages: Vec<Message>,
}

/// One request that was acted on, whatever the answer.
#[derive(Clone, Debug)]
pub struct Call {
    pub at: Instant,
    /// `chat.postMessage`, `chat.update` or `webhook`.
    pub method: &'static str,
    pub body: Value,
    /// `ok`, or the error.
    pub answer: String,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub calls: Vec<Call>,
    /// By name, `#ops`; the conversation with a user by the user's id.
    pub channels: BTreeMap<String, Channel>,
    /// What was said to the one person who pressed or typed, oldest first.
    pub ephemeral: Vec<String>,
    last_ts: u32,
}

impl Seen {
    /// The messages of a channel as they stand now; none for a channel that is not there.
    pub fn messages(&self, channel: &str) -> &[Message] {
        self.channels.get(channel).map_or(&[], |channel| &channel.messages)
    }

    /// The channel as a person sees it: each message, its edits, its thread indented below it.
    pub fn rendering(&self, channel: &str) -> String {
        let mut page = format!("{channel}\n");
        let messages = self.messages(channel);
        for root in messages.iter().filter(|message| message.thread_ts.is_none()) {
            render(&mut page, "  ", root);
            for reply in messages.iter().filter(|message| message.thread_ts.as_ref() == Some(&root.ts)) {
                render(&mut page, "    ↳ ", reply);
            }
        }
        page
    }

    /// A channel by its name, with or without `#`, or by its id.
    fn find(&mut self, wanted: &str) -> Option<&mut Channel> {
        let by_name = |name: &str| name == wanted || name.strip_prefix('#') == Some(wanted);
        self.channels.iter_mut().find(|(name, channel)| by_name(name) || channel.id == wanted).map(|(_, found)| found)
    }
}

fn render(page: &mut String, indent: &str, message: &Message) {
    let blank: String = indent.chars().map(|_| ' ').collect();
    for (number, line) in message.shown().lines().enumerate() {
        let mark = if number == 0 && message.edits > 0 { " (edited)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "{}{line}{mark}", if number == 0 { indent } else { &blank });
    }
}

pub struct Slack {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
}

impl Slack {
    /// A workspace with these channels, each named `#…`, and these users, each a `U…` to whom a message can be posted.
    pub async fn start(channels: &[&str]) -> std::io::Result<Self> {
        let numbered = channels.iter().enumerate().map(|(number, &name)| {
            let id = format!("{}{:08}", if name.starts_with('U') { 'D' } else { 'C' }, number + 1);
            (name.to_owned(), Channel { id, archived: false, messages: Vec::new() })
        });
        let seen = Observed::new(Seen { channels: numbered.collect(), ..Seen::default() });
        let script = Script::default();
        let (state, faults) = (seen.clone(), script.clone());
        let server = Server::start(move |request| answer(request, state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script })
    }

    /// The base URL, to which a sender adds `/api/chat.postMessage`.
    pub fn url(&self) -> String {
        self.server.url("")
    }

    /// The incoming webhook of a channel.
    pub fn webhook_url(&self, channel: &str) -> String {
        self.server.url(&webhook_path(&self.seen.read(|seen| seen.channels[channel].id.clone())))
    }

    /// The next requests for `channel` (by name) meet these faults.
    pub fn script(&self, channel: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(channel, faults);
    }

    pub fn faults(&self) -> &Script {
        &self.script
    }

    /// From now on every message to `channel` is refused with `is_archived`.
    pub fn archive(&self, channel: &str) {
        self.seen.change(|seen| {
            if let Some(channel) = seen.find(channel) {
                channel.archived = true;
            }
        });
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

fn webhook_path(channel_id: &str) -> String {
    format!("/services/T00000001/B{}/fakefakefakefakefakefake", &channel_id[1..])
}

async fn answer(request: Request, seen: Observed<Seen>, script: Script) -> Outcome {
    if request.path == press::RESPONSE_PATH {
        return Some(press::respond(&request, &seen));
    }
    let method = match request.path.as_str() {
        "/api/chat.postMessage" => "chat.postMessage",
        "/api/chat.update" => "chat.update",
        path if path.starts_with("/services/") => "webhook",
        path if path.starts_with("/api/") => return Some(refusal("unknown_method", &[])),
        _ => return Some(Reply::text(404, "not found")),
    };
    if request.method != "POST" {
        return Some(Reply::text(405, "POST only"));
    }
    let body = parse(&request);
    let channel = seen.read(|seen| match method {
        "webhook" => by_webhook(seen, &request.path),
        _ => by_name_or_id(seen, body["channel"].as_str().unwrap_or("")),
    });
    let heard = match script.play(channel.as_deref().unwrap_or("")).await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    let (outcome, reply) = match method {
        "webhook" => incoming_webhook(&seen, channel, &body),
        _ => web_api(&seen, method, &request, &body),
    };
    seen.change(|seen| seen.calls.push(Call { at: Instant::now(), method, body, answer: outcome }));
    heard.then_some(reply)
}

fn parse(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or(Value::Null)
}

fn by_webhook(seen: &Seen, path: &str) -> Option<String> {
    seen.channels.iter().find(|(_, channel)| webhook_path(&channel.id) == path).map(|(name, _)| name.clone())
}

fn by_name_or_id(seen: &Seen, wanted: &str) -> Option<String> {
    let named = |name: &str| name == wanted || name.strip_prefix('#') == Some(wanted);
    seen.channels.iter().find(|(name, channel)| named(name) || channel.id == wanted).map(|(name, _)| name.clone())
}

type Refusal = (&'static str, Vec<String>);

fn no<T>(error: &'static str) -> Result<T, Refusal> {
    Err((error, Vec::new()))
}

fn refusal(error: &str, messages: &[String]) -> Reply {
    let mut body = json!({"ok": false, "error": error});
    if !messages.is_empty() {
        body["response_metadata"] = json!({"messages": messages});
    }
    Reply::json(200, &body)
}

fn web_api(seen: &Observed<Seen>, method: &str, request: &Request, body: &Value) -> (String, Reply) {
    let done = authorised(request)
        .and_then(|()| seen.change(|seen| if method == "chat.update" { update(seen, body) } else { post(seen, body) }));
    match done {
        Ok(reply) => ("ok".to_owned(), Reply::json(200, &reply)),
        Err((error, messages)) => (error.to_owned(), refusal(error, &messages)),
    }
}

fn incoming_webhook(seen: &Observed<Seen>, channel: Option<String>, body: &Value) -> (String, Reply) {
    let refuse = |status, error: &str| (error.to_owned(), Reply::text(status, error.to_owned()));
    let Some(channel) = channel else { return refuse(404, "no_service") };
    if !body.is_object() {
        return refuse(400, "invalid_payload");
    }
    let mut addressed = body.clone();
    addressed["channel"] = json!(channel);
    match seen.change(|seen| post(seen, &addressed)) {
        Ok(_) => ("ok".to_owned(), Reply::text(200, "ok")),
        Err(("is_archived", _)) => refuse(410, "channel_is_archived"),
        Err((error, _)) => refuse(400, error),
    }
}

fn authorised(request: &Request) -> Result<(), Refusal> {
    match request.header("authorization").strip_prefix("Bearer ") {
        None => return no("not_authed"),
        Some(TOKEN) => {}
        Some(_) => return no("invalid_auth"),
    }
    match request.media_type().as_str() {
        "application/json" if parse(request).is_object() => Ok(()),
        "application/json" => no("invalid_json"),
        _ => no("invalid_post_type"),
    }
}

/// The text and the blocks of a message, checked.
fn content(body: &Value) -> Result<(String, Vec<Value>), Refusal> {
    let text = match &body["text"] {
        Value::Null => String::new(),
        Value::String(text) if text.chars().count() > TEXT_CHARACTERS_MAX => return no("msg_too_long"),
        Value::String(text) => text.clone(),
        _ => return no("invalid_arguments"),
    };
    let blocks = match &body["blocks"] {
        Value::Null => Vec::new(),
        Value::Array(blocks) => blocks.clone(),
        _ => return no("invalid_blocks_format"),
    };
    blocks::check(&blocks)?;
    if text.is_empty() && blocks.is_empty() { no("no_text") } else { Ok((text, blocks)) }
}

fn post(seen: &mut Seen, body: &Value) -> Result<Value, Refusal> {
    let Some(wanted) = body["channel"].as_str() else { return no("invalid_arguments") };
    let next = seen.last_ts + 1;
    let Some(channel) = seen.find(wanted) else { return no("channel_not_found") };
    if channel.archived {
        return no("is_archived");
    }
    let (text, blocks) = content(body)?;
    let thread_ts = body["thread_ts"].as_str().map(str::to_owned);
    if thread_ts.as_ref().is_some_and(|root| channel.messages.iter().all(|message| message.ts != *root)) {
        return no("thread_not_found");
    }
    let ts = format!("1700000000.{next:06}");
    let message = Message { at: Instant::now(), ts: ts.clone(), thread_ts, text, blocks, edits: 0 };
    channel.messages.push(message);
    let reply = json!({"ok": true, "channel": channel.id, "ts": ts, "message": {"text": body["text"]}});
    seen.last_ts = next;
    Ok(reply)
}

fn update(seen: &mut Seen, body: &Value) -> Result<Value, Refusal> {
    let (Some(wanted), Some(ts)) = (body["channel"].as_str(), body["ts"].as_str()) else {
        return no("invalid_arguments");
    };
    // Unlike postMessage, an update knows a channel by its id alone.
    let Some(channel) = seen.channels.values_mut().find(|channel| channel.id == wanted) else {
        return no("channel_not_found");
    };
    let Some(message) = channel.messages.iter_mut().find(|message| message.ts == ts) else {
        return no("message_not_found");
    };
    if channel.archived {
        return no("is_archived");
    }
    // Text without blocks removes the blocks, so both are always replaced.
    (message.text, message.blocks) = content(body)?;
    message.edits += 1;
    Ok(json!({"ok": true, "channel": channel.id, "ts": ts, "text": message.text}))
}

#[cfg(test)]
mod tests;
