//! `bellwire plugin build`: runs what plugin.toml says, puts what was made into the folder, and runs the plugin's cases.

use super::{
    file,
    manifest::{MANIFEST, Manifest},
    test,
};
use crate::Failure;
use bellwire_workbench::Anatomy;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Runs the commands that plugin.toml lists, without a shell; puts NAME.wasm into the folder; then runs the plugin's cases.
#[derive(clap::Args)]
pub struct Arguments {
    /// The folder with plugin.toml
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let path = folder.join(MANIFEST);
    if !path.is_file() {
        return Err(Failure::Wrong(format!(
            "there is no {MANIFEST} in {}: `bellwire plugin new` makes a folder with one",
            folder.display()
        )));
    }
    let manifest: Manifest =
        toml::from_str(&file::text(&path)?).map_err(|error| Failure::Wrong(format!("{}: {error}", path.display())))?;
    manifest.missing(folder)?;
    for command in &manifest.commands {
        manifest.run(folder, command)?;
    }
    let made = within(folder, &manifest.output);
    if !made.is_file() {
        return Err(Failure::Failed(format!("the commands of {MANIFEST} did not make {}", made.display())));
    }
    let bytes = file::read(&made)?;
    let output = at_hand(folder, &made, &bytes)?;
    let sha256 = Anatomy::of(&bytes).map(|anatomy| anatomy.sha256).unwrap_or_default();
    println!("{}: {}, sha256 {sha256}\n", output.display(), file::size(bytes.len() as u64));
    let cases: Vec<PathBuf> =
        manifest.cases.iter().map(|cases| within(folder, cases)).filter(|path| path.exists()).collect();
    if cases.is_empty() {
        file::open_as(manifest.world, &output)?;
        println!("it can be loaded; it has no cases yet");
        return Ok(());
    }
    test::cases_of(&file::open_as(manifest.world, &output)?, &cases)
}

/// Some compilers leave it deep in a folder of their own, and cargo under the name that Rust can say. It is wanted as
/// NAME.wasm beside plugin.toml, where every page looks for it. Renamed into place, so that nobody reads half of one.
fn at_hand(folder: &Path, made: &Path, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let name = made.file_name().unwrap_or_default().to_string_lossy().replace('_', "-");
    let output = within(folder, Path::new(&name));
    if output == made {
        return Ok(output);
    }
    let partial = output.with_extension("wasm.partial");
    let put = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, &output));
    put.map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", output.display())))?;
    Ok(output)
}

/// As a person would write it: nothing is in `./`.
fn within(folder: &Path, path: &Path) -> PathBuf {
    if folder == Path::new(".") { path.to_owned() } else { folder.join(path) }
}

impl Manifest {
    /// Every program that is not there, before anything is run.
    fn missing(&self, folder: &Path) -> Result<(), Failure> {
        let wanted = self.commands.iter().filter_map(|command| command.first()).chain(self.needs.keys());
        let mut missing: Vec<&str> = wanted.map(String::as_str).filter(|program| !is_there(folder, program)).collect();
        missing.sort_unstable();
        missing.dedup();
        let lines = missing.iter().map(|program| match self.needs.get(*program) {
            Some(how) => format!("\n  {program}: {how}"),
            None => format!("\n  {program}"),
        });
        let lines: String = lines.collect();
        match lines.as_str() {
            "" => Ok(()),
            lines => {
                Err(Failure::Wrong(format!("to build a {} in {} there is missing:{lines}", self.world, self.language)))
            }
        }
    }

    fn run(&self, folder: &Path, command: &[String]) -> Result<(), Failure> {
        let [program, arguments @ ..] = command else {
            return Err(Failure::Wrong(format!("{MANIFEST} has an empty command")));
        };
        println!("{}", command.join(" "));
        let status = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).status();
        let status = status.map_err(|error| Failure::Failed(format!("{program} cannot be started: {error}")))?;
        if status.success() {
            return Ok(());
        }
        let hint = self.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        Err(Failure::Failed(format!("{program} failed: see above{hint}")))
    }
}

/// With a slash it is a path from the folder; without one it is looked up as a shell does it.
fn is_there(folder: &Path, program: &str) -> bool {
    if program.contains('/') {
        return folder.join(program).is_file();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|place| place.join(program).is_file())
}
