//! How values are spread.

use serde::Serialize;

/// The longest time that is told apart, in microseconds.
const LONGEST_US: u64 = 60_000_000;

/// The spread of one measured quantity, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many values there were.
    pub count: usize,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest value.
    pub max: f64,
}

impl Spread {
    /// The spread of `values`, by the nearest-rank method. All zero when there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let position = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(position.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self {
            count: sorted.len(),
            p50: rank(0.50),
            p95: rank(0.95),
            p99: rank(0.99),
            max: sorted.last().copied().unwrap_or_default(),
        }
    }

    /// The same, or nothing when there were no values: what was not measured has no figure.
    pub fn of_any(values: &[f64]) -> Option<Self> {
        (!values.is_empty()).then(|| Self::of(values.iter().copied()))
    }
}

/// Times of which there are too many to keep each: exact to a thousandth, up to a minute.
#[derive(Clone, Debug)]
pub struct Histogram(hdrhistogram::Histogram<u32>);

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    /// Nothing yet.
    pub fn new() -> Self {
        let histogram = hdrhistogram::Histogram::new_with_bounds(1, LONGEST_US, 3);
        Self(histogram.expect("the bounds are in order and three digits are allowed"))
    }

    /// Takes note of a time in ms. Nothing is less than 0.
    pub fn record(&mut self, milliseconds: f64) {
        self.0.saturating_record((milliseconds * 1000.0) as u64);
    }

    /// Takes in another one.
    pub fn add(&mut self, other: &Self) {
        // Both have the same bounds, so it fits.
        let _ = self.0.add(&other.0);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The spread in ms; nothing when there were no values.
    pub fn spread(&self) -> Option<Spread> {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        (!self.0.is_empty()).then(|| Spread {
            count: usize::try_from(self.0.len()).unwrap_or(usize::MAX),
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
            max: self.0.max() as f64 / 1000.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let spread = Spread::of((1..=100).rev().map(f64::from));
        assert_eq!(
            spread,
            Spread {
                count: 100,
                p50: 50.0,
                p95: 95.0,
                p99: 99.0,
                max: 100.0
            }
        );
        assert_eq!(Spread::of([7.0]).p50, 7.0);
        assert_eq!(Spread::of([]), Spread::default());
        assert_eq!(Spread::of_any(&[]), None);
    }

    #[test]
    fn a_histogram_says_nearly_the_same() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.spread(), None);
        for value in (1..=1_000).rev() {
            histogram.record(f64::from(value) / 10.0);
        }
        let exact = Spread::of((1..=1_000).map(|value| f64::from(value) / 10.0));
        let told = histogram.spread().expect("values");
        for (told, exact) in [
            (told.p50, exact.p50),
            (told.p95, exact.p95),
            (told.p99, exact.p99),
            (told.max, exact.max),
        ] {
            assert!((told - exact).abs() <= exact * 0.002, "{told} for {exact}");
        }
        histogram.record(1e12);
        histogram.record(-1.0);
        assert_eq!(histogram.count(), 1_002);
        let mut sum = Histogram::new();
        sum.add(&histogram);
        assert_eq!(sum.spread(), histogram.spread());
    }
}
