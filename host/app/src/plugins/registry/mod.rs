//! A client of OCI registries, as far as plugins need it: pull and push of one artifact with one WebAssembly layer.
//!
//! From the OCI distribution specification 1.1 and the "Wasm OCI Artifact layout" of CNCF's TAG Runtime. Everything that
//! a registry answers has a limit, and what has a digest is checked against it.

mod challenge;
mod manifest;

pub(crate) use manifest::{MANIFEST_BYTES_MAX, Manifest};

use super::artifact::{Artifact, sha256};
use bellwire_config::{OciReference, OciVersion, Registry, RegistryCredentials, Transport};
use bellwire_wasm::Limits;
use challenge::Challenge;
use manifest::MANIFEST_TYPE;
use reqwest::{
    Method, RequestBuilder, Response, StatusCode, Url,
    header::{self, HeaderValue},
    redirect,
};
use std::time::Duration;

const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Between two pieces of an answer.
const READ_TIME_MAX: Duration = Duration::from_secs(10);
const REDIRECTS_MAX: usize = 5;
const TOKEN_BYTES_MAX: usize = 64 << 10;
const ERROR_BYTES_MAX: usize = 8 << 10;

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("its registry cannot be reached: {0}")]
    Unreachable(String),
    #[error(
        "its registry refuses it ({0}): does [registries.\"{1}\"] in bellwire.toml have the `user` and `password` of \
         somebody who may have it?"
    )]
    Refused(String, String),
    #[error("its registry does not have it; is its name right, and has it been pushed?")]
    NotFound,
    #[error("its registry answers {0}")]
    Answered(String),
    #[error("{0}, which is more than {1} bytes")]
    TooLarge(&'static str, usize),
    #[error("{what} from its registry has not the digest sha256:{wanted}: somebody changed it on the way or there")]
    OtherDigest { what: &'static str, wanted: String },
    #[error("it is not a plugin: {0}")]
    NotAPlugin(String),
    #[error("it has a digest and can only be pulled; push to a tag")]
    PushToDigest,
}

/// What a registry has under a reference, every digest checked.
pub(crate) struct Pulled {
    /// Of the manifest.
    pub digest: String,
    /// The manifest as it came, which is what its digest is of.
    pub text: Vec<u8>,
    pub manifest: Manifest,
    pub plugin: Vec<u8>,
}

impl Pulled {
    pub fn into_artifact(self) -> Artifact {
        Artifact::new(self.plugin, self.manifest.signature)
    }
}

/// One conversation with one registry.
pub struct RegistryClient {
    http: reqwest::Client,
    name: String,
    base: Url,
    registry: Registry,
    /// What it wanted to see.
    authorization: Option<HeaderValue>,
}

#[derive(Clone, Copy)]
enum Access {
    Pull,
    Push,
}

impl RegistryClient {
    /// `name`: as in a reference, `ghcr.io`.
    pub fn new(name: &str, registry: Registry) -> Result<Self, RegistryError> {
        let unreachable = |error: &dyn std::error::Error| RegistryError::Unreachable(root(error));
        let (scheme, is_plain) = match registry.transport {
            Transport::Tls => ("https", false),
            Transport::PlainHttp => ("http", true),
        };
        // Docker Hub's name is not that of its registry.
        let host = if name == "docker.io" { "registry-1.docker.io" } else { name };
        let base = format!("{scheme}://{host}/v2/");
        let base = base.parse().map_err(|_| RegistryError::Unreachable(format!("{base} is no URL")))?;
        // reqwest has no provider of its own here; somebody may have chosen one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let redirects = redirect::Policy::custom(move |attempt| {
            let downgraded = !is_plain && attempt.url().scheme() != "https";
            match downgraded || attempt.previous().len() > REDIRECTS_MAX {
                true => attempt.error("it redirects to where Bellwire does not go"),
                false => attempt.follow(),
            }
        });
        let http = reqwest::Client::builder()
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIME_MAX)
            .read_timeout(READ_TIME_MAX)
            .redirect(redirects)
            .build()
            .map_err(|error| unreachable(&error))?;
        Ok(Self { http, name: name.to_owned(), base, registry, authorization: None })
    }

    /// The plugin, and the digest by which it can be had again.
    pub async fn get(&mut self, reference: &OciReference) -> Result<(Artifact, String), RegistryError> {
        let pulled = self.pull_once(reference).await?;
        let digest = pulled.digest.clone();
        Ok((pulled.into_artifact(), digest))
    }

    pub(crate) async fn pull(mut self, reference: &OciReference) -> Result<Pulled, RegistryError> {
        self.pull_once(reference).await
    }

    async fn pull_once(&mut self, reference: &OciReference) -> Result<Pulled, RegistryError> {
        let repository = &*reference.repository;
        let wanted = match &reference.version {
            OciVersion::Tag(tag) => tag.to_string(),
            OciVersion::Digest(digest) => format!("sha256:{digest}"),
        };
        let url = self.url(repository, "manifests", &wanted)?;
        let response = self
            .send(repository, Access::Pull, |http| http.get(url.clone()).header(header::ACCEPT, MANIFEST_TYPE))
            .await?;
        let text =
            body(expect(response, StatusCode::OK, &self.name).await?, "its manifest", MANIFEST_BYTES_MAX).await?;
        let digest = sha256(&text);
        if let OciVersion::Digest(wanted) = &reference.version {
            same(&digest, wanted, "the manifest")?;
        }
        let manifest = Manifest::parse(&text).map_err(RegistryError::NotAPlugin)?;
        let url = self.url(repository, "blobs", &format!("sha256:{}", manifest.plugin_sha256))?;
        let response = self.send(repository, Access::Pull, |http| http.get(url.clone())).await?;
        let response = expect(response, StatusCode::OK, &self.name).await?;
        let plugin = body(response, "the plugin", Limits::default().module_bytes_max).await?;
        same(&sha256(&plugin), &manifest.plugin_sha256, "the plugin")?;
        Ok(Pulled { digest, text, manifest, plugin })
    }

    /// `config`: what the convention says of a module or component, as JSON. Answers the digest of the manifest.
    pub async fn push(
        &mut self,
        reference: &OciReference,
        artifact: &Artifact,
        config: &str,
    ) -> Result<String, RegistryError> {
        let OciVersion::Tag(tag) = &reference.version else { return Err(RegistryError::PushToDigest) };
        let repository = &*reference.repository;
        self.push_blob(repository, config.as_bytes()).await?;
        self.push_blob(repository, &artifact.bytes).await?;
        let text = Manifest::write(artifact, config);
        let url = self.url(repository, "manifests", tag)?;
        let put = |http: &reqwest::Client| {
            http.put(url.clone()).header(header::CONTENT_TYPE, MANIFEST_TYPE).body(text.clone())
        };
        let response = self.send(repository, Access::Push, put).await?;
        expect(response, StatusCode::CREATED, &self.name).await?;
        Ok(sha256(text.as_bytes()))
    }

    async fn push_blob(&mut self, repository: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let digest = format!("sha256:{}", sha256(bytes));
        let there = self.url(repository, "blobs", &digest)?;
        if self.send(repository, Access::Push, |http| http.head(there.clone())).await?.status() == StatusCode::OK {
            return Ok(());
        }
        let uploads = self.url(repository, "blobs", "uploads/")?;
        let begin = |http: &reqwest::Client| http.post(uploads.clone()).header(header::CONTENT_LENGTH, 0);
        let response =
            expect(self.send(repository, Access::Push, begin).await?, StatusCode::ACCEPTED, &self.name).await?;
        let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let location = location.and_then(|location| response.url().join(location).ok());
        let mut location = location.ok_or_else(|| RegistryError::Answered("no place for an upload".into()))?;
        location.query_pairs_mut().append_pair("digest", &digest);
        let put = |http: &reqwest::Client| {
            http.request(Method::PUT, location.clone())
                .header(header::CONTENT_TYPE, "application/octet-stream")
                .body(bytes.to_vec())
        };
        expect(self.send(repository, Access::Push, put).await?, StatusCode::CREATED, &self.name).await?;
        Ok(())
    }

    /// With what the registry wants to see, once it has said what that is.
    async fn send(
        &mut self,
        repository: &str,
        access: Access,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Response, RegistryError> {
        let response = self.attempt(request(&self.http)).await?;
        // A storage that the registry redirects to may not ask for this registry's passwords, nor say who is to have them.
        if response.status() != StatusCode::UNAUTHORIZED || response.url().origin() != self.base.origin() {
            return Ok(response);
        }
        let challenges = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
        let challenge = challenges.filter_map(|value| Challenge::parse(value.to_str().ok()?)).next();
        self.authorization = match (challenge, &self.registry.credentials) {
            (Some(Challenge::Basic), Some(credentials)) => Some(basic(credentials)),
            (Some(Challenge::Bearer { realm, service }), _) => {
                Some(self.token(&realm, service.as_deref(), repository, access).await?)
            }
            (Some(Challenge::Basic) | None, _) => return Ok(response),
        };
        self.attempt(request(&self.http)).await
    }

    async fn attempt(&self, request: RequestBuilder) -> Result<Response, RegistryError> {
        let mut request = request.build().map_err(unreachable)?;
        // An upload may be somewhere else, which has no business with this registry's passwords.
        let ours = request.url().origin() == self.base.origin();
        if let Some(authorization) = self.authorization.as_ref().filter(|_| ours) {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        self.http.execute(request).await.map_err(unreachable)
    }

    /// From the service that the registry names, which may be on another host.
    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        repository: &str,
        access: Access,
    ) -> Result<HeaderValue, RegistryError> {
        let refused = |why: &str| RegistryError::Refused(why.into(), self.name.clone());
        let mut url: Url = realm.parse().map_err(|_| refused("it names no service for tokens"))?;
        if url.scheme() != "https" && self.registry.transport == Transport::Tls {
            return Err(refused("its service for tokens is not encrypted"));
        }
        let actions = match access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().append_pair("scope", &format!("repository:{repository}:{actions}"));
        let mut request = self.http.get(url);
        if let Some(credentials) = &self.registry.credentials {
            request = request.header(header::AUTHORIZATION, basic(credentials));
        }
        let response = expect(request.send().await.map_err(unreachable)?, StatusCode::OK, &self.name).await?;
        let text = body(response, "its token", TOKEN_BYTES_MAX).await?;
        let answer: serde_json::Value = serde_json::from_slice(&text).map_err(|_| refused("its token is not JSON"))?;
        let token = ["token", "access_token"].into_iter().find_map(|key| answer.get(key)?.as_str());
        let header = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
        let mut header = header.ok_or_else(|| refused("it gives no token"))?;
        header.set_sensitive(true);
        Ok(header)
    }

    fn url(&self, repository: &str, kind: &str, what: &str) -> Result<Url, RegistryError> {
        let path = format!("{repository}/{kind}/{what}");
        self.base.join(&path).map_err(|_| RegistryError::Unreachable(format!("{path} is no part of a URL")))
    }
}

