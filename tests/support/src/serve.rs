//! The one HTTP/1.1 server under all fakes: reads a whole request, hands it to a handler, and can cut the connection
//! instead of answering. Knows no provider.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// More than any provider takes, so that the fakes themselves can say what is too much.
const BODY_BYTES_MAX: usize = 16 << 20;

pub(crate) struct Request {
    pub method: String,
    pub path: String,
    /// Without its question mark; empty if there is none.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    /// A header as text, or "" when it is missing or no text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The media type without its parameters, in lower case.
    pub fn media_type(&self) -> String {
        self.header("content-type").split(';').next().unwrap_or("").trim().to_ascii_lowercase()
    }
}

pub(crate) struct Reply(hyper::Response<Full<Bytes>>);

impl Reply {
    pub fn new(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut response = hyper::Response::new(Full::new(body.into()));
        *response.status_mut() =
            hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self(response)
    }

    pub fn text(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub fn header(mut self, name: &'static str, value: u32) -> Self {
        self.0.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
        self
    }

    /// Nothing, if it is no header's value.
    pub fn text_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(HeaderName::from_static(name), value);
        }
        self
    }
}

/// What a handler decides: an answer, or a connection closed without one.
pub(crate) type Outcome = Option<Reply>;

pub(crate) struct Server {
    pub address: SocketAddr,
    accepting: JoinHandle<Infallible>,
}

impl Server {
    /// Serves `handler` on a free loopback port.
    pub async fn start<H, F>(handler: H) -> std::io::Result<Self>
    where
        H: Fn(Request) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::new(handler)));
        Ok(Self { address, accepting })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Owns the connections, so that they end with it.
async fn accept<H, F>(listener: TcpListener, handler: Arc<H>) -> Infallible
where
    H: Fn(Request) -> F + Send + Sync + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&handler)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the connection is cut, as scripted")]
struct Cut;

async fn connection<H, F>(stream: TcpStream, handler: Arc<H>)
where
    H: Fn(Request) -> F,
    F: Future<Output = Outcome>,
{
    let service = hyper::service::service_fn(|request: hyper::Request<Incoming>| async {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            return Ok(Reply::text(413, "too large").0);
        };
        let request = Request {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or("").to_owned(),
            headers: head.headers,
            body: body.to_bytes(),
        };
        handler(request).await.map(|reply| reply.0).ok_or(Cut)
    });
    // A sender that goes away, and a cut, both end here; neither is news.
    let _ = stream.set_nodelay(true);
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}
