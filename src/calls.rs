//! The seam between the control plane and live calls.

use async_trait::async_trait;

use crate::ids::ConversationId;

/// The calls that this node holds.
#[async_trait]
pub trait Calls: Send + Sync + 'static {
    /// How many there are.
    fn active(&self) -> usize;

    /// Ends the call of a conversation, if it has one: peers hear goodbye, and whatever was said is recorded when this
    /// returns.
    async fn end(&self, conversation: &ConversationId);

    /// Takes no more calls, says goodbye to all peers, and returns once whatever was said is recorded.
    async fn close(&self);
}

/// A node without calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCalls;

#[async_trait]
impl Calls for NoCalls {
    fn active(&self) -> usize {
        0
    }

    async fn end(&self, _conversation: &ConversationId) {}

    async fn close(&self) {}
}
