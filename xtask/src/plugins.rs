//! `cargo xtask plugins`: the policies, sources and channels in plugins/, compiled to target/plugins/*.wasm.
//!
//! What is built is kept in the cache outside the clone by a hash of sources, lock file, compiler and flags, so that a
//! fresh clone has its plugins at once. The same sources give the same bytes, wherever the clone lies: they are built
//! from a copy at a fixed place, because cargo mixes the path of a dependency into the names of its symbols.

mod bindings;
mod c;
mod go;
mod json;
pub mod languages;
mod npm;
mod python;
mod python_package;
mod rust;
mod toolchain;
mod zig;

use crate::workspace::Workspace;
use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::{
    env,
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use toolchain::Toolchain;

const TARGET: &str = "wasm32-unknown-unknown";
/// What the plugins are made of, from the root of the clone.
const SOURCES: [&str; 4] = ["plugins", "sdk/cases", "sdk/rust", "sdk/wit"];
/// Memory that is there from the start need not be grown in each call, which costs the host a system call; and a policy
/// needs less stack than the megabyte that Rust gives it.
const LINK_FLAGS: [&str; 2] = ["-Clink-arg=--initial-memory=1048576", "-Clink-arg=-zstack-size=262144"];

#[derive(clap::Args)]
pub struct Arguments {
    /// Build everything twice from nothing, and compare the bytes
    #[arg(long)]
    verify: bool,
    /// Build the examples and templates of other languages instead: all of them, or those of a list such as `c,zig`
    #[arg(long, value_name = "LIST", num_args = 0..=1, value_delimiter = ',', conflicts_with = "verify")]
    languages: Option<Vec<String>>,
    /// Generate the bindings in sdk/ anew, from sdk/wit/policy.wit
    #[arg(long, conflicts_with_all = ["verify", "languages"])]
    bindings: bool,
}

/// A plugin that is ready for use.
pub struct Built {
    /// target/plugins/NAME.wasm in the clone.
    pub path: PathBuf,
    /// In hex.
    pub sha256: String,
    pub bytes: u64,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.bindings {
        return bindings::write(workspace);
    }
    if let Some(wanted) = &arguments.languages {
        return languages::run(workspace, wanted);
    }
    if arguments.verify {
        verify(workspace)?;
    }
    for Built { path, sha256, bytes, .. } in build(workspace)? {
        println!("{sha256}  {} ({} KiB)", path.strip_prefix(&workspace.root)?.display(), bytes.div_ceil(1024));
    }
    Ok(())
}

/// Compiles what is not in the cache, and puts every plugin and SHA256SUMS into target/plugins/ of the clone.
pub fn build(workspace: &Workspace) -> anyhow::Result<Vec<Built>> {
    let factory = Factory::open(workspace)?;
    let key = factory.key()?;
    let kept = factory.folder.join("built").join(&key);
    if kept.is_dir() {
        println!("plugins: unchanged, from the cache");
    } else {
        println!("plugins: compiling with {}", factory.toolchain.description);
        let made = factory.compile(&factory.folder.join("target"))?;
        keep(&made, &kept)?;
    }
    deliver(workspace, &kept)
}

fn verify(workspace: &Workspace) -> anyhow::Result<()> {
    let factory = Factory::open(workspace)?;
    let mut rounds = Vec::new();
    for round in 1..=2 {
        println!("plugins: build {round} of 2, from nothing, with {}", factory.toolchain.description);
        let target = factory.folder.join(format!("verify-{round}"));
        remove(&target)?;
        let made = factory.compile(&target)?;
        rounds.push(made.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?);
        remove(&target)?;
    }
    ensure!(rounds[0] == rounds[1], "two builds of the same sources differ");
    println!("plugins: both builds gave the same bytes");
    Ok(())
}

/// The one place where plugins are compiled on this machine; other clones wait while it is open.
struct Factory {
    clone: PathBuf,
    folder: PathBuf,
    toolchain: Toolchain,
    _lock: fs::File,
}

impl Factory {
    fn open(workspace: &Workspace) -> anyhow::Result<Self> {
        let cache = cache_folder()?;
        let folder = cache.join("plugins");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = fs::File::create(folder.join("lock"))?;
        lock.lock().context("cannot lock the cache of plugins")?;
        let toolchain = Toolchain::find(workspace, &cache.join("rust-wasm"))?;
        Ok(Self { clone: workspace.root.clone(), folder, toolchain, _lock: lock })
    }

    /// Of everything that decides about the bytes.
    fn key(&self) -> anyhow::Result<String> {
        let mut hash = Sha256::new();
        hash.update(&self.toolchain.version);
        hash.update(LINK_FLAGS.join(" "));
        for path in sources(&self.clone)? {
            let text = read(&self.clone.join(&path))?;
            hash.update(format!("\n{} {}\n", path.display(), text.len()));
            hash.update(text);
        }
        Ok(hex::encode(hash.finalize()))
    }

    /// The .wasm file of every plugin, in `target`.
    fn compile(&self, target: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let source = self.folder.join("source");
        copy_sources(&self.clone, &source)?;
        let release = target.join(TARGET).join("release");
        // A plugin that is no more shall not be taken for one that is.
        for stale in wasm_files(&release).unwrap_or_default() {
            fs::remove_file(stale)?;
        }
        let mut cargo = self.toolchain.cargo();
        cargo
            .current_dir(source.join("plugins"))
            .args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"])
            .arg(target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags(&source)?);
        let status = cargo.status().context("cannot start cargo")?;
        ensure!(status.success(), "the plugins do not compile: see above");
        wasm_files(&release)
    }
}

/// Every file of `SOURCES`, from `root`, sorted.
fn sources(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for folder in SOURCES {
        all.extend(files(root, Path::new(folder))?);
    }
    all.sort();
    Ok(all)
}

/// Every file of a folder, from `root`, sorted, but for what the tools of the languages leave there.
fn files(root: &Path, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    const MADE: [&str; 6] = ["target", "zig-out", ".zig-cache", "node_modules", "build", "__pycache__"];
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root.join(&folder)).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() && !MADE.iter().any(|made| entry.file_name() == *made) => folders.push(path),
                kind if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Writes only what changed, so that cargo builds only that.
fn copy_sources(clone: &Path, copy: &Path) -> anyhow::Result<()> {
    SOURCES.iter().try_for_each(|folder| copy_tree(clone, copy, Path::new(folder)))
}

/// Makes `folder` in `copy` what it is in `clone`.
fn copy_tree(clone: &Path, copy: &Path, folder: &Path) -> anyhow::Result<()> {
    let wanted = files(clone, folder)?;
    // The first time there is nothing there.
    for stale in files(copy, folder).unwrap_or_default().iter().filter(|path| !wanted.contains(path)) {
        fs::remove_file(copy.join(stale))?;
    }
    wanted.iter().try_for_each(|path| deliver_file(&read(&clone.join(path))?, &copy.join(path)))
}

/// Leaves alone what is the same already. Renamed into place: a server that reloads meanwhile reads the old file or the
/// new one.
fn deliver_file(contents: &[u8], to: &Path) -> anyhow::Result<()> {
    if fs::read(to).is_ok_and(|there| there == contents) {
        return Ok(());
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let written = fs::create_dir_all(to.parent().context("a file lies in a folder")?)
        .and_then(|()| fs::write(&partial, contents))
        .and_then(|()| fs::rename(&partial, to));
    written.with_context(|| format!("cannot write {}", to.display()))
}

/// No path of this machine shall be in a plugin.
fn flags(source: &Path) -> anyhow::Result<OsString> {
    let cargo_home =
        env::var_os("CARGO_HOME").map_or_else(|| Ok(home()?.join(".cargo")), |path| anyhow::Ok(path.into()))?;
    let mut flags = OsString::from(LINK_FLAGS.join("\x1f"));
    for (from, to) in [(source, "/bellwire"), (&*cargo_home, "/cargo")] {
        flags.push("\x1f--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    Ok(flags)
}

/// All of them or none: the folder appears with its last name only when it is whole. Each has the name of its package, of
/// which cargo makes one that Rust can say.
fn keep(made: &[PathBuf], kept: &Path) -> anyhow::Result<()> {
    let partial = kept.with_extension("partial");
    remove(&partial)?;
    fs::create_dir_all(&partial)?;
    for path in made {
        let name = path.file_name().context("a plugin has a name")?.to_string_lossy().replace('_', "-");
        fs::copy(path, partial.join(name))?;
    }
    fs::rename(&partial, kept).with_context(|| format!("cannot make {}", kept.display()))
}

/// The plugins of `kept` and no others, in target/plugins/ of the clone, even where cargo builds elsewhere.
fn deliver(workspace: &Workspace, kept: &Path) -> anyhow::Result<Vec<Built>> {
    let folder = workspace.root.join("target/plugins");
    fs::create_dir_all(&folder)?;
    for stale in wasm_files(&folder)? {
        if !kept.join(stale.file_name().context("a plugin has a name")?).is_file() {
            fs::remove_file(stale)?;
        }
    }
    let mut built = Vec::new();
    let mut sums = String::new();
    for from in wasm_files(kept)? {
        let contents = read(&from)?;
        let path = folder.join(from.file_name().context("a plugin has a name")?);
        deliver_file(&contents, &path)?;
        let name = from.file_stem().context("a plugin has a name")?.to_string_lossy().into_owned();
        let sha256 = hex::encode(Sha256::digest(&contents));
        sums.push_str(&format!("{sha256}  {name}.wasm\n"));
        built.push(Built { path, sha256, bytes: contents.len() as u64 });
    }
    ensure!(!built.is_empty(), "plugins/ made no .wasm file");
    fs::write(folder.join("SHA256SUMS"), sums)?;
    Ok(built)
}

/// Sorted by name.
fn wasm_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Where things lie that clones share.
pub fn cache_folder() -> anyhow::Result<PathBuf> {
    let caches = env::var_os("XDG_CACHE_HOME").filter(|path| Path::new(path).is_absolute());
    Ok(caches.map_or_else(|| Ok(home()?.join(".cache")), |path| anyhow::Ok(path.into()))?.join("bellwire"))
}

fn home() -> anyhow::Result<PathBuf> {
    env::home_dir().filter(|path| path.is_absolute()).context("there is no home folder for the cache: set HOME")
}
