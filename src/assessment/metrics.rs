//! What is counted of turns that are assessed.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// What is counted.
#[derive(Debug)]
pub struct AssessmentMetrics {
    /// Turns that were assessed.
    pub assessed: Counter,
    /// Turns that were not, since too many were waiting.
    pub dropped: Counter,
    /// Turns of which the sound took too long.
    pub late: Counter,
    /// Turns of which something was told before all was known.
    pub partial: Counter,
    /// Turns that were spoken, and whose sound was not kept until then.
    pub unheard: Counter,
    /// Recordings that nobody had time for.
    pub refused: Counter,
    /// From the request to the result.
    pub seconds: Histogram,
}

impl Default for AssessmentMetrics {
    fn default() -> Self {
        Self {
            assessed: Counter::default(),
            dropped: Counter::default(),
            late: Counter::default(),
            partial: Counter::default(),
            unheard: Counter::default(),
            refused: Counter::default(),
            seconds: Histogram::new(exponential_buckets(0.001, 2.0, 15)),
        }
    }
}

impl AssessmentMetrics {
    /// Makes the metrics known.
    pub fn register(&self, registry: &mut Registry) {
        let assessment = registry.sub_registry_with_prefix("assessment");
        let counters = [
            ("turns", "Turns of learners that were assessed", &self.assessed),
            (
                "turns_dropped",
                "Turns that were not assessed since too many were waiting",
                &self.dropped,
            ),
            ("turns_late", "Turns whose sound took too long to assess", &self.late),
            (
                "turns_partial",
                "Turns of which something was told before all was known",
                &self.partial,
            ),
            (
                "turns_unheard",
                "Turns that were spoken and assessed without their sound, which was too long or not kept any more",
                &self.unheard,
            ),
            (
                "recordings_refused",
                "Recordings read aloud that were not assessed since too many were waiting",
                &self.refused,
            ),
        ];
        for (name, help, counter) in counters {
            assessment.register(name, help, counter.clone());
        }
        assessment.register("seconds", "From a turn to its analysis", self.seconds.clone());
    }
}
