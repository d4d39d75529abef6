//! Simulated time in which real sockets work.
//!
//! A paused clock runs ahead as soon as nobody has anything to do, also while bytes are on their way over loopback. Here it
//! only moves when it is told to, and before it does, everybody has had enough turns to read what the others wrote: client
//! and server share one thread, and loopback delivers at once.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use tokio::task::{spawn_blocking, yield_now};

/// The clock of a test with `start_paused`.
pub struct Clock {
    /// While a blocking task runs, tokio's clock doesn't advance by itself.
    _hold: Sender<()>,
}

impl Clock {
    /// Stops the clock until it is dropped.
    pub fn paused() -> Self {
        let (hold, held) = channel::<()>();
        spawn_blocking(move || held.recv());
        Self { _hold: hold }
    }

    /// Lets everybody get done with what there is to do now.
    pub async fn settle(&self) {
        for _ in 0..TURNS {
            yield_now().await;
        }
    }

    /// The same, and then so much time passes.
    pub async fn pass(&self, time: Duration) {
        self.settle().await;
        tokio::time::advance(time).await;
    }
}

const TURNS: usize = 40;
