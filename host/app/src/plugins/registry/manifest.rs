//! What a registry says of a plugin: the manifest of an OCI image with one layer, which is WebAssembly.

use super::super::artifact::{Artifact, sha256};
use serde_json::{Value, json};

pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The distribution specification wants registries to take so much; a plugin's has some hundred bytes.
pub(crate) const MANIFEST_BYTES_MAX: usize = 1 << 20;

const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
const WASM_TYPE: &str = "application/wasm";
/// The text of the `.minisig` file. It signs the layer, so that it holds wherever the manifest goes.
const SIGNATURE_ANNOTATION: &str = "bellwire.minisig";

/// What matters of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub plugin_sha256: String,
    pub signature: Option<String>,
}

impl Manifest {
    /// The error: why it is not a plugin's.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let manifest: Value = serde_json::from_slice(text).map_err(|_| "its manifest is not JSON".to_owned())?;
        if manifest.get("manifests").is_some() {
            return Err("it is an index of several artifacts; name the one that is the plugin by its digest".into());
        }
        let layers = manifest.get("layers").and_then(Value::as_array).ok_or("its manifest has no layers")?;
        let [layer] = layers.as_slice() else {
            return Err(format!("it has {} layers, and a plugin is one layer of the type {WASM_TYPE}", layers.len()));
        };
        if layer.get("mediaType").and_then(Value::as_str) != Some(WASM_TYPE) {
            return Err(format!("its layer is not of the type {WASM_TYPE}; `bellwire plugin push` makes it so"));
        }
        let digest = layer.get("digest").and_then(Value::as_str).and_then(|digest| digest.strip_prefix("sha256:"));
        let is_hash = |hex: &&str| hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let digest = digest.filter(is_hash).ok_or("the digest of its layer is not a SHA-256")?;
        let signature =
            manifest.get("annotations").and_then(|annotations| annotations.get(SIGNATURE_ANNOTATION)?.as_str());
        Ok(Self { plugin_sha256: digest.to_owned(), signature: signature.map(str::to_owned) })
    }

    /// The same plugin has the same manifest, whoever pushes it and when.
    pub fn write(artifact: &Artifact, config: &str) -> String {
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {
                "mediaType": CONFIG_TYPE,
                "digest": format!("sha256:{}", sha256(config.as_bytes())),
                "size": config.len(),
            },
            "layers": [{
                "mediaType": WASM_TYPE,
                "digest": format!("sha256:{}", artifact.sha256),
                "size": artifact.bytes.len(),
            }],
        });
        if let Some(signature) = &artifact.signature {
            manifest["annotations"] = json!({ SIGNATURE_ANNOTATION: signature });
        }
        manifest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for signature in [None, Some("untrusted comment: x\nRU…\n".to_owned())] {
            let artifact = Artifact::new(b"\0asm".to_vec(), signature.clone());
            let manifest = Manifest::write(&artifact, "{}");
            assert_eq!(manifest, Manifest::write(&artifact, "{}"));
            let read = Manifest { plugin_sha256: artifact.sha256, signature };
            assert_eq!(Manifest::parse(manifest.as_bytes()), Ok(read));
        }
    }

    #[test]
    fn what_is_no_plugin_says_why() {
        let layer = |media_type: &str, digest: &str| json!({ "mediaType": media_type, "digest": digest });
        let layers = |layers: &[Value]| json!({ "layers": layers }).to_string();
        let tar = layer("application/vnd.oci.image.layer.v1.tar+gzip", "sha256:00");
        let cut = layer(WASM_TYPE, "sha256:../../etc/passwd");
        for (text, why) in [
            ("<html>".to_owned(), "not JSON"),
            ("[]".to_owned(), "no layers"),
            (json!({ "manifests": [] }).to_string(), "an index"),
            (layers(&[]), "0 layers"),
            (layers(&[tar.clone(), tar.clone()]), "2 layers"),
            (layers(&[tar]), "not of the type"),
            (layers(&[cut]), "not a SHA-256"),
        ] {
            let said = Manifest::parse(text.as_bytes());
            assert!(said.as_ref().is_err_and(|said| said.contains(why)), "{text}: {said:?}");
        }
    }
}
