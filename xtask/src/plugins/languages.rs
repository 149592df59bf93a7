//! `cargo xtask plugins --languages`: the examples and templates of every language whose toolchain can be had.
//!
//! examples/languages/LANGUAGE becomes target/plugins/languages/LANGUAGE.wasm, and each sdk/LANGUAGE/templates/WORLD, made
//! into a project as `bellwire plugin new` does it, target/plugins/templates/WORLD/LANGUAGE.wasm. What a language needs is
//! in its own file; a language that cannot be built here is skipped with one line that says why.

use super::{Sha256, bindings, cache_folder, copy_tree, deliver_file, files, read, remove};
use super::{c, go, json, npm, python, rust, zig};
use crate::workspace::Workspace;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use sha2::Digest;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Compiles the plugins of one language.
pub trait Builder {
    /// Everything beside the sources that decides about the bytes: compiler, its version, the flags that we give it.
    fn version(&self) -> String;

    /// Compiles the plugin in `project`, a copy that it may write into, to the file `wasm`: a component, or a core
    /// module that carries its component type. `project` has its SDK at the path that its own files name.
    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()>;
}

pub struct Language {
    /// Of its folders in sdk/ and examples/languages/.
    pub name: &'static str,
    /// Finds or fetches the toolchain. The error is one line that says what is missing and how to get it.
    pub find: fn(&Workspace) -> anyhow::Result<Box<dyn Builder>>,
}

const LANGUAGES: &[Language] = &[
    rust::LANGUAGE,
    c::LANGUAGE,
    go::LANGUAGE,
    python::LANGUAGE,
    zig::LANGUAGE,
    npm::TYPESCRIPT,
    npm::ASSEMBLYSCRIPT,
    json::LANGUAGE,
];
/// Those that a language may have a template for; each has one for policies.
const WORLDS: [&str; 3] = ["policy", "source", "channel"];
/// What stands in a template for the name of the plugin.
const NAME: &str = "{{name}}";
/// What the templates are called when they are built here.
const SAMPLE: &str = "sample";

