//! Whether memory grows: the trend of its samples, whatever single ones say.

use serde::Serialize;

/// A trend of fewer samples is chance.
const FEWEST: usize = 6;

/// How a quantity in MB moved over the last two thirds of a run; the first third is what it takes to get going.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// How long that was, in s.
    pub over_s: f64,
    /// What it began with, by the trend, in MB.
    pub from_mb: f64,
    /// What came to it, by the trend, in MB; less than 0 when it shrank.
    pub mb: f64,
    /// The same as a part of what it began with.
    pub percent: f64,
}

impl Growth {
    /// The growth of samples, each a time in s and a size in MB, in the order of time; nothing when there are too few.
    ///
    /// The trend is the median of the slopes between any two samples (Theil-Sen): a peak or a page of cache moves it little.
    pub fn of(samples: &[(f64, f64)]) -> Option<Self> {
        let (first, last) = (samples.first()?.0, samples.last()?.0);
        let since = first + (last - first) / 3.0;
        let late: Vec<(f64, f64)> = samples.iter().copied().filter(|(at, _)| *at >= since).collect();
        if late.len() < FEWEST {
            return None;
        }
        let mut slopes = Vec::new();
        for (index, (at, size)) in late.iter().enumerate() {
            let later = late[index + 1..].iter().filter(|(then, _)| then > at);
            slopes.extend(later.map(|(then, grown)| (grown - size) / (then - at)));
        }
        let slope = median(&mut slopes)?;
        let begun = late.first()?.0;
        let over_s = last - begun;
        let from_mb = median(
            &mut late
                .iter()
                .map(|(at, size)| size - slope * (at - begun))
                .collect::<Vec<_>>(),
        )?;
        let mb = slope * over_s;
        Some(Self {
            over_s,
            from_mb,
            mb,
            percent: 100.0 * mb / from_mb.max(f64::MIN_POSITIVE),
        })
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples every 10 s of half an hour.
    fn samples(size: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..180)
            .map(|number| f64::from(number) * 10.0)
            .map(|at| (at, size(at)))
            .collect()
    }

    #[test]
    fn what_it_takes_to_get_going_is_no_growth() {
        let growth = Growth::of(&samples(|at| 50.0 + at.min(500.0) / 10.0)).expect("a trend");
        assert_eq!((growth.mb, growth.percent, growth.from_mb), (0.0, 0.0, 100.0));
        assert_eq!(growth.over_s, 1_190.0);
    }

    #[test]
    fn a_slow_leak_is_seen_beneath_waves_and_peaks() {
        let waves = |at: f64| 100.0 + (at / 70.0).sin() * 3.0 + if at % 400.0 == 0.0 { 80.0 } else { 0.0 };
        let flat = Growth::of(&samples(waves)).expect("a trend");
        assert!(flat.mb.abs() < 1.0, "{flat:?}");
        let leak = Growth::of(&samples(|at| waves(at) + at * 0.01)).expect("a trend");
        assert!((11.0..13.0).contains(&leak.mb), "{leak:?}");
        assert!((10.0..13.0).contains(&leak.percent), "{leak:?}");
    }

    #[test]
    fn a_few_samples_have_no_trend() {
        assert_eq!(Growth::of(&[]), None);
        assert_eq!(
            Growth::of(&samples(|at| at)[..7]),
            None,
            "the last two thirds of seven are five"
        );
        assert!(Growth::of(&samples(|at| at)[..12]).is_some());
    }
}
