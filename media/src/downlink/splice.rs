//! Soft edges: fades where speech is cut, and where it goes on.

use crate::codec::CodecError;
use crate::downlink::EncodedSpeech;
use crate::{SENT_FRAME, SENT_RATE};

/// How long speech that is cut takes to fade out: 10 ms, in samples at [`SENT_RATE`].
pub const FADE_OUT: usize = SENT_FRAME / 2;
/// How long speech that goes on takes to fade in: 5 ms, in samples at [`SENT_RATE`].
pub const FADE_IN: usize = SENT_FRAME / 4;
/// Packets before the one to be decoded that bring a fresh decoder into step.
const RUN_UP: usize = 3;

/// Fades the start of a frame out; the rest is silence.
pub fn fade_out(frame: &mut [i16; SENT_FRAME]) {
    for (n, sample) in frame.iter_mut().enumerate() {
        let left = FADE_OUT.saturating_sub(n) as i32;
        *sample = (i32::from(*sample) * left / FADE_OUT as i32) as i16;
    }
}

/// Fades the start of a frame in.
pub fn fade_in(frame: &mut [i16; SENT_FRAME]) {
    for (n, sample) in frame.iter_mut().take(FADE_IN).enumerate() {
        *sample = (i32::from(*sample) * n as i32 / FADE_IN as i32) as i16;
    }
}

/// The sound of a packet of encoded speech and of the one before it.
pub fn decode_at(speech: &EncodedSpeech, index: usize) -> Result<([i16; SENT_FRAME], [i16; SENT_FRAME]), CodecError> {
    let mut decoder = ::opus::Decoder::new(SENT_RATE, ::opus::Channels::Mono)?;
    let mut before = [0; SENT_FRAME];
    let mut frame = [0; SENT_FRAME];
    for n in index.saturating_sub(RUN_UP)..=index {
        before = frame;
        if let Some((packet, _)) = speech.packet(n) {
            decoder.decode(packet, &mut frame, false)?;
        }
    }
    Ok((before, frame))
}
