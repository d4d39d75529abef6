//! Calls that were refused, by cause.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// Calls that were refused, by cause. The counters are found once, so that each cause is there from the start.
#[derive(Debug)]
pub struct RefusedMetrics {
    pub(super) family: Family<CauseLabels, Counter>,
    /// No media thread can carry one more.
    pub load: Counter,
    /// There are as many as there may be (`MAX_CALLS`).
    pub limit: Counter,
    /// This node shuts down.
    pub closing: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CauseLabels {
    cause: &'static str,
}

impl Default for RefusedMetrics {
    fn default() -> Self {
        let family = Family::<CauseLabels, Counter>::default();
        let of = |cause| family.get_or_create(&CauseLabels { cause }).clone();
        Self {
            load: of("load"),
            limit: of("limit"),
            closing: of("closing"),
            family,
        }
    }
}
