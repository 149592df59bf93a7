//! `bellwire plugin new`: a policy that builds and passes its cases at once, with everything that its language needs.

use crate::Failure;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The files of sdk/: name from there, and contents.
const SDK: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Makes a folder with a small policy, its settings' schema, its cases and the SDK. Edit it, then `bellwire plugin build`.
#[derive(clap::Args)]
pub struct Arguments {
    /// What to write it in
    #[arg(short, long, value_name = "LANGUAGE", value_parser = clap::builder::PossibleValuesParser::new(languages()))]
    lang: String,
    /// Of the policy, and of the folder that is made: lower-case letters, digits and hyphens
    #[arg(value_parser = name)]
    name: String,
}

fn name(text: &str) -> Result<String, String> {
    const MAX: usize = 40;
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.len() <= MAX
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        Ok(text.into())
    } else {
        Err(format!("up to {MAX} lower-case letters, digits and hyphens, such as on-fire"))
    }
}

/// Those that have a template.
fn languages() -> Vec<&'static str> {
    SDK.iter().filter_map(|(path, _)| path.strip_suffix("/template/plugin.toml")).collect()
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { lang, name } = arguments;
    let folder = Path::new(name);
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::Wrong(format!("{name} is there already: take another name, or remove it")));
        }
        Err(error) => return Err(Failure::Failed(format!("{name} cannot be made: {error}"))),
    }
    for (path, contents) in scaffold(lang, name) {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, contents));
        written.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    }
    println!("{name}/ has a policy in {lang} that builds and passes its cases. Next:\n");
    println!("  cd {name}");
    println!("  bellwire plugin build");
    Ok(())
}

/// The template with the name put in, and in sdk/ what it is compiled with.
fn scaffold(language: &str, name: &str) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let template = format!("{language}/template/");
    // The test kit in Rust reads cases by a crate of its own.
    let others: &[&str] = if language == "rust" { &["wit/", "cases/"] } else { &["wit/"] };
    let (language, name) = (format!("{language}/"), name.to_owned());
    SDK.iter().filter_map(move |(path, contents)| {
        if let Some(path) = path.strip_prefix(&template) {
            return Some((filled_in(path, &name).into(), filled_in_bytes(contents, &name)));
        }
        let needed = path.starts_with(&language) || others.iter().any(|other| path.starts_with(other));
        needed.then(|| (Path::new("sdk").join(path), contents.to_vec()))
    })
}

/// `{{name}}`, and `{{module}}` for languages in which a name has no hyphen.
fn filled_in(text: &str, name: &str) -> String {
    text.replace("{{name}}", name).replace("{{module}}", &name.replace('-', "_"))
}

/// What is no text stays as it is.
fn filled_in_bytes(contents: &[u8], name: &str) -> Vec<u8> {
    str::from_utf8(contents).map_or_else(|_| contents.to_vec(), |text| filled_in(text, name).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_whole() {
        assert!(languages().contains(&"rust"), "{:?}", languages());
        for language in languages() {
            let files: Vec<(PathBuf, Vec<u8>)> = scaffold(language, "on-fire").collect();
            let has = |path: &str| files.iter().any(|(file, _)| file == Path::new(path));
            for file in ["plugin.toml", "README.md", "sdk/wit/policy.wit"] {
                assert!(has(file), "{language} has no {file}");
            }
            assert!(files.iter().any(|(path, _)| path.starts_with("cases")), "{language} has no cases");
            let of_template = files.iter().filter(|(path, _)| !path.starts_with("sdk"));
            for (path, contents) in of_template {
                let text = String::from_utf8_lossy(contents);
                assert!(!text.contains("{{name}}") && !text.contains("{{module}}"), "{language}: {}", path.display());
            }
            assert!(!files.iter().any(|(path, _)| path.starts_with(Path::new("sdk").join(language).join("template"))));
        }
    }

    #[test]
    fn a_name_is_one_that_every_language_takes() {
        for good in ["a", "on-fire", "p2"] {
            assert_eq!(name(good).as_deref(), Ok(good));
        }
        for bad in ["", "2p", "-a", "a-", "a_b", "A", "a b", "../a", "ä", &"a".repeat(41)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
