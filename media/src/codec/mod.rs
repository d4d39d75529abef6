//! Opus (RFC 6716): decoding to 16 kHz for the recogniser, encoding at 24 kHz for the listener.

mod decoder;
mod encoder;

pub use self::decoder::{Decoder, Recovery};
pub use self::encoder::{Encoder, EncoderConfig, MAX_PACKET};

/// Why libopus refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The packet breaks the format.
    #[error("not an Opus packet")]
    InvalidPacket,
    /// A setting is out of range, or memory is short.
    #[error("libopus refused: {0}")]
    Refused(&'static str),
}

impl From<::opus::Error> for CodecError {
    fn from(error: ::opus::Error) -> Self {
        match error.code() {
            ::opus::ErrorCode::InvalidPacket => Self::InvalidPacket,
            _ => Self::Refused(error.description()),
        }
    }
}

/// How long a packet lasts in samples at 48 kHz (120 to 5760), by its first bytes (RFC 6716, section 3.1).
/// None if it is no Opus packet.
pub fn duration(packet: &[u8]) -> Option<u64> {
    let toc = *packet.first()?;
    let frame: u64 = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880][usize::from(config % 4)],
        config @ 12..=15 => [480, 960][usize::from(config % 2)],
        config => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3f),
    };
    let duration = frame * frames;
    (1..=5_760).contains(&duration).then_some(duration)
}

/// Whether a packet holds a low-bit-rate copy of the frame before it (in-band FEC, RFC 6716, section 4.2.4).
pub fn has_copy_of_previous(packet: &[u8]) -> bool {
    let Some(&toc) = packet.first() else {
        return false;
    };
    // CELT alone has none.
    if toc >> 3 >= 16 {
        return false;
    }
    let Ok(parsed) = ::opus::packet::parse(packet) else {
        return false;
    };
    let Some(&flags) = parsed.frames.first().and_then(|frame| frame.first()) else {
        return false;
    };
    // One bit of voice activity for each 20 ms, then the bit that tells of the copy; for stereo both again.
    let spans = match toc >> 3 {
        config @ 0..=11 => [1, 1, 2, 3][usize::from(config % 4)],
        _ => 1,
    };
    let mono = flags >> (7 - spans) & 1 == 1;
    let stereo = toc & 4 != 0;
    mono || (stereo && flags >> 6usize.saturating_sub(2 * spans) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// libopus is the reference for every first byte.
        #[test]
        fn duration_agrees_with_libopus(packet in prop::collection::vec(any::<u8>(), 1..4)) {
            let reference = ::opus::packet::get_nb_samples(&packet, 48_000).ok().map(|n| n as u64).filter(|&n| n > 0);
            prop_assert_eq!(duration(&packet), reference);
        }

        #[test]
        fn any_bytes_are_looked_at_without_harm(packet in prop::collection::vec(any::<u8>(), 0..64)) {
            has_copy_of_previous(&packet);
        }
    }

    #[test]
    fn nothing_is_no_packet() {
        assert_eq!(duration(&[]), None);
    }
}
