//! `bellwire plugin push` and `pull`: plugins into registries, and out of them.

use super::file;
use crate::{Failure, printable};
use bellwire_app::{
    core::Secret,
    plugins::{
        Artifact, OciReference, OciVersion, PublicKey, Registry, RegistryClient, RegistryCredentials, RegistryError,
        Transport, signature_file, verify,
    },
};
use bellwire_workbench::{Anatomy, Door};
use serde_json::json;
use std::{fs, path::PathBuf};

const PASSWORD: &str = "BELLWIRE_REGISTRY_PASSWORD";

/// Its signature goes along if FILE.wasm.minisig is beside it, as `minisign -Sm FILE.wasm` makes it.
#[derive(clap::Args)]
pub struct Push {
    /// The plugin
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// Where to, as in ghcr.io/acme/on-fire:1.2
    #[arg(value_name = "REGISTRY/REPOSITORY:TAG")]
    reference: OciReference,
    #[command(flatten)]
    login: Login,
}

/// It is written to NAME.wasm, and its signature, if it has one, to NAME.wasm.minisig.
#[derive(clap::Args)]
pub struct Pull {
    /// Where from, as in ghcr.io/acme/on-fire:1.2 or ghcr.io/acme/on-fire@sha256:…
    #[arg(value_name = "REGISTRY/REPOSITORY:TAG")]
    reference: OciReference,
    /// Write it to this file
    #[arg(short, long, value_name = "FILE.wasm")]
    output: Option<PathBuf>,
    /// Take it only if it is signed with this key
    #[arg(long, value_name = "RW…", value_parser = public_key)]
    public_key: Option<PublicKey>,
    #[command(flatten)]
    login: Login,
}

#[derive(clap::Args)]
struct Login {
    /// Who you are to the registry; your password is in BELLWIRE_REGISTRY_PASSWORD
    #[arg(long, value_name = "NAME", env = "BELLWIRE_REGISTRY_USER")]
    user: Option<String>,
    /// Without TLS, for a registry on this machine
    #[arg(long)]
    plain_http: bool,
}

/// The line of a `.pub` file that begins with RW.
pub fn public_key(text: &str) -> Result<PublicKey, String> {
    let wrong = "not a public key of minisign: give the line of the .pub file that begins with RW";
    PublicKey::from_base64(text.trim()).map_err(|_| wrong.to_owned())
}

impl Login {
    fn client(&self, reference: &OciReference) -> Result<RegistryClient, Failure> {
        let credentials = match (&self.user, std::env::var(PASSWORD)) {
            (Some(user), Ok(password)) => {
                Some(RegistryCredentials { user: user.clone(), password: Secret::new(password) })
            }
            (Some(_), Err(_)) => return Err(Failure::Wrong(format!("--user needs a password: set {PASSWORD}"))),
            (None, _) => None,
        };
        let transport = if self.plain_http { Transport::PlainHttp } else { Transport::Tls };
        RegistryClient::new(&reference.registry, Registry { credentials, transport })
            .map_err(|error| failed(reference, &error))
    }
}

pub async fn push(arguments: &Push) -> Result<(), Failure> {
    let Push { plugin, reference, login } = arguments;
    let bytes = file::read(plugin)?;
    let config = config(&bytes).map_err(|why| Failure::Wrong(format!("{}: {why}", plugin.display())))?;
    let signature = signature_file(plugin);
    let signature = if signature.is_file() { Some(file::text(&signature)?) } else { None };
    let artifact = Artifact::new(bytes, signature);
    let digest = login.client(reference)?.push(reference, &artifact, &config).await;
    let digest = digest.map_err(|error| failed(reference, &error))?;
    println!("pushed {reference}");
    say(&artifact);
    let version = OciVersion::Digest(digest.into());
    println!("plugin = {{ oci = \"{}\" }}", OciReference { version, ..reference.clone() });
    Ok(())
}

pub async fn pull(arguments: &Pull) -> Result<(), Failure> {
    let Pull { reference, output, public_key, login } = arguments;
    let pulled = login.client(reference)?.get(reference).await;
    let (artifact, digest) = pulled.map_err(|error| failed(reference, &error))?;
    if let Some(key) = public_key {
        verify(&artifact.bytes, artifact.signature.as_deref(), key)
            .map_err(|error| Failure::Failed(format!("{reference}: {error}")))?;
    }
    let output = output.clone().unwrap_or_else(|| format!("{}.wasm", reference.name()).into());
    write(&output, &artifact.bytes)?;
    if let Some(signature) = &artifact.signature {
        write(&signature_file(&output), signature.as_bytes())?;
    }
    println!("wrote {}", output.display());
    println!("digest    sha256:{digest}");
    say(&artifact);
    Ok(())
}

fn say(artifact: &Artifact) {
    println!("sha256    {}", artifact.sha256);
    let signature = artifact.signature.as_deref();
    // Whose it is nobody has said here; the comment is what its author wrote beside it.
    let comment = signature.and_then(|text| text.lines().find_map(|line| line.strip_prefix("trusted comment: ")));
    let signed = comment.map_or_else(|| "no".to_owned(), printable);
    println!("signed    {signed}");
}

/// What the convention for WebAssembly in registries says of a plugin. No date: the same plugin is the same artifact.
fn config(bytes: &[u8]) -> Result<String, String> {
    let anatomy = Anatomy::of(bytes).map_err(|error| error.to_string())?;
    let component = json!({ "imports": anatomy.imports, "exports": anatomy.exports });
    let config = match anatomy.door {
        Door::Component => json!({ "os": "wasip2", "component": component }),
        Door::Module | Door::Json => json!({ "os": "wasip1" }),
    };
    let mut config = config;
    config["architecture"] = "wasm".into();
    config["layerDigests"] = json!([format!("sha256:{}", anatomy.sha256)]);
    Ok(config.to_string())
}

fn write(path: &PathBuf, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", path.display())))
}

fn failed(reference: &OciReference, error: &RegistryError) -> Failure {
    Failure::Failed(format!("{reference}: {error}"))
}
