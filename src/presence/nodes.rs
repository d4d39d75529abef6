//! Which node holds which live call.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::PresenceError;
use crate::ids::ConversationId;

/// A program that holds calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Unlike any other, and another after each start.
    pub id: String,
    /// How other nodes reach it, if they can (`NODE_URL`).
    pub url: Option<String>,
}

impl Node {
    /// This program, just started.
    pub fn new(url: Option<String>) -> Self {
        Self {
            id: format!("node_{}", Uuid::now_v7().simple()),
            url,
        }
    }
}

/// Knows who holds which call.
#[async_trait]
pub trait Nodes: Send + Sync + 'static {
    /// This node.
    fn here(&self) -> &Node;

    /// This node holds the call of that conversation from now on. Returns at once; others learn of it soon after.
    fn hold(&self, conversation: &ConversationId);

    /// The call is over.
    fn let_go(&self, conversation: &ConversationId);

    /// Who holds the call of that conversation, if anybody does.
    ///
    /// # Errors
    /// When nobody can tell.
    async fn holder(&self, conversation: &ConversationId) -> Result<Option<Node>, PresenceError>;
}

/// The only node there is.
#[derive(Debug)]
pub struct LocalNodes {
    here: Node,
    held: Mutex<HashSet<ConversationId>>,
}

impl LocalNodes {
    /// Nothing held yet.
    pub fn new(here: Node) -> Self {
        Self {
            here,
            held: Mutex::default(),
        }
    }

    pub(super) fn holds(&self, conversation: &ConversationId) -> bool {
        self.with(|held| held.contains(conversation))
    }

    pub(super) fn all(&self) -> Vec<ConversationId> {
        self.with(|held| held.iter().cloned().collect())
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashSet<ConversationId>) -> T) -> T {
        look(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Nodes for LocalNodes {
    fn here(&self) -> &Node {
        &self.here
    }

    fn hold(&self, conversation: &ConversationId) {
        self.with(|held| held.insert(conversation.clone()));
    }

    fn let_go(&self, conversation: &ConversationId) {
        self.with(|held| held.remove(conversation));
    }

    async fn holder(&self, conversation: &ConversationId) -> Result<Option<Node>, PresenceError> {
        Ok(self.holds(conversation).then(|| self.here.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_is_held_until_it_is_let_go() {
        let nodes = LocalNodes::new(Node::new(None));
        let id = ConversationId::new();
        assert_eq!(nodes.holder(&id).await.unwrap(), None);
        nodes.hold(&id);
        assert_eq!(nodes.holder(&id).await.unwrap().as_ref(), Some(nodes.here()));
        nodes.let_go(&id);
        assert_eq!(nodes.holder(&id).await.unwrap(), None);
    }
}