/// All of them if `wanted` is empty.
pub fn run(workspace: &Workspace, wanted: &[String]) -> anyhow::Result<()> {
    for name in wanted {
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
        ensure!(known.contains(&name.as_str()), "unknown language {name:?}: expected one of {}", known.join(", "));
    }
    bindings::check(workspace)?;
    let mut failed = Vec::new();
    for language in LANGUAGES {
        let Language { name, find } = language;
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        match find(workspace) {
            Err(why) => {
                println!("plugins: {name} skipped: {why:#}");
                forget(workspace, name)?;
            }
            // One broken language shall not hide the others.
            Ok(builder) => {
                if let Err(error) = build(workspace, name, &*builder) {
                    println!("plugins: {name} FAILED: {error:#}");
                    forget(workspace, name)?;
                    failed.push(*name);
                }
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("not everything was built: {}", failed.join(", ")) }
}

fn build(workspace: &Workspace, language: &str, builder: &dyn Builder) -> anyhow::Result<()> {
    let bench = Bench::open(workspace, language)?;
    for kind in Kind::all().filter(|kind| workspace.root.join(kind.folder(language)).is_dir()) {
        let made = bench.make(kind, builder)?;
        let path = kind.wasm(workspace, language);
        let contents = read(&made)?;
        deliver_file(&contents, &path)?;
        let (sum, kib) = (hex::encode(Sha256::digest(&contents)), contents.len().div_ceil(1024));
        println!("{sum}  {} ({kib} KiB)", path.strip_prefix(&workspace.root)?.display());
    }
    Ok(())
}

/// No file of an earlier run shall be taken for what this one made.
fn forget(workspace: &Workspace, language: &str) -> anyhow::Result<()> {
    for kind in Kind::all() {
        let path = kind.wasm(workspace, language);
        if path.is_file() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Example,
    /// For plugins of this world.
    Template(&'static str),
}

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        [Self::Example].into_iter().chain(WORLDS.map(Self::Template))
    }

    fn folder(self, language: &str) -> PathBuf {
        match self {
            Self::Example => Path::new("examples/languages").join(language),
            Self::Template(world) => Path::new("sdk").join(language).join("templates").join(world),
        }
    }

    fn wasm(self, workspace: &Workspace, language: &str) -> PathBuf {
        let plugins = workspace.root.join("target/plugins");
        let folder = match self {
            Self::Example => plugins.join("languages"),
            Self::Template(world) => plugins.join("templates").join(world),
        };
        folder.join(format!("{language}.wasm"))
    }
}

/// As much as is needed here of the plugin.toml that `bellwire plugin new` and `build` read.
#[derive(Deserialize)]
struct Manifest {
    /// What a plugin is built with beside its language's own folder and the contract; from sdk/.
    #[serde(default)]
    sdk: Vec<PathBuf>,
}

/// The one place where a language's plugins are compiled on this machine; other clones wait while it is open.
struct Bench<'a> {
    clone: &'a Path,
    language: &'a str,
    folder: PathBuf,
    _lock: fs::File,
}

impl<'a> Bench<'a> {
    fn open(workspace: &'a Workspace, language: &'a str) -> anyhow::Result<Self> {
        let folder = cache_folder()?.join("languages").join(language);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = fs::File::create(folder.join("lock"))?;
        lock.lock().with_context(|| format!("cannot lock {}", folder.display()))?;
        Ok(Self { clone: &workspace.root, language, folder, _lock: lock })
    }

    /// From the cache, if the same sources were compiled before by the same compiler.
    fn make(&self, kind: Kind, builder: &dyn Builder) -> anyhow::Result<PathBuf> {
        let kept = self.folder.join("built").join(format!("{}.wasm", self.key(kind, builder)?));
        if kept.is_file() {
            return Ok(kept);
        }
        println!("plugins: compiling {}", kind.folder(self.language).display());
        let project = match kind {
            Kind::Example => self.lay_out_example()?,
            Kind::Template(_) => self.lay_out_template(kind)?,
        };
        let partial = kept.with_extension("partial");
        fs::create_dir_all(self.folder.join("built"))?;
        builder.build(&project, &partial)?;
        fs::rename(&partial, &kept).with_context(|| format!("{} was not made", partial.display()))?;
        Ok(kept)
    }

    fn key(&self, kind: Kind, builder: &dyn Builder) -> anyhow::Result<String> {
        let mut hash = Sha256::new();
        hash.update(builder.version());
        let (templates, own) = (Path::new("sdk").join(self.language).join("templates"), kind.folder(self.language));
        hash.update(own.as_os_str().as_encoded_bytes());
        for source in self.sources(kind)? {
            let all = files(self.clone, &source)?;
            for path in all.iter().filter(|path| !path.starts_with(&templates) || path.starts_with(&own)) {
                let text = read(&self.clone.join(path))?;
                hash.update(format!("\n{} {}\n", path.display(), text.len()));
                hash.update(text);
            }
        }
        Ok(hex::encode(hash.finalize()))
    }

    /// What a project is made of, from the root of the clone. The SDK has the templates in it.
    fn sources(&self, kind: Kind) -> anyhow::Result<Vec<PathBuf>> {
        let mut sources = vec![Path::new("sdk").join(self.language), "sdk/wit".into()];
        let template = match kind {
            Kind::Example => {
                sources.extend([kind.folder(self.language), "examples/languages/cases".into()]);
                Kind::Template("policy")
            }
            Kind::Template(_) => kind,
        };
        let manifest = template.folder(self.language).join("plugin.toml");
        let Manifest { sdk } = toml::from_slice(&read(&self.clone.join(&manifest))?)
            .with_context(|| format!("{} cannot be read", manifest.display()))?;
        sources.extend(sdk.iter().map(|folder| Path::new("sdk").join(folder)));
        Ok(sources)
    }

    /// Lies as it does in the clone, so that its files find the SDK.
    fn lay_out_example(&self) -> anyhow::Result<PathBuf> {
        let copy = self.folder.join("source");
        for source in self.sources(Kind::Example)? {
            copy_tree(self.clone, &copy, &source)?;
        }
        Ok(copy.join(Kind::Example.folder(self.language)))
    }

    /// As `bellwire plugin new` does it: the template with its name put in, and in sdk/ of the project what it is built with.
    fn lay_out_template(&self, kind: Kind) -> anyhow::Result<PathBuf> {
        let project = self.folder.join("template").join(SAMPLE);
        remove(&project)?;
        let template = kind.folder(self.language);
        for path in files(self.clone, &template)? {
            let text = String::from_utf8(read(&self.clone.join(&path))?)
                .with_context(|| format!("{} is not text", path.display()))?;
            let name = path.strip_prefix(&template)?.to_string_lossy().replace(NAME, SAMPLE);
            deliver_file(text.replace(NAME, SAMPLE).as_bytes(), &project.join(name))?;
        }
        for source in self.sources(kind)? {
            copy_tree(self.clone, &project, &source)?;
        }
        remove(&project.join("sdk").join(self.language).join("templates"))?;
        Ok(project)
    }
}
