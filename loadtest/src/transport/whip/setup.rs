//! A WebRTC core set up as callers need it.

use std::net::SocketAddr;
use std::time::Instant;

use rtc::crypto::SignatureScheme;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate, RTCIceCandidateInit};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::RTCRtpSenderId;

use super::WhipError;
use crate::offer;
use crate::repair::Repair;

/// What all callers of a thread present as theirs: making one for each would cost more than the rest of joining.
#[derive(Clone)]
pub struct Certificate(RTCCertificate);

impl Certificate {
    /// Makes a self-signed ECDSA P-256 certificate.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, WhipError> {
        let failed = |error: &dyn std::fmt::Display| WhipError(error.to_string());
        let provider = rtc::crypto::default_provider().map_err(|error| failed(&error))?;
        let params = CertificateParams::new(vec!["colloquy-loadtest".to_owned()]).map_err(|error| failed(&error))?;
        RTCCertificate::generate(provider.crypto(), SignatureScheme::EcdsaP256Sha256, params)
            .map(Self)
            .map_err(|error| failed(&error))
    }
}

/// A core that sends a microphone from `ssrc`.
pub(super) fn core(
    certificate: &Certificate,
    ssrc: u32,
    repair: Repair,
    now: Instant,
) -> Result<(RTCPeerConnection, RTCRtpSenderId), WhipError> {
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build();
    let configuration = RTCConfigurationBuilder::new().with_certificates(vec![certificate.0.clone()]);
    let mut core = RTCPeerConnectionBuilder::new()
        .with_configuration(configuration.build())
        .with_media_engine(offer::media_engine(repair)?)
        .with_setting_engine(settings)
        .with_interceptor_registry(offer::interceptors(repair))
        .build(now)?;
    let sender = core.add_track(offer::microphone(ssrc, repair))?;
    Ok((core, sender))
}

/// Our only candidate.
pub(super) fn host(local: SocketAddr) -> Result<RTCIceCandidateInit, WhipError> {
    let candidate = CandidateHostConfig {
        base_config: CandidateConfig {
            network: "udp".to_owned(),
            address: local.ip().to_string(),
            port: local.port(),
            component: 1,
            ..Default::default()
        },
        ..Default::default()
    }
    .new_candidate_host()?;
    Ok(RTCIceCandidate::from(&candidate).to_json()?)
}
