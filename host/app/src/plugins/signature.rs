//! Whose a plugin is: signatures as minisign makes them, ed25519 over the bytes.

use minisign_verify::{Error, PublicKey, Signature};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("it has no signature: there is no FILE.wasm.minisig, which its author makes with `minisign -Sm FILE.wasm`")]
    Missing,
    #[error("its signature is not one that minisign made: take the whole .minisig file, all four lines of it")]
    Malformed,
    #[error(
        "its signature is by another key than `public_key`: it is not the author's whom you trust, or the author has a \
         new key"
    )]
    OtherKey,
    #[error(
        "its signature does not fit it: either was changed after the other was made. Do not run it before you know \
         why; its author signs it anew with `minisign -Sm FILE.wasm`"
    )]
    OtherBytes,
}

/// Where minisign puts the signature of a file.
pub fn signature_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// `signature`: the text of the `.minisig` file. Answers the comment in it that is signed as well.
pub fn verify(bytes: &[u8], signature: Option<&str>, key: &PublicKey) -> Result<String, SignatureError> {
    let signature = signature.ok_or(SignatureError::Missing)?;
    let signature = Signature::decode(signature).map_err(|_| SignatureError::Malformed)?;
    // Old versions of minisign sign the bytes themselves and not their hash, which is no weaker.
    const LEGACY_TOO: bool = true;
    key.verify(bytes, &signature, LEGACY_TOO).map_err(|error| match error {
        Error::UnexpectedKeyId => SignatureError::OtherKey,
        Error::InvalidSignature => SignatureError::OtherBytes,
        Error::InvalidEncoding
        | Error::IoError(_)
        | Error::UnexpectedAlgorithm
        | Error::UnsupportedAlgorithm
        | Error::UnsupportedLegacyMode => SignatureError::Malformed,
    })?;
    Ok(signature.trusted_comment().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made once by minisign 0.11 from `on fire`, with two keys that nobody has any more.
    const PLUGIN: &[u8] = b"on fire";
    const ANNAS: &str = "RWSewNWCQTDYRmHqV1iWdLovTzIH4QTafduGyqfANXS2hyafO1KjlGco";
    const BENS: &str = "RWRgp6hFPfzadEdYGR7tQ57p/BI/Y3P5hMKZ3zNO2J1B2w8H/sLVmz6p";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RUSewNWCQTDYRhTAYUKF1A9SBULJosDgXmrfOihV0s39rveXCROtuaGWPhmlvTa+6r4+8QnRDF/DIX01Q9zhFq/wDdtf8TQMhwc=
trusted comment: file:on-fire.wasm version:1.2
IbLYOIX3TvRsq/dvmo+7OFIAflCzkyvlHZJvwCwiyNh69G2h24ugDRnp9CcvEmtDzNSPEqzdyy1HS2w4LEZRBA==
";
    const OLD_SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RWSewNWCQTDYRv4rRQi/pxgr38A9o55kowEyiPx1B7/AAijBwSfb5N80q96VQscdRY/RhpKaY00/8GD2eGQLSN0pnSbsiiJEcgg=
trusted comment: legacy
Ct09gaVZlrbo7RPYwBofLB0S9Gk6vSmwtMVZlGHxz1Ci9nIpbjQU7KsfmZR0SnnWMFFECd6zvDqc/i6p/ATyAw==
";

    fn checked(bytes: &[u8], signature: Option<&str>, key: &str) -> Result<String, SignatureError> {
        verify(bytes, signature, &PublicKey::from_base64(key).unwrap())
    }

    #[test]
    fn what_its_author_signed_is_taken() {
        let comment = "file:on-fire.wasm version:1.2";
        assert_eq!(checked(PLUGIN, Some(SIGNATURE), ANNAS).as_deref(), Ok(comment));
        assert_eq!(checked(PLUGIN, Some(OLD_SIGNATURE), ANNAS).as_deref(), Ok("legacy"));
    }

    #[test]
    fn anything_else_says_what_is_wrong() {
        use SignatureError::{Malformed, Missing, OtherBytes, OtherKey};
        let other_comment = SIGNATURE.replace("version:1.2", "version:1.3");
        let without_comment = SIGNATURE.lines().take(2).collect::<Vec<_>>().join("\n");
        for (bytes, signature, key, error) in [
            (PLUGIN, None, ANNAS, Missing),
            (PLUGIN, Some(SIGNATURE), BENS, OtherKey),
            (b"on fire!", Some(SIGNATURE), ANNAS, OtherBytes),
            (b"", Some(SIGNATURE), ANNAS, OtherBytes),
            (PLUGIN, Some(&*other_comment), ANNAS, OtherBytes),
            (PLUGIN, Some(&*without_comment), ANNAS, Malformed),
            (PLUGIN, Some("on fire"), ANNAS, Malformed),
            (PLUGIN, Some(""), ANNAS, Malformed),
        ] {
            assert_eq!(checked(bytes, signature, key), Err(error), "{signature:?}");
        }
    }

    #[test]
    fn no_byte_of_a_plugin_or_of_its_signature_can_be_another() {
        for at in 0..PLUGIN.len() {
            let mut changed = PLUGIN.to_vec();
            changed[at] ^= 1;
            assert_eq!(checked(&changed, Some(SIGNATURE), ANNAS), Err(SignatureError::OtherBytes));
        }
        let untrusted = SIGNATURE.find('\n').unwrap();
        for at in untrusted + 1..SIGNATURE.trim_end().len() {
            let mut changed = SIGNATURE.as_bytes().to_vec();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(checked(PLUGIN, Some(&changed), ANNAS).is_err(), "{changed}");
        }
    }
}
