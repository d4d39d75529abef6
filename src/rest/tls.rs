//! The certificate that `PORT` speaks HTTPS with.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;

/// Why HTTPS can't be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates can't be read.
    #[error("TLS_CERT: {0}")]
    Certificate(pem::Error),
    /// The file holds none.
    #[error("TLS_CERT: there is no certificate in it")]
    NoCertificate,
    /// The key can't be read.
    #[error("TLS_KEY: {0}")]
    Key(pem::Error),
    /// They don't belong together, or can't be used.
    #[error("TLS_CERT and TLS_KEY: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Reads the files.
///
/// # Errors
/// When they can't be read or used.
pub fn load(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(TlsError::Key)?;
    Ok(ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?)
}
