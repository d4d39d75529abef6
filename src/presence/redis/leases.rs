//! Leases that hold on all nodes.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use redis::Script;

use super::Redis;
use crate::presence::PresenceError;
use crate::presence::leases::{Leases, LocalLeases};

/// Leases in Redis. Each is taken in this process, too, so that it holds here at least when Redis goes away.
#[derive(Debug)]
pub struct RedisLeases {
    redis: Redis,
    local: LocalLeases,
}

/// Takes or prolongs. Arguments: holder, milliseconds.
static ACQUIRE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        ",
    )
});

/// Deletes what is still the holder's own. Argument: holder.
pub(super) static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

impl RedisLeases {
    /// Leases in that Redis.
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            local: LocalLeases::default(),
        }
    }

    fn key(&self, key: &str) -> String {
        self.redis.key(format_args!("lease:{key}"))
    }
}

#[async_trait]
impl Leases for RedisLeases {
    async fn acquire(&self, key: &str, holder: &str, lifetime: Duration) -> Result<bool, PresenceError> {
        if !self.local.take(key, holder, lifetime, Instant::now()) {
            return Ok(false);
        }
        let mut call = ACQUIRE.key(self.key(key));
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX / 4).max(1);
        match self.redis.script::<i64>(call.arg(holder).arg(millis)).await {
            Ok(1) => Ok(true),
            Ok(_) => {
                self.local.give_back(key, holder);
                Ok(false)
            }
            Err(error @ PresenceError::Away(_)) => {
                self.redis.went_without("leases", &error);
                Ok(true)
            }
            Err(error) => {
                self.local.give_back(key, holder);
                Err(error)
            }
        }
    }

    async fn release(&self, key: &str, holder: &str) -> Result<(), PresenceError> {
        self.local.give_back(key, holder);
        let mut call = RELEASE.key(self.key(key));
        match self.redis.script::<i64>(call.arg(holder)).await {
            Ok(_) => Ok(()),
            Err(error) => {
                self.redis.went_without("leases", &error);
                Err(error)
            }
        }
    }
}
