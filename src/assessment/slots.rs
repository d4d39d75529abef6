//! Who may compute, and when: turns of conversations, and recordings that somebody reads aloud for a request.
//!
//! A slot is a core. Slots are given in the order in which they are asked for, and held until what is computed has come to its end,
//! whether anybody still waits for it or not; never while somebody is waited for. Recordings together take all but one of them, so
//! that turns are not kept waiting by them; a bounded number of recordings waits, and no longer than [`PATIENCE`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The slots of this program; clones share them.
#[derive(Clone, Debug)]
pub struct Slots {
    cores: Arc<Semaphore>,
    /// Recordings that may ask for a core.
    recordings: Arc<Semaphore>,
    /// Those and the ones that wait to.
    line: Arc<Semaphore>,
    count: usize,
}

/// The right to compute, until it is dropped.
#[derive(Debug)]
pub struct Slot(#[expect(dead_code, reason = "held")] Vec<OwnedSemaphorePermit>);

/// Too many recordings wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many recordings wait to be assessed")]
pub struct Busy;

/// Recordings in hand and waiting, for each core.
const LONGEST_LINE: usize = 8;
/// How long a recording waits for its slot.
pub const PATIENCE: Duration = Duration::from_secs(5);

impl Slots {
    /// So many slots as there are cores.
    pub fn of_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// This many, at least one.
    pub fn new(cores: usize) -> Self {
        let count = cores.max(1);
        Self {
            cores: Arc::new(Semaphore::new(count)),
            recordings: Arc::new(Semaphore::new((count - 1).max(1))),
            line: Arc::new(Semaphore::new(LONGEST_LINE * count)),
            count,
        }
    }

    /// How many there are.
    pub fn cores(&self) -> usize {
        self.count
    }

    /// Waits for the slot of a turn.
    pub async fn of_turn(&self) -> Slot {
        // They are never closed.
        let core = Arc::clone(&self.cores).acquire_owned().await;
        Slot(core.into_iter().collect())
    }

    /// Waits for the slot of a recording, a bounded time.
    ///
    /// # Errors
    /// When too many wait before it.
    pub async fn of_recording(&self) -> Result<Slot, Busy> {
        let place = Arc::clone(&self.line).try_acquire_owned().map_err(|_| Busy)?;
        let slot = async {
            let recording = Arc::clone(&self.recordings).acquire_owned().await.map_err(|_| Busy)?;
            let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| Busy)?;
            Ok(Slot(vec![place, recording, core]))
        };
        timeout(PATIENCE, slot).await.map_err(|_| Busy)?
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn recordings_leave_a_slot_to_turns() {
        let slots = Slots::new(2);
        let recording = slots.of_recording().await.unwrap();
        assert!(
            slots.of_recording().now_or_never().is_none(),
            "the other slot is for turns"
        );
        let turn = slots.of_turn().now_or_never().expect("there is one left");
        assert!(slots.of_turn().now_or_never().is_none());
        drop(turn);
        drop(recording);
        assert!(slots.of_recording().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_waits_for_no_more_than_the_recording_in_hand_on_a_single_core() {
        let slots = Slots::new(1);
        let recording = slots.of_recording().await.unwrap();
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let slots = slots.clone();
                tokio::spawn(async move { slots.of_recording().await })
            })
            .collect();
        tokio::task::yield_now().await;
        let turn = slots.of_turn();
        tokio::pin!(turn);
        assert!(turn.as_mut().now_or_never().is_none());
        drop(recording);
        // All others stand in line behind the one that is next.
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        let _turn = turn.await;
        drop(waiting);
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_recordings_are_refused_at_once_and_none_waits_forever() {
        let slots = Slots::new(2);
        let first = slots.of_recording().await.unwrap();
        let began = Instant::now();
        let waiting = (1..2 * LONGEST_LINE).map(|_| slots.of_recording());
        let waiting = futures::future::join_all(waiting);
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(slots.of_recording().await.unwrap_err(), Busy);
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(waiting.await.iter().all(Result::is_err));
        assert_eq!(began.elapsed(), PATIENCE);
        drop(first);
        assert!(slots.of_recording().await.is_ok());
    }
}
