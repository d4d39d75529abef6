//! What all nodes know together: who has used up their share of requests, who works on what, and which node holds which
//! call. In this process alone unless `REDIS_URL` is set.
//!
//! | module | what lives there |
//! |---|---|
//! | [`gcra`] | the arithmetic of rate limits |
//! | [`limits`] | rate limits |
//! | [`sockets`] | connections that one address holds open |
//! | [`leases`] | work that only one may do at a time |
//! | [`boards`] | leaderboards |
//! | [`nodes`] | which node holds which live call |
//! | [`fleet`] | how nodes talk to each other |
//! | [`redis`] | the same, shared between nodes |
//!
//! Redis may go away at any time: then every node goes on by itself, says so, and comes back by itself.

pub mod boards;
pub mod fleet;
pub mod gcra;
pub mod leases;
pub mod limits;
pub mod nodes;
pub mod redis;
pub mod sockets;

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::config::PresenceConfig;
use boards::Boards;
use boards::local::LocalBoards;
use fleet::Fleet;
use leases::{Leases, LocalLeases};
use limits::{Limits, LocalLimits};
use nodes::{LocalNodes, Node, Nodes};
use redis::Redis;
use redis::sockets::RedisSockets;
use sockets::Sockets;

/// What is shared; clones share it.
#[derive(Clone)]
pub struct Presence {
    /// Rate limits.
    pub limits: Arc<dyn Limits>,
    /// Those of signing in, apart: however many others come, who guesses passwords is not forgotten for them.
    pub sign_ins: Arc<dyn Limits>,
    /// Connections that one address holds open.
    pub sockets: Sockets,
    /// Work that only one may do at a time.
    pub leases: Arc<dyn Leases>,
    /// Leaderboards.
    pub boards: Arc<dyn Boards>,
    /// Who holds which live call.
    pub nodes: Arc<dyn Nodes>,
    /// The other nodes, when there is a Redis to share with them.
    pub fleet: Option<Fleet>,
    /// The connection to Redis, when there is one.
    pub redis: Option<Redis>,
}

/// Why something could not be shared.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PresenceError {
    /// Redis did not answer, or only a moment ago did not.
    #[error("Redis is away: {0}")]
    Away(String),
    /// Redis answered something else than was asked.
    #[error("Redis refuses: {0}")]
    Refused(String),
}

/// What is counted about presence.
#[derive(Clone, Debug, Default)]
pub struct PresenceMetrics {
    failures: Family<UseLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UseLabels {
    used_for: &'static str,
}

impl PresenceMetrics {
    /// Adds them to a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.sub_registry_with_prefix("presence").register(
            "redis_failures",
            "Uses of Redis that failed, so that this node went on by itself",
            self.failures.clone(),
        );
    }

    fn failed(&self, used_for: &'static str) {
        self.failures.get_or_create(&UseLabels { used_for }).inc();
    }
}

impl Presence {
    /// Starts it. Must be called inside a tokio runtime that lives as long as the program.
    ///
    /// # Errors
    /// When `REDIS_URL` can't be understood. A Redis that is away is waited for.
    pub async fn start(config: &PresenceConfig, metrics: PresenceMetrics) -> Result<Self, PresenceError> {
        let here = Node::new(config.node_url.clone());
        let Some(url) = &config.redis_url else {
            return Ok(Self::local(here));
        };
        let redis = Redis::open(url.expose(), &config.redis_prefix, metrics)?;
        match redis.ping().await {
            Ok(()) => tracing::info!(node = here.id, "presence is shared through Redis"),
            Err(error) => tracing::warn!(%error, "Redis is away; this node goes on by itself until it is back"),
        }
        let nodes: Arc<dyn Nodes> = Arc::new(redis::nodes::RedisNodes::start(redis.for_another_use(), here));
        Ok(Self {
            limits: Arc::new(redis::limits::RedisLimits::new(redis.for_another_use())),
            sign_ins: Arc::new(redis::limits::RedisLimits::new(redis.for_another_use())),
            sockets: Sockets::shared(RedisSockets::start(redis.for_another_use())),
            leases: Arc::new(redis::leases::RedisLeases::new(redis.for_another_use())),
            boards: Arc::new(redis::boards::RedisBoards::new(redis.for_another_use())),
            fleet: Some(Fleet::new(redis.for_another_use(), Arc::clone(&nodes))),
            nodes,
            redis: Some(redis),
        })
    }

    /// One that shares nothing.
    pub fn local(here: Node) -> Self {
        Self {
            limits: Arc::new(LocalLimits::default()),
            sign_ins: Arc::new(LocalLimits::default()),
            sockets: Sockets::default(),
            leases: Arc::new(LocalLeases::default()),
            boards: Arc::new(LocalBoards::default()),
            nodes: Arc::new(LocalNodes::new(here)),
            fleet: None,
            redis: None,
        }
    }
}
