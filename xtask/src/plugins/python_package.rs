//! Toolchains that come as Python packages: `pip install --target` into the cache, so nothing is installed.

use super::{cache_folder, remove};
use anyhow::{Context, bail};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

/// The folder to put into PYTHONPATH; fetched if it is not there yet. The version is always given, so that the same
/// sources make the same plugins.
pub fn fetch(package: &str, version: &str) -> anyhow::Result<PathBuf> {
    let packages = cache_folder()?.join("languages/python");
    let folder = packages.join(format!("{package}-{version}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(&packages).with_context(|| format!("cannot make {}", packages.display()))?;
    let lock = fs::File::create(packages.join("lock"))?;
    lock.lock().context("cannot lock the cache of Python packages")?;
    if folder.is_dir() {
        return Ok(folder);
    }
    println!("plugins: fetching {package} {version} (once)");
    let partial = folder.with_extension("partial");
    remove(&partial)?;
    let wanted = format!("{package}=={version}");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
    let output = pip.arg("--target").arg(&partial).arg(&wanted).stdin(Stdio::null()).output();
    match output {
        Err(error) => bail!("it needs Python 3 with pip for `pip install {wanted}` ({error})"),
        Ok(output) if !output.status.success() => {
            let text = String::from_utf8_lossy(&output.stderr);
            bail!("`pip install {wanted}` failed: {}", text.lines().last().unwrap_or("it says nothing"))
        }
        Ok(_) => fs::rename(&partial, &folder).with_context(|| format!("cannot make {}", folder.display()))?,
    }
    Ok(folder)
}
