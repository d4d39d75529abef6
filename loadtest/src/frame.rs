//! What callers send.

use colloquy_media::level::AudioLevel;

/// One 20 ms frame to send.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The Opus packet.
    pub payload: &'a [u8],
    /// How loud it is, and whether it is voiced (RFC 6464).
    pub level: AudioLevel,
}

impl Frame<'static> {
    /// Digital silence as one 20 ms Opus frame (CELT, full band).
    pub const SILENCE: Self = Self {
        payload: &[0xf8, 0xff, 0xfe],
        level: AudioLevel::SILENCE,
    };
}
