//! Threads that compute what a recogniser needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::acoustic::NAME;
use crate::background::Niceness;
use crate::engine::EngineError;

/// Threads that take pieces of work in the order in which they come. They end when it is dropped.
pub(super) struct Pool {
    jobs: SyncSender<Job>,
}

/// A piece of work, and the span of whoever wants it done.
type Job = (tracing::Span, Box<dyn FnOnce() + Send>);

impl Pool {
    /// Starts so many threads, which are called `name` and a number.
    pub(super) fn start(name: &str, threads: usize) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || run_jobs(&queue))?;
        }
        Ok(Self { jobs })
    }

    /// Has something done, and waits for nothing.
    ///
    /// # Errors
    /// When too much waits already.
    pub(super) fn submit(&self, work: impl FnOnce() + Send + 'static) -> Result<(), EngineError> {
        self.jobs
            .try_send((tracing::Span::current(), Box::new(work)))
            .map_err(|error| EngineError::Unavailable {
                engine: NAME,
                reason: match error {
                    TrySendError::Full(_) => "too many listeners at once".into(),
                    TrySendError::Disconnected(_) => "its threads are gone".into(),
                },
            })
    }

    /// Has something computed, unless nobody waits for it any more once it is its turn.
    ///
    /// # Errors
    /// When too much waits already, or the computation panics.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let (answer, answered) = oneshot::channel();
        self.submit(move || {
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
        })?;
        answered.await.map_err(|_| EngineError::Failed {
            engine: NAME,
            reason: "the recogniser broke off".into(),
        })
    }
}

fn run_jobs(queue: &Mutex<Receiver<Job>>) {
    Niceness::Awaited.give_way();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((span, job)) = job else { return };
        let _entered = span.enter();
        // A bug in one of them must not take the thread from all others; its listener sees the broken channel.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a piece of a recogniser's work panicked");
        }
    }
}

/// Pieces of work that may wait. Every listener has at most one.
const QUEUE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_leaves_the_pool_working() {
        let pool = Pool::start("test", 1).unwrap();
        let broken = pool.compute(|| panic!("expected in this test")).await;
        let broken: Result<(), _> = broken;
        assert!(matches!(broken, Err(EngineError::Failed { .. })), "{broken:?}");
        assert_eq!(pool.compute(|| 7).await, Ok(7));
    }
}
