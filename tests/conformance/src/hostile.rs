//! Plugins that mean harm. Each sin is a file of a few lines in `hostile/`, which is put into one of the doors: those of
//! `acts` into every door, those of `policy`, `source`, `channel` and `json` into that one, where they spoil its answer.

use crate::root;
use std::fs;
use wit_component::StringEncoding;

/// How a plugin is spoken to, and so what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Typed, as the next two: a core module that carries its component's type.
    Policy,
    Source,
    Channel,
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
    let template = match door.typed() {
        Some(Typed { interface, question, answer, world: _ }) => {
            let typed = read("doors/typed").replace("INTERFACE", interface);
            typed.replace("QUESTION", question).replace("ANSWER", answer)
        }
        None => read("doors/json"),
    };
    let text = template.replace("  IMPORTS\n", &imports.join("\n")).replace("  SIN\n", &rest.join("\n"));
    let module = wat::parse_str(text).unwrap();
    match door.typed() {
        Some(typed) => with_type(module, typed.world),
        None => module,
    }
}

/// What differs between the worlds: the last function's name and parameters, and an answer that is none of harm.
struct Typed {
    world: &'static str,
    interface: &'static str,
    question: &'static str,
    answer: &'static str,
}

impl Door {
    fn typed(self) -> Option<Typed> {
        Some(match self {
            Self::Policy => Typed {
                world: "policy",
                interface: "evaluator",
                question: r#"evaluate") (param i32)"#,
                answer: r#"(data (i32.const 1064) "\00\08\00\00\06\00\00\00")"#,
            },
            Self::Source => Typed {
                world: "source",
                interface: "converter",
                question: r#"convert") (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)"#,
                answer: "",
            },
            Self::Channel => Typed {
                world: "channel",
                interface: "messenger",
                question: r#"next") (param i32)"#,
                answer: r#"(data (i32.const 1032) "\01")"#,
            },
            Self::Json => return None,
        })
    }
}

fn with_type(mut module: Vec<u8>, world: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(root().join("sdk/wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}
