//! Sources that are components.

use crate::{FOR_EVER, engine, limits, source, source_module};
use bellwire_core::{AlertInput, Ends, Instant, Labels, PluginFault};
use bellwire_wasm::{Converted, Limits, SourceFault, SourceWants, Unusable, Webhook};
use std::time::Duration;
use wit_component::ComponentEncoder;

pub fn webhook(body: impl Into<Vec<u8>>) -> Webhook {
    let texts = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Webhook {
        now: Instant::from_millis(1_700_000_000_000),
        content_type: "application/json".into(),
        query: texts(&[("env", "prod"), ("env", "eu")]),
        headers: texts(&[("x-kind", "test")]),
        body: body.into(),
    }
}

fn alert(value: &str) -> AlertInput {
    AlertInput {
        labels: Labels::from_pairs([("steady", value)]),
        annotations: Labels::from_pairs([("steady", value)]),
        starts_at: None,
        ends: Ends::Open,
        generator_url: "".into(),
    }
}

fn converted(convert: &str) -> Converted {
    source(convert).convert("{}", &webhook("{}")).result.unwrap()
}

fn fault(convert: &str) -> SourceFault {
    source(convert).convert("{}", &webhook("{}")).result.unwrap_err()
}

const ONE: &str = "(call $alerts (i32.const 1))";

#[test]
fn a_module_and_its_component_convert_alike() {
    let module = source_module(ONE);
    let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    let engine = engine(limits());
    let [one, other] = [&module, &component].map(|bytes| engine.load_source(bytes).unwrap());
    assert_ne!(one.hash(), other.hash());
    let [one, other] = [one, other].map(|source| source.convert("{}", &webhook("{}")));
    assert_eq!(one.result.as_ref().unwrap().alerts, [alert("steady")]);
    assert_eq!((&one.result, one.fuel, one.memory_bytes), (&other.result, other.fuel, other.memory_bytes));
}

#[test]
fn describes_itself_and_checks_its_settings() {
    let source = source(ONE);
    assert_eq!(source.describe().unwrap().name, "steady");
    assert_eq!(source.check("{}").unwrap(), Ok(SourceWants { headers: vec!["steady".into()] }));
    assert_eq!(source.check("").unwrap().unwrap_err()[0].path, "steady");
}

/// Each in turn as the label's value.
#[test]
fn a_webhook_arrives_where_the_contract_has_it() {
    let label = |at: &str, length: &str| {
        let converted = converted(&format!("(call $label {at} {length}) {ONE}"));
        converted.alerts[0].labels.get("steady").to_owned()
    };
    assert_eq!(label("(local.get $settings)", "(local.get $settings_length)"), "{}");
    assert_eq!(label("(local.get $type)", "(local.get $type_length)"), "application/json");
    assert_eq!(label("(local.get $body)", "(local.get $body_length)"), "{}");
    let second = |of: &str, field: u32| format!("(i32.load offset={field} (local.get ${of}))");
    assert_eq!(label(&second("query", 24), &second("query", 28)), "eu");
    assert_eq!(label(&second("headers", 8), &second("headers", 12)), "test");
}

#[test]
fn an_alert_ends_when_that_has_passed() {
    let ends = |at: &str| {
        let now = "(i64.store (i32.const 2344)";
        let body = format!(
            "(i32.store8 (i32.const 2336) (i32.const 1)) {now} {at}) (i32.store8 (i32.const 2320) (i32.const 1))
            (i64.store (i32.const 2328) (local.get $now)) {ONE}"
        );
        let alert = converted(&body).alerts.remove(0);
        assert_eq!(alert.starts_at, Some(webhook("").now));
        alert.ends
    };
    let now = webhook("").now;
    assert_eq!(ends("(local.get $now)"), Ends::Resolved(now));
    // One that ended before it began, by the sender's clock, has ended.
    let before = Instant::from_millis(now.as_millis() - 5);
    assert_eq!(ends("(i64.sub (local.get $now) (i64.const 5))"), Ends::Resolved(before));
    let later = Instant::from_millis(now.as_millis() + 5);
    assert_eq!(ends("(i64.add (local.get $now) (i64.const 5))"), Ends::At(later));
}

/// Of three alerts the second has a bad label: it costs its neighbours nothing.
#[test]
fn an_alert_that_cannot_be_taken_is_named() {
    let second = |labels: &str| {
        let body = format!("(drop (call $alerts (i32.const 3))) {labels} (i32.const 1024)");
        let converted = converted(&body);
        assert_eq!((converted.alerts.len(), converted.beyond), (2, 0));
        let [Unusable { index: 1, message }] = &*converted.unusable else { panic!("{converted:?}") };
        message.clone()
    };
    // A pair of its own at 2128, whose name is empty; or whose value is the NUL that is in the data.
    let pair =
        "(i32.store (i32.const 2368) (i32.const 2128)) (i64.store align=4 (i32.const 2136) (i64.const 0x600000800))";
    assert_eq!(second(pair), "labels holds an empty name");
    let nul = "(i64.store align=4 (i32.const 2128) (i64.const 0x600000800))
        (i64.store align=4 (i32.const 2136) (i64.const 0x100001000))";
    assert_eq!(second(&format!("{pair} {nul}")), "labels holds a NUL character");
}

