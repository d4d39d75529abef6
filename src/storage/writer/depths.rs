//! How deep the queue is.

use prometheus_client::metrics::histogram::Histogram;

use crate::live::metrics::depths;

/// A histogram of how many wait, from none to all that may.
#[derive(Clone, Debug)]
pub struct Depths(Histogram);

impl Default for Depths {
    fn default() -> Self {
        Self(depths())
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
