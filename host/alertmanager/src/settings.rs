//! Values by tables of shapes: what a key must hold is data, so that sixteen kinds of receivers need no code of their
//! own.

use crate::{
    duration,
    reader::{Fields, Value},
    report::{Located, Place},
};
use bellwire_core::{Secret, Span};
use std::collections::BTreeMap;
use url::Url;

/// What a key must hold.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    /// Never shown.
    Secret,
    Url,
    /// Never shown; Alertmanager's own `<secret>` is taken, too.
    SecretUrl,
    Flag,
    Whole,
    Unsigned,
    /// Prometheus' `1h30m`.
    Duration,
    /// Go's `1.5h`.
    GoDuration,
    /// `host:port`.
    HostPort,
    Texts,
    /// Of texts by name.
    Pairs,
    /// Of texts by name, none of which is ever shown.
    SecretPairs,
    Table(Keys),
    Tables(Keys),
    /// Whatever there is: it is not looked into.
    Anything,
}

pub(crate) type Keys = &'static [(&'static str, Shape)];

/// What a key holds.
#[derive(Clone)]
pub enum Setting {
    Text(String),
    Secret(Secret),
    Flag(bool),
    Whole(i64),
    Duration(Span),
    Texts(Vec<Located<String>>),
    Pairs(BTreeMap<String, String>),
    Table(Section),
    Tables(Vec<Section>),
    /// Too little of it matters here, or none of it may be shown.
    Opaque,
}

/// A mapping that was read by its table of keys. What is null or an empty text is not in it.
#[derive(Clone)]
pub struct Section {
    pub place: Place,
    settings: BTreeMap<&'static str, Located<Setting>>,
}

impl Section {
    pub(crate) fn empty(place: Place) -> Self {
        Self { place, settings: BTreeMap::new() }
    }

    pub(crate) fn read(value: &Value<'_>, keys: Keys) -> Option<Self> {
        let fields = value.fields(keys.iter().map(|(key, _)| *key))?;
        Some(Self::of(&fields, keys))
    }

    pub(crate) fn of(fields: &Fields<'_>, keys: Keys) -> Self {
        let setting = |(key, shape): &(&'static str, Shape)| {
            let value = fields.get(key)?;
            Some((*key, Located { value: shape.read(&value)?, place: value.place() }))
        };
        Self { place: fields.place, settings: keys.iter().filter_map(setting).collect() }
    }

    pub fn has(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Located<Setting>)> {
        self.settings.iter().map(|(key, setting)| (*key, setting))
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.settings.get(key)?.value {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn secret(&self, key: &str) -> Option<&Secret> {
        match &self.settings.get(key)?.value {
            Setting::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match &self.settings.get(key)?.value {
            Setting::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn whole(&self, key: &str) -> Option<i64> {
        match &self.settings.get(key)?.value {
            Setting::Whole(whole) => Some(*whole),
            _ => None,
        }
    }

    pub fn duration(&self, key: &str) -> Option<Span> {
        match &self.settings.get(key)?.value {
            Setting::Duration(span) => Some(*span),
            _ => None,
        }
    }

    pub fn pairs(&self, key: &str) -> Option<&BTreeMap<String, String>> {
        match &self.settings.get(key)?.value {
            Setting::Pairs(pairs) => Some(pairs),
            _ => None,
        }
    }

    pub fn table(&self, key: &str) -> Option<&Self> {
        match &self.settings.get(key)?.value {
            Setting::Table(section) => Some(section),
            _ => None,
        }
    }

    pub fn tables(&self, key: &str) -> &[Self] {
        match self.settings.get(key).map(|setting| &setting.value) {
            Some(Setting::Tables(sections)) => sections,
            _ => &[],
        }
    }

    /// Where the value of `key` is; where all of it is if there is none.
    pub fn place_of(&self, key: &str) -> Place {
        self.settings.get(key).map_or(self.place, |setting| setting.place)
    }
}

impl Shape {
    /// None: it is wrong, which is noted, or empty, which is as good as none.
    fn read(self, value: &Value<'_>) -> Option<Setting> {
        let filled = || Some(value.text()?.value).filter(|text| !text.is_empty());
        match self {
            Self::Text => filled().map(Setting::Text),
            Self::Secret => {
                value.notes.secret(value.place());
                filled().map(|text| Setting::Secret(Secret::new(text)))
            }
            Self::Url => {
                let text = value.text()?.value;
                check_url(value, &text).then_some(Setting::Text(text))
            }
            Self::SecretUrl => {
                value.notes.secret(value.place());
                let text = value.text()?.value;
                (text == "<secret>" || check_url(value, &text)).then(|| Setting::Secret(Secret::new(text)))
            }
            Self::Flag => value.flag().map(Setting::Flag),
            Self::Whole => value.whole().map(Setting::Whole),
            Self::Unsigned => {
                let whole = value.whole()?;
                if whole < 0 {
                    value.error(format!("`{}` cannot be less than 0", value.key), "");
                }
                Some(Setting::Whole(whole))
            }
            Self::Duration => value.duration().map(|span| Setting::Duration(span.value)),
            Self::GoDuration => {
                let span = duration::go(&value.text()?.value);
                if span.is_none() {
                    let help = "a number with ms, s, m or h, as in 30s or 1h30m";
                    value.error(format!("`{}` is not a length of time", value.key), help);
                }
                span.map(Setting::Duration)
            }
            Self::HostPort => {
                let text = filled()?;
                if host_port(&text).is_none() {
                    value.error(format!("`{text}` is not HOST:PORT"), "as in smtp.example.com:587");
                }
                Some(Setting::Text(text))
            }
            Self::Texts => Some(Setting::Texts(value.texts())),
            Self::Pairs => {
                let pairs = value.pairs().into_iter();
                Some(Setting::Pairs(pairs.map(|(name, text)| (name.value, text.value)).collect()))
            }
            Self::SecretPairs => {
                value.notes.secret(value.place());
                Some(Setting::Opaque)
            }
            Self::Table(keys) => Section::read(value, keys).map(Setting::Table),
            Self::Tables(keys) => {
                let items = value.list()?;
                Some(Setting::Tables(items.iter().filter_map(|item| Section::read(item, keys)).collect()))
            }
            Self::Anything => Some(Setting::Opaque),
        }
    }
}

/// The URL itself is never shown.
fn check_url(value: &Value<'_>, url: &str) -> bool {
    let reason = match Url::parse(url) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "it must begin with http:// or https://".to_owned(),
        Ok(url) if !url.has_host() => "it has no host".to_owned(),
        Ok(_) => return true,
        Err(error) => error.to_string(),
    };
    value.error(format!("`{}` is not a URL that can be used: {reason}", value.key), "");
    false
}

/// `smtp.example.com:587` or `[::1]:25`; the host may be missing, the port may not.
pub fn host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(host) => host.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    (!port.is_empty()).then_some((host, port))
}
