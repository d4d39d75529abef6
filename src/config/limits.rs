//! How often things may be done.

use std::time::Duration;

use super::{ConfigError, Environment};
use crate::presence::gcra::Window;

/// Rate limits, each one or two windows, the longest first.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// `RATE_LIMITS` \[on\]: whether they hold; they are counted and told in any case.
    pub are_on: bool,
    /// `RATE_LIMIT_AUTH` \[10/minute burst 20\]: signing in, tokens, new guests.
    pub auth: Vec<Window>,
    /// `RATE_LIMIT_CONVERSATIONS` \[60/hour 10/minute\]: conversations and their messages.
    pub conversations: Vec<Window>,
    /// `RATE_LIMIT_VOICE` \[30/hour 5/minute\]: analysis of the voice.
    pub voice: Vec<Window>,
    /// `RATE_LIMIT_PROGRESS` \[100/hour 20/minute\]: progress, achievements, leaderboards.
    pub progress: Vec<Window>,
    /// `RATE_LIMIT_GENERAL` \[1000/hour 50/minute\]: everything else that a credential is used for.
    pub general: Vec<Window>,
    /// `RATE_LIMIT_ADDRESS` \[100/minute\]: what an address may ask of documents 002 to 004.
    pub address: Vec<Window>,
    /// `SOCKETS_PER_ADDRESS` \[10\]: WebSockets of documents 001 and 004 that an address may hold open.
    pub sockets: usize,
}

const EXPECTED: &str = "one or two limits such as 60/hour 10/minute, or one such as 10/minute burst 20";

impl LimitsConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let windows = |name, default: &str| environment.required(name, default, EXPECTED, windows);
        Ok(Self {
            are_on: environment.switch("RATE_LIMITS", true)?,
            auth: windows("RATE_LIMIT_AUTH", "10/minute burst 20")?,
            conversations: windows("RATE_LIMIT_CONVERSATIONS", "60/hour 10/minute")?,
            voice: windows("RATE_LIMIT_VOICE", "30/hour 5/minute")?,
            progress: windows("RATE_LIMIT_PROGRESS", "100/hour 20/minute")?,
            general: windows("RATE_LIMIT_GENERAL", "1000/hour 50/minute")?,
            address: windows("RATE_LIMIT_ADDRESS", "100/minute")?,
            sockets: environment.number("SOCKETS_PER_ADDRESS", "10", "a number of connections")?,
        })
    }
}

/// `60/hour 10/minute`: so many in the long run, and as many at once; `10/minute burst 20`: twenty at once.
fn windows(text: &str) -> Option<Vec<Window>> {
    let mut words = text.split_ascii_whitespace().peekable();
    let mut windows = Vec::new();
    while let Some(word) = words.next() {
        let (rate, unit) = word.split_once('/')?;
        let rate: u32 = rate.parse().ok()?;
        let burst = match words.next_if(|word| word.eq_ignore_ascii_case("burst")) {
            Some(_) => words.next()?.parse().ok()?,
            None => rate,
        };
        let (name, period) = match unit.to_ascii_lowercase().as_str() {
            "second" => ("second", 1),
            "minute" => ("minute", 60),
            "hour" => ("hour", 60 * 60),
            "day" => ("day", 24 * 60 * 60),
            _ => return None,
        };
        let is_possible = (1..=1_000_000).contains(&rate) && (1..=1_000_000).contains(&burst);
        let is_new = windows.iter().all(|window: &Window| window.name != name);
        if !is_possible || !is_new {
            return None;
        }
        windows.push(Window::new(name, rate, Duration::from_secs(period), burst));
    }
    windows.sort_by_key(|window| std::cmp::Reverse(window.span()));
    (1..=2).contains(&windows.len()).then_some(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_one_or_two_windows_the_longest_first() {
        let read = windows("10/minute 60/hour").unwrap();
        assert_eq!(read[0], Window::new("hour", 60, Duration::from_secs(3600), 60));
        assert_eq!(read[1], Window::new("minute", 10, Duration::from_secs(60), 10));
        let burst = windows("10/Minute BURST 20").unwrap();
        assert_eq!(burst, [Window::new("minute", 10, Duration::from_secs(60), 20)]);
        for bad in [
            "",
            "0/hour",
            "10",
            "10/week",
            "1/hour 2/minute 3/second",
            "1/hour 2/hour",
            "9/hour burst",
        ] {
            assert_eq!(windows(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Some(windows) = windows(&text) {
                proptest::prop_assert!(windows.len() <= 2);
            }
        }
    }
}
