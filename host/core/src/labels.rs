//! A label set in one allocation: sorted, each `name 0xFF value 0xFF`, which is also what the fingerprint hashes.
//!
//! Equality is a comparison of bytes, a clone is a counter, and an alert of eight labels costs some 200 bytes.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor, ser::SerializeMap};

/// UTF-8 never holds this byte, so it needs no escape.
const END: u8 = 0xFF;

/// Labels or annotations, sorted by name; a label with an empty value is the same as none.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[u8]>);

/// FNV-1a-64 over the packed labels: Alertmanager's identity of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub u64);

impl Labels {
    /// Of pairs in any order. The last of several with one name wins; those with an empty value are dropped.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
        pairs.sort_by(|left, right| left.0.as_ref().cmp(right.0.as_ref()));
        let mut packed = Vec::with_capacity(pairs.iter().map(|(n, v)| n.as_ref().len() + v.as_ref().len() + 2).sum());
        for (index, (name, value)) in pairs.iter().enumerate() {
            let overridden = pairs.get(index + 1).is_some_and(|next| next.0.as_ref() == name.as_ref());
            if overridden || value.as_ref().is_empty() {
                continue;
            }
            for text in [name.as_ref(), value.as_ref()] {
                packed.extend_from_slice(text.as_bytes());
                packed.push(END);
            }
        }
        Self(packed.into())
    }

    /// The value of `name`; empty if there is none, as Alertmanager's matchers have it.
    pub fn get(&self, name: &str) -> &str {
        self.iter().find(|(candidate, _)| *candidate == name).map_or("", |(_, value)| value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut parts = self.0.split(|byte| *byte == END).map(|part| core::str::from_utf8(part).unwrap_or_default());
        core::iter::from_fn(move || {
            let name = parts.next()?;
            Some((name, parts.next()?))
        })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.iter().filter(|byte| **byte == END).count() / 2
    }

    /// Bytes on the heap.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    pub fn fingerprint(&self) -> Fingerprint {
        let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Fingerprint(self.0.iter().fold(0xcbf2_9ce4_8422_2325, fold))
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self(Arc::from([]))
    }
}

/// As Prometheus writes it: `{alertname="x", job="y"}`.
impl fmt::Display for Labels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                formatter.write_str(", ")?;
            }
            write!(formatter, "{name}={value:?}")?;
        }
        formatter.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Sixteen hex digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of names to values")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut pairs: Vec<(alloc::string::String, alloc::string::String)> = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Labels::from_pairs(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    /// Vectors taken from Alertmanager 0.33.1.
    #[test]
    fn fingerprints_are_alertmanagers() {
        let print = |pairs: &[(&str, &str)]| Labels::from_pairs(pairs.iter().copied()).fingerprint().to_string();
        assert_eq!(print(&[("alertname", "x")]), "d240efc3896bf266");
        assert_eq!(print(&[("i", "1"), ("alertname", "A")]), "caaaffbd9ccf039f");
        assert_eq!(print(&[("severity", "P1"), ("alertname", "A")]), "ba773f1945f62d9f");
    }

    #[test]
    fn sorts_drops_empty_values_and_lets_the_last_win() {
        let labels = Labels::from_pairs([("b", "1"), ("a", "x"), ("c", ""), ("b", "2")]);
        assert_eq!(labels.to_string(), r#"{a="x", b="2"}"#);
        assert_eq!((labels.get("b"), labels.get("c"), labels.len()), ("2", "", 2));
    }
}
