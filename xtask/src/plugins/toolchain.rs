//! A Rust that compiles to Wasm, wherever this machine has one: the toolchain that runs us, that toolchain with the
//! target added by rustup, or a private one out of Debian's packages.

use super::TARGET;
use crate::workspace::Workspace;
use anyhow::{Context, bail, ensure};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PRIVATE: &str = "a private, Debian's";

pub struct Toolchain {
    /// For the one line that says what is used.
    pub description: String,
    /// Decides, with the sources and flags, about the bytes.
    pub version: String,
    compiler: Compiler,
    /// The folder with wasm-component-ld and gcc-ld/wasm-ld. Without them the plain linker makes a core module that
    /// carries its component type, which the host takes as well.
    linkers: Option<PathBuf>,
}

/// Nothing but the build of the plugins may see these.
struct Compiler {
    rustc: PathBuf,
    /// What a private compiler needs in LD_LIBRARY_PATH.
    libraries: Option<PathBuf>,
}

impl Toolchain {
    /// In the order of what is quick: what is there, then what can be fetched, then what can be built.
    pub fn find(workspace: &Workspace, private_folder: &Path) -> anyhow::Result<Self> {
        let sysroot =
            PathBuf::from(output(command("rustc").current_dir(&workspace.root).args(["--print", "sysroot"]))?);
        let linkers = linkers(&sysroot)?;
        let ours = Compiler { rustc: sysroot.join("bin/rustc"), libraries: None };
        if has_std(&sysroot) {
            return Self::new(&format!("the {TARGET} target of"), ours, linkers);
        }
        if let Some(private) = Compiler::from_debian(private_folder) {
            return Self::new(PRIVATE, private, linkers);
        }
        println!("plugins: no standard library for {TARGET} here; trying `rustup target add {TARGET}`");
        let rustup = command("rustup").current_dir(&workspace.root).args(["target", "add", TARGET]).status();
        if rustup.is_ok_and(|status| status.success()) && has_std(&sysroot) {
            return Self::new(&format!("the {TARGET} target of"), ours, linkers);
        }
        println!("plugins: rustup cannot; building one from Debian's packages (once, about a minute)");
        let Some(linkers) = linkers else { bail!("this toolchain has no wasm-component-ld, which Debian's needs") };
        let script = workspace.root.join("xtask/rust-wasm-from-debian.sh");
        let status = command(&script).arg(private_folder).arg(&linkers).status();
        let status = status.with_context(|| format!("cannot start {}", script.display()))?;
        ensure!(
            status.success(),
            "no Rust for {TARGET}: install it (`rustup target add {TARGET}`), or see above why Debian's packages did not do"
        );
        let private = Compiler::from_debian(private_folder).context("Debian's packages made no toolchain")?;
        Self::new(PRIVATE, private, Some(linkers))
    }

    fn new(origin: &str, compiler: Compiler, linkers: Option<PathBuf>) -> anyhow::Result<Self> {
        let mut rustc = command(&compiler.rustc);
        compiler.apply(&mut rustc);
        let version = output(rustc.arg("-vV"))?;
        let description = format!("{origin} {}", version.lines().next().unwrap_or_default());
        Ok(Self { version: format!("{origin} {version}"), description, compiler, linkers })
    }

    /// Is it the one out of Debian's packages, which has the one target only?
    pub fn is_private(&self) -> bool {
        self.compiler.libraries.is_some()
    }

    pub fn linkers(&self) -> Option<&Path> {
        self.linkers.as_deref()
    }

    /// Cargo with this compiler and linker, and without what the caller's environment would mix in.
    pub fn cargo(&self) -> Command {
        let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        self.compiler.apply(&mut cargo);
        if let Some(linkers) = &self.linkers {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linkers.join("wasm-component-ld"));
            // wasm-component-ld looks for wasm-ld there. As a flag its path would change the symbols' names.
            let mut path = OsString::from(linkers.join("gcc-ld"));
            path.push(":");
            path.push(env::var_os("PATH").unwrap_or_default());
            cargo.env("PATH", path);
        }
        cargo
    }
}

impl Compiler {
    /// Only if it is whole and still where it was.
    fn from_debian(folder: &Path) -> Option<Self> {
        let usr = folder.join("root/usr");
        let rustc = usr.join("bin/rustc");
        let mut entries = fs::read_dir(usr.join("lib")).ok()?.flatten().map(|entry| entry.path());
        let libraries = entries.find(|path| path.to_string_lossy().ends_with("-linux-gnu"));
        let whole = folder.join(".ok").is_file() && rustc.is_file() && libraries.is_some() && has_std(&usr);
        whole.then_some(Self { rustc, libraries })
    }

    fn apply(&self, command: &mut Command) {
        command.env("RUSTC", &self.rustc);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
    }
}

fn has_std(sysroot: &Path) -> bool {
    let libraries = fs::read_dir(sysroot.join("lib/rustlib").join(TARGET).join("lib"));
    libraries
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd")))
}

/// The linkers that come with the toolchain, if they do.
fn linkers(sysroot: &Path) -> anyhow::Result<Option<PathBuf>> {
    let hosts =
        fs::read_dir(sysroot.join("lib/rustlib")).with_context(|| format!("no Rust in {}", sysroot.display()))?;
    let mut folders = hosts.flatten().map(|entry| entry.path().join("bin"));
    Ok(folders.find(|bin| bin.join("wasm-component-ld").is_file() && bin.join("gcc-ld/wasm-ld").is_file()))
}

/// A command without what cargo and the caller set for another build.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in
        ["RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "LD_LIBRARY_PATH"]
    {
        command.env_remove(name);
    }
    command
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
