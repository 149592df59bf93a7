//! Sources and channels that are programs.

use crate::{
    channels::{message, response},
    engine, limits,
    sources::webhook,
};
use bellwire_core::{ChannelRequest, ChannelStep, ChannelWants, Ends, Instant, Labels, Part, PluginFault, Span};
use bellwire_wasm::{Channel, Limits, LoadError, Source, SourceFault, SourceWants, World};
use serde_json::{Value, json};

/// A program that answers each question with one of these documents, and says on stderr what it read.
fn program(answers: &[(&str, &Value)]) -> Vec<u8> {
    let mut data = String::new();
    let mut choice = String::new();
    for (index, (question, answer)) in answers.iter().enumerate() {
        let (text, at) = (answer.to_string(), 65_536 * (index + 1));
        let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        data += &format!("(data (i32.const {at}) \"{bytes}\")\n");
        // The question's first two letters, little-endian: no two questions have the same.
        let [first, second, ..] = question.as_bytes() else { panic!("{question}") };
        let letters = u32::from(*first) | u32::from(*second) << 8;
        choice += &format!(
            "(if (i32.eq (i32.load16_u (local.get $question)) (i32.const {letters}))
                (then (drop (call $write (i32.const 1) (i32.const {at}) (i32.const {})))))\n",
            text.len()
        );
    }
    wat::parse_str(include_str!("program.wat").replace("  DATA", &data).replace("    CHOICE", &choice)).unwrap()
}

fn description(world: &str) -> Value {
    json!({"name": "steady", "version": "1", "summary": "", "settings_schema": "{}", "world": world})
}

fn load_source(check: &Value, convert: &Value) -> Source {
    let module = program(&[("describe", &description("source")), ("check", check), ("convert", convert)]);
    engine(limits()).load_source(&module).unwrap()
}

fn load_channel(check: &Value, next: &Value) -> Channel {
    let module = program(&[("describe", &description("channel")), ("check", check), ("next", next)]);
    engine(limits()).load_channel(&module).unwrap()
}

fn convert(answer: &Value) -> Result<bellwire_wasm::Converted, SourceFault> {
    load_source(&json!({"ok": {}}), answer).convert("{}", &webhook("{}")).result
}

fn next(answer: &Value) -> Result<ChannelStep, PluginFault> {
    load_channel(&json!({"ok": {}}), answer).next("{}", &message(), &[]).result
}

