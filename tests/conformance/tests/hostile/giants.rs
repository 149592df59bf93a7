//! Plugins that are made to be hard to compile. What bounds the time is not the size of the file but `host/wasm/src/effort.rs`,
//! which counts what grows by more than the size, before anything is compiled; how long the dearest takes is printed.

use super::Neighbour;
use crate::engine;
use std::time::Instant;

/// In LEB128, as all counts are.
fn count(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &count(content.len()), content].concat()
}

/// A program of the simple door: so many functions with as many locals, all alike, of which the first is the entry. Text
/// would be too slow to assemble.
fn program(functions: usize, locals: usize, code: &[u8]) -> Vec<u8> {
    let of_one_type = [count(functions), vec![0; functions]].concat();
    let exports = [&[2, 6][..], b"memory", &[2, 0, 6], b"_start", &[0, 0]].concat();
    let body = [&[1][..], &count(locals), &[0x7f], code, &[0x0b]].concat();
    let bodies = [count(functions), [count(body.len()), body].concat().repeat(functions)].concat();
    let sections = [
        section(1, &[1, 0x60, 0, 0]),
        section(3, &of_one_type),
        section(5, &[1, 0, 1]),
        section(7, &exports),
        section(10, &bodies),
    ];
    [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat()
}

/// `(block …)`, one in the other.
fn blocks(depth: usize) -> Vec<u8> {
    [[0x02, 0x40].repeat(depth), vec![0x0b; depth]].concat()
}

/// `(loop …)`, one in the other.
fn nested_loops(depth: usize) -> Vec<u8> {
    [[0x03, 0x40].repeat(depth), vec![0x0b; depth]].concat()
}

/// `(loop (br_if 0 (local.get 0)))`, one after the other.
fn loops(times: usize) -> Vec<u8> {
    [0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b].repeat(times)
}

#[test]
fn what_would_take_a_night_to_compile_is_refused_at_once() {
    let engine = engine();
    let neighbour = Neighbour::on(&engine);
    let padding = section(0, &[&[1, b'x'][..], &vec![0; 40 << 20]].concat());
    let giants = [
        ("40 MiB", [program(1, 0, &[]), padding].concat(), "it has 41943"),
        (
            "a million functions",
            program(1_000_000, 0, &[]),
            "it would take too long to compile (more than 50000000 steps",
        ),
        ("ten thousand loops, one in the other", program(1, 0, &nested_loops(10_000)), "it would take too long"),
        ("ten thousand loops over a thousand locals", program(1, 1_000, &loops(10_000)), "it would take too long"),
        ("a hundred functions at the limit", program(100, 1_000, &loops(900)), "it would take too long"),
        ("more locals than there may be", program(1, 60_000, &[]), "the runtime does not take it"),
    ];
    for (name, bytes, expected) in giants {
        let started = Instant::now();
        let refused = engine.load(&bytes).err().unwrap().to_string();
        assert!(refused.starts_with(expected), "{name}: {refused}");
        eprintln!("{name}, {} KiB: refused after {:.1?}", bytes.len() >> 10, started.elapsed());
        neighbour.is_unharmed_by(name);
    }
}

#[test]
fn the_dearest_that_is_taken_compiles_in_bounded_time() {
    let engine = engine();
    let neighbour = Neighbour::on(&engine);
    let giants = [
        ("a hundred thousand blocks, one in the other", program(1, 0, &blocks(100_000))),
        ("1,900 loops, one in the other", program(1, 0, &nested_loops(1_900))),
        ("900 loops over a thousand locals", program(1, 1_000, &loops(900))),
        ("ten thousand functions", program(10_000, 0, &[])),
    ];
    for (name, bytes) in giants {
        let started = Instant::now();
        let loaded = engine.load(&bytes).map(|plugin| plugin.evaluate("{}", &neighbour.facts));
        assert!(loaded.is_ok(), "{name}: {:?}", loaded.err());
        eprintln!("{name}, {} KiB: compiled and run after {:.1?}", bytes.len() >> 10, started.elapsed());
        neighbour.is_unharmed_by(name);
    }
}
