//! `bellwire plugin bench`: how fast a plugin is on this machine.

use super::{
    cases,
    file::{self, Compile, elapsed, grouped, size},
};
use crate::Failure;
use bellwire_workbench::{Bench, bench};
use std::path::PathBuf;

/// Measured as a server runs it: a fresh instance for each answer. Fuel and memory are the same on every machine.
#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Files of cases, or folders of them: each is asked in turn
    #[arg(required = true, value_name = "CASES.toml")]
    cases: Vec<PathBuf>,
    /// How many answers are asked for with each file's cases
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    evaluations: u32,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = &arguments.plugin;
    let files = cases::open(&arguments.cases)?;
    let bytes = file::read(path)?;
    let loaded = file::compile(path, &bytes, Compile::Anew)?;
    let trials = files.iter().map(|cases| cases.of(&loaded.plugin)).collect::<Result<Vec<_>, _>>()?;
    println!("size      {}", size(bytes.len() as u64));
    println!("compile   {}", elapsed(loaded.elapsed));
    for (cases, trial) in files.iter().zip(&trials) {
        let measured = bench(trial, arguments.evaluations as usize);
        let none = || Failure::Failed(format!("the plugin answers no case in {}", cases.path.display()));
        let Bench { elapsed: times, evaluations, fuel_max, memory_bytes_max } = measured.ok_or_else(none)?;
        println!("\n{} ({} evaluations)", cases.path.display(), grouped(evaluations as u64));
        println!("p50       {}", elapsed(times.p50));
        println!("p99       {}", elapsed(times.p99));
        println!("slowest   {}", elapsed(times.max));
        println!("fuel      {} at most", grouped(fuel_max));
        println!("memory    {} at most", size(memory_bytes_max));
    }
    Ok(())
}
