//! One turn at a time: who takes one in a conversation waits until the one before is answered, on whichever node that is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::ids::ConversationId;
use crate::presence::leases::Leases;

/// The conversations of this node in which a turn is being taken; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<HashMap<ConversationId, Arc<tokio::sync::Mutex<()>>>>>);

/// The right to take a turn, until it is dropped.
pub struct Turn {
    turns: Turns,
    id: ConversationId,
    guard: Option<OwnedMutexGuard<()>>,
    lease: Option<Lease>,
}

/// The same among nodes.
struct Lease {
    leases: Arc<dyn Leases>,
    key: String,
    holder: String,
}

/// How long a turn may take: if the node dies, others wait no longer.
const LIFETIME: Duration = Duration::from_secs(150);
/// How often another node's turn is looked after.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Turns {
    /// Waits for the turns that are being taken in a conversation: on this node in the order in which they were asked for, on
    /// others until they are over. Nothing, if one of another node takes too long.
    pub async fn take(&self, id: &ConversationId, leases: Option<&Arc<dyn Leases>>) -> Option<Turn> {
        let queue = Arc::clone(self.lock().entry(id.clone()).or_default());
        // Made before the wait: whoever gives up waiting leaves nothing behind either.
        let mut turn = Turn {
            turns: self.clone(),
            id: id.clone(),
            guard: None,
            lease: None,
        };
        turn.guard = Some(queue.lock_owned().await);
        if let Some(leases) = leases {
            turn.lease = Some(Lease::take(leases, id).await?);
        }
        Some(turn)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ConversationId, Arc<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    async fn take(leases: &Arc<dyn Leases>, id: &ConversationId) -> Option<Self> {
        let lease = Self {
            leases: Arc::clone(leases),
            key: format!("turn:{id}"),
            holder: Uuid::new_v4().to_string(),
        };
        let deadline = Instant::now() + LIFETIME;
        loop {
            match leases.acquire(&lease.key, &lease.holder, LIFETIME).await {
                Ok(true) => return Some(lease),
                Ok(false) if Instant::now() < deadline => sleep(LOOK_EVERY).await,
                Ok(false) => return None,
                Err(error) => {
                    // One node alone can still tell.
                    tracing::warn!(%error, conversation_id = %id.logged(), "a turn is taken without asking the other nodes");
                    return Some(lease);
                }
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (leases, key, holder) = (self.leases.clone(), self.key.clone(), self.holder.clone());
        let give_back = async move {
            if let Err(error) = leases.release(&key, &holder).await {
                tracing::warn!(%error, "a turn's lease is not given back; it ends by itself");
            }
        };
        // At the very end of the program there is nothing to run it on, and nobody who would wait.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(give_back);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.lease = None;
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
    use crate::presence::leases::LocalLeases;

    #[tokio::test]
    async fn turns_of_one_conversation_follow_each_other_and_leave_nothing_behind() {
        let turns = Turns::default();
        let (one, other) = (ConversationId::new(), ConversationId::new());
        let first = turns.take(&one, None).await;
        let _elsewhere = turns.take(&other, None).now_or_never().expect("nobody is there");
        let mut second = Box::pin(turns.take(&one, None));
        assert!(second.as_mut().now_or_never().is_none());
        let mut given_up = Box::pin(turns.take(&one, None));
        assert!(given_up.as_mut().now_or_never().is_none());
        drop(given_up);
        drop(first);
        drop(second.await);
        assert!(!turns.lock().contains_key(&one));
        assert!(turns.lock().contains_key(&other));
    }

    #[tokio::test(start_paused = true)]
    async fn turns_on_two_nodes_follow_each_other() {
        let leases: Arc<dyn Leases> = Arc::new(LocalLeases::default());
        let (here, there) = (Turns::default(), Turns::default());
        let id = ConversationId::new();
        let first = here.take(&id, Some(&leases)).await;
        let mut second = Box::pin(there.take(&id, Some(&leases)));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert!(second.await.is_some());
    }
}
