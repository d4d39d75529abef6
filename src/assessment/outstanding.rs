//! Which conversations have turns that are being assessed, for whoever sums them up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::ids::ConversationId;

/// Turns under way by conversation; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Outstanding(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Locked for a few instructions.
    turns: Mutex<HashMap<ConversationId, usize>>,
    changed: Notify,
}

/// A turn that is under way until this is dropped.
#[derive(Debug)]
pub struct UnderWay {
    outstanding: Outstanding,
    conversation: ConversationId,
}

impl Outstanding {
    /// A turn of this conversation is under way.
    pub fn begin(&self, conversation: &ConversationId) -> UnderWay {
        *self.turns().entry(conversation.clone()).or_default() += 1;
        UnderWay {
            outstanding: self.clone(),
            conversation: conversation.clone(),
        }
    }

    /// Waits until no turn of a conversation is under way, or with none, of any.
    pub async fn settled(&self, conversation: Option<&ConversationId>) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // What changes from here on is noticed.
            changed.as_mut().enable();
            let is_settled = match conversation {
                Some(conversation) => !self.turns().contains_key(conversation),
                None => self.turns().is_empty(),
            };
            if is_settled {
                return;
            }
            changed.await;
        }
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<ConversationId, usize>> {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut turns = self.outstanding.turns();
        if let Some(count) = turns.get_mut(&self.conversation) {
            *count -= 1;
            if *count == 0 {
                turns.remove(&self.conversation);
            }
        }
        drop(turns);
        self.outstanding.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_conversation_is_settled_when_its_last_turn_is_and_others_do_not_matter() {
        let outstanding = Outstanding::default();
        let [one, other] = ["conv_1", "conv_2"].map(ConversationId::from_text);
        let (first, second) = (outstanding.begin(&one), outstanding.begin(&one));
        assert!(outstanding.settled(Some(&other)).now_or_never().is_some());
        let waiting = outstanding.settled(Some(&one));
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.as_mut().now_or_never().is_none());
        let third = outstanding.begin(&other);
        drop(second);
        assert!(waiting.now_or_never().is_some());
        assert!(outstanding.settled(None).now_or_never().is_none());
        drop(third);
        assert!(outstanding.settled(None).now_or_never().is_some());
    }
}
