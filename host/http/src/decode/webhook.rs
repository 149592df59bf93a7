//! The envelope of Alertmanager's webhook. Only an alert's own status resolves it: not the group's, and not its absence.

use super::{
    Batch, BodyFault, Rules, Sink, careful_if_needed,
    json::{Alerts, Care, Text},
    text_of,
};
use bellwire_core::Instant;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The body of `POST /webhook/alertmanager`, version 4.
pub fn alertmanager(body: &[u8], alerts_max: usize, now: Instant) -> Result<Batch, BodyFault> {
    let text = text_of(body)?;
    let (mut batch, head) = careful_if_needed(alerts_max, Rules::Webhook { now }, |sink, care| {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let head = Envelope { sink, care }.deserialize(&mut deserializer)?;
        deserializer.end().map(|()| head)
    })?;
    if !head.version_4 {
        return Err(BodyFault::Version);
    }
    if !head.has_alerts {
        return Err(BodyFault::MissingAlerts);
    }
    batch.truncated = head.truncated;
    Ok(batch)
}

/// All of the envelope that counts.
#[derive(Default)]
struct Head {
    version_4: bool,
    has_alerts: bool,
    truncated: u64,
}

struct Envelope<'s> {
    sink: &'s mut Sink,
    care: Care,
}

impl<'de> DeserializeSeed<'de> for Envelope<'_> {
    type Value = Head;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Head, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = Head;
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the object that Alertmanager's webhook sends")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head::default();
        while let Some(Text(field)) = map.next_key()? {
            match &*field {
                "version" => head.version_4 = map.next_value::<Text<'de>>().map_err(within("version"))?.0 == "4",
                "truncatedAlerts" => head.truncated = map.next_value().map_err(within("truncatedAlerts"))?,
                // Twice would be a riddle: which of them is meant?
                "alerts" if head.has_alerts => return Err(A::Error::duplicate_field("alerts")),
                "alerts" => {
                    let alerts = Alerts { sink: &mut *self.sink, care: self.care };
                    head.has_alerts = map.next_value_seed(alerts).map_err(within("alerts"))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(head)
    }
}

/// Says whose the error is.
fn within<E: Error>(field: &'static str) -> impl Fn(E) -> E {
    move |error| E::custom(format_args!("{field}: {error}"))
}
