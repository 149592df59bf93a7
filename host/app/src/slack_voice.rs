//! Words for the one person who pressed a button or gave a command in Slack: posted to the `response_url` that came with
//! it, once. It is a courtesy: what cannot be said is in the log.

use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, sync::Semaphore};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Under way at once; further ones are dropped.
const ANSWERS_MAX: usize = 32;

#[derive(Clone)]
pub(crate) struct SlackVoice {
    client: reqwest::Client,
    room: Arc<Semaphore>,
    runtime: Handle,
}

impl SlackVoice {
    /// None: there is no HTTP client, which is in the log.
    pub fn new(runtime: Handle) -> Option<Self> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .inspect_err(|error| tracing::error!("people in Slack get no answers: {error}"))
            .ok()?;
        Some(Self { client, room: Arc::new(Semaphore::new(ANSWERS_MAX)), runtime })
    }

    /// Does not wait. `url` is a secret: whoever has it may write there for half an hour.
    pub fn say(&self, url: String, text: &str) {
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            return tracing::warn!("an answer for somebody in Slack is dropped: too many are under way");
        };
        let words = json!({"response_type": "ephemeral", "replace_original": false, "text": text});
        let request = self.client.post(url).json(&words);
        self.runtime.spawn(async move {
            match request.send().await.and_then(reqwest::Response::error_for_status) {
                Ok(_) => {}
                Err(error) => tracing::warn!("somebody in Slack got no answer: {}", error.without_url()),
            }
            drop(permit);
        });
    }
}
