//! Which of an offer's sections suit a spoken conversation.

use super::section::Section;
use super::{Direction, OfferError};

/// The audio section that suits a spoken conversation best, and the payload type of its Opus.
pub(super) fn audio(sections: &[Section<'_>], session: &[(&str, &str)]) -> Result<(usize, u8), OfferError> {
    let mut any_audio = false;
    let mut best: Option<(usize, u8, Direction)> = None;
    for (index, section) in sections.iter().enumerate() {
        let direction = direction(section, session);
        if section.kind != "audio" || !section.is_offered() || direction == Direction::Inactive {
            continue;
        }
        any_audio = true;
        let Some(payload_type) = opus_payload_type(section) else {
            continue;
        };
        if best.is_none_or(|(_, _, chosen)| rank(direction) > rank(chosen)) {
            best = Some((index, payload_type, direction));
        }
    }
    match best {
        Some((index, payload_type, _)) => Ok((index, payload_type)),
        None if any_audio => Err(OfferError::NoOpus),
        None => Err(OfferError::NoAudio),
    }
}

fn rank(direction: Direction) -> u8 {
    match direction {
        Direction::SendRecv => 3,
        Direction::SendOnly => 2,
        Direction::RecvOnly => 1,
        Direction::Inactive => 0,
    }
}

pub(super) fn direction(section: &Section<'_>, session: &[(&str, &str)]) -> Direction {
    let named = |name: &str| match name {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    };
    let first = |attributes: &[(&str, &str)]| attributes.iter().find_map(|(name, _)| named(name));
    first(&section.attributes)
        .or_else(|| first(session))
        .unwrap_or(Direction::SendRecv)
}

/// The first format of an SRTP section that is Opus.
fn opus_payload_type(section: &Section<'_>) -> Option<u8> {
    if !section.proto.ends_with("TLS/RTP/SAVPF") {
        return None;
    }
    section.formats.iter().find_map(|format| {
        let payload_type: u8 = format.parse().ok()?;
        // RFC 5761 section 4 keeps 64 to 95 free for RTCP.
        let usable = payload_type < 64 || (96..128).contains(&payload_type);
        let is_opus = section.attributes("rtpmap").any(|map| {
            map.split_once(' ')
                .is_some_and(|(number, codec)| number == *format && codec.eq_ignore_ascii_case("opus/48000/2"))
        });
        (usable && is_opus).then_some(payload_type)
    })
}

pub(super) fn is_data_channel(section: &Section<'_>) -> bool {
    section.kind == "application"
        && section.is_offered()
        && section.proto.ends_with("/DTLS/SCTP")
        && section.formats == ["webrtc-datachannel"]
}
