//! The seam between the control plane and live calls.

use async_trait::async_trait;
use serde_json::Value;

use crate::ids::ConversationId;

/// The calls that this node holds.
#[async_trait]
pub trait Calls: Send + Sync + 'static {
    /// How many there are.
    fn active(&self) -> usize;

    /// Ends what is said in the call of a conversation, if it has one: whatever was said is recorded when this returns.
    /// Its peers stay until the [`farewell`](Self::farewell).
    async fn end(&self, conversation: &ConversationId);

    /// Tells the peers of a conversation how it was, or without a summary that this can't be told for now, and closes them.
    async fn farewell(&self, conversation: &ConversationId, summary: Option<Value>);

    /// Takes no more calls, says goodbye to all peers, and returns once whatever was said is recorded.
    async fn close(&self);
}
