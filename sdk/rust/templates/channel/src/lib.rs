//! Posts a message to a chat service. A channel sends nothing: it says which request the host shall make.

use bellwire_policy::channel::prelude::*;
use serde::Deserialize;
use serde_json::json;

/// What a receiver's `channel` may say under `settings`; settings.schema.json says the same to editors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    host: String,
    room: String,
}

struct Plugin;

impl Channel for Plugin {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    /// The secrets and hosts that the routes file must name; or problems, such as `Problem::new("room", "what is wrong")`.
    fn check(settings: &Settings) -> Result<ChannelWants, Vec<Problem>> {
        match settings.room.as_str() {
            "" => Err(vec![Problem::new("room", "must not be empty")]),
            _ => Ok(ChannelWants::secret("token").host(&settings.host)),
        }
    }

    /// Without a response nothing was sent yet. The host puts the secret in: a channel never sees one.
    fn next(settings: &Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError> {
        let Some(response) = responses.last() else {
            let body = json!({ "room": settings.room, "text": message.text, "loud": message.page });
            let request = Request::post(format!("https://{}/messages", settings.host))
                .header("authorization", text("Bearer ") + secret("token"))
                .json(&body);
            return Ok(request.into());
        };
        Ok(Step::by_status(response))
    }
}

bellwire_policy::export_channel!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_policy::testing::run_channel_cases;

    #[test]
    fn cases() {
        run_channel_cases::<Plugin>("cases/cases.toml");
    }
}