/// An empty value is none, and a NUL in what is only shown is replaced.
#[test]
fn labels_are_as_anywhere() {
    let empty = converted(&format!("(call $label (i32.const 2048) (i32.const 0)) {ONE}"));
    assert!(empty.alerts[0].labels.is_empty());
    let url = format!("(i64.store align=4 (i32.const 2352) (i64.const 0x100001000)) {ONE}");
    assert_eq!(&*converted(&url).alerts[0].generator_url, "\u{FFFD}");
}

#[test]
fn the_first_ten_thousand_are_taken() {
    let many = converted("(call $alerts (i32.const 10007))");
    assert_eq!((many.alerts.len(), many.beyond), (10_000, 7));
}

#[test]
fn a_refusal_is_the_fault_that_it_names() {
    let refusal = |case: u32| fault(&format!("(call $refuse (i32.const {case}))"));
    assert_eq!(refusal(0), PluginFault::Settings("steady".into()).into());
    assert_eq!(refusal(1), SourceFault::Malformed("steady".into()));
    assert_eq!(refusal(2), PluginFault::Failed("steady".into()).into());
    assert_eq!(refusal(3), PluginFault::Failed("steady: steady".into()).into());
}

#[test]
fn every_limit_holds() {
    assert_eq!(fault(FOR_EVER), PluginFault::OutOfFuel(50_000_000).into());
    let grow = "(drop (memory.grow (i32.const 65535))) unreachable";
    assert_eq!(fault(grow), PluginFault::OutOfMemory(64 << 20).into());
    assert!(matches!(fault("unreachable"), SourceFault::Plugin(PluginFault::Trap(_))));
    let limits = Limits { fuel_max: u64::MAX, time_max: Duration::from_millis(50), ..Limits::default() };
    let slow = engine(limits).load_source(&source_module(FOR_EVER)).unwrap().convert("{}", &webhook("{}"));
    assert_eq!(slow.result, Err(PluginFault::OutOfTime(50).into()));
    // A label of 17 MB: more than all alerts of an answer may have.
    let large = "(drop (memory.grow (i32.const 300))) (call $label (i32.const 65536) (i32.const 17000000))
        (call $alerts (i32.const 1))";
    assert_eq!(fault(large), PluginFault::OutputTooLarge("more than 16777216 bytes at once".into()).into());
    // A list of a length that no memory could hold.
    let list = format!("(drop {ONE}) (i32.store (i32.const 1032) (i32.const 0x7fffffff)) (i32.const 1024)");
    assert!(matches!(fault(&list), SourceFault::Plugin(PluginFault::Trap(_) | PluginFault::OutputTooLarge(_))));
}

/// Reads each byte of the body, with what that takes at least.
const READ: &str = "(local $sum i32)
    (block $end (loop $next
        (br_if $end (i32.eqz (local.get $body_length)))
        (local.set $body_length (i32.sub (local.get $body_length) (i32.const 1)))
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $body) (local.get $body_length)))))
        (br $next)))
    (call $alerts (i32.const 1))";

#[test]
fn a_large_body_is_read_whole() {
    let source = source(READ);
    let small = source.convert("{}", &webhook(vec![b'x'; 1 << 10]));
    let large = source.convert("{}", &webhook(vec![b'x'; 8 << 20]));
    assert_eq!(large.result, small.result);
    // More than one share of fuel, as there are 32 more for it; and the memory holds the body once.
    assert!(large.fuel > 50_000_000, "{}", large.fuel);
    assert!(large.memory_bytes < 9 << 20, "{}", large.memory_bytes);
}

#[test]
fn a_body_that_does_not_fit_is_a_fault() {
    let small = Limits { memory_bytes_max: 1 << 20, ..limits() };
    let source = engine(small).load_source(&source_module(READ)).unwrap();
    let result = source.convert("{}", &webhook(vec![b'x'; 2 << 20])).result;
    assert_eq!(result, Err(PluginFault::OutOfMemory(1 << 20).into()));
    // More fuel for a large body is not fuel without an end.
    let looping = engine(limits()).load_source(&source_module(FOR_EVER)).unwrap();
    let result = looping.convert("{}", &webhook(vec![b'x'; 1 << 20])).result;
    assert_eq!(result, Err(PluginFault::OutOfFuel(5 * 50_000_000).into()));
}

#[test]
fn a_thousand_conversions_are_one() {
    let source = source(READ);
    let first = source.convert("{}", &webhook("{}"));
    for _ in 0..1_000 {
        let again = source.convert("{}", &webhook("{}"));
        assert_eq!((&again.result, again.fuel, again.memory_bytes), (&first.result, first.fuel, first.memory_bytes));
    }
}
