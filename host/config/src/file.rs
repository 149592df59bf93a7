//! The files: found, read within limits, and hashed.

use crate::report::{Notes, Place};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Beyond it a configuration file is a mistake.
const FILE_BYTES_MAX: usize = 1 << 20;
pub(crate) const ROUTES_FILES_MAX: usize = 1_000;

pub(crate) struct File {
    pub id: usize,
    /// As a person would say it: relative to the folder of bellwire.toml.
    pub name: Arc<str>,
    pub text: Arc<str>,
    /// The text with its secrets starred out, byte for byte in the same places.
    pub shown: Arc<str>,
}

impl File {
    pub fn read(id: usize, path: &Path, name: String) -> io::Result<Self> {
        let text: Arc<str> = read_text(path)?.into();
        Ok(Self { id, name: name.into(), shown: text.clone(), text })
    }

    pub fn place(&self, span: Range<usize>) -> Place {
        Place { file: self.id, span }
    }

    pub fn star_out(&mut self, span: Range<usize>) {
        let (Some(before), Some(after)) = (self.shown.get(..span.start), self.shown.get(span.end..)) else { return };
        self.shown = format!("{before}{}{after}", "*".repeat(span.len())).into();
    }
}

/// A text file, within limits.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    match text.len() {
        0..=FILE_BYTES_MAX => Ok(text),
        _ => Err(io::Error::other(format!("it is over {FILE_BYTES_MAX} bytes"))),
    }
}

/// The files that `pattern`, relative to `folder`, stands for, in the order of their names. `*` may be in the file's name.
pub(crate) fn matching(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let (directory, names) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let directory = if directory.is_empty() { Path::new("/") } else { Path::new(directory) };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder.join(directory))? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(|name| !name.starts_with('.') && stands_for(names, name)) {
            paths.push(if directory == Path::new(".") { name.into() } else { directory.join(name) });
        }
    }
    paths.sort();
    Ok(paths)
}

/// Does `pattern`, in which `*` is any text, stand for `name`?
fn stands_for(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(index, _)| index).chain([rest.len()]).any(|end| stands_for(after, &rest[end..]))
        }),
    }
}

/// Reads the routes files that are there; notes those that cannot be read.
pub(crate) fn read_routes(folder: &Path, pattern: &str, place: &Place, notes: &Notes) -> Vec<File> {
    let paths = match matching(folder, pattern) {
        Ok(paths) => paths,
        Err(error) => {
            notes.error(
                place.clone(),
                format!("the folder of the routes files `{pattern}` cannot be read: {error}"),
                "make the folder beside bellwire.toml and put a file for each team in it, or set `routes`",
            );
            return Vec::new();
        }
    };
    if paths.is_empty() {
        notes.error(
            place.clone(),
            format!("there is no routes file: nothing matches `{pattern}`"),
            "write one file for each team, such as routes/platform.toml; docs/configuration.md begins with one",
        );
    }
    if paths.len() > ROUTES_FILES_MAX {
        notes.error(place.clone(), format!("there are {} routes files", paths.len()), at_most(ROUTES_FILES_MAX));
    }
    let mut files: Vec<File> = Vec::new();
    for path in paths.into_iter().take(ROUTES_FILES_MAX) {
        let name = path.display().to_string();
        match File::read(files.len() + 1, &folder.join(&path), name.clone()) {
            Ok(file) => files.push(file),
            Err(error) => notes.error(place.clone(), format!("the routes file {name} cannot be read: {error}"), ""),
        }
    }
    files
}

pub(crate) fn at_most(count: usize) -> String {
    format!("at most {count} are taken")
}

/// Hex SHA-256 over the names and texts of all files.
pub(crate) fn revision<'a>(files: impl Iterator<Item = &'a File>) -> Arc<str> {
    let mut hash = Sha256::new();
    for file in files {
        for text in [&file.name, &file.text] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    hex::encode(hash.finalize()).into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.toml", "payments.toml", true),
            ("*.toml", "payments.toml.bak", false),
            ("payments.toml", "payments.toml", true),
            ("team-*-eu*.toml", "team-pay-eu-1.toml", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(super::stands_for(pattern, name), expected, "{pattern} {name}");
        }
    }
}
