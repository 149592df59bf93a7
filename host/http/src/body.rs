//! A request's body: of the right type, within its limits, in one piece.

use crate::{Settings, problem::Problem};
use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Reads bodies within what all of them together may hold.
pub(crate) struct BodyReader {
    bytes_max: usize,
    /// The setting that says so; none: it is not for anybody to choose.
    bytes_max_key: Option<&'static str>,
    time_max: Duration,
    /// Bytes that may yet be held.
    room: Semaphore,
}

/// How much is set aside on a client's word for what it will send.
const TRUSTED_BYTES_MAX: usize = 256 << 10;

/// What is read beyond a limit and thrown away, so that a client still writing hears the reply instead of a reset.
const DISCARD_FACTOR: usize = 8;

impl BodyReader {
    pub fn new(settings: &Settings) -> Self {
        let room = settings.bodies_bytes_max.min(Semaphore::MAX_PERMITS);
        Self {
            bytes_max: settings.body_bytes_max,
            bytes_max_key: Some("body_bytes_max"),
            time_max: settings.body_time_max,
            room: Semaphore::new(room),
        }
    }

    /// For routes without a credential, with room of their own: whoever fills it keeps no alert out.
    pub fn for_strangers(settings: &Settings) -> Self {
        const BYTES_MAX: usize = 512 << 10;
        const ALL_BYTES_MAX: usize = 16 << 20;
        const TIME_MAX: Duration = Duration::from_secs(10);
        Self {
            bytes_max: BYTES_MAX.min(settings.body_bytes_max),
            bytes_max_key: None,
            time_max: TIME_MAX.min(settings.body_time_max),
            room: Semaphore::new(ALL_BYTES_MAX),
        }
    }

    /// The whole body of a request that says it is JSON.
    pub async fn json(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
        is_of(headers, "application/json")?;
        self.timely(body).await
    }

    /// The whole body of a request that says it is a form.
    pub async fn form(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
        is_of(headers, "application/x-www-form-urlencoded")?;
        self.timely(body).await
    }

    /// The whole body, whatever it is, as it is.
    pub async fn any(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
        is_plain(headers)?;
        self.timely(body).await
    }

    async fn timely(&self, body: Body) -> Result<Bytes, Problem> {
        match tokio::time::timeout(self.time_max, self.whole(body)).await {
            Ok(result) => result,
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!("the body took longer than {} s", self.time_max.as_secs()),
            )),
        }
    }

    async fn whole(&self, mut body: Body) -> Result<Bytes, Problem> {
        let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
        if body.is_end_stream() && first.len() <= self.bytes_max {
            return Ok(first);
        }
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let mut whole = BytesMut::with_capacity(first.len() + announced.min(TRUSTED_BYTES_MAX).min(self.bytes_max));
        let mut held: Option<SemaphorePermit<'_>> = None;
        let mut frame = Some(first);
        while let Some(data) = frame {
            if whole.len() + data.len() > self.bytes_max {
                let (held_back, room) = (whole, held);
                drop((held_back, room));
                return Err(self.too_large(body).await);
            }
            let count = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let Ok(permit) = self.room.try_acquire_many(count) else {
                return Err(Problem::unavailable("too many bodies are being read", Duration::from_secs(1)));
            };
            match &mut held {
                Some(held) => held.merge(permit),
                None => held = Some(permit),
            }
            whole.extend_from_slice(&data);
            frame = next(&mut body).await?;
        }
        Ok(whole.freeze())
    }

    async fn too_large(&self, mut rest: Body) -> Problem {
        let mut discarded = 0;
        while discarded < self.bytes_max.saturating_mul(DISCARD_FACTOR) {
            match next(&mut rest).await {
                Ok(Some(data)) => discarded += data.len(),
                Ok(None) | Err(_) => break,
            }
        }
        let key = self.bytes_max_key.map(|key| format!(" ({key})")).unwrap_or_default();
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {} bytes{key}", self.bytes_max))
    }
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(Problem::bad("the body ended before its end")),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Ok(Some(data)),
                Err(_trailers) => {}
            },
        }
    }
}

fn is_of(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let said = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let media_type = said.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(wanted) {
        return Err(unsupported(format!("Content-Type must be {wanted}")));
    }
    is_plain(headers)
}

fn is_plain(headers: &HeaderMap) -> Result<(), Problem> {
    match text(headers, header::CONTENT_ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => Ok(()),
        Some(_) => Err(unsupported("the body must not be compressed (no Content-Encoding)".into())),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?").trim())
}

fn unsupported(message: String) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}
