//! Who is asking: bearer tokens and basic auth, compared in constant time over digests.

use crate::{Credential, Settings, problem::Problem};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Holds digests only; the secrets themselves are not kept.
pub(crate) struct Gatekeeper {
    bearers: Vec<Known>,
    users: Vec<Known>,
}

struct Known {
    name: Option<Arc<str>>,
    /// SHA-256 of the token, or of `user:password`.
    digest: [u8; 32],
}

/// Who was let in; the name is what the credential gives, if it gives one.
#[derive(Clone)]
pub(crate) struct Caller(pub Option<Arc<str>>);

/// No credential, or a wrong one.
#[derive(Debug)]
pub(crate) struct Unauthenticated;

impl Gatekeeper {
    pub fn new(settings: &Settings) -> Self {
        let (mut bearers, mut users) = (Vec::new(), Vec::new());
        for credential in &settings.credentials {
            match credential {
                Credential::Bearer { name, token } => {
                    bearers.push(Known {
                        name: name.as_deref().map(Arc::from),
                        digest: digest(token.expose().as_bytes()),
                    });
                }
                Credential::Basic { user, password } => {
                    let digest = digest(format!("{user}:{}", password.expose()).as_bytes());
                    users.push(Known { name: Some(user.as_str().into()), digest });
                }
            }
        }
        Self { bearers, users }
    }

    /// With no credential configured everybody is let in.
    pub fn admit(&self, headers: &HeaderMap) -> Result<Caller, Unauthenticated> {
        if self.bearers.is_empty() && self.users.is_empty() {
            return Ok(Caller(None));
        }
        let value = headers.get(header::AUTHORIZATION).ok_or(Unauthenticated)?.to_str().map_err(|_| Unauthenticated)?;
        let (scheme, credential) = value.split_once(' ').ok_or(Unauthenticated)?;
        let (known, digest) = if scheme.eq_ignore_ascii_case("bearer") {
            (&self.bearers, digest(credential.trim().as_bytes()))
        } else if scheme.eq_ignore_ascii_case("basic") {
            (&self.users, digest(&STANDARD.decode(credential.trim()).map_err(|_| Unauthenticated)?))
        } else {
            return Err(Unauthenticated);
        };
        find(known, &digest).ok_or(Unauthenticated)
    }

    pub fn refusal(&self) -> Response {
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "a valid credential is needed (Authorization)");
        let mut response = problem.into_response();
        let schemes = [
            (&self.bearers, "Bearer realm=\"bellwire\""),
            (&self.users, "Basic realm=\"bellwire\", charset=\"UTF-8\""),
        ];
        for (_, challenge) in schemes.into_iter().filter(|(known, _)| !known.is_empty()) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// Looks at every one, so that the time says nothing of which it was.
fn find(known: &[Known], digest: &[u8; 32]) -> Option<Caller> {
    known.iter().fold(None, |found, known| {
        if bool::from(known.digest.ct_eq(digest)) { Some(Caller(known.name.clone())) } else { found }
    })
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}
