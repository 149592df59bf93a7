//! Whom a message may ping.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

/// `everyone`, `role:ID` or `user:ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mention {
    Everyone,
    Role(String),
    User(String),
}

/// What makes Discord ping.
pub fn content(mentions: &[Mention]) -> String {
    let written = mentions.iter().map(|mention| match mention {
        Mention::Everyone => "@everyone".to_owned(),
        Mention::Role(id) => format!("<@&{id}>"),
        Mention::User(id) => format!("<@{id}>"),
    });
    written.collect::<Vec<_>>().join(" ")
}

/// What Discord lets it ping: whatever else looks like a mention is only text.
pub fn allowed(mentions: &[Mention]) -> Value {
    let (mut everyone, mut roles, mut users) = (Vec::new(), Vec::new(), Vec::new());
    for mention in mentions {
        match mention {
            Mention::Everyone => everyone = vec!["everyone"],
            Mention::Role(id) => roles.push(id),
            Mention::User(id) => users.push(id),
        }
    }
    json!({ "parse": everyone, "roles": roles, "users": users })
}

/// Discord's ids are numbers of 64 bits.
pub fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'de> Deserialize<'de> for Mention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once(':') {
            None if text == "everyone" => Ok(Self::Everyone),
            Some(("role", id)) if is_id(id) => Ok(Self::Role(id.into())),
            Some(("user", id)) if is_id(id) => Ok(Self::User(id.into())),
            _ => Err(D::Error::custom("expected \"everyone\", \"role:ID\" or \"user:ID\"; an id is a number")),
        }
    }
}
