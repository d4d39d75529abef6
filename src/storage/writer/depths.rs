//! How deep the queue is.

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// A histogram of how many wait, from one to all that may.
#[derive(Clone, Debug)]
pub struct Depths(Histogram);

impl Default for Depths {
    fn default() -> Self {
        Self(Histogram::new(exponential_buckets(1.0, 2.0, 13)))
    }
}

impl Depths {
    /// So many wait.
    pub fn observe(&self, waiting: usize) {
        self.0.observe(waiting as f64);
    }

    /// To be registered.
    pub(super) fn histogram(&self) -> Histogram {
        self.0.clone()
    }
}
