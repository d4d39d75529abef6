//! How many callers a server carries, found by letting one after the other begin until it refuses one.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Run, RunError};
use crate::plan::Plan;
use crate::run::Instruments;
use crate::watch::{self, Sample, Watch};

/// As many are tried.
const MOST: usize = 5_000;
/// After which the server is to be calm again.
const CALM: Duration = Duration::from_secs(120);
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// What a server carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Capacity {
    /// Callers that had begun when it refused the first one; some of them between two conversations.
    pub callers: usize,
    /// The most conversations that there were at once.
    pub at_once: usize,
}

impl Run {
    /// Lets callers begin at the pace of the ramp until the server refuses one, and waits until it is calm again.
    ///
    /// # Errors
    /// When nothing can be run.
    pub async fn capacity(&self) -> Result<Capacity, RunError> {
        let watch = Watch {
            http: self.access.http.clone(),
            metrics: self.instruments.metrics.clone(),
            process: None,
        };
        let before = Sample::default();
        let ramp = Self {
            plan: Plan {
                callers: MOST,
                length: Some(Duration::from_secs_f64(MOST as f64 / self.plan.ramp.max(0.1))),
                ..self.plan.clone()
            },
            instruments: Instruments::default(),
            until_refused: true,
            ..self.clone()
        };
        let pace = ramp.plan.ramp;
        let done = ramp.run().await?;
        let begun = (done.report.run.took_s * pace).ceil() as usize;
        watch::wait(&watch, &before).await;
        calm(&watch).await;
        Ok(Capacity {
            callers: begun.clamp(done.report.most_at_once, MOST),
            at_once: done.report.most_at_once,
        })
    }
}

/// Waits until no thread is pressed any more.
async fn calm(watch: &Watch) {
    let began = Instant::now();
    while began.elapsed() < CALM {
        let (_, scrape) = watch.look().await;
        let pressure = scrape.and_then(|scrape| scrape.largest("colloquy_live_pressure"));
        if pressure.is_none_or(|pressure| pressure == 0.0) {
            return;
        }
        tokio::time::sleep(LOOKED_EVERY).await;
    }
}
