//! Real programs from Debian, had without root: looked for in PATH, then in the cache, then downloaded with
//! `apt-get download` and unpacked with `dpkg -x` into `$XDG_CACHE_HOME/bellwire/debian`. Nothing is installed.
//! These functions block, at the first use for as long as a download takes.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something that is not here and could not be had; its text is one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is missing: {remedy}")]
pub struct Missing {
    pub what: &'static str,
    pub remedy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Prometheus,
    Promtool,
    Alertmanager,
    Amtool,
    /// That of Docker, for OCI artifacts.
    Registry,
    Minisign,
}

impl Program {
    /// The names it goes by, Debian's first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Prometheus => &["prometheus"],
            Self::Promtool => &["promtool"],
            Self::Alertmanager => &["prometheus-alertmanager", "alertmanager"],
            Self::Amtool => &["amtool"],
            Self::Registry => &["docker-registry"],
            Self::Minisign => &["minisign"],
        }
    }

    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Prometheus | Self::Promtool => &["prometheus"],
            Self::Alertmanager | Self::Amtool => &["prometheus-alertmanager"],
            Self::Registry => &["docker-registry"],
            Self::Minisign => &["minisign", "libsodium23"],
        }
    }
}

/// A program that runs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// Where it must be run, if that matters.
    pub folder: Option<PathBuf>,
    /// Where its shared libraries were unpacked.
    pub libraries: Option<PathBuf>,
}

impl Found {
    fn at(path: PathBuf) -> Self {
        Self { path, folder: None, libraries: None }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}

/// Python with aiosmtpd on its path.
#[derive(Clone, Debug)]
pub struct Python {
    /// Empty when python finds aiosmtpd by itself.
    python_path: OsString,
}

impl Python {
    pub fn command(&self) -> Command {
        let mut command = Command::new("python3");
        if !self.python_path.is_empty() {
            command.env("PYTHONPATH", &self.python_path);
        }
        command
    }

    fn has_aiosmtpd(&self) -> bool {
        runs(self.command().args(["-c", "import aiosmtpd.smtp"]))
    }
}

/// Finds or obtains a program.
pub fn program(program: Program) -> Result<Found, Missing> {
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let in_folder = |folder: PathBuf| {
        let candidates = program.names().iter().map(|name| folder.join(name));
        candidates.into_iter().find(|candidate| candidate.is_file())
    };
    if let Some(path) = std::env::split_paths(&in_path).find_map(in_folder) {
        return Ok(Found::at(path));
    }
    had(program.names()[0], program.packages(), |root| {
        let path = in_folder(root.join("usr/bin"))?;
        match program {
            Program::Alertmanager => relocated(&path, root),
            Program::Prometheus | Program::Promtool | Program::Amtool | Program::Registry => Some(Found::at(path)),
            Program::Minisign => Some(Found { libraries: libraries(root), ..Found::at(path) }),
        }
    })
}

/// `usr/lib/x86_64-linux-gnu`, whatever the machine is.
fn libraries(root: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(root.join("usr/lib")).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    folders.into_iter().find(|folder| folder.join("libsodium.so.23").exists())
}

/// Debian builds the place of its templates into Alertmanager, and it does not start without them. Where it was only
/// unpacked they are elsewhere, so a copy of it is made whose path, one slash moved, starts at the working folder.
fn relocated(path: &Path, root: &Path) -> Option<Found> {
    const INSTALLED: &[u8] = b"/usr/share/prometheus/alertmanager";
    const UNPACKED: &[u8] = b"usr/share/prometheus/alertmanager/";
    let copy = root.join("relocated").join(path.file_name()?);
    let found = Found { folder: Some(root.to_owned()), ..Found::at(copy.clone()) };
    if copy.is_file() {
        return Some(found);
    }
    let mut bytes = fs::read(path).ok()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].windows(INSTALLED.len()).position(|window| window == INSTALLED) {
        bytes[from + at..from + at + INSTALLED.len()].copy_from_slice(UNPACKED);
        from += at + INSTALLED.len();
    }
    // Renamed when it is whole: somebody else may look at this moment.
    fs::create_dir_all(copy.parent()?).ok()?;
    let unfinished = copy.with_extension(std::process::id().to_string());
    fs::copy(path, &unfinished).ok()?;
    fs::write(&unfinished, bytes).ok()?;
    fs::rename(&unfinished, &copy).ok()?;
    Some(found)
}