fn basic(credentials: &RegistryCredentials) -> HeaderValue {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let RegistryCredentials { user, password } = credentials;
    let encoded = BASE64_STANDARD.encode(format!("{user}:{}", password.expose()));
    let mut header = HeaderValue::from_str(&format!("Basic {encoded}")).unwrap_or(HeaderValue::from_static("Basic"));
    header.set_sensitive(true);
    header
}

fn same(digest: &str, wanted: &str, what: &'static str) -> Result<(), RegistryError> {
    match digest == wanted {
        true => Ok(()),
        false => Err(RegistryError::OtherDigest { what, wanted: wanted.to_owned() }),
    }
}

async fn expect(response: Response, wanted: StatusCode, registry: &str) -> Result<Response, RegistryError> {
    let status = response.status();
    match status {
        _ if status == wanted => Ok(response),
        StatusCode::NOT_FOUND => Err(RegistryError::NotFound),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(RegistryError::Refused(status.to_string(), registry.to_owned()))
        }
        _ => {
            let code = body(response, "its answer", ERROR_BYTES_MAX).await.ok().and_then(|text| error_code(&text));
            Err(RegistryError::Answered(code.map_or(status.to_string(), |code| format!("{status}, {code}"))))
        }
    }
}

/// The registry's own word for what is wrong, if it is a word.
fn error_code(text: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(text).ok()?;
    let code = answer.pointer("/errors/0/code")?.as_str()?;
    let is_word = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_word.then(|| code.to_owned())
}

