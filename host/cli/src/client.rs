//! A running Bellwire's API, as a client.

use crate::{Failure, printable};
use bellwire_app::api::ErrorBody;
use reqwest::{Method, Response, StatusCode, Url};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// In a command's help, after what is its own.
const LAST: usize = 900;

/// Which Bellwire, and what lets us in.
#[derive(clap::Args, Clone)]
pub struct Connection {
    /// The running Bellwire
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9095", env = "BELLWIRE_URL", global = true,
        display_order = LAST)]
    url: String,
    /// A bearer token of its `[auth]`; better given in the environment than on the command line
    #[arg(long, env = "BELLWIRE_TOKEN", hide_env_values = true, global = true, display_order = LAST + 1)]
    token: Option<String>,
}

/// Names and values, escaped on their way.
pub type Query = [(&'static str, String)];

impl Connection {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call::<(), T>(Method::GET, path, &[], None).await
    }

    /// Values of the query may be anything.
    pub async fn get_with<T: DeserializeOwned>(&self, path: &str, query: &Query) -> Result<T, Failure> {
        self.call::<(), T>(Method::GET, path, query, None).await
    }

    /// A page as it is.
    pub async fn text(&self, path: &str, query: &Query) -> Result<String, Failure> {
        let reply = self.answer::<()>(Method::GET, path, query, None).await?;
        reply.text().await.map_err(|error| self.unreachable(&error))
    }

    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// What is answered is of no interest.
    pub async fn delete_only(&self, path: &str) -> Result<(), Failure> {
        self.answer::<()>(Method::DELETE, path, &[], None).await.map(drop)
    }

    pub async fn delete<T: DeserializeOwned>(&self, path: &str, query: &Query) -> Result<T, Failure> {
        self.call::<(), T>(Method::DELETE, path, query, None).await
    }

    async fn call<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &Query,
        body: Option<&B>,
    ) -> Result<T, Failure> {
        let reply = self.answer(method, path, query, body).await?;
        reply
            .json()
            .await
            .map_err(|error| Failure::Failed(format!("{} answers with what is not its API's: {error}", self.url)))
    }

    /// An answer that is what was asked for; any other is a failure, in the server's words.
    async fn answer<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        query: &Query,
        body: Option<&B>,
    ) -> Result<Response, Failure> {
        // An error here means only that the process has a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let mut url = Url::parse(&url).map_err(|error| Failure::Wrong(format!("{:?} is no URL: {error}", self.url)))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let unreachable = |error: reqwest::Error| self.unreachable(&error);
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().map_err(unreachable)?;
        let mut request = client.request(method, url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.map_err(unreachable)?;
        let status = reply.status();
        if status.is_success() {
            return Ok(reply);
        }
        let said = said(&reply.text().await.unwrap_or_default()).unwrap_or_else(|| status.to_string());
        let remedy = if status == StatusCode::UNAUTHORIZED { "; give a token with BELLWIRE_TOKEN" } else { "" };
        Err(Failure::Failed(format!("{said}{remedy}")))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        Failure::Failed(format!(
            "{} does not answer: {}; is `bellwire serve` running there? (--url)",
            self.url,
            root(error)
        ))
    }
}

/// The message of an error: of `/api/v2` it may be just a text, as Alertmanager has it.
fn said(body: &str) -> Option<String> {
    let message = serde_json::from_str::<ErrorBody>(body).map(|body| body.message);
    message.or_else(|_| serde_json::from_str::<String>(body)).ok().map(|message| printable(&message))
}

/// The cause at the bottom, which is the one that says something.
fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}
