//! A policy's settings: TOML to the JSON that its plugin reads, and from a path in that JSON back to the place in the TOML.

use crate::reader::Value;
use serde_json::{Map, Number};
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// None: something in it has no JSON; that is noted.
pub(crate) fn to_json(value: &Value<'_>) -> Option<serde_json::Value> {
    let bad = |message: String| {
        value.error(message, "");
        None
    };
    let inner = |inner: &Spanned<DeValue<'_>>| {
        let (span, inner) = (inner.span(), inner.get_ref());
        to_json(&Value { scope: value.scope, key: value.key, span, value: inner })
    };
    match value.value {
        DeValue::String(text) => Some(serde_json::Value::String(text.to_string())),
        DeValue::Boolean(flag) => Some(serde_json::Value::Bool(*flag)),
        DeValue::Datetime(time) => Some(serde_json::Value::String(time.to_string())),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => Some(serde_json::Value::Number(integer.into())),
            Err(_) => bad(format!("{integer} is too large")),
        },
        DeValue::Float(float) => match float.as_str().parse().ok().and_then(Number::from_f64) {
            Some(number) => Some(serde_json::Value::Number(number)),
            None => bad(format!("{} is not a number that JSON has", float.as_str())),
        },
        DeValue::Array(array) => array.iter().map(inner).collect::<Option<_>>().map(serde_json::Value::Array),
        DeValue::Table(table) => {
            let fields = table.iter().map(|(key, value)| Some((key.get_ref().to_string(), inner(value)?)));
            fields.collect::<Option<Map<_, _>>>().map(serde_json::Value::Object)
        }
    }
}

/// The place of `path`, such as `rules[2].above.error_rate`; of as much of it as there is.
pub(crate) fn locate(value: &Spanned<DeValue<'_>>, path: &str) -> Range<usize> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let next = match value.get_ref() {
        _ if path.is_empty() => None,
        DeValue::Table(table) => {
            // A key may have dots and brackets in it: the longest that fits is meant.
            let fits = |key: &&str| {
                path.strip_prefix(*key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            let key = table.keys().map(|key| &**key.get_ref()).filter(fits).max_by_key(|key| key.len());
            key.and_then(|key| Some((table.get(key)?, &path[key.len()..])))
        }
        DeValue::Array(array) => {
            path.strip_prefix('[').and_then(|rest| rest.split_once(']')).and_then(|(index, rest)| {
                let item: &Spanned<DeValue<'_>> = array.get(index.parse::<usize>().ok()?)?;
                Some((item, rest))
            })
        }
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            None
        }
    };
    next.map_or_else(|| value.span(), |(value, rest)| locate(value, rest))
}

/// The value of `key` at `span`, however deep it is.
pub(crate) fn find_table<'t, 'a>(
    table: &'t DeTable<'a>,
    key: &str,
    span: &Range<usize>,
) -> Option<&'t Spanned<DeValue<'a>>> {
    let found = table.get(key).filter(|value| value.span() == *span);
    found.or_else(|| table.values().find_map(|value| find_inside(value.get_ref(), key, span)))
}

fn find_inside<'t, 'a>(value: &'t DeValue<'a>, key: &str, span: &Range<usize>) -> Option<&'t Spanned<DeValue<'a>>> {
    match value {
        DeValue::Table(table) => find_table(table, key, span),
        DeValue::Array(array) => array.iter().find_map(|item| find_inside(item.get_ref(), key, span)),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            None
        }
    }
}

/// The place of the first text that is one of `texts`.
pub(crate) fn find_text(value: &Spanned<DeValue<'_>>, texts: &[&str]) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::String(text) => texts.contains(&&**text).then(|| value.span()),
        DeValue::Array(array) => array.iter().find_map(|item| find_text(item, texts)),
        DeValue::Table(table) => table.values().find_map(|item| find_text(item, texts)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    }
}
