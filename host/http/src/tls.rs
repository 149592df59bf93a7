//! TLS: rustls with ring, from PEM, replaceable while the server runs.

use axum_server::tls_rustls::RustlsConfig;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::sync::Arc;

/// Clones share one certificate: replacing it in one replaces it in all.
#[derive(Clone)]
pub struct Tls(pub(crate) RustlsConfig);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate is no PEM")]
    Certificate,
    #[error("the private key is no PEM of a PKCS#8, PKCS#1 or SEC1 key")]
    Key,
    #[error("the certificate and the key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Tls {
    /// Of a certificate chain, the server's own first, and its key, both PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self(RustlsConfig::from_config(config(chain, key)?)))
    }

    /// For every connection from now on. On an error the old certificate stays.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.0.reload_from_config(config(chain, key)?);
        Ok(())
    }
}

fn config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|_| TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
