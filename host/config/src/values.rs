//! Values with a form of their own: secrets, addresses, paths, matchers, names of labels.

use crate::{
    file::read_text,
    keys,
    reader::{Fields, Value},
};
use bellwire_core::{Matcher, Matchers, Secret};
use email_address::EmailAddress;
use std::{path::PathBuf, str::FromStr, sync::Arc};
use toml::de::DeValue;
use url::Url;

const MATCHERS_MAX: usize = 100;

impl Value<'_> {
    /// `{ env = "X" }`, `{ file = "path" }` or, with a warning, the secret itself.
    pub fn secret(&self) -> Option<Secret> {
        match self.value {
            DeValue::String(text) => {
                self.scope.notes.secret(self.place());
                self.scope.warning(
                    &self.span,
                    format!("`{}` is a secret, and everybody who can read this file knows it", self.key),
                    "take it from the environment or a file: { env = \"NAME\" } or { file = \"path\" }",
                );
                self.filled_secret(text, "it")
            }
            DeValue::Table(_) => self.fields(keys::SECRET).and_then(|fields| self.secret_from(&fields)),
            _ => {
                self.wrong_kind("{ env = \"NAME\" }, { file = \"path\" } or text in quotes");
                None
            }
        }
    }

    pub fn secret_from(&self, fields: &Fields<'_>) -> Option<Secret> {
        match (fields.get("env"), fields.get("file")) {
            (Some(name), None) => {
                let variable = name.filled()?;
                let Some(secret) = (self.scope.surroundings.environment)(variable) else {
                    name.error(
                        format!("the environment variable `{variable}` is not set"),
                        "set it where Bellwire is started",
                    );
                    return None;
                };
                name.filled_secret(&secret, &format!("the environment variable `{variable}`"))
            }
            (None, Some(path)) => {
                let text = path.file_text()?;
                path.filled_secret(text.trim_end_matches(['\r', '\n']), "the file")
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = format!("`{}` must have one of `env` and `file`", self.key);
                fields.error(message, "{ env = \"NAME\" } or { file = \"path\" }");
                None
            }
        }
    }

    fn filled_secret(&self, secret: &str, what: &str) -> Option<Secret> {
        if secret.is_empty() {
            self.error(format!("{what} is empty, and should hold a secret"), "");
            return None;
        }
        Some(Secret::new(secret))
    }

    /// Relative to the folder of bellwire.toml.
    pub fn path(&self) -> Option<PathBuf> {
        Some(self.scope.surroundings.folder.join(self.filled()?))
    }

    /// The text of the file that this value names.
    pub fn file_text(&self) -> Option<String> {
        let path = self.path()?;
        read_text(&path)
            .inspect_err(|error| {
                self.error(
                    format!("the file {} cannot be read: {error}", self.text().unwrap_or_default()),
                    "paths are relative to the folder of bellwire.toml",
                );
            })
            .ok()
    }

    /// The URL is never shown: it may be a secret.
    pub fn check_url(&self, url: &str) -> bool {
        const BEGIN: &str = "it must begin with https:// or http://";
        let reason = match Url::parse(url) {
            Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => Some(BEGIN.into()),
            Ok(parsed) if !parsed.has_host() => Some("it has no host".into()),
            Ok(_) => None,
            Err(url::ParseError::RelativeUrlWithoutBase) => Some(BEGIN.into()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = &reason {
            self.error(format!("`{}` is not a URL that can be used: {reason}", self.key), "");
        }
        reason.is_none()
    }

    /// Without a slash at its end.
    pub fn url(&self) -> Option<String> {
        let url = self.filled()?;
        self.check_url(url).then(|| url.trim_end_matches('/').to_owned())
    }

    pub fn secret_url(&self) -> Option<Secret> {
        let secret = self.secret()?;
        self.check_url(secret.expose()).then_some(secret)
    }

    /// A URL that may be a secret and need not be one: never shown, and no warning if it stands in the file.
    pub fn plain_or_secret_url(&self) -> Option<Secret> {
        let DeValue::String(url) = self.value else { return self.secret_url() };
        self.scope.notes.secret(self.place());
        self.check_url(url).then(|| Secret::new(&**url))
    }

    pub fn email_address(&self) -> Option<String> {
        let text = self.text()?;
        if let Err(error) = EmailAddress::from_str(text) {
            self.error(
                format!("`{text}` is not an e-mail address: {error}"),
                "write oncall@example.com or \"On call <oncall@example.com>\"",
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// Those that are sound.
    pub fn matchers(&self) -> Matchers {
        let items = self.list().unwrap_or_default();
        if items.len() > MATCHERS_MAX {
            self.error(format!("{} matchers", items.len()), crate::file::at_most(MATCHERS_MAX));
        }
        let matcher = |item: &Value<'_>| {
            let parsed = item.text()?.parse::<Matcher>();
            parsed
                .inspect_err(|error| {
                    item.error(error.to_string(), "as in 'severity=\"critical\"' or 'service=~\"pay.*\"'")
                })
                .ok()
        };
        Matchers(items.iter().filter_map(matcher).collect())
    }

    /// A list of names that are looked up later, each with its value for errors about it.
    pub fn listed(&self) -> Vec<(Arc<str>, Self)> {
        let items = self.list().unwrap_or_default();
        items.into_iter().filter_map(|item| Some((item.text()?.into(), item))).collect()
    }
}
