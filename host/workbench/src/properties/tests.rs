//! Policies that break a rule each, and how that is found.

use super::*;
use bellwire_wasm::{Engine, Limits, Settings};
use std::time::Duration;
use wit_component::StringEncoding;

const CASES: &str = r#"
[[case]]
name = "any"
alerts = [{ labels = { alertname = "Down" }, annotations = { summary = "y" } }]
decision = { priority = "P1", reason = "steady" }
"#;
/// The receiver "steady" is wanted, and sixty letters are there to make keys of.
const WANTED: &str = r#"
  (data (i32.const 1160) "\00\00\00\00\00\08\00\00\06\00\00\00")
  (data (i32.const 1328) "\88\04\00\00\01\00\00\00")
  (data (i32.const 3000) "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
  (func $minutes (param $in i32) (result i32) (i32.wrap_i64 (i64.div_u
    (i64.sub (i64.load offset=8 (local.get $in)) (i64.load offset=56 (local.get $in))) (i64.const 60000))))
  (func $sent (param $in i32) (result i32) (i32.load offset=144 (local.get $in)))
  (func $page (param $length i32)
    (call $notify (i32.const 3000) (local.get $length) (i32.const 0) (i32.const 2048) (i32.const 6)))
  (func $ask_again_at_ten_minutes (param $in i32)
    (i32.store8 (i32.const 1048) (i32.const 1))
    (i64.store (i32.const 1056) (i64.add (i64.load offset=56 (local.get $in)) (i64.const 600000))))
"#;
const DECIDE: &str = "(call $decide (i32.const 2048) (i32.const 6))";

fn plugin(items: &str, evaluate: &str) -> Plugin {
    let template = include_str!("../../../wasm/tests/guest.wat");
    let evaluate = format!("{evaluate} {DECIDE}");
    let text = template.replace("\n  IMPORTS", "").replace("\n  ITEMS", items).replace("\n    EVALUATE", &evaluate);
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("policy.wit", include_str!("../../../../sdk/wit/policy.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    // On a machine as slow as it likes.
    let limits = Limits { time_max: Duration::from_secs(60), ..Limits::default() };
    let engine = Engine::new(Settings { limits, calls_max: 1, cache_directory: None }).unwrap();
    engine.load(&module).unwrap()
}

fn tried(plugin: &Plugin) -> Result<Tried, Box<Counterexample>> {
    let plan = Plan { seed: 1, within: Span::from_secs(30 * 60), incidents: 60 };
    try_out(plugin, &CaseFile::parse(CASES).unwrap(), plan).unwrap()
}

#[track_caller]
fn broken(items: &str, evaluate: &str) -> Counterexample {
    *tried(&plugin(items, evaluate)).unwrap_err()
}

#[test]
fn a_policy_that_pages_at_once_breaks_nothing() {
    let tried = tried(&plugin(WANTED, "(call $page (i32.const 4))")).unwrap();
    assert_eq!((tried.incidents, tried.urgent), (60, 60));
}

#[test]
fn one_that_pages_nobody_is_found_and_cut_down_to_a_bare_alert() {
    let found = broken(WANTED, "");
    assert_eq!(found.broken.property, Property::Reaches);
    assert_eq!(found.script.alerts, [bellwire_cases::Alert::default()]);
    assert_eq!((found.script.steps.len(), found.story.as_str()), (0, ""));
}

#[test]
fn one_that_names_a_target_which_it_did_not_want_is_found() {
    let page = "(call $notify (i32.const 2048) (i32.const 6) (i32.const 0) (i32.const 2048) (i32.const 6))";
    let found = broken("", page);
    assert_eq!(found.broken.property, Property::Sensible);
    assert!(found.broken.why.contains("receiver:steady is none of those that its `check` listed"), "{found:?}");
}

#[test]
fn one_that_does_not_ask_to_be_asked_again_is_found() {
    let late = "(if (i32.ge_u (call $minutes (local.get $in)) (i32.const 10)) (then (call $page (i32.const 4))))";
    let found = broken(WANTED, late);
    assert_eq!(found.broken.property, Property::Early);
    assert!(found.broken.why.starts_with("at +0m it did not want to be asked again, but asked at +"), "{found:?}");
    let asking = format!("{late} (call $ask_again_at_ten_minutes (local.get $in))");
    assert!(tried(&plugin(WANTED, &asking)).is_ok());
}

#[test]
fn one_that_makes_a_new_key_each_time_is_found() {
    let found = broken(WANTED, "(call $page (i32.add (i32.const 1) (call $sent (local.get $in))))");
    assert_eq!(found.broken.property, Property::Rests);
}

#[test]
fn one_whose_keys_tell_the_time_is_found_by_a_host_that_was_down() {
    let timed = "(call $ask_again_at_ten_minutes (local.get $in))
        (if (i32.and (i32.ge_u (call $minutes (local.get $in)) (i32.const 10)) (i32.eqz (call $sent (local.get $in))))
          (then (call $page (i32.const 10))
            (if (i32.gt_u (call $minutes (local.get $in)) (i32.const 10)) (then (call $page (i32.const 20))))))";
    let found = broken(WANTED, timed);
    assert_eq!(found.broken.property, Property::Restart);
    assert!(found.story.contains("with a host that was down:\n"), "{found:?}");
}
