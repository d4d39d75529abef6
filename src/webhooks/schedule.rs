//! When a webhook is tried again.

use std::time::Duration;

use crate::clock::Timestamp;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx.
    Delivered {
        /// The status.
        status: u16,
    },
    /// 410: nobody wants to hear of it any more.
    Gone,
    /// Anything else, redirections among it.
    Failed {
        /// The status, if there was an answer.
        status: Option<u16>,
        /// What went wrong, for whoever reads the log of deliveries.
        error: String,
        /// How long to wait at least, as the answer says.
        retry_after: Option<Duration>,
    },
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it has arrived.
    Done,
    /// Try again then.
    Retry(Timestamp),
    /// Nothing: it was tried often enough.
    GiveUp,
    /// Nothing, with the whole webhook.
    Disable,
}

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// How long after an attempt the next one is made, in seconds. The first is made at once.
const WAITS: [u64; 9] = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// The longest wait that an answer may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * HOUR);

/// How often something is tried.
pub const ATTEMPTS: u32 = WAITS.len() as u32 + 1;

/// Decides what follows an attempt, the `attempts`th. `jitter`, from 0 to 1, spreads what failed together over a tenth of the
/// wait on either side.
pub fn next(outcome: &Outcome, attempts: u32, now: Timestamp, jitter: f64) -> Next {
    let retry_after = match outcome {
        Outcome::Delivered { .. } => return Next::Done,
        Outcome::Gone => return Next::Disable,
        Outcome::Failed { retry_after, .. } => *retry_after,
    };
    let made = usize::try_from(attempts.max(1) - 1).unwrap_or(usize::MAX);
    let Some(wait) = WAITS.get(made) else {
        return Next::GiveUp;
    };
    let spread = 0.9 + 0.2 * jitter.clamp(0.0, 1.0);
    let wait = Duration::from_secs(*wait).mul_f64(spread);
    let asked = retry_after.unwrap_or_default().min(LONGEST_WAIT);
    Next::Retry(now.plus(wait.max(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(retry_after: Option<u64>) -> Outcome {
        Outcome::Failed {
            status: Some(500),
            error: "500".to_owned(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn what_fails_is_tried_ten_times_at_growing_distances() {
        let mut waits = Vec::new();
        let mut now = Timestamp::from_millis(0);
        for attempt in 1.. {
            match next(&failed(None), attempt, now, 0.5) {
                Next::Retry(at) => {
                    waits.push(at.since(now).as_secs());
                    now = at;
                }
                other => {
                    assert_eq!(other, Next::GiveUp);
                    assert_eq!(attempt, ATTEMPTS);
                    break;
                }
            }
        }
        assert_eq!(waits, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    }

    #[test]
    fn what_failed_together_is_spread() {
        let now = Timestamp::from_millis(0);
        let wait = |jitter| match next(&failed(None), 2, now, jitter) {
            Next::Retry(at) => at.since(now).as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!((wait(0.0), wait(0.5), wait(1.0)), (270, 300, 330));
    }

    #[test]
    fn an_answer_may_ask_for_a_longer_wait_but_for_no_shorter_and_no_endless_one() {
        let now = Timestamp::from_millis(0);
        for (asked, wait) in [(60, 60), (1, 5), (10_000_000, 86_400)] {
            let next = next(&failed(Some(asked)), 1, now, 0.5);
            assert_eq!(next, Next::Retry(now.plus(Duration::from_secs(wait))), "{asked}");
        }
    }

    #[test]
    fn what_has_arrived_or_is_unwanted_is_not_tried_again() {
        let now = Timestamp::from_millis(0);
        assert_eq!(next(&Outcome::Delivered { status: 204 }, 1, now, 0.5), Next::Done);
        assert_eq!(next(&Outcome::Gone, 1, now, 0.5), Next::Disable);
    }
}
