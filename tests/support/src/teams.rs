//! A fake of a Teams workflow that "posts to a channel when a webhook request is received": it takes Adaptive Cards as Teams
//! shows them. Teams itself accepts first and fails later, unseen; this refuses at once what it could not show.

use crate::observed::{Observed, TimedOut};
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};
use serde_json::{Value, json};
use std::time::Duration;

/// Of a message with all that belongs to it.
const MESSAGE_BYTES_MAX: usize = 28 * 1024;
const PATH: &str = "/workflows/0123456789abcdef/triggers/manual/paths/invoke";
const VERSIONS: [&str; 6] = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"];

#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Each card as a person reads it, line by line; a link as `title <url>`.
    pub cards: Vec<String>,
    /// Why each refused request was refused.
    pub refused: Vec<String>,
}

pub struct Teams {
    server: Server,
    seen: Observed<Seen>,
    script: Script,
    signature: String,
}

impl Teams {
    /// Has one workflow, whose URL carries this signature.
    pub async fn start(signature: &str) -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Seen>::default(), Script::default());
        let (known, state, faults) = (format!("sig={signature}"), seen.clone(), script.clone());
        let server = Server::start(move |request| receive(request, known.clone(), state.clone(), faults.clone()));
        Ok(Self { server: server.await?, seen, script, signature: signature.to_owned() })
    }

    pub fn base(&self) -> String {
        self.server.url("")
    }

    /// The workflow's URL, as Teams shows it.
    pub fn url(&self) -> String {
        let query = "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0";
        self.server.url(&format!("{PATH}?{query}&sig={}", self.signature))
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
    let heard = match script.play("").await {
        Turn::Act => true,
        Turn::ActUnheard => false,
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    };
    let reply = match act(&request, &known) {
        Ok(card) => {
            seen.change(|seen| seen.cards.push(card));
            Reply::text(202, "")
        }
        Err((status, code, message)) => {
            seen.change(|seen| seen.refused.push(format!("{code}: {message}")));
            Reply::json(status, &json!({"error": {"code": code, "message": message}}))
        }
    };
    heard.then_some(reply)
}

type Refusal = (u16, &'static str, String);

fn act(request: &Request, known: &str) -> Result<String, Refusal> {
    if request.path != PATH {
        return Err((404, "WorkflowNotFound", "The workflow could not be found.".to_owned()));
    }
    if !request.query.split('&').any(|pair| pair == known) {
        let message = "The authentication credentials are not valid.".to_owned();
        return Err((401, "AuthorizationFailed", message));
    }
    if request.method != "POST" {
        return Err((405, "MethodNotAllowed", "POST only".to_owned()));
    }
    if request.body.len() > MESSAGE_BYTES_MAX {
        return Err((413, "RequestEntityTooLarge", format!("at most {MESSAGE_BYTES_MAX} bytes")));
    }
    let mismatch = |message: &str| (400, "TriggerInputSchemaMismatch", message.to_owned());
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| mismatch(&error.to_string()))?;
    if request.media_type() != "application/json" || body["type"] != "message" {
        return Err(mismatch("JSON with the type `message` is taken"));
    }
    let attachments = body["attachments"].as_array().ok_or_else(|| mismatch("`attachments` is missing"))?;
    let [attachment] = attachments.as_slice() else { return Err(mismatch("one attachment is taken")) };
    if attachment["contentType"] != "application/vnd.microsoft.card.adaptive" {
        return Err(mismatch("the attachment is no Adaptive Card"));
    }
    let mut lines = Vec::new();
    card(&attachment["content"], &mut lines).map_err(|why| mismatch(&why))?;
    Ok(lines.join("\n"))
}

fn card(card: &Value, lines: &mut Vec<String>) -> Result<(), String> {
    if card["type"] != "AdaptiveCard" || !card["version"].as_str().is_some_and(|given| VERSIONS.contains(&given)) {
        return Err("the card must be an AdaptiveCard of a version from 1.0 to 1.5".to_owned());
    }
    let body = card["body"].as_array().filter(|body| !body.is_empty()).ok_or("the card is empty")?;
    body.iter().try_for_each(|item| element(item, lines))?;
    actions(&card["actions"], lines)
}

fn element(item: &Value, lines: &mut Vec<String>) -> Result<(), String> {
    let each = |key: &str, lines: &mut Vec<String>| {
        let items = item[key].as_array().ok_or_else(|| format!("{key} is missing"))?;
        items.iter().try_for_each(|item| element(item, lines))
    };
    match item["type"].as_str().unwrap_or_default() {
        "TextBlock" | "TextRun" => {
            let text = item["text"].as_str().ok_or("a text without `text`")?;
            lines.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
            Ok(())
        }
        "FactSet" => item["facts"].as_array().ok_or("a FactSet without `facts`")?.iter().try_for_each(|fact| {
            let of = |key: &str| fact[key].as_str().ok_or_else(|| format!("a fact without `{key}`"));
            lines.push(format!("{}: {}", of("title")?, of("value")?));
            Ok(())
        }),
        "Container" | "Column" => each("items", lines),
        "ColumnSet" => each("columns", lines),
        "RichTextBlock" => each("inlines", lines),
        "ActionSet" => actions(&item["actions"], lines),
        other => Err(format!("Teams does not show {other:?}")),
    }
}

fn actions(actions: &Value, lines: &mut Vec<String>) -> Result<(), String> {
    actions.as_array().into_iter().flatten().try_for_each(|action| {
        let of = |key: &str| action[key].as_str().ok_or_else(|| format!("an action without `{key}`"));
        let url = of("url")?;
        if action["type"] != "Action.OpenUrl" || !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err("a workflow's card can only open URLs".to_owned());
        }
        lines.push(format!("{} <{url}>", of("title")?));
        Ok(())
    })
}
