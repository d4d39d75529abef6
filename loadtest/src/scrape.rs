//! What the server says of itself at `/metrics` (the text format of Prometheus), before and after a run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::api::ApiError;

/// A state of the server's metrics: sums of what was counted, whatever the labels, and histograms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scrape {
    values: BTreeMap<String, f64>,
    /// The largest of a metric's values, whatever the labels.
    largest: BTreeMap<String, f64>,
    /// Engines that were asked, by their service.
    engines: BTreeSet<(String, String)>,
    /// Per histogram, how many values were at most that large.
    buckets: BTreeMap<String, Vec<(f64, f64)>>,
}

/// A histogram of the server's over a run, in ms, as exactly as its buckets tell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServerHistogram {
    /// How many values there were.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// What the server counted during a run. What it doesn't count is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ServerMetrics {
    /// How late its deadlines were met.
    pub lateness_ms: Option<ServerHistogram>,
    /// How late its frames of speech left.
    pub frame_lateness_ms: Option<ServerHistogram>,
    /// First voiced sample over the agent -> silence.
    pub barge_in_ms: Option<ServerHistogram>,
    /// Last voiced sample -> first frame of the reply.
    pub voice_to_voice_ms: Option<ServerHistogram>,
    /// From request to answer.
    pub request_ms: Option<ServerHistogram>,
    /// Sound of callers that it had to make up, in s.
    pub concealed_s: Option<f64>,
    /// Callers' packets that were lost on the way to it.
    pub packets_lost: Option<f64>,
    /// Callers' packets that came.
    pub packets_received: Option<f64>,
    /// Every other counter that has moved, by its name.
    pub counters: BTreeMap<String, f64>,
}

/// Reads the metrics at a URL.
///
/// # Errors
/// When they can't be had.
pub async fn scrape(http: &reqwest::Client, url: &str) -> Result<Scrape, ApiError> {
    let response = http.get(url).send().await?.error_for_status()?;
    Ok(Scrape::parse(&response.text().await?))
}

impl Scrape {
    /// Reads the text format. Lines that are none of it are passed over.
    pub fn parse(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = split(line) else { continue };
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            match name.strip_suffix("_bucket") {
                Some(name) => {
                    let Some(bound) = bound(labels) else { continue };
                    let buckets = scrape.buckets.entry(name.to_owned()).or_default();
                    match buckets.iter_mut().find(|(known, _)| *known == bound) {
                        Some((_, count)) => *count += value,
                        None => buckets.push((bound, value)),
                    }
                }
                None => scrape.add(name, labels, value),
            }
        }
        for buckets in scrape.buckets.values_mut() {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        scrape
    }

    fn add(&mut self, name: &str, labels: &str, value: f64) {
        *self.values.entry(name.to_owned()).or_default() += value;
        let largest = self.largest.entry(name.to_owned()).or_insert(value);
        *largest = largest.max(value);
        if name == "colloquy_engine_attempts_total"
            && let (Some(service), Some(engine)) = (label(labels, "service"), label(labels, "engine"))
        {
            self.engines.insert((service.to_owned(), engine.to_owned()));
        }
    }

    /// The sum of a metric's values, whatever the labels.
    pub fn sum(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    /// The largest of them.
    pub fn largest(&self, name: &str) -> Option<f64> {
        self.largest.get(name).copied()
    }

    /// Whether what callers say is heard by nobody: the only recogniser that was asked so far hears the same in any speech.
    pub fn is_deaf(&self) -> bool {
        let mut ears = self.engines.iter().filter(|(service, _)| service == "stt").peekable();
        ears.peek().is_some() && ears.all(|(_, engine)| engine == "scripted")
    }

    /// What was counted since an earlier state.
    pub fn since(&self, before: &Self) -> ServerMetrics {
        let count = |name: &str| {
            let now = self.values.get(name)?;
            Some(now - before.values.get(name).copied().unwrap_or_default())
        };
        let named = [
            "colloquy_live_concealed_seconds_total",
            "colloquy_live_packets_lost_total",
            "colloquy_live_packets_received_total",
        ];
        let others = self
            .values
            .keys()
            .filter(|name| name.ends_with("_total") && !named.contains(&name.as_str()));
        ServerMetrics {
            lateness_ms: self.histogram(before, "colloquy_live_lateness_seconds"),
            frame_lateness_ms: self.histogram(before, "colloquy_live_frame_lateness_seconds"),
            barge_in_ms: self.histogram(before, "colloquy_live_barge_in_seconds"),
            voice_to_voice_ms: self.histogram(before, "colloquy_live_voice_to_voice_seconds"),
            request_ms: self.histogram(before, "colloquy_http_request_seconds"),
            concealed_s: count(named[0]),
            packets_lost: count(named[1]),
            packets_received: count(named[2]),
            counters: others
                .filter_map(|name| Some((name.clone(), count(name).filter(|moved| *moved != 0.0)?)))
                .collect(),
        }
    }

    fn histogram(&self, before: &Self, name: &str) -> Option<ServerHistogram> {
        let then = before.buckets.get(name);
        let counted_before = |bound: f64| {
            let bucket = then.and_then(|buckets| buckets.iter().find(|(known, _)| *known == bound));
            bucket.map_or(0.0, |(_, count)| *count)
        };
        let buckets: Vec<(f64, f64)> = self
            .buckets
            .get(name)?
            .iter()
            .map(|(bound, count)| (*bound, count - counted_before(*bound)))
            .collect();
        let all = buckets.last()?.1;
        (all >= 1.0).then(|| ServerHistogram {
            count: all as u64,
            p50: quantile(&buckets, 0.50) * 1000.0,
            p95: quantile(&buckets, 0.95) * 1000.0,
            p99: quantile(&buckets, 0.99) * 1000.0,
        })
    }
}

/// A quantile of cumulative buckets, evenly spread within each; what is beyond the last bound is told as that bound.
fn quantile(buckets: &[(f64, f64)], share: f64) -> f64 {
    let wanted = share * buckets.last().map_or(0.0, |(_, all)| *all);
    let (mut below, mut counted) = (0.0, 0.0);
    for (bound, count) in buckets {
        if *count >= wanted && *count > counted {
            return match bound.is_finite() {
                true => below + (bound - below) * (wanted - counted) / (count - counted),
                false => below,
            };
        }
        (below, counted) = (*bound, *count);
    }
    below
}

/// A series and its value; labels may hold blanks.
fn split(line: &str) -> Option<(&str, f64)> {
    let end = line.rfind('}').map_or(0, |end| end + 1);
    let blank = end + line.get(end..)?.find(' ')?;
    let (series, rest) = line.split_at(blank);
    // A timestamp or an exemplar may follow.
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some((series, value))
}

/// The value of a label; ours hold no quotes.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = labels.split(['{', ',', '}']);
    let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix("=\""))?;
    value.split('"').next()
}

