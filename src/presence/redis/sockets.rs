//! How many connections one address holds open at all nodes together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::Script;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::Redis;
use crate::presence::PresenceError;

/// Connections in Redis. `sockets:{address}` holds a name for each, which ends by itself unless its node says again and again
/// that it is open: what a node held that died is soon free.
#[derive(Debug)]
pub struct RedisSockets {
    redis: Redis,
    held: Arc<Mutex<HashMap<String, IpAddr>>>,
    task: JoinHandle<()>,
}

/// Counts one more, unless there are as many as there may be. Arguments: its name, the most, milliseconds.
static OPEN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
        redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return 1
        ",
    )
});

/// Says again that one is open. Arguments: its name, milliseconds.
static KEEP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        ",
    )
});

/// How often a node says what it holds.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// After how long a connection of which nobody says anything is taken for closed.
const LIFETIME: Duration = Duration::from_secs(35);

impl RedisSockets {
    /// Counts in that Redis from now on. Must be called inside a tokio runtime.
    pub fn start(redis: Redis) -> Self {
        let held = Arc::default();
        let task = tokio::spawn(keep(redis.clone(), Arc::clone(&held)));
        Self { redis, held, task }
    }

    /// Counts one more connection of an address, and gives its name; none if it has `most` already.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn open(&self, address: IpAddr, most: usize) -> Result<Option<String>, PresenceError> {
        let name = Uuid::new_v4().simple().to_string();
        let mut call = OPEN.key(key(&self.redis, address));
        call.arg(&name).arg(most).arg(LIFETIME.as_millis() as u64);
        if self.redis.script::<i64>(&call).await? == 0 {
            return Ok(None);
        }
        lock(&self.held).insert(name.clone(), address);
        Ok(Some(name))
    }

    /// It is closed.
    pub fn close(&self, name: &str) {
        let Some(address) = lock(&self.held).remove(name) else {
            return;
        };
        let redis = self.redis.clone();
        let mut command = redis::cmd("ZREM");
        command.arg(key(&redis, address)).arg(name);
        // At the very end of the program there is nothing to run it on; then it ends by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = redis.command::<i64>(command).await {
                    redis.went_without("sockets", &error);
                }
            });
        }
    }

    /// Notes that something could not be counted together.
    pub(in crate::presence) fn went_without(&self, error: &PresenceError) {
        self.redis.went_without("sockets", error);
    }
}

impl Drop for RedisSockets {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep(redis: Redis, held: Arc<Mutex<HashMap<String, IpAddr>>>) {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        heartbeat.tick().await;
        let open: Vec<(String, IpAddr)> = lock(&held)
            .iter()
            .map(|(name, address)| (name.clone(), *address))
            .collect();
        for (name, address) in open {
            let mut call = KEEP.key(key(&redis, address));
            call.arg(&name).arg(LIFETIME.as_millis() as u64);
            if let Err(error) = redis.script::<i64>(&call).await {
                redis.went_without("sockets", &error);
                break;
            }
            if !lock(&held).contains_key(&name) {
                // It was closed in between, and must not be counted until it ends by itself.
                let mut command = redis::cmd("ZREM");
                command.arg(key(&redis, address)).arg(&name);
                let _ = redis.command::<i64>(command).await;
            }
        }
    }
}

fn key(redis: &Redis, address: IpAddr) -> String {
    redis.key(format_args!("sockets:{address}"))
}

fn lock(held: &Mutex<HashMap<String, IpAddr>>) -> MutexGuard<'_, HashMap<String, IpAddr>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
