//! How long a provider that has had enough wants to be left alone: by its headers, or by what its answer says.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// What the headers say: `Retry-After` in seconds (RFC 9110, section 10.2.3; no provider uses its form with a date), OpenAI's
/// `retry-after-ms`, or when a limit that is used up is renewed: `x-ratelimit-remaining-*` and `x-ratelimit-reset-*`, in seconds
/// at Cerebras (`11.38`), with units at OpenAI (`6m0s`, `20ms`). The reset of a limit that still has something left tells
/// nothing of why this request was refused.
pub(super) fn by_headers(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let retry_after = || text(RETRY_AFTER.as_str())?.trim().parse().ok().map(Duration::from_secs);
    let in_ms = || text("retry-after-ms")?.trim().parse().ok().map(Duration::from_millis);
    let used_up = || {
        let resets = headers.keys().filter_map(|name| {
            let limit = name.as_str().strip_prefix("x-ratelimit-remaining-")?;
            let remaining: f64 = text(name.as_str())?.trim().parse().ok()?;
            (remaining <= 0.0).then_some(())?;
            duration(text(&format!("x-ratelimit-reset-{limit}"))?)
        });
        resets.max()
    };
    retry_after().or_else(in_ms).or_else(used_up)
}

/// What a body says: Google's `error.details` with a `RetryInfo` whose `retryDelay` is like `34.07s`.
pub(super) fn by_body(body: &Value) -> Option<Duration> {
    let details = body["error"]["details"].as_array()?;
    details
        .iter()
        .find_map(|detail| duration(detail["retryDelay"].as_str()?))
}

/// Reads seconds, or a sequence of numbers with units: `11.4`, `34s`, `1h6m0.5s`, `20ms`.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (value, after) = rest.split_at(number);
        let unit = after
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total += value.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    (!text.is_empty()).then_some(())?;
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn rest(headers: &[(&'static str, &'static str)]) -> Option<u128> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        by_headers(&HeaderMap::from_iter(headers)).map(|rest| rest.as_millis())
    }

    #[test]
    fn seconds_to_wait_are_read_and_anything_else_is_ignored() {
        for (text, expected) in [
            ("7", Some(7000)),
            (" 0 ", Some(0)),
            ("-1", None),
            ("soon", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(rest(&[("retry-after", text)]), expected, "{text}");
        }
        assert_eq!(rest(&[]), None);
        assert_eq!(rest(&[("retry-after-ms", "1500")]), Some(1500));
    }

    #[test]
    fn a_limit_that_is_used_up_says_when_it_is_renewed() {
        let cerebras = [
            ("x-ratelimit-remaining-requests-day", "14399"),
            ("x-ratelimit-reset-requests-day", "33011.382867097855"),
            ("x-ratelimit-remaining-tokens-minute", "0"),
            ("x-ratelimit-reset-tokens-minute", "11.5"),
        ];
        assert_eq!(rest(&cerebras), Some(11_500));
        let openai = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "20ms"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "6m0.5s"),
        ];
        assert_eq!(rest(&openai), Some(360_500));
        // Nothing is used up: the request was too large, or somebody else's limit is meant.
        let left = [
            ("x-ratelimit-remaining-tokens", "12"),
            ("x-ratelimit-reset-tokens", "9s"),
        ];
        assert_eq!(rest(&left), None);
        assert_eq!(
            rest(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "?")]),
            None
        );
    }

    #[test]
    fn googles_details_say_it_in_the_body() {
        let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"},
        ]}});
        assert_eq!(by_body(&body), Some(Duration::from_millis(34_500)));
        assert_eq!(by_body(&json!({"error": {"details": {"retryDelay": "3s"}}})), None);
    }

    proptest! {
        #[test]
        fn any_duration_is_read_or_refused(text in "[0-9.hms -]{0,12}", other: String) {
            let _ = (duration(&text), duration(&other));
        }

        #[test]
        fn written_durations_are_read_back(h in 0u64..30, m in 0u64..60, s in 0u64..60, ms in 0u64..1000) {
            let expected = Duration::from_millis(((h * 60 + m) * 60 + s) * 1000 + ms);
            let read = duration(&format!("{h}h{m}m{s}s{ms}ms")).expect("it is one");
            prop_assert!(read.abs_diff(expected) < Duration::from_micros(10));
        }
    }
}
