//! Joining a conversation.
