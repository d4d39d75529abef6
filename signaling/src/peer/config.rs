//! What all peers of a port share.

use std::net::SocketAddr;

use rtc::crypto::SignatureScheme;
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};

/// The DTLS certificate that all peers present. Peers know it by the fingerprint in their answer, so one is enough for a
/// program's life and making it is no part of a join.
#[derive(Clone)]
pub struct Certificate(pub(super) RTCCertificate);

/// The certificate could not be made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("making the DTLS certificate: {0}")]
pub struct CertificateError(String);

impl Certificate {
    /// Makes a self-signed ECDSA P-256 certificate.
    pub fn generate() -> Result<Self, CertificateError> {
        let failed = |error: &dyn std::fmt::Display| CertificateError(error.to_string());
        let provider = rtc::crypto::default_provider().map_err(|error| failed(&error))?;
        let params = CertificateParams::new(vec!["colloquy".to_owned()]).map_err(|error| failed(&error))?;
        RTCCertificate::generate(provider.crypto(), SignatureScheme::EcdsaP256Sha256, params)
            .map(Self)
            .map_err(|error| failed(&error))
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate")
    }
}

/// Where peers are reached and who they say they are.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// The certificate of all peers.
    pub certificate: Certificate,
    /// Our UDP addresses, the preferred first: one host candidate each. Concrete addresses, never 0.0.0.0.
    pub udp: Vec<SocketAddr>,
    /// Our ICE-TCP addresses, one passive host candidate each.
    pub tcp: Vec<SocketAddr>,
    /// Whether redundant audio (RED, RFC 2198) is agreed to where it is offered.
    pub takes_redundant: bool,
}
