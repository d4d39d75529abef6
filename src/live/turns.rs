//! One turn at a time: who takes one in a conversation waits until the one before is answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::ids::ConversationId;

/// The conversations of this node in which a turn is being taken; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<HashMap<ConversationId, Arc<tokio::sync::Mutex<()>>>>>);

/// The right to take a turn, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    id: ConversationId,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turns that are being taken in a conversation, in the order in which they were asked for.
    pub async fn take(&self, id: &ConversationId) -> Turn {
        let queue = Arc::clone(self.lock().entry(id.clone()).or_default());
        // Made before the wait: whoever gives up waiting leaves nothing behind either.
        let mut turn = Turn {
            turns: self.clone(),
            id: id.clone(),
            guard: None,
        };
        turn.guard = Some(queue.lock_owned().await);
        turn
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ConversationId, Arc<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.guard = None;
        let mut turns = self.turns.lock();
        // Whoever else waits holds the queue, too.
        if turns.get(&self.id).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            turns.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn turns_of_one_conversation_follow_each_other_and_leave_nothing_behind() {
        let turns = Turns::default();
        let (one, other) = (ConversationId::new(), ConversationId::new());
        let first = turns.take(&one).await;
        let _elsewhere = turns.take(&other).now_or_never().expect("nobody is there");
        let mut second = Box::pin(turns.take(&one));
        assert!(second.as_mut().now_or_never().is_none());
        let mut given_up = Box::pin(turns.take(&one));
        assert!(given_up.as_mut().now_or_never().is_none());
        drop(given_up);
        drop(first);
        drop(second.await);
        assert!(!turns.lock().contains_key(&one));
        assert!(turns.lock().contains_key(&other));
    }
}
