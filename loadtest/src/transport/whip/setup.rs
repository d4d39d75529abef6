//! A WebRTC core set up as callers need it.

use std::net::SocketAddr;
use std::time::Instant;

use rtc::crypto::SignatureScheme;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate, RTCIceCandidateInit};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};

use super::{OPUS_PAYLOAD_TYPE, WhipError};

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
    now: Instant,
) -> Result<(RTCPeerConnection, RTCRtpSenderId), WhipError> {
    let mut media = MediaEngine::default();
    let parameters = RTCRtpCodecParameters {
        rtp_codec: opus(),
        payload_type: OPUS_PAYLOAD_TYPE,
    };
    media.register_codec(parameters, RtpCodecKind::Audio)?;
    let level = RTCRtpHeaderExtensionCapability {
        uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level".to_owned(),
    };
    media.register_header_extension(level, RtpCodecKind::Audio, None)?;
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build();
    let configuration = RTCConfigurationBuilder::new().with_certificates(vec![certificate.0.clone()]);
    let mut core = RTCPeerConnectionBuilder::new()
        .with_configuration(configuration.build())
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
        .build(now)?;
    let sender = core.add_track(microphone(ssrc))?;
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

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: "audio/opus".to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

fn microphone(ssrc: u32) -> MediaStreamTrack {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec: opus(),
        ..Default::default()
    };
    let name = || "microphone".to_owned();
    MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![encoding])
}
