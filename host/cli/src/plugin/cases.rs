//! Files of cases, named one by one or by their folder.

use super::file;
use crate::{Failure, printable};
use bellwire_workbench::CaseFile;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub struct Cases {
    pub path: PathBuf,
    pub text: String,
    pub file: CaseFile,
}

/// Each path is a file, or a folder of .toml files.
pub fn open(paths: &[PathBuf]) -> Result<Vec<Cases>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { files.extend(in_folder(path)?) } else { files.push(path.clone()) }
    }
    files.into_iter().map(open_one).collect()
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

fn open_one(path: PathBuf) -> Result<Cases, Failure> {
    let text = file::text(&path)?;
    let lines = |error: String| error.lines().map(printable).collect::<Vec<_>>().join("\n");
    let file = CaseFile::parse(&text)
        .map_err(|error| Failure::Wrong(format!("{}: {}", path.display(), lines(error.to_string()).trim_end())))?;
    Ok(Cases { path, text, file })
}
