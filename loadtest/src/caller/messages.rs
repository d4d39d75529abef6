//! What goes between a caller and whoever has its connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clip::Clip;
use crate::turn::{Latency, Turn};

/// What whoever has the connection tells.
#[derive(Debug)]
pub enum Input {
    /// Media can flow; the offer was posted, or the handshake begun, at `offered`.
    Connected {
        /// When.
        offered: Instant,
    },
    /// The server has no room (503). It took so long to say so.
    Refused {
        /// From the request to the answer.
        took: Duration,
        /// When to try again, if it was told.
        retry_after: Option<Duration>,
    },
    /// Joining failed, or the connection broke.
    Failed(String),
    /// A packet of the agent's speech; `marked` as the beginning of some.
    Speech {
        /// Whether it is marked (RFC 3551 section 4.1).
        marked: bool,
    },
    /// A packet that the server marks as the beginning of speech and that carries none yet.
    Mark,
    /// Whether it is the caller's turn.
    Listening(bool),
    /// A final transcript.
    Transcript(String),
    /// The server's account of a turn.
    Latency(Latency),
    /// The words of a reply, as far as they were not interrupted.
    Words(String),
    /// A whole reply, which takes so long to listen to.
    Reply {
        /// How long.
        plays_for: Duration,
    },
    /// The conversation was ended as ordered.
    Ended,
}

/// What a caller wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Begin a conversation and join it.
    Begin,
    /// Join the same conversation again.
    Rejoin,
    /// Drop the connection without a word.
    Vanish,
    /// Go on from another address.
    Rebind,
    /// End the conversation; told by [`Input::Ended`].
    End,
}

/// What is to be sent for the next 20 ms.
#[derive(Debug)]
pub enum Sound {
    /// There is no connection to send it over.
    Nothing,
    /// An open microphone.
    Silence,
    /// A frame of a clip, the last one if `is_last`.
    Voice {
        /// The clip.
        clip: Arc<Clip>,
        /// Which of its frames.
        frame: usize,
        /// Whether it is the last.
        is_last: bool,
    },
}

/// What a caller saw, as soon as it is sure.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// It got its call: from the offer to media, in ms.
    Joined(f64),
    /// From the offer to the first sound of the agent's, in ms.
    FirstAudio(f64),
    /// It came back after it had lost the connection: from the offer to media, in ms.
    Rejoined(f64),
    /// The server had no room, and said so in ms.
    Refused(f64),
    /// Something failed.
    Failed(String),
    /// An utterance and what became of it.
    Turn(Turn),
    /// From the first voiced packet over the agent to the agent's last, in ms.
    BargeIn(f64),
    /// From the change of address to the next packet of the agent's speech, in ms.
    RebindGap(f64),
    /// Words of the agent's.
    Words(String),
    /// A conversation is over, to its planned end or not, and lasted so long.
    Conversation(Duration),
}
