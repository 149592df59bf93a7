//! The JSON of one alert, borrowed from the body, and the array of them, never held as a whole.

use super::{FaultKind, Sink, shortened};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A string: borrowed unless it has escapes.
pub(super) struct Text<'a>(pub Cow<'a, str>);

/// The names and values of a map of strings, as they come.
#[derive(Default)]
pub(super) struct Pairs<'a>(pub Vec<(Text<'a>, Text<'a>)>);

/// Both endpoints' alert; what is not known is skipped, `null` is the same as missing, and the last of two wins.
#[derive(Default)]
pub(super) struct RawAlert<'a> {
    pub status: Option<Text<'a>>,
    pub labels: Option<Pairs<'a>>,
    pub annotations: Option<Pairs<'a>>,
    pub starts_at: Option<Text<'a>>,
    pub ends_at: Option<Text<'a>>,
    pub generator_url: Option<Text<'a>>,
}

#[derive(Clone, Copy)]
pub(super) enum Care {
    /// Fast: the first fault ends it.
    AllAtOnce,
    /// An alert that cannot be read is a fault of its own.
    OneByOne,
}

/// Reads an array of alerts, or `null`, into a sink. Was it an array?
pub(super) struct Alerts<'s> {
    pub sink: &'s mut Sink,
    pub care: Care,
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The engine takes far fewer; this bounds what is held until it says so.
        const PAIRS_MAX: usize = 10_000;
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some(pair) = map.next_entry()? {
                    if pairs.len() == PAIRS_MAX {
                        return Err(A::Error::custom(format_args!("more than {PAIRS_MAX} names")));
                    }
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

enum Field {
    Status,
    Labels,
    Annotations,
    StartsAt,
    EndsAt,
    GeneratorUrl,
    Unknown,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;
        impl Visitor<'_> for FieldVisitor {
            type Value = Field;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a field's name")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
                Ok(match name {
                    "status" => Field::Status,
                    "labels" => Field::Labels,
                    "annotations" => Field::Annotations,
                    "startsAt" => Field::StartsAt,
                    "endsAt" => Field::EndsAt,
                    "generatorURL" => Field::GeneratorUrl,
                    _ => Field::Unknown,
                })
            }
        }
        deserializer.deserialize_identifier(FieldVisitor)
    }
}

impl<'de> Deserialize<'de> for RawAlert<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AlertVisitor;
        impl<'de> Visitor<'de> for AlertVisitor {
            type Value = RawAlert<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an alert, which is an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut alert = RawAlert::default();
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::Status => alert.status = named(&mut map, "status")?,
                        Field::Labels => alert.labels = named(&mut map, "labels")?,
                        Field::Annotations => alert.annotations = named(&mut map, "annotations")?,
                        Field::StartsAt => alert.starts_at = named(&mut map, "startsAt")?,
                        Field::EndsAt => alert.ends_at = named(&mut map, "endsAt")?,
                        Field::GeneratorUrl => alert.generator_url = named(&mut map, "generatorURL")?,
                        Field::Unknown => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(alert)
            }
        }
        deserializer.deserialize_map(AlertVisitor)
    }
}

/// The value, or an error that says whose it is.
fn named<'de, A: MapAccess<'de>, T: Deserialize<'de>>(map: &mut A, field: &str) -> Result<Option<T>, A::Error> {
    map.next_value().map_err(|error| A::Error::custom(format_args!("{field}: {error}")))
}

impl<'de> DeserializeSeed<'de> for Alerts<'_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Alerts<'_> {
    type Value = bool;
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of alerts")
    }
    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut alerts: A) -> Result<bool, A::Error> {
        let Self { sink, care } = self;
        while !sink.full() {
            match care {
                Care::AllAtOnce => match alerts.next_element()? {
                    Some(alert) => sink.take(alert),
                    None => return Ok(true),
                },
                Care::OneByOne => match alerts.next_element::<&RawValue>()? {
                    Some(alert) => one(sink, alert.get()),
                    None => return Ok(true),
                },
            }
        }
        while alerts.next_element::<IgnoredAny>()?.is_some() {
            sink.batch.beyond += 1;
        }
        Ok(true)
    }
}

fn one(sink: &mut Sink, text: &str) {
    match serde_json::from_str(text) {
        Ok(alert) => sink.take(alert),
        Err(error) => {
            // The position is the alert's own, which would be taken for the body's.
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(before, _)| before);
            sink.refuse(FaultKind::Malformed, shortened(message));
        }
    }
}
