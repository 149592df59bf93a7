//! One plugin alone; and the same called by a wasmtime without anything of ours.

use crate::quantiles;
use bellwire_wasm::{Engine, Settings};
use bellwire_workbench::{CaseFile, case_facts};
use serde_json::{Value, json};
use std::time::Instant;
use wasmparser::Parser;
use wit_component::ComponentEncoder;

const CALLS: usize = 1_000;

pub fn figures(bytes: &[u8], cases: &str) -> Value {
    let engine = Engine::new(Settings::default()).unwrap();
    let started = Instant::now();
    let plugin = engine.load(bytes).unwrap();
    let compile = started.elapsed();
    let start = (0..CALLS).map(|_| {
        let started = Instant::now();
        plugin.describe().unwrap();
        started.elapsed()
    });
    let (start, _) = quantiles(start.collect());
    let cases = CaseFile::parse(cases).unwrap();
    let asked: Vec<_> = cases.cases.iter().map(|case| (cases.settings(case), case_facts(case))).collect();
    let (mut fuel, mut memory) = (0, 0);
    let evaluations = asked.iter().cycle().take(CALLS).map(|(settings, facts)| {
        let evaluation = plugin.evaluate(settings, facts);
        fuel = fuel.max(evaluation.fuel);
        memory = memory.max(evaluation.memory_bytes);
        evaluation.elapsed
    });
    let (p50, p99) = quantiles(evaluations.collect());
    json!({
        "bytes": bytes.len(), "compile": compile.as_nanos() as u64, "start": start,
        "p50": p50, "p99": p99, "fuel": fuel, "memory": memory,
    })
}

/// As wasmtime's own documentation calls a component, an instance for each call, from its pool as ours are; no limits.
pub fn bare(bytes: &[u8]) -> Value {
    let component = match Parser::is_component(bytes) {
        true => bytes.to_vec(),
        false => ComponentEncoder::default().module(bytes).unwrap().encode().unwrap(),
    };
    let mut config = wasmtime::Config::new();
    config.allocation_strategy(wasmtime::InstanceAllocationStrategy::pooling());
    let engine = wasmtime::Engine::new(&config).unwrap();
    let component = wasmtime::component::Component::new(&engine, &component).unwrap();
    let mut linker = wasmtime::component::Linker::<()>::new(&engine);
    linker.define_unknown_imports_as_traps(&component).unwrap();
    let ready = linker.instantiate_pre(&component).unwrap();
    let interface = component.get_export_index(None, "bellwire:policy/evaluator@0.1.0");
    let interface = interface.or_else(|| component.get_export_index(None, "bellwire:policy/evaluator@0.1.1")).unwrap();
    let describe = component.get_export_index(Some(&interface), "describe").unwrap();
    let start = (0..CALLS).map(|_| {
        let started = Instant::now();
        let mut store = wasmtime::Store::new(&engine, ());
        let instance = ready.instantiate(&mut store).unwrap();
        let describe = instance.get_func(&mut store, describe).unwrap();
        describe.call(&mut store, &[], &mut [wasmtime::component::Val::Bool(false)]).unwrap();
        drop(store);
        started.elapsed()
    });
    let (start, _) = quantiles(start.collect());
    json!({ "start": start })
}
