//! What is handed in for something that it is not, and what is built for another version.

use crate::{channel_module, contract, embed, engine, limits, source_module, source_text, sources::webhook};
use bellwire_core::AlertInput;
use bellwire_wasm::{LoadError, Plugin, World};
use std::fs;
use wit_component::ComponentEncoder;

const ONE: &str = "(call $alerts (i32.const 1))";
const DELIVER: &str = "(call $deliver (i32.const 2048) (i32.const 6))";

/// Handed in as a policy, as a source and as a channel.
fn refused(bytes: &[u8]) -> [Option<LoadError>; 3] {
    let engine = engine(limits());
    [engine.load(bytes).err(), engine.load_source(bytes).err(), engine.load_channel(bytes).err()]
}

fn as_source(bytes: &[u8]) -> LoadError {
    engine(limits()).load_source(bytes).err().unwrap()
}

#[test]
fn another_world_is_named_with_its_place() {
    let [policy, source, channel] = refused(&source_module(ONE));
    assert_eq!(source, None);
    let is = World::Source;
    assert_eq!(policy, Some(LoadError::OtherWorld { is, wanted: World::Policy }));
    assert_eq!(channel, Some(LoadError::OtherWorld { is, wanted: World::Channel }));
    let said = policy.unwrap().to_string();
    assert_eq!(said, "it is a source, and not a policy: name it under [sources.NAME] in bellwire.toml");

    let [policy, source, channel] = refused(&channel_module(DELIVER));
    assert_eq!((policy.is_some(), source.is_some(), channel), (true, true, None));
    assert!(
        source.unwrap().to_string().contains("is a channel, and not a source: name it under a receiver's `channel`")
    );
}

#[test]
fn a_policy_is_no_source() {
    let module = fs::read(kept("rust")).unwrap();
    let error = as_source(&module);
    assert_eq!(error, LoadError::OtherWorld { is: World::Policy, wanted: World::Source });
    // A program says itself what it is; those of 0.1.0 do not, and are policies.
    assert_eq!(as_source(&fs::read(kept("json")).unwrap()), error);
}

#[test]
fn what_exports_nothing_of_ours_is_told_what_to_build() {
    let error = as_source(&wat::parse_str("(component)").unwrap()).to_string();
    let said = "it does not export bellwire:policy/converter (it exports nothing): build it for the world `source`";
    assert!(error.starts_with(said), "{error}");
    let without = |function: &str| source_text("", ONE).replace(function, "other");
    let error = as_source(&embed(&without("bellwire:policy/converter@0.1.1#convert"), &contract(), "source"));
    assert!(matches!(&error, LoadError::NotEncodable(why) if why.contains("`convert`")), "{error}");
}

/// In which only the version is another.
fn source_of(version: &str, contract: &str) -> Vec<u8> {
    let [text, contract] = [&source_text("", ONE), contract].map(|text| text.replace("@0.1.1", &format!("@{version}")));
    embed(&text, &contract, "source")
}

#[test]
fn a_later_release_that_needs_nothing_new_is_taken() {
    for version in ["0.1.0", "0.1.7"] {
        let source = engine(limits()).load_source(&source_of(version, &contract())).unwrap();
        let alerts: Vec<AlertInput> = source.convert("{}", &webhook("{}")).result.unwrap().alerts;
        assert_eq!(alerts.len(), 1, "{version}");
    }
}

#[test]
fn a_later_release_says_what_it_needs() {
    let needs = |error: LoadError| match error {
        LoadError::LaterVersion { version, needs } if version == "0.1.7" => needs,
        other => panic!("{other}"),
    };
    let import = r#"(component (import "bellwire:policy/state@0.1.7" (instance)))"#;
    assert_eq!(needs(as_source(&wat::parse_str(import).unwrap())), "bellwire:policy/state@0.1.7");
    let export = r#"(component (instance $i) (export "bellwire:policy/router@0.1.7" (instance $i)))"#;
    assert_eq!(needs(as_source(&wat::parse_str(export).unwrap())), "bellwire:policy/router@0.1.7");
    let types = contract().replace("    malformed(string),", "    malformed(string),\n    busy(string),");
    let error = as_source(&source_of("0.1.7", &types));
    let said = "it is built for bellwire:policy 0.1.7, and this Bellwire knows no later one than 0.1.1";
    assert!(error.to_string().starts_with(said), "{error}");
    needs(error);
    // Its log has a function more.
    let log = r#"(component (import "bellwire:policy/log@0.1.7" (instance (export "flush" (func))))
        (instance $i) (export "bellwire:policy/converter@0.1.7" (instance $i)))"#;
    assert!(needs(as_source(&wat::parse_str(log).unwrap())).contains("flush"));
}

#[test]
fn another_version_is_told_which_are_known() {
    let error = as_source(&source_of("0.2.0", &contract()));
    assert_eq!(error, LoadError::OtherVersion("bellwire:policy/converter@0.2.0".into()));
    assert!(error.to_string().contains("knows bellwire:policy 0.1.0 and 0.1.1"), "{error}");
    // Also if it imports what nobody knows.
    let import = r#"(component (import "bellwire:policy/state@0.2.0" (instance)))"#;
    let error = as_source(&wat::parse_str(import).unwrap());
    assert_eq!(error, LoadError::OtherVersion("bellwire:policy/state@0.2.0".into()));
}

#[test]
fn other_types_are_said_with_their_file() {
    let types = contract().replace("    generator-url: string,", "    generator-url: option<string>,");
    let error = as_source(&source_of("0.1.1", &types));
    assert!(matches!(&error, LoadError::OtherTypes { world: World::Source, .. }), "{error}");
    let said = "its bellwire:policy/converter is not as source.wit has it";
    assert!(error.to_string().starts_with(said), "{error}");
}

#[test]
fn half_a_file_is_never_taken() {
    let component = ComponentEncoder::default().module(&channel_module(DELIVER)).unwrap().encode().unwrap();
    let engine = engine(limits());
    for length in (0..component.len()).step_by(97) {
        let error = engine.load_channel(&component[..length]).err().unwrap();
        let plain = matches!(error, LoadError::NotWasm | LoadError::Damaged(_) | LoadError::NoWorld { .. });
        assert!(plain, "{length}: {error}");
    }
}

fn kept(language: &str) -> String {
    format!("{}/../../tests/conformance/versions/0.1.0/{language}.wasm", env!("CARGO_MANIFEST_DIR"))
}

/// Built when there was no 0.1.1 yet.
#[test]
fn plugins_of_0_1_0_load() {
    let engine = engine(limits());
    for language in ["rust", "c", "assemblyscript", "json"] {
        let plugin: Plugin = engine.load(&fs::read(kept(language)).unwrap()).unwrap();
        assert!(!plugin.describe().unwrap().name.is_empty(), "{language}");
    }
}