#[test]
fn a_source_says_so_and_is_asked() {
    let alert = json!({"labels": [{"name": "alertname", "value": "Fire"}], "ends_at": 5, "generator_url": "https://x"});
    let source = load_source(&json!({"ok": {"headers": ["x-kind"]}}), &json!({"ok": [alert]}));
    assert_eq!(source.describe().unwrap().name, "steady");
    assert_eq!(source.check("{}").unwrap(), Ok(SourceWants { headers: vec!["x-kind".into()] }));
    let conversion = source.convert(r#"{"a": 1}"#, &webhook("{\"b\": \"\u{1f525}\"}"));
    let converted = conversion.result.unwrap();
    assert_eq!(converted.alerts[0].labels, Labels::from_pairs([("alertname", "Fire")]));
    assert_eq!(converted.alerts[0].ends, Ends::Resolved(Instant::from_millis(5)));
    assert_eq!(converted.alerts[0].annotations, Labels::default());
    let asked: Value = serde_json::from_str(&conversion.log[0].message).unwrap();
    let expected = json!({
        "settings": {"a": 1},
        "webhook": {
            "now": 1_700_000_000_000_u64,
            "content_type": "application/json",
            "query": [{"name": "env", "value": "prod"}, {"name": "env", "value": "eu"}],
            "headers": [{"name": "x-kind", "value": "test"}],
            "body": "{\"b\": \"\u{1f525}\"}",
            "ext": [],
        },
    });
    assert_eq!(asked, expected);
}

#[test]
fn a_body_that_is_no_text_does_not_reach_it() {
    let source = load_source(&json!({"ok": {}}), &json!({"ok": []}));
    let conversion = source.convert("{}", &webhook(*b"{\"a\": \"\xff\"}"));
    let why = "it is not UTF-8 from byte 7 on, and this source reads text only";
    assert_eq!(conversion.result, Err(SourceFault::Malformed(why.into())));
    assert_eq!((conversion.fuel, source.convert("{}", &webhook("")).result.unwrap().alerts.len()), (0, 0));
}

#[test]
fn what_a_source_refuses_keeps_its_kind() {
    let refused = |kind: &str| convert(&json!({"error": {kind: "why"}})).unwrap_err();
    assert_eq!(refused("malformed"), SourceFault::Malformed("why".into()));
    assert_eq!(refused("settings"), PluginFault::Settings("why".into()).into());
    assert_eq!(refused("failed"), PluginFault::Failed("why".into()).into());
    let other = convert(&json!({"error": {"other": {"name": "a", "value": "b"}}})).unwrap_err();
    assert_eq!(other, PluginFault::Failed("a: b".into()).into());
    let wrong = convert(&json!({"ok": [{"labels": {"a": "b"}, "generator_url": ""}]})).unwrap_err().to_string();
    assert!(wrong.contains("`ok[0].labels`"), "{wrong}");
    let unusable = convert(&json!({"ok": [{"labels": [{"name": "", "value": "b"}], "generator_url": ""}]})).unwrap();
    assert_eq!((unusable.alerts.len(), &*unusable.unusable[0].message), (0, "labels holds an empty name"));
}

#[test]
fn a_large_body_fits_and_what_does_not_is_a_fault() {
    let module = program(&[("describe", &description("source")), ("convert", &json!({"ok": []}))]);
    let source = engine(limits()).load_source(&module).unwrap();
    assert_eq!(source.convert("{}", &webhook("x".repeat(4 << 20))).result.unwrap(), Default::default());
    let small = Limits { memory_bytes_max: 1 << 20, ..limits() };
    let source = engine(small).load_source(&module).unwrap();
    let fault = source.convert("{}", &webhook("x".repeat(2 << 20))).result.unwrap_err();
    assert_eq!(fault, PluginFault::OutOfMemory(1 << 20).into());
}

#[test]
fn a_channel_says_so_and_is_asked() {
    let part = json!([{"text": "https://x/"}, {"secret": "token"}]);
    let request = json!({"method": "POST", "url": part, "headers": [{"name": "a", "value": [{"text": "b"}]}]});
    let channel =
        load_channel(&json!({"ok": {"secrets": ["token"], "hosts": ["x"]}}), &json!({"ok": {"send": request}}));
    let wants = ChannelWants { secrets: vec!["token".into()], hosts: vec!["x".into()] };
    assert_eq!(channel.check("{}").unwrap(), Ok(wants));
    let answered = channel.next("{}", &message(), &[response("busy")]);
    let request = ChannelRequest {
        method: "POST".into(),
        url: vec![Part::Text("https://x/".into()), Part::Secret("token".into())],
        headers: vec![("a".into(), vec![Part::Text("b".into())])],
        body: Vec::new(),
    };
    assert_eq!(answered.result, Ok(ChannelStep::Send(request)));
    // The log keeps the first KiB of the line, so what it begins with is what can be looked at.
    let asked = &answered.log[0].message;
    let begins = r#"{"settings":{},"message":{"id":"payments-42/step-2/payments/ops","now":1700000000000,"attempt":2,"kind":"priority_changed","page":true,"title":"Fire at payments","text":"It burns.","incident":{"id":"payments-42","team":"payments","route":"root","state":"acknowledged","priority":"p2""#;
    assert!(asked.starts_with(begins), "{asked}");
}

#[test]
fn every_step_of_a_channel_is_taken() {
    assert_eq!(next(&json!({"ok": {"delivered": null}})), Ok(ChannelStep::Delivered { receipt: None }));
    assert_eq!(next(&json!({"ok": {"delivered": "7"}})), Ok(ChannelStep::Delivered { receipt: Some("7".into()) }));
    let retry = next(&json!({"ok": {"retry": {"after": 7000, "reason": "busy"}}}));
    assert_eq!(retry, Ok(ChannelStep::Retry { after: Some(Span::from_millis(7_000)), reason: "busy".into() }));
    let permanent = next(&json!({"ok": {"permanent": "gone"}}));
    assert_eq!(permanent, Ok(ChannelStep::Permanent { reason: "gone".into() }));
    let other = next(&json!({"ok": {"other": {"name": "wait", "value": ""}}})).unwrap_err();
    assert!(other.to_string().contains("the step \"wait\""), "{other}");
    assert_eq!(next(&json!({"error": {"settings": "why"}})), Err(PluginFault::Settings("why".into())));
    let wrong = next(&json!({"ok": {"send": {"method": "GET", "url": [{"secrets": "x"}]}}})).unwrap_err().to_string();
    assert!(wrong.contains("`ok.send.url[0]") && wrong.contains("expected `text` or `secret`"), "{wrong}");
}

#[test]
fn a_program_is_what_it_says() {
    let engine = engine(limits());
    let of = |world: &str| program(&[("describe", &description(world)), ("convert", &json!({"ok": []}))]);
    let other = |is, wanted| Some(LoadError::OtherWorld { is, wanted });
    assert_eq!(engine.load(&of("source")).err(), other(World::Source, World::Policy));
    assert_eq!(engine.load_channel(&of("source")).err(), other(World::Source, World::Channel));
    assert_eq!(engine.load_source(&of("policy")).err(), other(World::Policy, World::Source));
    assert_eq!(engine.load(&of("policy")).err(), None);
    // One that cannot say it is taken for nothing but a policy.
    let mute = program(&[]);
    assert_eq!(engine.load(&mute).err(), None);
    let error = engine.load_source(&mute).err().unwrap().to_string();
    assert!(error.contains("wrote nothing to stdout"), "{error}");
    let error = engine.load_source(&of("router")).err().unwrap().to_string();
    assert!(error.contains("expected one of `policy`, `source`, `channel`"), "{error}");
}
