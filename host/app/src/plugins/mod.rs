//! One way to any plugin, be it a policy, a source or a channel: from where the configuration says, past the hash and the
//! key that it names, to the engine.
//!
//! Files are read and registries are asked when a configuration is prepared, and never while a request or an incident
//! waits. What comes from a registry is a stranger's: it is bounded, and checked against its digest before it is kept.

mod artifact;
mod cache;
mod fetch;
mod log;
mod registry;
mod signature;
mod watch;

pub(crate) use log::log;
pub(crate) use watch::{PluginFile, PluginWatch};

/// For those who put plugins into registries, and take them out.
pub use self::{
    artifact::Artifact,
    registry::{RegistryClient, RegistryError},
    signature::{SignatureError, signature_file, verify},
};
pub use bellwire_config::{OciReference, OciReferenceError, OciVersion, Registry, RegistryCredentials, Transport};
pub use minisign_verify::PublicKey;

use bellwire_config::{Config, Diagnostic, PluginOrigin, PluginSource, PluginSupply, PluginUse};
use bellwire_core::PluginFault;
use bellwire_wasm::{Engine, Limits, LoadError, Problem};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    path::Path,
    sync::Arc,
};

/// Everything that a configuration's plugins are made of, read and fetched.
pub(crate) struct Plugins {
    engine: Engine,
    /// Of each source: what it is loaded from, or why it cannot be.
    artifacts: HashMap<Wanted, Result<Arc<Artifact>, Arc<str>>>,
    files: BTreeMap<std::path::PathBuf, PluginFile>,
}

/// With its hash, since a copy that has it is taken without a look into the registry.
type Wanted = (PluginOrigin, Option<Arc<str>>);

/// The plugins of one world, each loaded once.
pub(crate) struct World<'a, T> {
    plugins: &'a Plugins,
    load: fn(&Engine, &[u8]) -> Result<T, LoadError>,
    /// By their hash.
    loaded: HashMap<String, Result<Arc<T>, Arc<str>>>,
}

impl Plugins {
    /// Blocks while files are read, and for a bounded time while registries are asked.
    pub fn gather<'a>(
        engine: &Engine,
        supply: &PluginSupply,
        sources: impl IntoIterator<Item = &'a PluginSource>,
    ) -> Self {
        let mut plugins = Self { engine: engine.clone(), artifacts: HashMap::new(), files: BTreeMap::new() };
        let mut remote = Vec::new();
        for source in sources {
            match &source.origin {
                PluginOrigin::File(path) => {
                    let artifact = plugins.file(path, source.public_key.is_some());
                    plugins.artifacts.insert(wanted(source), artifact.map(Arc::new));
                }
                PluginOrigin::Oci(reference) => remote.push((reference.clone(), source.sha256.clone())),
            }
        }
        for (reference, pin, artifact) in fetch::fetch(supply, remote) {
            plugins.artifacts.insert((PluginOrigin::Oci(reference), pin), artifact.map(Arc::new));
        }
        plugins
    }

    /// `load`: the engine's function for this world.
    pub fn world<T>(&self, load: fn(&Engine, &[u8]) -> Result<T, LoadError>) -> World<'_, T> {
        World { plugins: self, load, loaded: HashMap::new() }
    }

    /// Those whose change makes another plugin.
    pub fn into_files(self) -> Vec<PluginFile> {
        self.files.into_values().collect()
    }

    fn file(&mut self, path: &Path, signed: bool) -> Result<Artifact, Arc<str>> {
        let bytes = self.read(path)?;
        // Whether it must be there is said when it is missed.
        let signature = match signed {
            true => self.read(&signature_file(path)).ok(),
            false => None,
        };
        Ok(Artifact::new(bytes, signature.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())))
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, Arc<str>> {
        let (file, bytes) = PluginFile::read(path, Limits::default().module_bytes_max);
        self.files.insert(path.to_owned(), file);
        bytes.map_err(|error| format!("{} cannot be read: {error}", path.display()).into())
    }

    /// It is what the configuration names, by its hash and by its author.
    fn trusted(&self, source: &PluginSource) -> Result<Arc<Artifact>, Arc<str>> {
        let none = || Err(format!("{} was not looked for", source.origin).into());
        let artifact = self.artifacts.get(&wanted(source)).cloned().unwrap_or_else(none)?;
        if let Some(pin) = source.sha256.as_ref().filter(|pin| ***pin != *artifact.sha256) {
            return Err(format!(
                "{} is not the plugin that `sha256` names ({pin}): it has {}. If you trust the new one, write that",
                source.origin, artifact.sha256
            )
            .into());
        }
        if let Some(key) = &source.public_key {
            verify(&artifact.bytes, artifact.signature.as_deref(), key)
                .map_err(|error| unsigned(&source.origin, error))?;
        }
        Ok(artifact)
    }
}

