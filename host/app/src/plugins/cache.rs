//! Plugins that came from registries, kept for the day that a registry cannot be reached.
//!
//! `blobs/sha256/…` has manifests and plugins by their digests, which are checked whenever they are read; `tags/…` says
//! which manifest a tag stood for when it was last looked up. Everything in it can be deleted at any time.

use super::{
    artifact::sha256,
    registry::{MANIFEST_BYTES_MAX, Manifest, Pulled},
};
use bellwire_config::{OciReference, OciVersion};
use bellwire_wasm::Limits;
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// `sha256:` and 64 digits.
const TAG_FILE_BYTES_MAX: usize = 128;

pub(crate) struct Cache<'a> {
    pub folder: &'a Path,
}

impl Cache<'_> {
    /// None: it is not there, or not what it should be.
    pub fn find(&self, reference: &OciReference) -> Option<Pulled> {
        let digest = match &reference.version {
            OciVersion::Digest(digest) => digest.to_string(),
            OciVersion::Tag(_) => {
                let text = String::from_utf8(read(&self.tag(reference)?, TAG_FILE_BYTES_MAX).ok()?).ok()?;
                text.trim_end().strip_prefix("sha256:")?.to_owned()
            }
        };
        let text = self.blob(&digest, MANIFEST_BYTES_MAX)?;
        let manifest = Manifest::parse(&text).ok()?;
        let plugin = self.blob(&manifest.plugin_sha256, Limits::default().module_bytes_max)?;
        Some(Pulled { digest, text, manifest, plugin })
    }

    /// Whoever reads meanwhile reads what was there before, or this.
    pub fn keep(&self, reference: &OciReference, pulled: &Pulled) -> io::Result<()> {
        write(&self.blob_file(&pulled.manifest.plugin_sha256), &pulled.plugin)?;
        write(&self.blob_file(&pulled.digest), &pulled.text)?;
        match self.tag(reference) {
            Some(tag) => write(&tag, format!("sha256:{}\n", pulled.digest).as_bytes()),
            None => Ok(()),
        }
    }

    fn blob(&self, digest: &str, bytes_max: usize) -> Option<Vec<u8>> {
        let is_name = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = is_name.then(|| read(&self.blob_file(digest), bytes_max).ok())??;
        (sha256(&bytes) == digest).then_some(bytes)
    }

    fn blob_file(&self, digest: &str) -> PathBuf {
        self.folder.join("blobs").join("sha256").join(digest)
    }

    /// `tags/ghcr.io/acme/on-fire:1.2`: a colon is in no repository's name.
    fn tag(&self, reference: &OciReference) -> Option<PathBuf> {
        let OciReference { registry, repository, version } = reference;
        let OciVersion::Tag(tag) = version else { return None };
        Some(self.folder.join("tags").join(&**registry).join(format!("{repository}:{tag}")))
    }
}

/// All of a file that is not larger than it may be.
pub(crate) fn read(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::other(format!("it is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Of this process alone: `bellwire check` may look for the same plugin at this moment.
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}.new", std::process::id()));
    fs::write(&new, bytes)?;
    fs::rename(&new, path)
}
