//! Places in a body: JSON Pointers (RFC 6901) and constants, and what is found there.

use crate::settings::{Time, TimeFormat};
use bellwire_policy::{log, source::rfc3339};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// `""` is the whole, `/labels/team` a member of a member, `/checks/0` the first of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(String);

/// `{ at = "/title" }`, `{ body = "/account" }` or `{ text = "uptime" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the alert.
    At(Pointer),
    /// In the whole body: what all its alerts have in common.
    Body(Pointer),
    /// The same for every alert.
    Text(String),
}

/// One alert, and the body that it came in.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    pub alert: &'a Value,
    pub body: &'a Value,
}

impl Pointer {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> Document<'a> {
    fn value(self, place: &Place) -> Option<&'a Value> {
        match place {
            Place::At(pointer) => self.alert.pointer(&pointer.0),
            Place::Body(pointer) => self.body.pointer(&pointer.0),
            Place::Text(_) => None,
        }
    }

    /// None if there is nothing, or `null`.
    pub fn text(self, place: &Place) -> Option<String> {
        match place {
            Place::Text(text) => Some(text.clone()),
            Place::At(_) | Place::Body(_) => text(self.value(place)?),
        }
    }

    /// Of an object; none of anything else.
    pub fn members(self, place: &Place) -> impl Iterator<Item = (String, String)> + use<'a> {
        let object = self.value(place).and_then(Value::as_object);
        object.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), text(value)?)))
    }

    /// None if there is nothing, or a time before 1970, as some write "never". What is no time is logged: an alert without
    /// one is still an alert.
    pub fn instant(self, time: &Time) -> Option<u64> {
        let text = self.text(&time.place).filter(|text| !text.is_empty())?;
        let instant = match time.format {
            TimeFormat::Rfc3339 if text.starts_with("0001-") => return None,
            TimeFormat::Rfc3339 => rfc3339(&text),
            TimeFormat::Seconds => milliseconds(&text, 1_000.0),
            TimeFormat::Milliseconds => milliseconds(&text, 1.0),
        };
        if instant.is_none() {
            log::warn(format!("{text:?} is no time in the format {:?}", time.format));
        }
        instant.filter(|instant| *instant > 0)
    }
}

/// 0 if it is before 1970.
fn milliseconds(text: &str, unit: f64) -> Option<u64> {
    /// The year 9999.
    const MAX: f64 = 253_402_300_799_999.0;
    let number = (text.parse::<f64>().ok()? * unit).round();
    (number <= MAX).then_some(number as u64)
}

/// A list or an object is its JSON.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut tildes = text.split('~').skip(1);
        if !(text.is_empty() || text.starts_with('/')) {
            return Err(D::Error::custom(format!(
                "{text:?} is no JSON Pointer: it must begin with \"/\", as \"/alerts\" does"
            )));
        }
        if !tildes.all(|rest| rest.starts_with(['0', '1'])) {
            return Err(D::Error::custom(format!(
                "{text:?} is no JSON Pointer: \"~\" is written \"~0\", \"/\" in a name \"~1\""
            )));
        }
        Ok(Self(text))
    }
}
