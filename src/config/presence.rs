//! What several nodes share, and how they find each other.

use super::{ConfigError, Environment, Secret};

/// Presence: in this process alone, or in Redis.
#[derive(Clone, Debug)]
pub struct PresenceConfig {
    /// `REDIS_URL` \[none: nothing is shared\]: `redis://[user:password@]host:port[/db]`, or `redis+unix:///path`.
    pub redis_url: Option<Secret>,
    /// `REDIS_PREFIX` \[`colloquy:`\]: begins every key, so that several installations may share a Redis.
    pub redis_prefix: String,
    /// `NODE_URL` \[none\]: how other nodes reach this one, without a slash at the end.
    pub node_url: Option<String>,
}

impl PresenceConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            redis_url: environment.optional(
                "REDIS_URL",
                None,
                "a URL such as redis://user:password@localhost:6379/0",
                |text| {
                    let is_known = ["redis://", "redis+unix:///", "unix:///"]
                        .iter()
                        .any(|scheme| text.starts_with(scheme));
                    (is_known && redis::Client::open(text).is_ok()).then(|| Secret::new(text))
                },
            )?,
            redis_prefix: environment.required(
                "REDIS_PREFIX",
                "colloquy:",
                "a text of at most 64 letters",
                |text| (text.len() <= 64 && !text.contains(['{', '}', ' '])).then(|| text.to_owned()),
            )?,
            node_url: environment.optional("NODE_URL", None, "a URL that starts with http:// or https://", |text| {
                super::http::is_web_url(text).then(|| text.trim_end_matches('/').to_owned())
            })?,
        })
    }
}
