//! `bellwire plugin`: for those who write plugins. No server and no configuration is needed: the file is tried out here,
//! in the same runtime under the same limits.

mod bench;
mod build;
mod cases;
mod file;
mod inspect;
mod manifest;
mod new;
mod properties;
mod registry;
mod run;
mod test;

use crate::Failure;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Begin a policy, a source or a channel in a language: a folder that builds and passes at once
    New(new::Arguments),
    /// Compile the plugin in a folder, and run its cases
    Build(build::Arguments),
    /// Run golden cases through a plugin
    Test(test::Arguments),
    /// Try a plugin out with one alert, webhook or message: what it answers, logs and costs
    Run(run::Arguments),
    /// Show what a plugin is: imports, exports, size, hash, settings, and what a case costs
    Inspect(inspect::Arguments),
    /// Measure a plugin: how long it takes to compile and to answer, fuel and memory
    Bench(bench::Arguments),
    /// Put a plugin into a registry, from which `plugin = { oci = … }` takes it
    Push(registry::Push),
    /// Take a plugin out of a registry
    Pull(registry::Pull),
}

pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::New(arguments) => new::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Push(arguments) => registry::push(&arguments).await,
        Command::Pull(arguments) => registry::pull(&arguments).await,
    }
}
