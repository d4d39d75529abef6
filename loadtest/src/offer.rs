//! What any caller offers over WebRTC, whichever library carries the call: a microphone of Opus with its level, and what helps against
//! loss.

use std::time::Duration;

use rtc::interceptor::{NackGeneratorBuilder, NackResponderBuilder, Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::shared::error::Error;

use crate::repair::Repair;

/// The payload type that a caller offers Opus with.
pub(crate) const OPUS_PAYLOAD_TYPE: u8 = 111;
/// And redundant audio, as Chromium does.
pub(crate) const RED_PAYLOAD_TYPE: u8 = 63;
/// The RTP clock of Opus (RFC 7587).
pub(crate) const SAMPLES_PER_FRAME: u32 = colloquy_media::RTP_FRAME;

/// Packets that are kept to be sent again, and looked back for ones that are missing: 1.28 s. A power of two.
const LOOKED_BACK: u16 = 64;
/// How often it is asked for what is missing, and how often for the same packet: later nobody could hear it any more.
const ASKED_EVERY: Duration = Duration::from_millis(40);
const MOST_ASKED: u16 = 2;

/// The codecs and header extensions of an offer.
///
/// # Errors
/// When the core refuses one.
pub(crate) fn media_engine(repair: Repair) -> Result<MediaEngine, Error> {
    let mut media = MediaEngine::default();
    let codec = |rtp_codec, payload_type| RTCRtpCodecParameters {
        rtp_codec,
        payload_type,
    };
    media.register_codec(codec(opus(repair), OPUS_PAYLOAD_TYPE), RtpCodecKind::Audio)?;
    if repair.red {
        media.register_codec(codec(red(), RED_PAYLOAD_TYPE), RtpCodecKind::Audio)?;
    }
    let level = RTCRtpHeaderExtensionCapability {
        uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level".to_owned(),
    };
    media.register_header_extension(level, RtpCodecKind::Audio, None)?;
    Ok(media)
}

/// What sends reports, asks for what is missing, and sends again what is asked for.
pub(crate) fn interceptors(repair: Repair) -> Registry {
    let interceptors = configure_rtcp_reports(Registry::new());
    if !repair.nack {
        return interceptors;
    }
    let asking = NackGeneratorBuilder::new()
        .with_size(LOOKED_BACK)
        .with_interval(ASKED_EVERY)
        .with_max_nacks_per_packet(MOST_ASKED);
    let answering = NackResponderBuilder::new().with_size(LOOKED_BACK);
    interceptors
        .with(Slot::NackResponder, answering.build())
        .with(Slot::NackGenerator, asking.build())
}

/// A microphone that sends from `ssrc`.
pub(crate) fn microphone(ssrc: u32, repair: Repair) -> MediaStreamTrack {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec: opus(repair),
        ..Default::default()
    };
    let name = || "microphone".to_owned();
    MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![encoding])
}

fn opus(repair: Repair) -> RTCRtpCodec {
    let nack = RTCPFeedback {
        typ: "nack".to_owned(),
        parameter: String::new(),
    };
    RTCRtpCodec {
        mime_type: "audio/opus".to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: if repair.nack { vec![nack] } else { Vec::new() },
    }
}

fn red() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: "audio/red".to_owned(),
        sdp_fmtp_line: format!("{OPUS_PAYLOAD_TYPE}/{OPUS_PAYLOAD_TYPE}"),
        ..opus(Repair::NONE)
    }
}
