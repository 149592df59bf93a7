//! Telegram: a message in a chat, by a bot. It touches nothing but its arguments.
//!
//! What comes later about an incident answers its first message, so that a chat of many incidents can be followed.

use bellwire_policy::channel::{length, prelude::*};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    chat: String,
    topic: Option<u32>,
    #[serde(default = "telegram")]
    server: Server,
}

struct Telegram;

/// Counted after Telegram has read the HTML, as JavaScript counts.
const TEXT_MAX: usize = 4_096;
const TITLE_MAX: usize = 300;

impl Channel for Telegram {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<ChannelWants, Vec<Problem>> {
        let mut problems = Vec::new();
        if !is_chat(&settings.chat) {
            let message = "must be a chat's number, such as \"-1001234567890\", or a public channel's \"@name\"";
            problems.push(Problem::new("chat", message));
        }
        if settings.topic == Some(0) {
            problems.push(Problem::new("topic", "counts from 1; leave it out for a chat without topics"));
        }
        if problems.is_empty() { Ok(ChannelWants::secret("token").host(settings.server.host())) } else { Err(problems) }
    }

    fn next(settings: &Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError> {
        let Some(response) = responses.last() else {
            return Ok(send(settings, message, &settings.chat).into());
        };
        let answer: Value = response.json().unwrap_or_default();
        if response.is_success() {
            return Ok(receipt(message, &answer));
        }
        // A group that became a supergroup has another number from then on.
        if let (Some(chat), [_]) = (answer.pointer("/parameters/migrate_to_chat_id").and_then(Value::as_i64), responses)
        {
            log::warn(format!("the chat {} is now {chat}: change the settings", settings.chat));
            return Ok(send(settings, message, &chat.to_string()).into());
        }
        let seconds = answer.pointer("/parameters/retry_after").and_then(Value::as_u64);
        let wait = seconds.map(|seconds| Span::from_milliseconds(seconds.min(86_400) * 1_000));
        Ok(Step::by_status_as(response, answer["description"].as_str().unwrap_or(&response.body), wait))
    }
}

fn telegram() -> Server {
    Server::known("https://api.telegram.org")
}

fn is_chat(text: &str) -> bool {
    match text.strip_prefix('@') {
        Some(name) => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        None => text.parse::<i64>().is_ok() && !text.starts_with('+'),
    }
}

fn send(settings: &Settings, message: &Message, chat: &str) -> Request {
    let mut body = json!({
        "chat_id": chat,
        "text": words(message),
        "parse_mode": "HTML",
        "link_preview_options": { "is_disabled": true },
        "disable_notification": !message.page,
    });
    if let Some(topic) = settings.topic {
        body["message_thread_id"] = topic.into();
    }
    if let Some(root) = message.root().and_then(|root| root.parse::<i64>().ok()) {
        body["reply_parameters"] = json!({ "message_id": root, "allow_sending_without_reply": true });
    }
    Request::post(text(settings.server.url()) + "/bot" + secret("token") + "/sendMessage").json(&body)
}

/// The title in bold, after a sign of how things are; then the rest.
fn words(message: &Message) -> String {
    let sign = match message.standing() {
        Standing::Firing => "🔴",
        Standing::Taken => "🟡",
        Standing::Resolved => "🟢",
    };
    let title = clip(&message.title, TITLE_MAX, char::len_utf16);
    let around = length(sign, char::len_utf16) + length(" \n\n", char::len_utf16);
    let body = clip(message.body(), TEXT_MAX - around - length(&title, char::len_utf16), char::len_utf16);
    format!("{sign} <b>{}</b>\n\n{}", escape(&title), escape(&body)).trim_end().into()
}

/// Telegram's HTML knows these three.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn receipt(message: &Message, answer: &Value) -> Step {
    match answer.pointer("/result/message_id").and_then(Value::as_i64) {
        Some(id) if !message.is_bundle() => Step::delivered_as(id.to_string()),
        _ => Step::delivered(),
    }
}

bellwire_policy::export_channel!(Telegram);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use bellwire_policy::{
        channel::check_settings,
        testing::{page, run_channel_cases},
    };

    #[test]
    fn cases() {
        run_channel_cases::<Telegram>("cases/telegram.toml");
    }

    #[test]
    fn a_long_text_keeps_to_the_limit_that_counts_after_the_html_is_read() {
        for character in ["<", "&", "🔥", "é", "a "] {
            let message = Message { title: character.repeat(999), text: character.repeat(9_999), ..page() };
            let read = words(&message).replace("<b>", "").replace("</b>", "");
            let read = read.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let units = length(&read, char::len_utf16);
            assert!((TEXT_MAX - 10..=TEXT_MAX).contains(&units), "{character}: {units}");
        }
    }

    #[test]
    fn it_wants_the_host_that_it_talks_to() {
        let wants = |settings| check_settings::<Telegram>(settings).unwrap().hosts;
        assert_eq!(wants(r#"{ "chat": "-100123" }"#), ["api.telegram.org"]);
        assert_eq!(wants(r#"{ "chat": "@ops", "server": "http://bots:8081/" }"#), ["http://bots:8081"]);
    }

    #[test]
    fn settings_are_refused_with_their_places() {
        let problems = check_settings::<Telegram>(r#"{ "chat": "ops", "topic": 0 }"#).unwrap_err();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["chat", "topic"]);
        for chat in ["", "@", "@a b", "+1", "1.5", "-"] {
            assert!(!is_chat(chat), "{chat}");
        }
    }
}