fn bound(labels: &str) -> Option<f64> {
    match label(labels, "le")? {
        "+Inf" => Some(f64::INFINITY),
        bound => bound.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEFORE: &str = "# TYPE colloquy_live_lateness_seconds histogram\ncolloquy_live_lateness_seconds_sum 0.1\n\
        colloquy_live_lateness_seconds_bucket{le=\"0.001\"} 10\ncolloquy_live_lateness_seconds_bucket{le=\"0.002\"} 10\n\
        colloquy_live_lateness_seconds_bucket{le=\"+Inf\"} 10\ncolloquy_live_packets_lost_total 5\ncolloquy_http_requests_total{path=\"/a b\"} 2\n";
    const AFTER: &str = "colloquy_live_lateness_seconds_bucket{le=\"0.001\"} 60\ncolloquy_live_lateness_seconds_bucket{le=\"0.002\"} 110\n\
        colloquy_live_lateness_seconds_bucket{le=\"+Inf\"} 110\ncolloquy_live_packets_lost_total 25\ncolloquy_live_packets_received_total 100\n\
        colloquy_http_requests_total{path=\"/a b\"} 3\ncolloquy_http_requests_total{path=\"/c\"} 4\n# EOF\n";

    #[test]
    fn only_what_a_run_added_is_told() {
        let metrics = Scrape::parse(AFTER).since(&Scrape::parse(BEFORE));
        let lateness = metrics.lateness_ms.expect("a histogram");
        assert_eq!(lateness.count, 100);
        assert!((lateness.p50 - 1.0).abs() < 1e-9, "{lateness:?}");
        assert!((lateness.p95 - 1.9).abs() < 1e-9, "{lateness:?}");
        assert_eq!(
            (metrics.packets_lost, metrics.packets_received),
            (Some(20.0), Some(100.0))
        );
        assert_eq!(
            metrics.counters,
            BTreeMap::from([("colloquy_http_requests_total".to_owned(), 5.0)])
        );
        assert_eq!(
            (metrics.barge_in_ms, metrics.concealed_s),
            (None, None),
            "what is not counted is null"
        );
    }

    #[test]
    fn gauges_are_told_together_and_by_the_largest() {
        let scrape = Scrape::parse("pressure{arbiter=\"0\"} 1\npressure{arbiter=\"1\"} 2\n");
        assert_eq!(
            (scrape.sum("pressure"), scrape.largest("pressure"), scrape.sum("other")),
            (Some(3.0), Some(2.0), None)
        );
    }

    #[test]
    fn a_server_is_deaf_whose_only_recogniser_is_scripted() {
        let deaf = |engines: &[(&str, &str)]| {
            let line = |(service, engine): &(&str, &str)| {
                format!("colloquy_engine_attempts_total{{service=\"{service}\",engine=\"{engine}\"}} 4\n")
            };
            Scrape::parse(&engines.iter().map(line).collect::<String>()).is_deaf()
        };
        assert!(deaf(&[("stt", "scripted"), ("tts", "embedded")]));
        assert!(!deaf(&[("stt", "scripted"), ("stt", "deepgram")]));
        assert!(!deaf(&[("llm", "scripted")]), "nobody was heard so far");
    }

    #[test]
    fn what_is_beyond_the_last_bound_is_told_as_that_bound() {
        let text = "colloquy_live_barge_in_seconds_bucket{le=\"0.5\"} 0\ncolloquy_live_barge_in_seconds_bucket{le=\"+Inf\"} 4\n";
        let metrics = Scrape::parse(text).since(&Scrape::default());
        assert_eq!(metrics.barge_in_ms.map(|barge_in| barge_in.p99), Some(500.0));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}", line in "[a-z_]{0,9}(\\{[a-z]{0,3}=\"[^\"]{0,5}\"\\})? [-0-9.eE]{0,5}") {
            let scrape = Scrape::parse(&format!("{text}\n{line}\n{line}"));
            let _ = scrape.since(&Scrape::default());
        }
    }
}
