//! Turn detection: whose turn it is, and when a turn ends.
//!
//! [`TurnDetector`] listens to silence, prosody and the recogniser's view ([`Fit`]); [`Patience`] knows how long to wait;
//! [`EchoGuard`] keeps the agent from hearing itself.

mod detector;
mod echo;
mod patience;

pub use self::detector::{EndReason, Heard, TurnDetector, TurnEvent, TurnState};
pub use self::echo::EchoGuard;
pub use self::patience::{Patience, PauseModel, Verdict};

/// How what was heard up to a pause fits what the conversation expects: the recogniser's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// A whole expected answer.
    Complete,
    /// A whole expected answer that is also the beginning of a longer one ("a table" / "a table for two").
    Extendable {
        /// By a "please", which tells nothing new and may well come late.
        politely: bool,
    },
    /// The beginning of an expected answer.
    Beginning,
    /// None of the expected answers. `open`: it ends in a conjunction, preposition, article or filler, so more should follow.
    Unlisted {
        /// Whether more should follow.
        open: bool,
    },
}
