//! Files of cases, named one by one or by their folder.

use super::file;
use crate::{Failure, printable};
use bellwire_workbench::{AnyPlugin, Trial};
use std::{
    fs,
    path::{Path, PathBuf},
};

pub struct Cases {
    pub path: PathBuf,
    pub text: String,
}

/// Each path is a file, or a folder of .toml files.
pub fn open(paths: &[PathBuf]) -> Result<Vec<Cases>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { files.extend(in_folder(path)?) } else { files.push(path.clone()) }
    }
    files.into_iter().map(|path| Ok(Cases { text: file::text(&path)?, path })).collect()
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut files: Vec<PathBuf> = entries.map_err(|error| Failure::Wrong(format!("{}: {error}", folder.display())))?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::Wrong(format!("there is no .toml file of cases in {}", folder.display())));
    }
    Ok(files)
}

impl Cases {
    /// What the file says depends on what the plugin is.
    pub fn of<'a>(&self, plugin: &'a AnyPlugin) -> Result<Trial<'a>, Failure> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        plugin.trial(&self.text, folder).map_err(|error| {
            let lines: Vec<String> = error.to_string().lines().map(printable).collect();
            let world = plugin.world();
            Failure::Wrong(format!("{}: as cases of a {world}: {}", self.path.display(), lines.join("\n").trim_end()))
        })
    }
}
