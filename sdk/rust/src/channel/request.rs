//! Requests, each built in one expression, and what a response says.

use super::{Header, Parts, Request, Response, Step, one_line};
use serde::{Serialize, de::DeserializeOwned};

impl Request {
    pub fn post(url: impl Into<Parts>) -> Self {
        Self::new("POST", url)
    }

    pub fn put(url: impl Into<Parts>) -> Self {
        Self::new("PUT", url)
    }

    pub fn patch(url: impl Into<Parts>) -> Self {
        Self::new("PATCH", url)
    }

    pub fn get(url: impl Into<Parts>) -> Self {
        Self::new("GET", url)
    }

    pub fn delete(url: impl Into<Parts>) -> Self {
        Self::new("DELETE", url)
    }

    fn new(method: &str, url: impl Into<Parts>) -> Self {
        Self {
            method: method.into(),
            url: url.into().into_vec(),
            headers: Vec::new(),
            body: Vec::new(),
            ext: Vec::new(),
        }
    }

    pub fn header(mut self, name: impl Into<String>, value: impl Into<Parts>) -> Self {
        self.headers.push(Header { name: name.into(), value: value.into().into_vec() });
        self
    }

    pub fn body(mut self, body: impl Into<Parts>) -> Self {
        self.body = body.into().into_vec();
        self
    }

    /// `value` as the body, and the header that says so. A map whose keys are no texts is an empty body.
    pub fn json(self, value: &impl Serialize) -> Self {
        self.header("content-type", "application/json").body(serde_json::to_string(value).unwrap_or_default())
    }
}

impl From<Request> for Step {
    fn from(request: Request) -> Self {
        Self::Send(request)
    }
}

impl Response {
    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        crate::facts::value(&self.headers, name)
    }

    /// None if the body is not this, or was cut off by the host.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }

    /// `answered 404: not found`, on one line.
    pub fn quote(&self, said: &str) -> String {
        match one_line(said, 200) {
            said if said.is_empty() => format!("answered {}", self.status),
            said => format!("answered {}: {said}", self.status),
        }
    }
}
