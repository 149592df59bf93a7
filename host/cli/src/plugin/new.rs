//! `bellwire plugin new`: a plugin that builds and passes its cases at once, with everything that its language needs.

use super::manifest::{MANIFEST, Manifest};
use crate::Failure;
use bellwire_workbench::wasm::World;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The files of sdk/: name from there, and contents.
const SDK: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Makes a folder with a small plugin, its settings' schema, its cases and the SDK. Edit it, then `bellwire plugin build`.
#[derive(clap::Args)]
pub struct Arguments {
    /// What to write it in
    #[arg(short, long, value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(languages()))]
    lang: String,
    /// What it does: a policy decides whom to tell, a source reads webhooks, a channel writes to a service
    #[arg(short, long, default_value = "policy", value_parser = world())]
    world: World,
    /// Of the plugin, and of the folder that is made: lower-case letters, digits and hyphens
    #[arg(value_parser = name)]
    name: String,
}

fn world() -> impl TypedValueParser<Value = World> {
    PossibleValuesParser::new(World::ALL.map(World::name))
        .try_map(|name| World::from_name(&name).ok_or("unknown world"))
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

/// Those that have a template for a policy; there are more of them than of the others.
fn languages() -> Vec<&'static str> {
    languages_for(World::Policy)
}

fn languages_for(world: World) -> Vec<&'static str> {
    let end = format!("/templates/{world}/{MANIFEST}");
    SDK.iter().filter_map(|(path, _)| path.strip_suffix(&*end)).collect()
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { lang, world, name } = arguments;
    let manifest = manifest(lang, *world)?;
    let folder = Path::new(name);
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::Wrong(format!("{name} is there already: take another name, or remove it")));
        }
        Err(error) => return Err(Failure::Failed(format!("{name} cannot be made: {error}"))),
    }
    for (path, contents) in scaffold(lang, &manifest, name) {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, contents));
        written.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    }
    println!("{name}/ has a {world} in {lang} that builds and passes its cases. Next:\n");
    println!("  cd {name}");
    println!("  bellwire plugin build");
    Ok(())
}

/// Of the template; an error that says which languages have one, if this has none.
fn manifest(language: &str, world: World) -> Result<Manifest, Failure> {
    let path = format!("{language}/templates/{world}/{MANIFEST}");
    let Some((_, contents)) = SDK.iter().find(|(file, _)| *file == path) else {
        let languages = languages_for(world).join(" and ");
        return Err(Failure::Wrong(format!(
            "there is no template for a {world} in {language}: {languages} have one; with WIT bindings of your own, any language can be used"
        )));
    };
    toml::from_slice(contents).map_err(|error| Failure::Failed(format!("{path}: {error}")))
}

/// The template with the name put in, and in sdk/ what it is compiled with.
fn scaffold(language: &str, manifest: &Manifest, name: &str) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let templates = format!("{language}/templates/");
    let template = format!("{templates}{}/", manifest.world);
    let needed: Vec<String> = [language, "wit"]
        .into_iter()
        .chain(manifest.sdk.iter().map(String::as_str))
        .map(|path| format!("{path}/"))
        .collect();
    let name = name.to_owned();
    SDK.iter().filter_map(move |(path, contents)| {
        if let Some(path) = path.strip_prefix(&template) {
            return Some((filled_in(path, &name).into(), filled_in_bytes(contents, &name)));
        }
        let needed = needed.iter().any(|folder| path.starts_with(folder)) && !path.starts_with(&templates);
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
#[expect(clippy::panic, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_whole() {
        for world in World::ALL {
            let languages = languages_for(world);
            assert!(languages.contains(&"rust") && languages.contains(&"json"), "{world}: {languages:?}");
            for language in languages {
                whole(language, world);
            }
        }
    }

    fn whole(language: &str, world: World) {
        let Ok(manifest) = manifest(language, world) else { panic!("{language} has a bad {MANIFEST} for a {world}") };
        assert_eq!((manifest.language.as_str(), manifest.world), (language, world));
        let files: Vec<(PathBuf, Vec<u8>)> = scaffold(language, &manifest, "on-fire").collect();
        let has = |path: &str| files.iter().any(|(file, _)| file.starts_with(path));
        for file in [MANIFEST, "README.md", "sdk/wit/policy.wit", "cases"] {
            assert!(has(file), "{language} has no {file} for a {world}");
        }
        for folder in &manifest.sdk {
            assert!(has(&format!("sdk/{folder}")), "{language} has no sdk/{folder} for a {world}");
        }
        for (path, contents) in files.iter().filter(|(path, _)| !path.starts_with("sdk")) {
            let text = String::from_utf8_lossy(contents);
            assert!(!text.contains("{{name}}") && !text.contains("{{module}}"), "{language}: {}", path.display());
        }
        assert!(!has(&format!("sdk/{language}/templates")));
    }

    #[test]
    fn a_language_without_a_template_is_told_which_have_one() {
        let Err(Failure::Wrong(why)) = manifest("c", World::Source) else { panic!("there is one") };
        assert!(why.starts_with("there is no template for a source in c: json and rust have one"), "{why}");
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
