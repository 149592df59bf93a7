//! A plugin's request, checked against what its receiver allows, with the secrets put in. Pure.

use bellwire_core::{AllowedHost, ChannelReceiver, ChannelRequest, Part};
use reqwest::{
    Client, Method, RequestBuilder, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

const URL_BYTES_MAX: usize = 8 * 1024;
const HEADERS_MAX: usize = 32;
const HEADER_BYTES_MAX: usize = 8 * 1024;
const BODY_BYTES_MAX: usize = 1024 * 1024;

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// About the connection, or about what the body is cut into: that is the HTTP client's business.
const OURS: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why a request does not go out. Ends a sentence that begins with the plugin's name; no secret is in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("asks for the method {0:?}; it may use GET, POST, PUT, PATCH and DELETE")]
    Method(String),
    #[error("asks for the secret `{0}`, which its receiver does not have")]
    UnknownSecret(String),
    #[error("makes a request to what is no URL: {0}")]
    Url(String),
    #[error("puts a user's name or a password into a URL; they belong in a header")]
    Credentials,
    #[error("makes a request to {0}, which is not among its receiver's `hosts`")]
    Host(String),
    #[error("asks for {0} headers; it may use {HEADERS_MAX}")]
    TooManyHeaders(usize),
    #[error("sets a header that no request can have: {0:?}")]
    Header(String),
    #[error("sets the header {0}, which is the host's")]
    OurHeader(HeaderName),
    #[error("makes a request with a {what} of {bytes} bytes; it may have {max}")]
    TooLarge { what: &'static str, bytes: usize, max: usize },
}

pub(crate) fn build(
    client: &Client,
    request: &ChannelRequest,
    receiver: &ChannelReceiver,
) -> Result<RequestBuilder, Refusal> {
    let method = METHODS.into_iter().find(|method| method.as_str() == request.method);
    let method = method.ok_or_else(|| Refusal::Method(request.method.chars().take(20).collect()))?;
    let url = url(&filled(&request.url, receiver, "URL", URL_BYTES_MAX)?, receiver)?;
    let headers = headers(request, receiver)?;
    let body = filled(&request.body, receiver, "body", BODY_BYTES_MAX)?;
    let builder = client.request(method, url).headers(headers);
    Ok(if body.is_empty() { builder } else { builder.body(body) })
}

/// The text, with the secrets in it.
fn filled(parts: &[Part], receiver: &ChannelReceiver, what: &'static str, max: usize) -> Result<String, Refusal> {
    let pieces = parts.iter().map(|part| match part {
        Part::Text(text) => Ok(text.as_str()),
        Part::Secret(name) => match receiver.secrets.get(name.as_str()) {
            Some(secret) => Ok(secret.expose()),
            None => Err(Refusal::UnknownSecret(name.chars().take(64).collect())),
        },
    });
    let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
    let bytes = pieces.iter().map(|piece| piece.len()).sum();
    if bytes > max {
        return Err(Refusal::TooLarge { what, bytes, max });
    }
    Ok(pieces.concat())
}

/// What is compared is what the HTTP client goes to.
fn url(text: &str, receiver: &ChannelReceiver) -> Result<Url, Refusal> {
    let mut url = Url::parse(text).map_err(|error| Refusal::Url(error.to_string()))?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(Refusal::Url("it must begin with https:// or http://".to_owned())),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(Refusal::Url("it has no host".to_owned()));
    };
    let allows = |allowed: &AllowedHost| *allowed.host == *host && allowed.port == port && allowed.plain == plain;
    if !receiver.hosts.iter().any(allows) {
        // Hosts are in lower case, so that the mask would not know it.
        let mut secrets = receiver.secrets.values().map(|secret| secret.expose().to_lowercase());
        if secrets.any(|secret| host.contains(&secret)) {
            return Err(Refusal::Host("a host with a secret in its name".to_owned()));
        }
        let (scheme, usual) = if plain { ("http://", 80) } else { ("", 443) };
        let port = if port == usual { String::new() } else { format!(":{port}") };
        return Err(Refusal::Host(format!("{scheme}{host}{port}")));
    }
    url.set_fragment(None);
    Ok(url)
}

fn headers(request: &ChannelRequest, receiver: &ChannelReceiver) -> Result<HeaderMap, Refusal> {
    if request.headers.len() > HEADERS_MAX {
        return Err(Refusal::TooManyHeaders(request.headers.len()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let unfit = || Refusal::Header(name.chars().take(64).collect());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
        if OURS.contains(&header.as_str()) {
            return Err(Refusal::OurHeader(header));
        }
        let text = filled(value, receiver, "header", HEADER_BYTES_MAX)?;
        let mut text = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| unfit())?;
        text.set_sensitive(value.iter().any(|part| matches!(part, Part::Secret(_))));
        headers.append(header, text);
    }
    Ok(headers)
}
