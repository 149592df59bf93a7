//! Where a plugin is in a registry: `ghcr.io/acme/on-fire:1.2` by a tag, or `ghcr.io/acme/on-fire@sha256:…` by what it is.

use std::{fmt, str::FromStr, sync::Arc};

/// Checked part by part, so that it can be a part of a URL and of a file's path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OciReference {
    /// `ghcr.io`, `localhost:5000`.
    pub registry: Arc<str>,
    /// `acme/on-fire`.
    pub repository: Arc<str>,
    pub version: OciVersion,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OciVersion {
    /// What it stands for may change.
    Tag(Arc<str>),
    /// SHA-256 of the manifest, in lower-case hexadecimal digits.
    Digest(Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no plugin in a registry: {why}")]
pub struct OciReferenceError {
    text: String,
    why: &'static str,
}

const REPOSITORY_BYTES_MAX: usize = 255;
const TAG_BYTES_MAX: usize = 128;

impl OciReference {
    /// The last part of the repository.
    pub fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registry, repository, version } = self;
        match version {
            OciVersion::Tag(tag) => write!(formatter, "{registry}/{repository}:{tag}"),
            OciVersion::Digest(digest) => write!(formatter, "{registry}/{repository}@sha256:{digest}"),
        }
    }
}

impl FromStr for OciReference {
    type Err = OciReferenceError;

    /// With or without `oci://` before it. A tag beside a digest is for people: the digest counts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why| OciReferenceError { text: text.to_owned(), why };
        let rest = text.strip_prefix("oci://").unwrap_or(text);
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (rest, None),
        };
        let (registry, rest) = rest.split_once('/').ok_or_else(|| wrong("there is no `/` behind the registry"))?;
        if !is_registry(registry) {
            return Err(wrong("it must begin with the registry, as in ghcr.io/acme/on-fire:1.2"));
        }
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (rest, None),
        };
        if repository.len() > REPOSITORY_BYTES_MAX || !repository.split('/').all(is_path_part) {
            return Err(wrong("a repository is of lower-case letters, digits, `.`, `_`, `-` and `/`"));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong("a tag is of letters, digits, `.`, `_` and `-`, at most 128 of them"));
        }
        let version = match (digest, tag) {
            (Some(digest), _) => {
                let hex = digest.strip_prefix("sha256:").filter(|hex| is_sha256(hex));
                OciVersion::Digest(
                    hex.ok_or_else(|| wrong("its digest is not sha256: and 64 hexadecimal digits"))?.into(),
                )
            }
            (None, Some(tag)) => OciVersion::Tag(tag.into()),
            (None, None) => return Err(wrong("it has no version: write :TAG or @sha256:DIGEST behind it")),
        };
        Ok(Self { registry: registry.into(), repository: repository.into(), version })
    }
}

/// A host with or without a port. A single word would be the first part of a repository, but for `localhost`.
pub(crate) fn is_registry(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let sound = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_host = host.contains('.') || port.is_some() || host == "localhost";
    is_port && is_host && host.len() <= 253 && host.split('.').all(sound)
}

/// Letters and digits, with a single `.`, one or two `_`, or any `-` between them: never `..`.
fn is_path_part(part: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = part.split(|character: char| character.is_ascii() && letter(character as u8));
    let sound =
        |separator: &str| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
    let ends = [part.bytes().next(), part.bytes().next_back()];
    ends.iter().all(|end| end.is_some_and(letter)) && separators.into_iter().all(sound)
}

fn is_tag(tag: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=TAG_BYTES_MAX).contains(&tag.len())
        && tag.bytes().next().is_some_and(letter)
        && tag.bytes().all(|byte| letter(byte) || matches!(byte, b'.' | b'-'))
}

/// In lower case.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_and_written() {
        let digest = "0123456789abcdef".repeat(4);
        for (text, read) in [
            ("ghcr.io/acme/on-fire:1.2", "ghcr.io/acme/on-fire:1.2".to_owned()),
            ("oci://localhost:5000/on_fire:Latest-2", "localhost:5000/on_fire:Latest-2".to_owned()),
            ("localhost/a:1", "localhost/a:1".to_owned()),
            (&format!("127.0.0.1:80/a/b@sha256:{digest}"), format!("127.0.0.1:80/a/b@sha256:{digest}")),
            (&format!("ghcr.io/a:1@sha256:{digest}"), format!("ghcr.io/a@sha256:{digest}")),
        ] {
            assert_eq!(text.parse::<OciReference>().map(|reference| reference.to_string()), Ok(read), "{text}");
        }
        assert_eq!("ghcr.io/acme/on-fire:1".parse::<OciReference>().unwrap().name(), "on-fire");
    }

    #[test]
    fn what_is_no_reference_says_why() {
        let long = format!("ghcr.io/a:{}", "x".repeat(129));
        for (text, why) in [
            ("on-fire", "no `/`"),
            ("acme/on-fire:1", "must begin with the registry"),
            ("ghcr.io/a/../../etc:1", "lower-case"),
            ("ghcr.io/./a:1", "lower-case"),
            ("ghcr.io//a:1", "lower-case"),
            ("ghcr.io/A:1", "lower-case"),
            ("ghcr.io/a?b:1", "lower-case"),
            ("ghcr.io/ä:1", "lower-case"),
            ("ghcr.io/a", "no version"),
            ("ghcr.io/a:", "a tag is"),
            ("ghcr.io/a:../1", "a tag is"),
            (&long, "a tag is"),
            ("ghcr.io/a@sha256:12", "64 hexadecimal"),
            ("ghcr.io/a@sha512:12", "64 hexadecimal"),
            ("user@ghcr.io/a:1", "no `/`"),
            ("ghcr.io:99999/a:1", "must begin with the registry"),
            ("-.io/a:1", "must begin with the registry"),
            ("", "no `/`"),
        ] {
            let said = text.parse::<OciReference>().map_err(|error| error.to_string());
            assert!(said.as_ref().is_err_and(|said| said.contains(why)), "{text}: {said:?}");
        }
    }
}
