//! What the downlink takes, gives and tells.

use std::time::{Duration, Instant};

use super::account::Played;

/// Why speech is not played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    /// A newer reply has begun, or this one was flushed.
    #[error("the reply is out of date")]
    Stale,
    /// More speech is waiting than should be.
    #[error("too much speech is waiting")]
    Full,
    /// Not a rate of speech.
    #[error("can't play speech at {0} Hz")]
    Rate(u32),
}

/// One packet to send now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame<'a> {
    /// One Opus packet of 20 ms.
    pub payload: &'a [u8],
    /// RTP timestamp.
    pub timestamp: u32,
    /// RTP marker: the first packet of speech after silence.
    pub marker: bool,
    /// Level in dBov, for RFC 6464 and for the uplink's echo guard.
    pub level: f32,
    /// It is speech, not silence or a sign of life.
    pub speech: bool,
    /// How much later it leaves than it was due.
    pub late: Duration,
}

/// What happened to replies.
#[derive(Clone, Debug, PartialEq)]
pub enum DownlinkEvent {
    /// The first packet of a reply left.
    Started {
        /// The reply.
        generation: u64,
        /// When.
        at: Instant,
    },
    /// The first packet of a phrase left.
    PhraseStarted {
        /// The reply.
        generation: u64,
        /// The phrase.
        phrase: u32,
        /// When.
        at: Instant,
    },
    /// The last packet of a reply left.
    Finished {
        /// The reply.
        generation: u64,
        /// What left.
        played: Played,
        /// When.
        at: Instant,
    },
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownlinkStats {
    /// Frames encoded.
    pub encoded: u64,
    /// Packets sent that were encoded before.
    pub cached: u64,
    /// Frames of silence and signs of life.
    pub silent: u64,
    /// Times that speech did not come fast enough.
    pub starved: u64,
    /// Frames that could not be encoded, sent as silence.
    pub failed: u64,
    /// Events dropped because nobody polled.
    pub dropped_events: u64,
}
