//! Policies that no author would ship, made of the guest that the tests of `host/wasm` use.

use wit_component::StringEncoding;

const GUEST: &str = include_str!("../../host/wasm/tests/guest.wat");
const WIT: &str = include_str!("../../sdk/wit/policy.wit");

/// A policy whose `evaluate` is this WebAssembly text; any settings are fine with it.
pub fn policy(evaluate: &str) -> Vec<u8> {
    let text = GUEST.replace("\n  IMPORTS", "").replace("\n  ITEMS", "").replace("\n    EVALUATE", evaluate);
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("policy.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}
