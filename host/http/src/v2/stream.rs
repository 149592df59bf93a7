//! A JSON array that is written while it is sent: a hundred thousand alerts are never one text in memory.

use axum::{
    body::{Body, HttpBody},
    http::header,
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use hyper::body::Frame;
use serde::Serialize;
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

/// Of one chunk; what was written last goes beyond.
const CHUNK_BYTES: usize = 32 << 10;
/// That are looked at before others have their turn.
const LOOKED_AT_MAX: usize = 1_024;

/// What is listed, one by one.
pub(super) trait Listing: Send + Unpin + 'static {
    /// Writes the next one, or nothing if it is not wanted. False: that was all.
    fn next(&mut self, into: &mut Json) -> bool;
}

/// JSON that is being written.
pub(super) struct Json {
    chunk: BytesMut,
    /// The last byte of the chunk before.
    last: u8,
}

/// Answers with an array of all that is listed.
pub(super) fn array(listing: impl Listing) -> Response {
    let json = Json { chunk: BytesMut::new(), last: b'[' };
    let body = Array { listing, json, state: State::Begin };
    ([(header::CONTENT_TYPE, "application/json")], Body::new(body)).into_response()
}

impl Json {
    /// An element of a list.
    pub fn element(&mut self, value: &impl Serialize) {
        self.separate();
        self.value(value);
    }

    pub fn value(&mut self, value: &impl Serialize) {
        // Texts and numbers into memory: there is nothing that could fail.
        drop(serde_json::to_writer((&mut self.chunk).writer(), value));
    }

    pub fn raw(&mut self, text: &str) {
        self.chunk.put_slice(text.as_bytes());
    }

    /// A comma, unless a list has just begun.
    pub fn separate(&mut self) {
        if *self.chunk.last().unwrap_or(&self.last) != b'[' {
            self.chunk.put_u8(b',');
        }
    }
}

struct Array<L> {
    listing: L,
    json: Json,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Going,
    Done,
}

impl<L: Listing> HttpBody for Array<L> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self { listing, json, state } = &mut *self;
        match state {
            State::Done => return Poll::Ready(None),
            State::Begin => json.raw("["),
            State::Going => {}
        }
        *state = State::Going;
        json.chunk.reserve(CHUNK_BYTES);
        for _ in 0..LOOKED_AT_MAX {
            if !listing.next(json) {
                json.raw("]\n");
                *state = State::Done;
                break;
            }
            if json.chunk.len() >= CHUNK_BYTES {
                break;
            }
        }
        let Some(last) = json.chunk.last() else {
            context.waker().wake_by_ref();
            return Poll::Pending;
        };
        json.last = *last;
        Poll::Ready(Some(Ok(Frame::data(json.chunk.split().freeze()))))
    }
}
