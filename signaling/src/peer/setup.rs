//! A WebRTC core set up the way that peers need it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{Registry, Slot, TwccReceiverBuilder};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::{RTCDtlsRole, RTCIceCandidateInit};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::shared::error::Error;

use super::reports::DeliverReports;
use super::{Certificate, PeerConfig};
use crate::Transport;
use crate::sdp::{Candidate, Direction, LossMeans, Offer, TRANSPORT_SEQUENCE};

/// Silence on the selected path before a peer counts as disconnected.
const DISCONNECTED: Duration = Duration::from_secs(5);
/// And how much longer before consent has expired: 30 s in all (RFC 7675 section 5.1), of which the core's own rhythm takes some.
const FAILED: Duration = Duration::from_secs(24);
/// Between consent checks.
const KEEPALIVE: Duration = Duration::from_secs(2);

/// Between two checks while there is no path (Ta, RFC 8445 section 14.2). No audio flows meanwhile, so a check that is lost during
/// an ICE restart must not cost much more than itself.
const CHECK: Duration = Duration::from_millis(50);
/// Checks of a pair before it is given up: 1.4 s.
const MOST_CHECKS: u16 = 28;

/// Packets that SRTP looks back for replays. Following a client to a new address on the evidence of SRTP needs it.
const REPLAY_WINDOW: usize = 128;

/// After the chain's own interceptors.
const DELIVER_REPORTS: Slot = Slot::Custom(14_000);

/// Between two reports of arrival times (transport-wide congestion control). A browser's own reports on audio alone come every
/// 50 to 250 ms.
const FEEDBACK: Duration = Duration::from_millis(200);

const TRACK: &str = "agent-audio";

/// A core for this offer, and the id of the track that our audio goes out on.
pub(super) fn core(
    offer: &Offer,
    certificate: &Certificate,
    ssrc: u32,
    now: Instant,
) -> Result<RTCPeerConnection, Error> {
    let mut media = MediaEngine::default();
    // The offerer's own payload type, so that nothing needs to be mapped.
    let means = offer.loss_means();
    let parameters = RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            rtcp_feedback: feedback(means),
            ..opus()
        },
        payload_type: offer.payload_type(),
    };
    media.register_codec(parameters, RtpCodecKind::Audio)?;
    if let Some(payload_type) = means.red {
        let parameters = RTCRtpCodecParameters {
            rtp_codec: RTCRtpCodec {
                mime_type: "audio/red".to_owned(),
                sdp_fmtp_line: format!("{0}/{0}", offer.payload_type()),
                ..opus()
            },
            payload_type,
        };
        media.register_codec(parameters, RtpCodecKind::Audio)?;
    }
    let mut extensions = vec!["urn:ietf:params:rtp-hdrext:ssrc-audio-level"];
    let mut interceptors = configure_rtcp_reports(Registry::new()).with(DELIVER_REPORTS, DeliverReports::default());
    if means.transport_sequence.is_some() {
        extensions.push(TRANSPORT_SEQUENCE);
        let feedback = TwccReceiverBuilder::new().with_interval(FEEDBACK).build();
        interceptors = interceptors.with(Slot::TwccReceiver, feedback);
    }
    for uri in extensions {
        let extension = RTCRtpHeaderExtensionCapability { uri: uri.to_owned() };
        media.register_header_extension(extension, RtpCodecKind::Audio, None)?;
    }

    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        // As DTLS client the core would wait for its next ICE tick before it says hello.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_ice_connection_attempts(Some(CHECK), Some(MOST_CHECKS))
        .with_ice_timeouts(Some(DISCONNECTED), Some(FAILED), Some(KEEPALIVE))
        .with_srtp_replay_protection_window(REPLAY_WINDOW)
        .with_srtcp_replay_protection_window(REPLAY_WINDOW)
        .build();
    let mut core = RTCPeerConnectionBuilder::new()
        .with_configuration(
            RTCConfigurationBuilder::new()
                .with_certificates(vec![certificate.0.clone()])
                .build(),
        )
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_interceptor_registry(interceptors)
        .build(now)?;
    if matches!(offer.direction(), Direction::SendRecv | Direction::RecvOnly) {
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                ..Default::default()
            },
            codec: opus(),
            ..Default::default()
        };
        core.add_track(MediaStreamTrack::new(
            "agent".to_owned(),
            TRACK.to_owned(),
            "agent".to_owned(),
            RtpCodecKind::Audio,
            vec![encoding],
        ))?;
    }
    Ok(core)
}

/// Sets a rendered offer and makes the answer, our candidates in it.
pub(super) fn answer(
    core: &mut RTCPeerConnection,
    offer: &Offer,
    hosts: &[Candidate],
    now: Instant,
) -> Result<String, Error> {
    core.set_remote_description(now, RTCSessionDescription::offer(offer.render())?)?;
    // Also on a restart: after a failure the core has none left.
    for host in hosts {
        core.add_local_candidate(candidate_init(host))?;
    }
    let answer = core.create_answer(None)?;
    core.set_local_description(now, answer)?;
    core.local_description()
        .map(|description| description.sdp)
        .ok_or(Error::ErrNoRemoteDescription)
}

/// Our host candidates, the first address preferred.
pub(super) fn hosts(config: &PeerConfig) -> Vec<Candidate> {
    let of = |transport, addresses: &[SocketAddr]| -> Vec<Candidate> {
        let preferences = (0..=u16::MAX).rev();
        addresses
            .iter()
            .zip(preferences)
            .map(|(address, preference)| Candidate::host(transport, *address, preference))
            .collect()
    };
    let mut hosts = of(Transport::Udp, &config.udp);
    hosts.extend(of(Transport::Tcp, &config.tcp));
    hosts
}

/// A candidate in the form that the core takes.
pub(super) fn candidate_init(candidate: &Candidate) -> RTCIceCandidateInit {
    RTCIceCandidateInit {
        candidate: candidate.to_string(),
        ..Default::default()
    }
}

fn feedback(means: LossMeans) -> Vec<RTCPFeedback> {
    let kinds = [
        (means.nack, "nack"),
        (means.transport_sequence.is_some(), "transport-cc"),
    ];
    kinds
        .into_iter()
        .filter(|(wanted, _)| *wanted)
        .map(|(_, typ)| RTCPFeedback {
            typ: typ.to_owned(),
            parameter: String::new(),
        })
        .collect()
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
