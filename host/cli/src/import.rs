//! `bellwire import`: Bellwire's configuration, written from Alertmanager's.

use crate::{Failure, printable};
use bellwire_alertmanager::{Config, Imported};
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// Beyond it, it is not a configuration; reading ends there.
const FILE_BYTES_MAX: u64 = 1 << 20;
const TEAM_LENGTH_MAX: usize = 40;
const LIST_WIDTH: usize = 100;

/// What Bellwire cannot say, or says differently, is listed with its line and what to do; so it is at the end of the
/// routes file. Secrets are not copied: the files name variables of the environment instead.
///
/// Exit codes: 0 the files are written, whatever is listed; 1 Alertmanager's file is wrong, or it cannot be read or
/// written; 2 files are there already.
#[derive(clap::Args)]
pub struct Arguments {
    /// Alertmanager's configuration
    file: PathBuf,
    /// Where bellwire.toml and routes/TEAM.toml are written
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// The team that has every alert
    #[arg(long, value_name = "TEAM", default_value = "ops", value_parser = team)]
    team: String,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

fn team(text: &str) -> Result<String, String> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=TEAM_LENGTH_MAX).contains(&text.len()) && text.bytes().all(sound) {
        return Ok(text.to_owned());
    }
    Err(format!("lower-case letters, digits and `-`, at most {TEAM_LENGTH_MAX} of them"))
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { file, output, team, force } = arguments;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let text = read(file).map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", file.display())))?;
    let config = Config::parse(&name, &text).map_err(|report| {
        eprintln!("{report}");
        Failure::Failed(format!("{name} is wrong, so nothing was written"))
    })?;
    let imported = bellwire_alertmanager::import(&config, &name, team);
    let written = [
        (output.join("bellwire.toml"), &imported.host),
        (output.join("routes").join(format!("{team}.toml")), &imported.routes),
    ];
    if let Some((there, _)) = written.iter().find(|(path, _)| path.exists() && !force) {
        let message = format!("{} is there already, so nothing was written; --force writes over it", there.display());
        return Err(Failure::Wrong(message));
    }
    for (path, text) in &written {
        write(path, text).map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", path.display())))?;
    }
    say(&written.map(|(path, _)| path), &config, &imported);
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

/// The list goes to stderr, so that it is seen where the rest is kept.
fn say(written: &[PathBuf], config: &Config, imported: &Imported) {
    let Imported { left, variables, plugins, .. } = imported;
    if !left.is_empty() {
        eprintln!("What could not be carried over, or is different in Bellwire:");
        let options = textwrap::Options::new(LIST_WIDTH).initial_indent("- ").subsequent_indent("  ");
        for left in left {
            eprintln!("{}", textwrap::fill(&format!("{}.", printable(&left.to_string())), &options));
        }
        eprintln!();
    }
    let paths: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    println!("written: {}", paths.join(", "));
    println!("from {} routes and {} receivers; listed: {}", config.route.count(), config.receivers.len(), left.len());
    let plugins: Vec<String> = plugins.iter().map(|plugin| format!("{plugin}.wasm")).collect();
    println!("Next: put {} into the folder plugins beside bellwire.toml,", plugins.join(", "));
    if !variables.is_empty() {
        println!("set these variables,");
        let width = variables.keys().map(String::len).max().unwrap_or_default();
        variables.iter().for_each(|(name, holds)| println!("  {name:width$}  {}", printable(holds)));
    }
    println!("and run `bellwire check`.");
}
