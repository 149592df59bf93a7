//! Datadog's tags as labels.

use bellwire_policy::source::label_name;
use std::collections::{BTreeMap, BTreeSet};

/// Of lists such as `env:prod, role:db, monitor`. A tag without a value is no label; one that is there with several values
/// has them all, sorted, so that their order in the list changes nothing.
pub fn labels<'a>(lists: impl IntoIterator<Item = Option<&'a str>>) -> impl Iterator<Item = (String, String)> {
    let mut labels: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for tag in lists.into_iter().flatten().flat_map(|list| list.split(',')) {
        if let Some((name, value)) = tag.trim().split_once(':')
            && !name.is_empty()
            && !value.is_empty()
        {
            labels.entry(label_name(name)).or_default().insert(value);
        }
    }
    labels.into_iter().map(|(name, values)| (name, values.into_iter().collect::<Vec<_>>().join(",")))
}
