//! How loud a frame is: the client's own report (RFC 6464) and our measurement.

/// The quietest level that is told apart, in dBov.
pub const SILENCE_DBOV: f32 = -127.0;

/// The audio level of a packet, as RFC 6464 carries it: one byte, V bit and seven bits of -dBov.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// The sender believes that the packet holds voice.
    pub voice: bool,
    /// Loudness below overload: 0 is the loudest, 127 is digital silence; in -dBov.
    pub below_overload: u8,
}

impl AudioLevel {
    /// Digital silence.
    pub const SILENCE: Self = Self {
        voice: false,
        below_overload: 127,
    };

    /// Reads the payload of the header extension. An empty one has no level; bytes after the first are padding.
    pub fn parse(extension: &[u8]) -> Option<Self> {
        extension.first().map(|byte| Self {
            voice: byte & 0x80 != 0,
            below_overload: byte & 0x7f,
        })
    }

    /// The byte on the wire.
    pub fn to_byte(self) -> u8 {
        u8::from(self.voice) << 7 | self.below_overload.min(127)
    }

    /// From a measured level in dBov.
    pub fn from_dbov(dbov: f32, voice: bool) -> Self {
        Self {
            voice,
            below_overload: (-dbov).round().clamp(0.0, 127.0) as u8,
        }
    }

    /// The level in dBov, 0 to -127.
    pub fn dbov(self) -> f32 {
        -f32::from(self.below_overload)
    }
}

/// The root-mean-square level of `samples` against a full-scale square wave, in dBov, never under [`SILENCE_DBOV`].
pub fn dbov(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return SILENCE_DBOV;
    }
    let energy: f32 = samples.iter().map(|&s| f32::from(s) * f32::from(s)).sum();
    let mean_square = energy / samples.len() as f32 / (32_768.0 * 32_768.0);
    if mean_square <= 0.0 {
        SILENCE_DBOV
    } else {
        (10.0 * mean_square.log10()).max(SILENCE_DBOV)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_scale_is_zero_and_silence_is_the_floor() {
        assert!(dbov(&[i16::MIN; 320]).abs() < 0.01);
        assert_eq!(dbov(&[0; 320]), SILENCE_DBOV);
        assert_eq!(dbov(&[]), SILENCE_DBOV);
    }

    #[test]
    fn half_amplitude_is_six_decibels_down() {
        assert!((dbov(&[16_384; 320]) + 6.02).abs() < 0.01);
    }

    #[test]
    fn an_empty_extension_has_no_level() {
        assert_eq!(AudioLevel::parse(&[]), None);
        assert_eq!(
            AudioLevel::parse(&[0xa3, 0]),
            Some(AudioLevel {
                voice: true,
                below_overload: 35
            })
        );
    }

    proptest! {
        #[test]
        fn every_byte_survives_the_way_there_and_back(byte: u8) {
            prop_assert_eq!(AudioLevel::parse(&[byte]).map(AudioLevel::to_byte), Some(byte));
        }
    }
}
