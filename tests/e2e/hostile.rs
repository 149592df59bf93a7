//! Policies, sources and channels that no author would ship, made of the guests that the tests of `host/wasm` use.

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

/// A source whose `convert` is this WebAssembly text; any settings are fine with it.
pub fn source(convert: &str) -> Vec<u8> {
    of_world("source", "converter", include_str!("../../host/wasm/tests/worlds/source.wat"), convert)
}

/// A channel whose `next` is this WebAssembly text; any settings are fine with it.
pub fn channel(next: &str) -> Vec<u8> {
    of_world("channel", "messenger", include_str!("../../host/wasm/tests/worlds/channel.wat"), next)
}

fn of_world(world: &str, interface: &str, function: &str, body: &str) -> Vec<u8> {
    let guest = include_str!("../../host/wasm/tests/worlds/guest.wat").replace("  ITEMS", "");
    let text = guest.replace("  FUNCTION", &function.replace("    BODY", body));
    let text = text.replace("INTERFACE", &format!("bellwire:policy/{interface}@0.1.1"));
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}
