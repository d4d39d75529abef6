//! Charts of what the server held by time.

use super::super::chart::{Series, chart};
use crate::watch::{Sample, Samples};

/// The charts of what could be seen; none where nothing could.
pub(super) fn charts(samples: &Samples) -> String {
    let samples = &samples.0;
    let piece_s = match samples.as_slice() {
        [first, .., last] => (last.at_s - first.at_s) / (samples.len() - 1) as f64,
        _ => return String::new(),
    };
    let series = |name, of: &dyn Fn(&Sample) -> Option<f64>| Series {
        name,
        values: samples.iter().map(of).collect(),
    };
    let charts = [
        ("The server's memory", "MB", vec![series("", &|sample| sample.rss_mb)]),
        (
            "The server's processor time",
            "% of a core",
            vec![series("", &|sample| sample.cpu_percent)],
        ),
        (
            "The server's descriptors and threads",
            "",
            vec![
                series("descriptors", &|sample| sample.descriptors.map(|count| count as f64)),
                series("threads", &|sample| sample.threads.map(|count| count as f64)),
            ],
        ),
        (
            "The server's actors",
            "",
            vec![
                series("conversations", &|sample| sample.conversations),
                series("agents", &|sample| sample.agents),
            ],
        ),
        (
            "The server's pressure",
            "0 to 3",
            vec![series("", &|sample| sample.pressure)],
        ),
    ];
    let seen = charts.iter().filter(|(_, _, series)| {
        let mut values = series.iter().flat_map(|series| &series.values);
        values.any(Option::is_some)
    });
    seen.map(|(title, unit, series)| chart(title, unit, series, piece_s))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_has_a_chart() {
        let sample = |at_s| Sample {
            at_s,
            rss_mb: Some(50.0),
            ..Sample::default()
        };
        let charts = charts(&Samples(vec![sample(10.0), sample(20.0)]));
        assert_eq!(charts.matches("<figure>").count(), 1);
        assert!(charts.contains("memory") && charts.contains(">20 s<"), "{charts}");
        assert!(super::charts(&Samples(vec![sample(10.0)])).is_empty());
    }
}
