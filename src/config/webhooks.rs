//! Where webhooks may go.

use ipnet::IpNet;

use super::http::networks;
use super::{ConfigError, Environment};

/// Webhooks.
#[derive(Clone, Debug, Default)]
pub struct WebhooksConfig {
    /// `WEBHOOK_ALLOW` \[none\]: networks that webhooks may be sent to although they are not public, over plain HTTP, too.
    pub allow: Vec<IpNet>,
}

impl WebhooksConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            allow: networks(environment, "WEBHOOK_ALLOW")?,
        })
    }
}
