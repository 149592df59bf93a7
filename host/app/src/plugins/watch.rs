//! Plugins whose files change are taken by themselves: looked at every few seconds, read when they have come to rest, and
//! loaded by a reload, which takes everything or leaves everything as it is.

use crate::{alarm::Waiter, clock::Clock, measure, plugins::artifact::sha256, recurring::Recurring, reload::Reloader};
use bellwire_core::{Instant, Span};
use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

const LOOK_EVERY: Span = Span::from_secs(5);

/// A file that plugins are made of, as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginFile {
    path: PathBuf,
    /// SHA-256; none: it could not be read.
    content: Option<String>,
    bytes_max: usize,
}

/// What changes when a file is written, moved or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

/// What is known of a file since it was first watched.
#[derive(Default)]
struct Known {
    /// At the last look; none: it was not there.
    seen: Option<Stamp>,
    /// When its content was last read.
    read: Option<Option<Stamp>>,
    /// The content that was last loaded, or tried in vain.
    tried: Option<Option<String>>,
}

pub(crate) struct PluginWatch {
    pub recurring: Arc<Recurring>,
    pub reloader: Reloader,
    pub clock: Clock,
}

impl PluginFile {
    pub fn read(path: &Path, bytes_max: usize) -> (Self, io::Result<Vec<u8>>) {
        let bytes = super::cache::read(path, bytes_max);
        let content = bytes.as_ref().ok().map(|bytes| sha256(bytes));
        (Self { path: path.to_owned(), content, bytes_max }, bytes)
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Some(Self { inode: metadata.ino(), size: metadata.size(), changed })
    }
}

impl PluginWatch {
    /// For ever.
    pub async fn run(self, mut waiter: Waiter) {
        let mut files = self.recurring.plugin_files.load_full();
        let mut known = HashMap::new();
        loop {
            let loaded = self.recurring.plugin_files.load_full();
            if !Arc::ptr_eq(&loaded, &files) {
                // A reload has read them all.
                (files, known) = (loaded, HashMap::new());
            }
            known = self.look(files.clone(), known).await;
            waiter.wait(self.due(&files)).await;
        }
    }

    fn due(&self, files: &[PluginFile]) -> Option<Instant> {
        (!files.is_empty()).then(|| self.clock.now().saturating_add(LOOK_EVERY))
    }

    async fn look(&self, files: Arc<Vec<PluginFile>>, known: HashMap<PathBuf, Known>) -> HashMap<PathBuf, Known> {
        let looked = tokio::task::spawn_blocking(move || look(&files, known)).await;
        let Ok((known, changed)) = looked else { return HashMap::new() };
        if changed.is_empty() {
            return known;
        }
        let names: Vec<_> = changed.iter().map(|path| path.display().to_string()).collect();
        tracing::info!("a plugin's file has changed: {}", names.join(", "));
        // What came of it is in the log; it is not tried again before the file changes again.
        let outcome = match self.reloader.reload().await {
            Ok(_) => "taken",
            Err(_) => "refused",
        };
        measure::plugin_changed(outcome);
        known
    }
}

/// Those whose content is another than the one that was last tried. A file that is still being written is left alone
/// until two looks have found it the same.
fn look(files: &[PluginFile], mut known: HashMap<PathBuf, Known>) -> (HashMap<PathBuf, Known>, Vec<PathBuf>) {
    let mut changed = Vec::new();
    for file in files {
        let known = known.entry(file.path.clone()).or_default();
        let stamp = Stamp::of(&file.path);
        let rests = known.seen == stamp;
        known.seen = stamp;
        if !rests || known.read == Some(stamp) {
            continue;
        }
        known.read = Some(stamp);
        let (now, _) = PluginFile::read(&file.path, file.bytes_max);
        let tried = known.tried.get_or_insert_with(|| file.content.clone());
        if *tried != now.content {
            *tried = now.content;
            changed.push(file.path.clone());
        }
    }
    (known, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder {
        folder: tempfile::TempDir,
        files: Vec<PluginFile>,
        known: HashMap<PathBuf, Known>,
    }

    impl Folder {
        fn new(content: Option<&str>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("plugin.wasm");
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            let (file, _) = PluginFile::read(&path, 100);
            Self { folder, files: vec![file], known: HashMap::new() }
        }

        fn write(&self, content: &str) {
            fs::write(self.folder.path().join("plugin.wasm"), content).unwrap();
        }

        /// Whether it is to be loaded.
        fn look(&mut self) -> bool {
            let (known, changed) = look(&self.files, std::mem::take(&mut self.known));
            self.known = known;
            !changed.is_empty()
        }
    }

    #[test]
    fn a_change_is_taken_once_it_has_come_to_rest() {
        let mut folder = Folder::new(Some("one"));
        assert_eq!([folder.look(), folder.look(), folder.look()], [false; 3]);
        folder.write("tw");
        assert!(!folder.look(), "it may still be being written");
        folder.write("two");
        assert!(!folder.look(), "and it was");
        assert!(folder.look());
        assert_eq!([folder.look(), folder.look()], [false; 2], "each content is tried once, also one that is refused");
    }

    #[test]
    fn a_change_between_the_load_and_the_first_look_is_seen() {
        let mut folder = Folder::new(Some("one"));
        folder.write("two");
        assert!(folder.look() | folder.look());
    }

    #[test]
    fn the_same_bytes_again_are_no_change() {
        let mut folder = Folder::new(Some("one"));
        assert_eq!([folder.look(), folder.look()], [false; 2]);
        folder.write("one");
        assert_eq!([folder.look(), folder.look(), folder.look()], [false; 3]);
    }

    #[test]
    fn one_that_comes_late_or_goes_is_a_change() {
        let mut folder = Folder::new(None);
        assert_eq!([folder.look(), folder.look()], [false; 2]);
        folder.write("one");
        assert_eq!([folder.look(), folder.look()], [false, true]);
        fs::remove_file(folder.folder.path().join("plugin.wasm")).unwrap();
        assert_eq!([folder.look(), folder.look(), folder.look()], [false, true, false]);
        folder.write(&"x".repeat(101));
        assert_eq!([folder.look(), folder.look()], [false; 2], "what is too large is not there");
    }
}
