//! Sources and channels, as components and as programs, most of them hostile: each must end in an answer or in the fault
//! that it is. And what is handed in for something that it is not.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod channels;
mod loading;
mod programs;
mod sources;

use bellwire_wasm::{Channel, Engine, Limits, Settings, Source};
use std::time::Duration;
use wit_component::StringEncoding;

/// The contract in one text.
fn contract() -> String {
    let [first, rest @ ..] = [
        include_str!("../../../../sdk/wit/policy.wit"),
        include_str!("../../../../sdk/wit/source.wit"),
        include_str!("../../../../sdk/wit/channel.wit"),
    ];
    rest.iter().fold(first.to_owned(), |whole, text| whole + text.split_once(";\n").unwrap().1)
}

/// A core module with its component's type in it.
fn embed(text: &str, contract: &str, world: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("contract.wit", contract).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

fn guest(items: &str, function: &str, body: &str, interface: &str) -> String {
    let template = include_str!("guest.wat");
    let text = template.replace("  FUNCTION", function).replace("  ITEMS", items).replace("    BODY", body);
    text.replace("INTERFACE", interface)
}

/// A source whose `convert` is this.
fn source_text(items: &str, convert: &str) -> String {
    guest(items, include_str!("source.wat"), convert, "bellwire:policy/converter@0.1.1")
}

/// A channel whose `next` is this.
fn channel_text(items: &str, next: &str) -> String {
    guest(items, include_str!("channel.wat"), next, "bellwire:policy/messenger@0.1.1")
}

fn source_module(convert: &str) -> Vec<u8> {
    embed(&source_text("", convert), &contract(), "source")
}

fn channel_module(next: &str) -> Vec<u8> {
    embed(&channel_text("", next), &contract(), "channel")
}

fn source(convert: &str) -> Source {
    engine(limits()).load_source(&source_module(convert)).unwrap()
}

fn channel(next: &str) -> Channel {
    engine(limits()).load_channel(&channel_module(next)).unwrap()
}

/// As usual, but on a machine as slow as it likes: here the verdict is fuel's.
fn limits() -> Limits {
    Limits { time_max: Duration::from_secs(60), ..Limits::default() }
}

fn engine(limits: Limits) -> Engine {
    Engine::new(Settings { limits, calls_max: 4, cache_directory: None }).unwrap()
}

const FOR_EVER: &str = "(loop $for_ever (br $for_ever)) unreachable";