async fn body(mut response: Response, what: &'static str, bytes_max: usize) -> Result<Vec<u8>, RegistryError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > bytes_max {
            return Err(RegistryError::TooLarge(what, bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Without the URL, which may be a signed one of somebody's storage.
fn unreachable(error: reqwest::Error) -> RegistryError {
    RegistryError::Unreachable(root(&error.without_url()))
}

/// The cause at the bottom, which is the one that says something.
fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_core::Secret;
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        sync::mpsc::{Receiver, sync_channel},
        thread,
    };

    /// A server that answers whatever is asked with the same head: its address, and what it was asked.
    fn server(head: impl FnOnce(&str) -> String) -> (String, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let head = head(&address);
        let (asked, questions) = sync_channel(16);
        let serve = move || {
            for stream in listener.incoming() {
                let (mut stream, mut question) = (stream.unwrap(), Vec::new());
                while !question.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    question.extend(byte);
                }
                if asked.send(String::from_utf8_lossy(&question).to_lowercase()).is_err() {
                    return;
                }
                let reply = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(reply.as_bytes()).unwrap();
            }
        };
        drop(thread::Builder::new().name("server".into()).spawn(serve).unwrap());
        (address, questions)
    }

    #[tokio::test]
    async fn where_a_registry_redirects_to_gets_no_password() {
        for challenge in ["Basic realm=\"x\"", "Bearer realm=\"http://ADDRESS/token\""] {
            let (storage, asked) = server(|address| {
                format!("401 Unauthorized\r\nWWW-Authenticate: {}", challenge.replace("ADDRESS", address))
            });
            let (address, _questions) = server(|_| format!("307 Temporary Redirect\r\nLocation: http://{storage}/x"));
            let credentials = RegistryCredentials { user: "anna".into(), password: Secret::new("sesame") };
            let registry = Registry { credentials: Some(credentials), transport: Transport::PlainHttp };
            let mut client = RegistryClient::new(&address, registry).unwrap();
            let refused = client.get(&format!("{address}/acme:1").parse().unwrap()).await;
            assert!(matches!(refused, Err(RegistryError::Refused(..))), "{challenge}");
            let asked: Vec<String> = asked.try_iter().collect();
            assert_eq!(asked.len(), 1, "{asked:?}");
            assert!(!asked[0].contains("authorization"), "{asked:?}");
        }
    }
}
