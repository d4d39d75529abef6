//! The seam between the control plane and live calls.

use async_trait::async_trait;
use serde_json::Value;

use crate::ids::ConversationId;
use crate::live::turns::Turn;
use crate::presence::fleet::FleetError;

/// The calls that this node holds, and through it those of all others.
#[async_trait]
pub trait Calls: Send + Sync + 'static {
    /// How many this node holds.
    fn active(&self) -> usize;

    /// Ends what is said in a conversation, whichever node holds its call, if it has one: turns that were asked for before are
    /// answered first, and whatever was said is recorded when this returns. Nobody says more until what it gives is dropped.
    /// Its peers stay until the [`farewell`](Self::farewell).
    ///
    /// # Errors
    /// When the node that holds the call can't be asked; then it goes on.
    async fn end(&self, conversation: &ConversationId) -> Result<Turn, CallsError>;

    /// Tells the peers of a conversation how it was, or without a summary that this can't be told for now, and closes them.
    async fn farewell(&self, conversation: &ConversationId, summary: Option<Value>);

    /// Takes no more calls, says goodbye to all peers, and returns once whatever was said is recorded.
    async fn close(&self);
}

/// Why a conversation can't be ended for now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallsError {
    /// Another node holds its call, and can't be asked.
    #[error(transparent)]
    Elsewhere(#[from] FleetError),
    /// A turn in it takes too long.
    #[error("a turn is still being taken")]
    Busy,
}
