//! ntfy: a notification on the phones that subscribe to a topic. It touches nothing but its arguments.
//!
//! ntfy shows a message as plain text unless it is told that it is Markdown, so nothing is to be escaped.

use bellwire_policy::channel::{Link, prelude::*};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default = "ntfy_sh")]
    server: Server,
    topic: Option<String>,
    #[serde(default)]
    access: Access,
}

#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Access {
    #[default]
    Open,
    Token,
}

struct Ntfy;

/// A longer message becomes an attachment.
const MESSAGE_BYTES_MAX: usize = 4_096;
const TITLE_BYTES_MAX: usize = 250;
/// Long vibration, and sound in spite of "do not disturb".
const URGENT: u8 = 5;
/// Neither sound nor vibration.
const LOW: u8 = 2;
/// ntfy takes three buttons.
const ACTIONS_MAX: usize = 3;

impl Channel for Ntfy {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<ChannelWants, Vec<Problem>> {
        let mut wants = ChannelWants::none().host(settings.server.host());
        match &settings.topic {
            Some(topic) if !is_topic(topic) => {
                let message = "must have 1 to 64 letters, digits, \"-\" and \"_\"";
                return Err(vec![Problem::new("topic", message)]);
            }
            Some(_) => {}
            None => wants = wants.and_secret("topic"),
        }
        Ok(match settings.access {
            Access::Open => wants,
            Access::Token => wants.and_secret("token"),
        })
    }

    fn next(settings: &Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError> {
        let Some(response) = responses.last() else {
            return Ok(publish(settings, message).into());
        };
        let answer: Value = response.json().unwrap_or_default();
        Ok(match answer["id"].as_str() {
            Some(id) if response.is_success() => Step::delivered_as(id),
            _ => Step::by_status_as(response, answer["error"].as_str().unwrap_or(&response.body), None),
        })
    }
}

fn ntfy_sh() -> Server {
    Server::known("https://ntfy.sh")
}

fn is_topic(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn publish(settings: &Settings, message: &Message) -> Request {
    let mut body = notification(message);
    let request = Request::post(settings.server.url());
    let request = match settings.access {
        Access::Open => request,
        Access::Token => request.header("authorization", text("Bearer ") + secret("token")),
    };
    match &settings.topic {
        Some(topic) => {
            body["topic"] = topic.as_str().into();
            request.json(&body)
        }
        None => {
            // The host puts the secret in, so the object is closed after it.
            let open = body.to_string();
            let open = open.strip_suffix('}').unwrap_or(&open);
            let body = text(format!("{open},\"topic\":\"")) + secret("topic") + "\"}";
            request.header("content-type", "application/json").body(body)
        }
    }
}

fn notification(message: &Message) -> Value {
    let tag = match message.standing() {
        Standing::Firing => "rotating_light",
        Standing::Taken => "eyes",
        Standing::Resolved => "white_check_mark",
    };
    let body = clip(message.body(), MESSAGE_BYTES_MAX, char::len_utf8);
    let mut notification = json!({
        "title": clip(&message.title, TITLE_BYTES_MAX, char::len_utf8),
        // ntfy says "triggered" for a message without text.
        "message": if body.is_empty() { "…" } else { &body },
        "priority": if message.page { URGENT } else { LOW },
        "tags": [tag],
    });
    if let Some(url) = message.link("incident") {
        notification["click"] = url.into();
    }
    let view = |link: &Link| json!({ "action": "view", "label": link.label(), "url": link.url });
    let actions: Vec<Value> = message.web_links().take(ACTIONS_MAX).map(view).collect();
    if !actions.is_empty() {
        notification["actions"] = actions.into();
    }
    notification
}

bellwire_policy::export_channel!(Ntfy);

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
        run_channel_cases::<Ntfy>("cases/ntfy.toml");
    }

    #[test]
    fn a_long_text_does_not_become_an_attachment() {
        for character in ["🔥", "é", "\u{1}", "a "] {
            let message = Message { title: character.repeat(999), text: character.repeat(9_999), ..page() };
            let notification = notification(&message);
            let bytes = |name: &str| notification[name].as_str().unwrap().len();
            assert!(bytes("message") <= MESSAGE_BYTES_MAX && bytes("title") <= TITLE_BYTES_MAX, "{character}");
        }
    }

    #[test]
    fn it_wants_what_the_settings_make_secret() {
        let wants = |settings| check_settings::<Ntfy>(settings).unwrap();
        assert_eq!(wants("{}"), ChannelWants::secret("topic").host("ntfy.sh"));
        let own = r#"{ "server": "https://ntfy.example.com", "topic": "ops", "access": "token" }"#;
        assert_eq!(wants(own), ChannelWants::secret("token").host("ntfy.example.com"));
        let problems = check_settings::<Ntfy>(r#"{ "topic": "a/b" }"#).unwrap_err();
        assert_eq!(problems[0].path, "topic");
    }
}