/// Python that can run aiosmtpd.
pub fn aiosmtpd() -> Result<Python, Missing> {
    let plain = Python { python_path: OsString::new() };
    if plain.has_aiosmtpd() {
        return Ok(plain);
    }
    if !runs(Command::new("python3").arg("--version")) {
        return Err(Missing { what: "python3", remedy: "apt-get install python3 python3-aiosmtpd".to_owned() });
    }
    had("aiosmtpd", &["python3-aiosmtpd", "python3-public", "python3-attr"], |root| {
        let python = Python { python_path: root.join("usr/lib/python3/dist-packages").into_os_string() };
        python.has_aiosmtpd().then_some(python)
    })
}

/// For tests: the part, or `None` after one line on stderr that says what was skipped. With `CI` set in the
/// environment every part must be there, so a missing one fails the test.
pub fn or_skip<T>(part: Result<T, Missing>) -> Option<T> {
    match part {
        Ok(part) => Some(part),
        Err(missing) => {
            assert!(std::env::var_os("CI").is_none(), "in CI every real part must be there: {missing}");
            // Not `eprintln!`, which the test harness swallows. Where stderr is closed nobody reads it.
            let _ = writeln!(std::io::stderr(), "skipped: {missing}");
            None
        }
    }
}

/// Looks into the cache, and fills it when what is wanted is not there.
fn had<T>(what: &'static str, packages: &[&str], look: impl Fn(&Path) -> Option<T>) -> Result<T, Missing> {
    let missing = |why: &str| Missing { what, remedy: format!("apt-get install {} ({why})", packages.join(" ")) };
    let root = cache().ok_or_else(|| missing("no HOME to keep a copy in"))?;
    if let Some(found) = look(&root) {
        return Ok(found);
    }
    // Two test processes must not unpack into one folder at once; the second finds the work done.
    let lock = fs::create_dir_all(root.join("debs")).and_then(|()| File::create(root.join(".lock")));
    let lock = lock.map_err(|error| missing(&error.to_string()))?;
    lock.lock().map_err(|error| missing(&error.to_string()))?;
    if let Some(found) = look(&root) {
        return Ok(found);
    }
    for package in packages {
        obtain(package, &root).map_err(|why| missing(&why))?;
    }
    look(&root).ok_or_else(|| missing("its package was unpacked, but it does not run here"))
}

fn cache() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").filter(|base| !base.is_empty()).map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
    Some(base.join("bellwire/debian"))
}

fn obtain(package: &str, root: &Path) -> Result<(), String> {
    let debs = root.join("debs");
    let download = || runs(Command::new("apt-get").args(["download", "-qq", package]).current_dir(&debs));
    if downloaded(&debs, package).is_none() && !download() {
        // Only root may refresh the lists; for anybody else this fails at once.
        let refreshed = runs(Command::new("apt-get").args(["update", "-qq"])) && download();
        if !refreshed {
            return Err(format!("`apt-get download {package}` failed"));
        }
    }
    let file = downloaded(&debs, package).ok_or_else(|| format!("`apt-get download {package}` left no file"))?;
    if runs(Command::new("dpkg").arg("-x").arg(&file).arg(root)) {
        return Ok(());
    }
    // A download that was cut short must not be in the way of the next.
    drop(fs::remove_file(&file));
    Err(format!("`dpkg -x` of {package} failed"))
}

fn downloaded(debs: &Path, package: &str) -> Option<PathBuf> {
    let prefix = format!("{package}_");
    let files = fs::read_dir(debs).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let is_package = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(".deb")
    };
    files.filter(is_package).max()
}

fn runs(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_says_what_to_install_in_one_line() {
        let found: Result<(), Missing> = had("nothing", &["bellwire-no-such-package"], |_| None);
        let text = found.err().map(|missing| missing.to_string()).unwrap_or_default();
        assert_eq!(
            text,
            "nothing is missing: apt-get install bellwire-no-such-package \
             (`apt-get download bellwire-no-such-package` failed)"
        );
    }
}
