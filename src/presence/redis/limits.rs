//! Rate limits that all nodes count together, by the clock of Redis.

use std::sync::LazyLock;

use async_trait::async_trait;
use redis::Script;

use super::Redis;
use crate::presence::PresenceError;
use crate::presence::gcra::Window;
use crate::presence::limits::{Decision, Limits, LocalLimits, MAX_WINDOWS};

/// Limits in Redis; while it is away, each node counts by itself.
#[derive(Debug)]
pub struct RedisLimits {
    redis: Redis,
    local: LocalLimits,
}

/// The arithmetic of [`gcra`](crate::presence::gcra), for all windows or none. Arguments: interval in microseconds and
/// capacity of each key. Answers whether it is allowed, the time, and when each bucket is empty, in microseconds.
static SPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local answer = {1, now}
        local filled = {}
        for i, key in ipairs(KEYS) do
            local interval, capacity = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
            local empty_at = math.max(tonumber(redis.call('GET', key) or now), now)
            filled[i] = empty_at + interval
            answer[i + 2] = empty_at
            if filled[i] - now > interval * capacity then answer[1] = 0 end
        end
        if answer[1] == 1 then
            for i, key in ipairs(KEYS) do
                local lasts = math.ceil((filled[i] - now) / 1000)
                redis.call('SET', key, string.format('%.0f', filled[i]), 'PX', string.format('%.0f', lasts))
                answer[i + 2] = filled[i]
            end
        end
        return answer
        ",
    )
});

impl RedisLimits {
    /// Limits in that Redis.
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            local: LocalLimits::default(),
        }
    }

    async fn spend_together(&self, key: &str, windows: &[Window]) -> Result<Decision, PresenceError> {
        let mut call = SPEND.prepare_invoke();
        for window in windows {
            // The braces keep all keys of one script on one node of a cluster.
            call.key(self.redis.key(format_args!("limit:{{{key}}}:{}", window.name)));
            call.arg(window.interval_micros()).arg(window.capacity);
        }
        let answer: Vec<i64> = self.redis.script(&call).await?;
        match answer.as_slice() {
            [allowed, now, buckets @ ..] if buckets.len() == windows.len() => {
                Ok(Decision::of(*allowed == 1, windows, buckets, *now))
            }
            _ => Err(PresenceError::Refused(format!("{answer:?} is no answer"))),
        }
    }
}

#[async_trait]
impl Limits for RedisLimits {
    async fn spend(&self, key: &str, windows: &[Window]) -> Decision {
        let windows = &windows[..windows.len().min(MAX_WINDOWS)];
        match self.spend_together(key, windows).await {
            Ok(decision) => decision,
            Err(error) => {
                self.redis.went_without("limits", &error);
                self.local.spend(key, windows).await
            }
        }
    }
}
