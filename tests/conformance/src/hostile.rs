//! Plugins that mean harm. Each sin is a file of a few lines in `hostile/`, which is put into one of the doors: those of
//! `acts` into every door, those of `policy` and `json` into that one, where they spoil its answer.

use crate::root;
use std::fs;
use wit_component::StringEncoding;

/// How a plugin is spoken to, and so what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Typed: a core module that carries its component's type.
    Policy,
    /// A program that writes JSON.
    Json,
}

/// The plugin that commits this sin, such as `acts/loops`, behind that door.
pub fn hostile(door: Door, sin: &str) -> Vec<u8> {
    let folder = root().join("tests/conformance/hostile");
    let read = |name: &str| fs::read_to_string(folder.join(format!("{name}.wat"))).unwrap();
    let sin = read(sin);
    // Imports come before everything else, also before the door's own.
    let (imports, rest): (Vec<&str>, Vec<&str>) = sin.lines().partition(|line| line.starts_with("(import "));
    let template = read(match door {
        Door::Policy => "doors/policy",
        Door::Json => "doors/json",
    });
    let text = template.replace("  IMPORTS\n", &imports.join("\n")).replace("  SIN\n", &rest.join("\n"));
    let module = wat::parse_str(text).unwrap();
    match door {
        Door::Policy => with_type(module),
        Door::Json => module,
    }
}

fn with_type(mut module: Vec<u8>) -> Vec<u8> {
    let wit = fs::read_to_string(root().join("sdk/wit/policy.wit")).unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("policy.wit", &wit).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}
