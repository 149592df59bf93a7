//! A plugin before it is one: its bytes, and who signed them.

use sha2::{Digest, Sha256};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    pub bytes: Vec<u8>,
    /// Of the bytes, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The text of a `.minisig` file; nobody has looked at it yet.
    pub signature: Option<String>,
}

impl Artifact {
    pub fn new(bytes: Vec<u8>, signature: Option<String>) -> Self {
        Self { sha256: sha256(&bytes), bytes, signature }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
