//! What callers leave behind when all are gone: nothing, as soon as the server has given up those who vanished.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Sample, Watch};

/// Who vanished is waited for, and connections are kept open for a while; what is there after this stays.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// The pool opens connections to the database when it is busy, and keeps them.
const POOL: i64 = 16;

/// What is left of callers that are gone. What could not be seen is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LeftBehind {
    /// Conversation actors alive.
    pub conversations: Option<f64>,
    /// Agent actors alive.
    pub agents: Option<f64>,
    /// Conversations without a peer under way.
    pub lines: Option<f64>,
    /// File descriptors more than before the first caller.
    pub descriptors: Option<i64>,
    /// Threads more than before the first caller.
    pub threads: Option<i64>,
    /// Memory more than before the first caller, in MB.
    pub memory_mb: Option<f64>,
    /// How long it took until nothing was left, or until it was given up, in s.
    pub after_s: f64,
}

/// Waits until nothing is left that was not there before, and says what is.
pub async fn wait(watch: &Watch, before: &Sample) -> LeftBehind {
    let began = Instant::now();
    loop {
        let (footprint, scrape) = watch.look().await;
        let now = Sample::of(footprint, scrape.as_ref());
        let left = LeftBehind::between(before, &now, began.elapsed());
        if left.is_nothing() || began.elapsed() > PATIENCE {
            return left;
        }
        tokio::time::sleep(LOOKED_EVERY).await;
    }
}

impl LeftBehind {
    fn between(before: &Sample, now: &Sample, after: Duration) -> Self {
        let more = |now: Option<usize>, before: Option<usize>| {
            let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
            Some(number(now?) - number(before?))
        };
        Self {
            conversations: now.conversations,
            agents: now.agents,
            lines: now.lines,
            descriptors: more(now.descriptors, before.descriptors),
            threads: more(now.threads, before.threads),
            memory_mb: now.rss_mb.zip(before.rss_mb).map(|(now, before)| now - before),
            after_s: after.as_secs_f64(),
        }
    }

    /// Whether it is nothing, as far as could be seen.
    fn is_nothing(&self) -> bool {
        let none_alive = [self.conversations, self.agents, self.lines]
            .into_iter()
            .flatten()
            .all(|alive| alive == 0.0);
        none_alive && self.descriptors.is_none_or(|more| more <= POOL) && self.threads.is_none_or(|more| more <= 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(alive: f64, descriptors: usize, threads: usize) -> Sample {
        Sample {
            rss_mb: Some(50.0 + alive),
            descriptors: Some(descriptors),
            threads: Some(threads),
            conversations: Some(alive),
            agents: Some(0.0),
            lines: Some(0.0),
            ..Sample::default()
        }
    }

    #[test]
    fn actors_sockets_and_threads_that_stay_are_left_behind() {
        let before = sample(0.0, 20, 5);
        let left = |now| LeftBehind::between(&before, &now, Duration::from_secs(3));
        assert!(
            left(sample(0.0, 30, 5)).is_nothing(),
            "connections to the database stay open"
        );
        assert!(!left(sample(1.0, 20, 5)).is_nothing());
        assert!(!left(sample(0.0, 37, 5)).is_nothing());
        assert!(!left(sample(0.0, 20, 6)).is_nothing());
        let fewer = left(sample(2.0, 18, 4));
        assert_eq!(
            (fewer.conversations, fewer.descriptors, fewer.threads, fewer.memory_mb),
            (Some(2.0), Some(-2), Some(-1), Some(2.0))
        );
    }

    #[test]
    fn what_could_not_be_seen_has_no_figure() {
        let left = LeftBehind::between(&Sample::default(), &sample(0.0, 20, 5), Duration::ZERO);
        assert_eq!((left.descriptors, left.threads, left.memory_mb), (None, None, None));
    }
}
