//! TypeScript and AssemblyScript: what their package-lock.json names, fetched by npm into the cache, and `npm run build`.

use super::{
    Sha256, cache_folder,
    languages::{Builder, Language},
    read, remove, wasm_files,
};
use crate::workspace::Workspace;
use anyhow::{Context, bail, ensure};
use sha2::Digest;
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub const TYPESCRIPT: Language =
    Language { name: "typescript", find: |workspace| Ok(Box::new(Packages::fetch(workspace, "typescript")?)) };
pub const ASSEMBLYSCRIPT: Language =
    Language { name: "assemblyscript", find: |workspace| Ok(Box::new(Packages::fetch(workspace, "assemblyscript")?)) };

const LOCK: &str = "package-lock.json";

struct Packages {
    lock: Vec<u8>,
    /// The name is the lock file's hash.
    folder: PathBuf,
}

impl Packages {
    fn fetch(workspace: &Workspace, language: &str) -> anyhow::Result<Self> {
        for program in ["node", "npm"] {
            let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            ensure!(
                version.is_ok_and(|status| status.success()),
                "it needs `{program}`: install Node.js 20 or newer, https://nodejs.org"
            );
        }
        let example = workspace.root.join("examples/languages").join(language);
        let lock = read(&example.join(LOCK))?;
        let all = cache_folder()?.join("languages/npm");
        let folder = all.join(hex::encode(Sha256::digest(&lock)));
        fs::create_dir_all(&all).with_context(|| format!("cannot make {}", all.display()))?;
        let waiting = fs::File::create(all.join("lock"))?;
        waiting.lock().context("cannot lock the cache of npm's packages")?;
        if !folder.is_dir() {
            println!("plugins: fetching npm's packages for {language} (once)");
            let partial = folder.with_extension("partial");
            remove(&partial)?;
            fs::create_dir_all(&partial)?;
            for name in ["package.json", LOCK] {
                fs::copy(example.join(name), partial.join(name))?;
            }
            install(&partial)?;
            fs::rename(&partial, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self { lock, folder })
    }
}

/// Not `npm ci`: that refuses a lock file without the packages for platforms that were never published.
fn install(folder: &Path) -> anyhow::Result<()> {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    let output = npm.stdin(Stdio::null()).output().context("cannot start npm")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("`npm install` failed: {}", text.lines().next().unwrap_or("it says nothing"));
    }
    Ok(())
}

impl Builder for Packages {
    /// The versions are in the lock file, which is a source.
    fn version(&self) -> String {
        "npm".into()
    }

    fn build(&self, project: &Path, wasm: &Path) -> anyhow::Result<()> {
        ensure!(
            read(&project.join(LOCK))? == self.lock,
            "the {LOCK} of template and example differ: copy the newer one over the other"
        );
        let modules = project.join("node_modules");
        if !modules.exists() {
            symlink(self.folder.join("node_modules"), &modules)
                .with_context(|| format!("cannot make {}", modules.display()))?;
        }
        let status = Command::new("npm").current_dir(project).args(["run", "--silent", "build"]).status();
        ensure!(status.context("cannot start npm")?.success(), "it does not compile: see above");
        let made = wasm_files(project)?;
        ensure!(made.len() == 1, "expected one .wasm file, not {}", made.len());
        fs::rename(&made[0], wasm).with_context(|| format!("cannot write {}", wasm.display()))
    }
}
