//! What a network does, as an operator writes it: `loss=5%,burst=10%/4,delay=20ms,jitter=40ms,bandwidth=64kbit,outage=2s/60s`.

use std::str::FromStr;
use std::time::Duration;

/// Lost packets in a row, when only the rate of bursts is given.
const USUAL_BURST: f64 = 4.0;
/// No delay is longer.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What a network does to each direction. All shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Default, serde::Serialize)]
pub struct Conditions {
    /// Part of the packets that is lost at random.
    pub loss: f64,
    /// Loss that comes in bursts (Gilbert-Elliott: in the bad state everything is lost, in the good one nothing).
    pub burst: Bursts,
    /// One way.
    #[serde(serialize_with = "milliseconds")]
    pub delay: Duration,
    /// On top of it, evenly spread up to this. Keeps the order.
    #[serde(serialize_with = "milliseconds")]
    pub jitter: Duration,
    /// Part of the packets that is overtaken.
    pub reorder: f64,
    /// Part of the packets that comes twice.
    pub duplicate: f64,
    /// Bits a second, headers of IP and UDP included.
    pub bandwidth: Option<f64>,
    /// When nothing gets through.
    pub outages: Option<Outages>,
}

/// Loss in bursts.
#[derive(Clone, Copy, Debug, PartialEq, Default, serde::Serialize)]
pub struct Bursts {
    /// Part of the packets that is lost so.
    pub rate: f64,
    /// How many are lost in a row, on average.
    pub length: f64,
}

/// Spans in which nothing gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outages {
    /// How long one lasts.
    #[serde(serialize_with = "milliseconds")]
    pub length: Duration,
    /// From the beginning of one to that of the next; the first one ends the first such span.
    #[serde(serialize_with = "milliseconds")]
    pub every: Duration,
}

/// Why conditions can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part:?} is no condition of a network: {reason}")]
pub struct ConditionsError {
    part: String,
    reason: &'static str,
}

impl Conditions {
    /// Whether it does nothing at all.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl Outages {
    /// Whether so long after the line began one is under way.
    pub fn is_out(&self, since: Duration) -> bool {
        let into = since.as_nanos() % self.every.as_nanos().max(1);
        into >= self.every.saturating_sub(self.length).as_nanos()
    }
}

impl FromStr for Conditions {
    type Err = ConditionsError;

    /// Reads conditions separated by commas. Nothing at all is a clean network.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut conditions = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = |reason| ConditionsError {
                part: part.to_owned(),
                reason,
            };
            let (name, value) = part.split_once('=').ok_or_else(|| wrong("it needs a value"))?;
            let (first, second) = match value.split_once('/') {
                Some((first, second)) => (first, Some(second)),
                None => (value, None),
            };
            if second.is_some() && !matches!(name, "burst" | "outage") {
                return Err(wrong("it takes one value"));
            }
            let share = || share(first).ok_or_else(|| wrong("it must be a percentage below 100%"));
            let span = |text| span(text).ok_or_else(|| wrong("it must be a time such as 40ms or 2s"));
            match name {
                "loss" => conditions.loss = share()?,
                "burst" => {
                    let rate = share()?;
                    let length = second.map_or(Some(USUAL_BURST), |length| length.parse().ok());
                    let length = length.filter(|length: &f64| (1.0..=1e6).contains(length));
                    let length = length.ok_or_else(|| wrong("the length of a burst is at least 1 packet"))?;
                    if rate >= length / (length + 1.0) {
                        return Err(wrong("bursts of that length can't take so large a part"));
                    }
                    conditions.burst = Bursts { rate, length };
                }
                "delay" => conditions.delay = span(first)?,
                "jitter" => conditions.jitter = span(first)?,
                "reorder" => conditions.reorder = share()?,
                "duplicate" => conditions.duplicate = share()?,
                "bandwidth" => {
                    let bits = bits(first).ok_or_else(|| wrong("it must be a rate such as 64kbit"))?;
                    conditions.bandwidth = Some(bits);
                }
                "outage" => {
                    let every = second.ok_or_else(|| wrong("it needs its length and its period, such as 2s/60s"))?;
                    let (length, every) = (span(first)?, span(every)?);
                    if length >= every {
                        return Err(wrong("an outage is shorter than its period"));
                    }
                    conditions.outages = Some(Outages { length, every });
                }
                _ => return Err(wrong("there is none of that name")),
            }
        }
        Ok(conditions)
    }
}

fn share(text: &str) -> Option<f64> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    (0.0..1.0).contains(&share).then_some(share)
}

/// A time, such as `40ms`, `2s`, `1.5m`.
pub(crate) fn span(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => match text.strip_suffix('m') {
            Some(number) => (number, 60.0),
            None => (text.strip_suffix('s')?, 1.0),
        },
    };
    let span = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()?;
    (span <= LONGEST).then_some(span)
}

fn bits(text: &str) -> Option<f64> {
    let (number, unit) = match text.strip_suffix("kbit") {
        Some(number) => (number, 1e3),
        None => (text.strip_suffix("Mbit")?, 1e6),
    };
    let bits = number.parse::<f64>().ok()? * unit;
    (1e3..=1e12).contains(&bits).then_some(bits)
}

fn milliseconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_written() {
        let text =
            "loss=5%, burst=10%/5,delay=20ms,jitter=40ms,reorder=0.01,duplicate=1%,bandwidth=64kbit,outage=2s/1m";
        let read: Conditions = text.parse().expect("conditions");
        assert_eq!(
            read,
            Conditions {
                loss: 0.05,
                burst: Bursts { rate: 0.1, length: 5.0 },
                delay: Duration::from_millis(20),
                jitter: Duration::from_millis(40),
                reorder: 0.01,
                duplicate: 0.01,
                bandwidth: Some(64_000.0),
                outages: Some(Outages {
                    length: Duration::from_secs(2),
                    every: Duration::from_secs(60)
                }),
            }
        );
        assert!("".parse::<Conditions>().expect("nothing").is_clean());
        assert!(!read.is_clean());
    }

    #[test]
    fn what_no_network_does_is_refused() {
        for text in [
            "loss",
            "loss=x",
            "loss=100%",
            "loss=-1%",
            "loss=1%/2",
            "burst=95%/4",
            "burst=5%/0",
            "delay=5",
            "jitter=NaNs",
            "bandwidth=0kbit",
            "outage=2s",
            "outage=5s/5s",
            "fog=1%",
        ] {
            assert!(text.parse::<Conditions>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z]{0,9}=[-0-9.a-zA-Z%/]{0,9}(,[ -~]{0,12})?") {
            if let Ok(conditions) = text.parse::<Conditions>() {
                prop_assert!((0.0..1.0).contains(&conditions.loss));
                prop_assert!(conditions.delay <= LONGEST);
            }
        }
    }
}