/// What a plugin answers of its settings: what it wants with them, or every problem; or why it gave no answer.
type Checked<W> = Result<Result<W, Vec<Problem>>, PluginFault>;

impl<T> World<'_, T> {
    /// A plugin that has looked at its settings, and what it wants with them; none if it does not like them. The error: why
    /// it cannot be used at all. What is wrong is in `problems`; `user`: of whom, for people.
    pub fn ready<W>(
        &mut self,
        (config, user, plugin): (&Config, &str, &PluginUse),
        check: impl FnOnce(&T, &str) -> Checked<W>,
        problems: &mut Vec<Diagnostic>,
    ) -> Result<(Arc<T>, Option<W>), Arc<str>> {
        let asked = self.get(&plugin.source).and_then(|loaded| match check(&loaded, &plugin.settings) {
            Ok(checked) => Ok((loaded, checked)),
            Err(fault) => Err(format!("it did not check its settings: {fault}").into()),
        });
        match asked {
            Ok((loaded, Ok(wants))) => Ok((loaded, Some(wants))),
            Ok((loaded, Err(found))) => {
                let problem = |Problem { path, message }| config.settings_problem(user, plugin, &path, &message);
                problems.extend(found.into_iter().map(problem));
                Ok((loaded, None))
            }
            Err(why) => {
                problems.push(config.plugin_problem(user, plugin, &why));
                Err(why)
            }
        }
    }

    /// The error: why the plugin cannot be used, with its place in it.
    fn get(&mut self, source: &PluginSource) -> Result<Arc<T>, Arc<str>> {
        let artifact = self.plugins.trusted(source)?;
        let loaded = self.loaded.entry(artifact.sha256.clone()).or_insert_with(|| {
            let plugin = (self.load)(&self.plugins.engine, &artifact.bytes);
            plugin.map(Arc::new).map_err(|error| error.to_string().into())
        });
        loaded.clone().map_err(|error| said(&source.origin, error))
    }
}

fn wanted(source: &PluginSource) -> Wanted {
    (source.origin.clone(), source.sha256.clone())
}

fn said(origin: &PluginOrigin, why: impl Display) -> Arc<str> {
    format!("{origin}: {why}").into()
}

fn unsigned(origin: &PluginOrigin, error: SignatureError) -> Arc<str> {
    match (&error, origin) {
        (SignatureError::Missing, PluginOrigin::File(path)) => {
            let (file, signature) = (path.display(), signature_file(path));
            let signature = signature.display();
            format!("{file} has no signature: {signature} cannot be read. Its author makes it with `minisign -Sm {file}`")
                .into()
        }
        (SignatureError::Missing, PluginOrigin::Oci(reference)) => {
            format!(
                "{reference} has no signature. `bellwire plugin push` takes it along if FILE.wasm.minisig is beside FILE.wasm"
            )
            .into()
        }
        (
            SignatureError::Malformed | SignatureError::OtherKey | SignatureError::OtherBytes,
            PluginOrigin::File(_) | PluginOrigin::Oci(_),
        ) => said(origin, error),
    }
}
