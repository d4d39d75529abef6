//! What a conversation is told: by the control plane, by its arbiter's wire, and by its agent.

use std::time::Instant;

use actix::prelude::*;
use bytes::BytesMut;
use colloquy_agents::engine::Fit;
use colloquy_agents::mind::EndReason;
use colloquy_agents::scenario::Progress;
use colloquy_media::downlink::Speech;
use colloquy_signaling::events::ServerEvent;
use colloquy_signaling::peer::RestartError;
use colloquy_signaling::{Fragment, OfferError, Path};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};

use super::presence::MAX_PEERS;
use crate::ids::MessageId;
use crate::live::PeerId;
use crate::live::line::LineEvent;
use crate::storage::messages::{MOST_MESSAGES, Message as StoredMessage};

/// Somebody wants to join with an SDP offer.
#[derive(Message, Debug)]
#[rtype(result = "Result<Joined, JoinError>")]
pub struct Join {
    /// The offer.
    pub offer: String,
}

/// Somebody has joined.
#[derive(Debug, PartialEq, Eq)]
pub struct Joined {
    /// Names the peer from here on.
    pub peer: PeerId,
    /// The SDP answer.
    pub answer: String,
    /// Names the ICE session (RFC 9725 section 4.3.1).
    pub entity_tag: String,
}

/// Why somebody can't join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The offer can't be answered.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// There are too many people in it already.
    #[error("{MAX_PEERS} people are in this conversation already")]
    Crowded,
    /// It is just ending; whether it can be taken up again is known in a moment.
    #[error("the conversation is just ending")]
    Ending,
    /// It is as long as one may become.
    #[error("the conversation has {MOST_MESSAGES} messages, and takes no more; begin another")]
    Overlong,
    /// This node is shutting down.
    #[error("this server takes no more calls")]
    Closing,
    /// This node holds as many calls as it may.
    #[error("this server holds as many calls as it can")]
    Full,
    /// Our fault.
    #[error("the call could not be set up: {0}")]
    Failed(String),
}

/// More candidates, or a new ICE session.
#[derive(Message, Debug)]
#[rtype(result = "Result<Patched, PatchError>")]
pub struct Patch {
    /// Which peer.
    pub peer: PeerId,
    /// What it says.
    pub fragment: Fragment,
    /// The `If-Match` header.
    pub if_match: Option<String>,
}

/// What became of a [`Patch`].
#[derive(Debug, PartialEq, Eq)]
pub enum Patched {
    /// The candidates are taken in.
    Trickled,
    /// There is a new ICE session.
    Restarted {
        /// Our side of it.
        fragment: String,
        /// Names it.
        entity_tag: String,
    },
}

/// Why a [`Patch`] was not done.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// There is no such peer.
    #[error("there is no such peer")]
    NotFound,
    /// `If-Match` is missing.
    #[error("If-Match must name the ICE session, or be * for a new one")]
    Unconditional,
    /// `If-Match` names another ICE session.
    #[error("If-Match names another ICE session")]
    Precondition,
    /// The fragment can't be applied.
    #[error(transparent)]
    Fragment(#[from] RestartError),
}

/// The learner takes a turn from outside the call; it is heard as if it were typed in it.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Turn {
    /// What they say.
    pub text: String,
    /// Where the messages go that are recorded from here on, until nobody takes them any more.
    pub watcher: mpsc::Sender<LineEvent>,
}

/// Asks who is in the call.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Attended")]
pub struct Attendance;

/// Who is in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attended {
    /// Somebody is heard.
    Here,
    /// Somebody is about to be connected, or was lost a moment ago.
    Connecting,
    /// Nobody.
    Empty,
}

/// Somebody leaves. The answer: whether they are or were there.
#[derive(Message, Debug)]
#[rtype(result = "bool")]
pub struct Leave {
    /// Which peer.
    pub peer: PeerId,
}

/// Nothing more is to be said. Answered when whatever was said is recorded; peers stay until the [`Farewell`].
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Conclude {
    /// Answered when it is done.
    pub done: oneshot::Sender<()>,
}

/// The last message: tell the peers this, close them, and stop.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Farewell {
    /// The last event.
    pub event: Option<ServerEvent>,
}

/// A datagram for a peer.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Datagram {
    /// Which peer.
    pub peer: PeerId,
    /// Where it ran.
    pub path: Path,
    /// Whether the address is not yet known to be the peer's.
    pub is_claimed: bool,
    /// What it holds.
    pub bytes: BytesMut,
    /// When it was read.
    pub at: Instant,
    /// When it was handed on, which is later if it was kept for the next one.
    pub handed: Instant,
    /// The next one follows at once: what there is to do after both is done after that.
    pub is_followed: bool,
}

/// 20 ms have passed.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Tick;

/// A message of the learner's was assessed, or won't be.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// Which message.
    pub id: MessageId,
    /// What is told about it, as document 000 shows it; none if it isn't assessed.
    pub analysis: Option<Box<Map<String, Value>>>,
    /// Whether nothing follows. Else it is what was known in time, and all of it follows.
    pub is_whole: bool,
}

impl Assessed {
    /// Whether it is all that is told about this message.
    pub fn is_all_of(&self, message: &MessageId) -> bool {
        self.id == *message && self.is_whole
    }
}

/// What the agent wants done.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub enum Order {
    /// Play this after what is queued.
    Play {
        /// The reply it belongs to.
        generation: u64,
        /// The phrase of the reply.
        phrase: usize,
        /// The sound.
        speech: Speech,
    },
    /// The reply has no more phrases.
    Finish {
        /// The reply.
        generation: u64,
    },
    /// Fall silent and keep the rest.
    Pause {
        /// The reply.
        generation: u64,
    },
    /// Go on.
    Resume {
        /// The reply.
        generation: u64,
    },
    /// Fall silent and drop the rest.
    Flush {
        /// The reply.
        generation: u64,
    },
    /// The recogniser's view of an utterance at one of its pauses.
    View {
        /// The utterance.
        utterance: u64,
        /// The pause.
        pause: u32,
        /// How it fits.
        fit: Fit,
    },
    /// The recogniser says that it is no more than "mhm".
    Backchannel {
        /// The utterance.
        utterance: u64,
        /// The pause up to which it was no more.
        pause: u32,
    },
    /// A message was recorded: what was said, and where the scenario stands after it.
    Recorded {
        /// The message.
        message: Box<StoredMessage>,
        /// Where the scenario stands.
        progress: Box<Progress>,
    },
    /// A message of the learner's was assessed, or won't be.
    Assessed(Assessed),
    /// No dialogue model has a reply to what was said last.
    Unanswered,
    /// Tell everybody.
    Tell(Box<ServerEvent>),
    /// The mind is done.
    End {
        /// Why.
        reason: EndReason,
    },
}
