//! What the uplink tells.

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use crate::turn::EndReason;

/// Something that was heard or decided. `at` is media time: sound heard since the start.
#[derive(Clone, Debug, PartialEq)]
pub enum UplinkEvent {
    /// Somebody started to speak. The audio that follows starts with the pre-roll.
    SpeechStarted {
        /// The number of the utterance; they grow by one.
        utterance: u64,
        /// When.
        at: Duration,
        /// When its first voiced sample arrived.
        first_voice: Instant,
    },
    /// The next sound of the utterance.
    Audio {
        /// The utterance.
        utterance: u64,
        /// Whole frames of 20 ms, mono at 16 kHz.
        pcm: Arc<[i16]>,
    },
    /// The speech paused: ask the recogniser for its view, and hand it in with [`super::Uplink::handle_view`].
    Paused {
        /// The utterance.
        utterance: u64,
        /// The number of the pause in it.
        pause: u32,
        /// When.
        at: Duration,
        /// When the last voiced sample arrived.
        last_voice: Instant,
    },
    /// The speech goes on: a reply that was prepared meanwhile is out of date.
    Resumed {
        /// The utterance.
        utterance: u64,
        /// When.
        at: Duration,
    },
    /// The speaker seems to be stuck inside an answer: offer a hint, not a reply.
    NeedsHelp {
        /// The utterance.
        utterance: u64,
        /// When.
        at: Duration,
    },
    /// The turn is over.
    TurnEnded {
        /// The utterance.
        utterance: u64,
        /// Why.
        reason: EndReason,
        /// The silence that it took, in media time.
        silence: Duration,
        /// When.
        at: Duration,
        /// When the last voiced sample arrived: where the latency of the reply starts.
        last_voice: Instant,
    },
    /// Somebody speaks while the agent does: pause the downlink now.
    BargeIn {
        /// When.
        at: Duration,
        /// When the first voiced sample arrived.
        onset: Instant,
    },
    /// It was a backchannel, a noise or nothing: resume the downlink and drop the utterance.
    FalseAlarm {
        /// The utterance.
        utterance: u64,
        /// When.
        at: Duration,
    },
    /// It is a turn: flush the downlink.
    BargeInConfirmed {
        /// The utterance.
        utterance: u64,
        /// When.
        at: Duration,
    },
}

/// Counts since the start, and what is measured now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UplinkStats {
    /// Packets that came.
    pub received: u64,
    /// Packets that did not come in time.
    pub lost: u64,
    /// Packets that came after they had been given up.
    pub late: u64,
    /// Packets that came more than once.
    pub duplicate: u64,
    /// Packets that Opus could not read.
    pub invalid: u64,
    /// Packets whose copy in a later packet came in time (RED, RFC 2198).
    pub restored: u64,
    /// Times that a missing packet was asked for (NACK, RFC 4585).
    pub requested: u64,
    /// Packets that came in time after they had been asked for.
    pub resent: u64,
    /// Runs of lost packets.
    pub gaps: u64,
    /// Lost packets made up for from the copy inside of the packet after them (LBRR, RFC 6716).
    pub recovered: u64,
    /// Sound made up for by extrapolation.
    pub concealed: Duration,
    /// Time in which nothing came and silence was assumed.
    pub filled: Duration,
    /// Packets that were not decoded, because the client reported silence.
    pub skipped: u64,
    /// Events dropped because nobody polled.
    pub dropped_events: u64,
    /// Interarrival jitter (RFC 3550).
    pub jitter: Duration,
    /// How long a missing packet is waited for.
    pub target_delay: Duration,
    /// Level of the last frame for a meter, in dBov.
    pub level: f32,
    /// Level of the noise, in dBov.
    pub noise: f32,
}
