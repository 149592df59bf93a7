//! A server that the settings name: where a service can be hosted by oneself.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::str::FromStr;

/// `https://ntfy.example.com`, perhaps with a port; or `http://`, which is plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(String);

impl Server {
    /// One that the plugin's author knows: `url` is taken as it is.
    pub fn known(url: &'static str) -> Self {
        Self(url.into())
    }

    /// Without a `/` at its end.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// As the routes file has to allow it: without `https://`, but with `http://`.
    pub fn host(&self) -> &str {
        self.0.strip_prefix("https://").unwrap_or(&self.0)
    }
}

impl FromStr for Server {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SYNTAX: &str = "expected a server such as \"https://ntfy.example.com\", without a path";
        let url = text.strip_suffix('/').unwrap_or(text);
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(SYNTAX)?;
        let fits =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(fits) { Err(SYNTAX) } else { Ok(Self(url.into())) }
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn a_server_has_a_scheme_and_no_path() {
        for (text, host) in [
            ("https://ntfy.sh", "ntfy.sh"),
            ("https://ntfy.example.com:8443/", "ntfy.example.com:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(text.parse::<Server>().as_ref().map(Server::host), Ok(host));
        }
        for bad in ["", "ntfy.sh", "https://", "https://a/b", "https://a@b", "ftp://a", "https://a?b"] {
            assert!(bad.parse::<Server>().is_err(), "{bad}");
        }
    }
}
