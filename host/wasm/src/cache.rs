//! Compiled code on disk, so that a restart does not compile again: 0.04 to 2 ms instead of 30 ms to 9 s.
//!
//! A file here is native code that Bellwire will run, so the directory must be ours alone, and each file begins with
//! the digest of its code: a damaged one is compiled again. Nothing that a plugin's author hands in ends up here
//! uncompiled. Whatever goes wrong with the cache after the start costs time and a log line, never a plugin.
#![expect(
    unsafe_code,
    reason = "wasmtime's `deserialize` trusts its input to be its own output; see `CodeCache::load`"
)]

use sha2::{Digest, Sha256};
use std::{
    fs::{self, DirBuilder},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    time::SystemTime,
};
use tempfile::NamedTempFile;
use wasmtime::{Engine, Module, component::Component};

const DIGEST_BYTES: usize = 32;
/// The oldest files go once there is more: 30 KB of a plugin in Rust compile to 200 KB, 18 MB of one in Python to 100 MB.
const BYTES_MAX: u64 = 2 << 30;

/// Why a directory does not serve as the compile cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("the compile cache {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "the compile cache {0} belongs to another user, who could put code of their own there: use a directory of Bellwire's"
    )]
    OtherOwner(PathBuf),
    #[error("others may write to the compile cache {0}, and so have Bellwire run code of theirs: `chmod 700` it")]
    Writable(PathBuf),
}

/// What wasmtime compiles a plugin to, for either door.
pub(crate) trait Code: Sized {
    fn compile(engine: &Engine, plugin: &[u8]) -> wasmtime::Result<Self>;
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;
    /// # Safety
    /// `code` is native code that will be run: it must come from `serialize`.
    unsafe fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Self>;
}

macro_rules! code {
    ($($kind:ty),*) => {$(
        impl Code for $kind {
            fn compile(engine: &Engine, plugin: &[u8]) -> wasmtime::Result<Self> {
                Self::from_binary(engine, plugin)
            }

            fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
                self.serialize()
            }

            unsafe fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Self> {
                // SAFETY: passed on to the caller.
                unsafe { Self::deserialize(engine, code) }
            }
        }
    )*};
}

code!(Component, Module);

pub(crate) struct CodeCache {
    directory: PathBuf,
}

impl CodeCache {
    /// Makes the directory if there is none.
    pub fn open(directory: &Path) -> Result<Self, CacheError> {
        let io = |source| CacheError::Io { path: directory.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io)?;
        let metadata = fs::metadata(directory).map_err(io)?;
        // Whoever we are, a file that we make is ours; this also shows that we can write here.
        let probe = NamedTempFile::new_in(directory).and_then(|file| file.as_file().metadata()).map_err(io)?;
        if metadata.uid() != probe.uid() {
            return Err(CacheError::OtherOwner(directory.to_owned()));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(CacheError::Writable(directory.to_owned()));
        }
        Ok(Self { directory: directory.to_owned() })
    }

    /// The code of `plugin` from an earlier compilation by the same wasmtime with the same settings.
    pub fn load<C: Code>(&self, engine: &Engine, plugin: &[u8]) -> Option<C> {
        let path = self.path(engine, plugin);
        let file = match fs::read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, "compiled code cannot be read and is compiled again");
                return None;
            }
        };
        let code = file.split_at_checked(DIGEST_BYTES).filter(|(digest, code)| *digest == &Sha256::digest(code)[..]);
        let Some((_, code)) = code else {
            tracing::warn!(file = %path.display(), "compiled code is damaged and is compiled again");
            return None;
        };
        // SAFETY: the bytes are what `Code::serialize` gave us. They come from a directory that is ours and that nobody
        // else may write to (`open`), whole as we wrote them (the digest), under a name made of the plugin and of this
        // engine's compatibility hash. That, and whether it is a component or a module, wasmtime compares once more.
        match unsafe { C::deserialize(engine, code) } {
            Ok(compiled) => Some(compiled),
            Err(error) => {
                tracing::warn!(%error, "compiled code does not fit this engine and is compiled again");
                None
            }
        }
    }

    /// Puts the code in its place in one step: no reader ever sees half a file.
    pub fn store(&self, engine: &Engine, plugin: &[u8], compiled: &impl Code) {
        let write = || -> io::Result<()> {
            let code = compiled.serialize().map_err(io::Error::other)?;
            let mut file = NamedTempFile::new_in(&self.directory)?;
            file.write_all(&Sha256::digest(&code))?;
            file.write_all(&code)?;
            file.persist(self.path(engine, plugin))?;
            self.prune()
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "compiled code cannot be kept, so the next start compiles again");
        }
    }

    fn path(&self, engine: &Engine, plugin: &[u8]) -> PathBuf {
        let mut compatibility = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut compatibility);
        self.directory.join(format!("{}-{:016x}", hex::encode(Sha256::digest(plugin)), compatibility.finish()))
    }

    fn prune(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(&self.directory)?
            .map(|entry| {
                let entry = entry?;
                let metadata = entry.metadata()?;
                Ok((metadata.modified()?, metadata.len(), entry.path()))
            })
            .collect::<io::Result<_>>()?;
        files.sort();
        let mut sum = 0_u64;
        for (_, bytes, path) in files.iter().rev() {
            sum = sum.saturating_add(*bytes);
            if sum > BYTES_MAX {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}
