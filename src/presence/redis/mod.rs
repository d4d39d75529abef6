//! Presence shared between nodes, in Redis.

pub mod boards;
mod complaints;
pub mod leases;
pub mod limits;
pub mod nodes;
pub mod sockets;
pub mod tickets;

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation};
use tokio::time::timeout;

use self::complaints::Complaints;
use super::{PresenceError, PresenceMetrics};

/// A connection to Redis that comes back by itself; clones share it.
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
    /// Milliseconds after `began` until which Redis is not asked for this use, since it took too long a moment ago.
    slow_until: Arc<AtomicU64>,
}

struct Inner {
    connection: ConnectionManager,
    prefix: String,
    metrics: PresenceMetrics,
    began: Instant,
    /// Milliseconds after `began` until which Redis is not asked at all, since it was away a moment ago.
    away_until: AtomicU64,
    complaints: Complaints,
}

/// Nobody waits longer than this for Redis.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long Redis is not asked after it was away or slow.
const PAUSE: Duration = Duration::from_secs(1);

impl Redis {
    /// Connects when it is first used. Every key begins with `prefix`.
    ///
    /// # Errors
    /// When the URL can't be understood.
    pub fn open(url: &str, prefix: &str, metrics: PresenceMetrics) -> Result<Self, PresenceError> {
        let refused = |error: RedisError| PresenceError::Refused(error.to_string());
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(0);
        let client = redis::Client::open(url).map_err(refused)?;
        Ok(Self {
            inner: Arc::new(Inner {
                connection: ConnectionManager::new_lazy_with_config(client, config).map_err(refused)?,
                prefix: prefix.to_owned(),
                metrics,
                began: Instant::now(),
                away_until: AtomicU64::new(0),
                complaints: Complaints::default(),
            }),
            slow_until: Arc::default(),
        })
    }

    /// The same for another use: what is too slow here is no reason not to ask there.
    pub fn for_another_use(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            slow_until: Arc::default(),
        }
    }

    /// The key of that name.
    pub fn key(&self, name: impl fmt::Display) -> String {
        format!("{}{name}", self.inner.prefix)
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), PresenceError> {
        self.command(redis::cmd("PING")).await
    }

    /// Runs a command.
    ///
    /// # Errors
    /// When Redis is away, or refuses it.
    pub async fn command<T: FromRedisValue>(&self, command: Cmd) -> Result<T, PresenceError> {
        let mut connection = self.inner.connection.clone();
        self.ask(async move { command.query_async(&mut connection).await })
            .await
    }

    /// Runs several commands, one after the other.
    ///
    /// # Errors
    /// When Redis is away, or refuses one.
    pub async fn pipeline<T: FromRedisValue>(&self, pipeline: Pipeline) -> Result<T, PresenceError> {
        let mut connection = self.inner.connection.clone();
        self.ask(async move { pipeline.query_async(&mut connection).await })
            .await
    }

    /// Runs a script.
    ///
    /// # Errors
    /// When Redis is away, or refuses it.
    pub async fn script<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, PresenceError> {
        let mut connection = self.inner.connection.clone();
        self.ask(async move { script.invoke_async(&mut connection).await })
            .await
    }

    /// Notes that something could not be shared, so that this node goes on by itself.
    pub(super) fn went_without(&self, used_for: &'static str, error: &PresenceError) {
        self.inner.metrics.failed(used_for);
        if self.inner.complaints.are_due(error, self.inner.began.elapsed()) {
            tracing::warn!(used_for, %error, "not shared with other nodes until Redis answers again");
        } else {
            tracing::debug!(used_for, %error, "not shared with other nodes");
        }
    }

    async fn ask<T>(&self, answer: impl Future<Output = RedisResult<T>>) -> Result<T, PresenceError> {
        let Inner { began, away_until, .. } = &*self.inner;
        let now = millis(began.elapsed());
        if [away_until, &*self.slow_until]
            .iter()
            .any(|until| now < until.load(Ordering::Relaxed))
        {
            return Err(PresenceError::Away("it did not answer a moment ago".to_owned()));
        }
        let (since, error) = match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => {
                if self.inner.complaints.end() {
                    tracing::info!("Redis is back: shared with other nodes again");
                }
                return Ok(answer);
            }
            // One script can keep it from answering another: that is no reason to go without it everywhere.
            Err(_) => (&*self.slow_until, "it takes too long".to_owned()),
            Ok(Err(error)) if error.is_timeout() => (&*self.slow_until, error.to_string()),
            Ok(Err(error)) if error.is_io_error() || error.is_unrecoverable_error() => (away_until, error.to_string()),
            Ok(Err(error)) => return Err(PresenceError::Refused(error.to_string())),
        };
        since.fetch_max(millis(began.elapsed() + PAUSE), Ordering::Relaxed);
        Err(PresenceError::Away(error))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis(prefix {:?})", self.inner.prefix)
    }
}
