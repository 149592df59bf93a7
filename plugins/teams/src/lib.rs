//! Microsoft Teams: a card in a chat or channel, by the webhook of a workflow. It touches nothing but its arguments.
//!
//! Every text goes into a `TextRun`, which Teams shows as it is: in a `TextBlock` an alert's text could write Markdown.

use bellwire_policy::channel::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {}

struct Teams;

/// Teams takes 28 KB; the rest is for the envelope, and the note of what was left out.
const CARD_BYTES_MAX: usize = 27_000;
const LINE_BYTES_MAX: usize = 2_000;
const TITLE_CHARS_MAX: usize = 300;

impl Channel for Teams {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(_: &Settings) -> Result<ChannelWants, Vec<Problem>> {
        Ok(ChannelWants::secret("url"))
    }

    fn next(_: &Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError> {
        Ok(match responses.last() {
            None => Request::post(secret("url")).json(&card_message(message)).into(),
            Some(response) => outcome(response),
        })
    }
}

/// A workflow answers 202. A connector of old answers 200 even if Teams refused, and says so in the body.
fn outcome(response: &Response) -> Step {
    if response.is_success() && response.body.starts_with("Webhook message delivery failed") {
        return Step::retry(None, response.quote(&response.body));
    }
    let error: Option<Value> = response.json();
    let said = error.as_ref().and_then(|error| error.pointer("/error/message")?.as_str());
    Step::by_status_as(response, said.unwrap_or(&response.body), None)
}

fn card_message(message: &Message) -> Value {
    let mut card = card(message);
    let room = CARD_BYTES_MAX.saturating_sub(card.to_string().len());
    if let Some(body) = card["body"].as_array_mut() {
        body.extend(lines(message.body(), room));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": card,
        }],
    })
}

/// All but the lines.
fn card(message: &Message) -> Value {
    let style = match message.standing() {
        Standing::Firing => "attention",
        Standing::Taken => "warning",
        Standing::Resolved => "good",
    };
    let title = clip(&message.title, TITLE_CHARS_MAX, |_| 1);
    let heading = json!({ "type": "TextRun", "text": title, "weight": "Bolder", "size": "Medium" });
    let heading = json!({ "type": "Container", "style": style, "bleed": true, "items": [rich_text(heading)] });
    let actions: Vec<Value> = message
        .web_links()
        .map(|link| json!({ "type": "Action.OpenUrl", "title": link.label(), "url": link.url }))
        .collect();
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": title,
        "msteams": { "width": "Full" },
        "body": [heading],
        "actions": actions,
    })
}

/// One block for each line, as many as there is room for; an empty line is a gap.
fn lines(text: &str, mut room: usize) -> Vec<Value> {
    let mut blocks = Vec::new();
    let mut spacing = "Default";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            spacing = "Default";
            continue;
        }
        let block = line_block(&clip(line, LINE_BYTES_MAX, char::len_utf8), spacing);
        // What JSON escapes is longer than it was, and a comma parts it from the next.
        let Some(left) = room.checked_sub(block.to_string().len() + 1) else {
            blocks.push(line_block(&format!("… {} more lines", lines.count() + 1), "Default"));
            break;
        };
        room = left;
        blocks.push(block);
        spacing = "None";
    }
    blocks
}

fn line_block(line: &str, spacing: &str) -> Value {
    let mut block = rich_text(json!({ "type": "TextRun", "text": line }));
    block["spacing"] = spacing.into();
    block
}

fn rich_text(run: Value) -> Value {
    json!({ "type": "RichTextBlock", "inlines": [run] })
}

bellwire_policy::export_channel!(Teams);

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_policy::{
        channel::Link,
        testing::{page, run_channel_cases},
    };

    #[test]
    fn cases() {
        run_channel_cases::<Teams>("cases/teams.toml");
    }

    #[test]
    fn a_long_text_keeps_to_the_limit_and_says_what_is_missing() {
        for line in ["\u{1}".repeat(5_000), "🔥".repeat(9_000), "x\n".repeat(9_000)] {
            let url = format!("https://a/{}", "b".repeat(1_980));
            let link = |name: &str| Link { name: name.into(), url: url.clone() };
            let links = ["incident", "runbook", "dashboard", "generator"].map(link).into();
            let message = Message { title: line.clone(), text: format!("{line}\n").repeat(30), links, ..page() };
            let card = card_message(&message).to_string();
            assert!((14_000..28_000).contains(&card.len()) && card.contains("more lines"), "{}", card.len());
        }
    }
}
