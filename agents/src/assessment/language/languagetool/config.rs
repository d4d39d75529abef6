//! Settings of LanguageTool.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::AUTHORIZATION;

use super::NAME;
use crate::http::{self, Credential, Provider, Timeouts};
use crate::secret::Secret;

/// Where a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageToolConfig {
    /// `LANGUAGETOOL_URL`, such as `http://localhost:8010` or `http://localhost:8010/v2`.
    pub base_url: Url,
    /// How long it is waited for; a [`Checker`](crate::assessment::language::Checker) waits less by itself.
    pub timeouts: Timeouts,
}

impl LanguageToolConfig {
    /// A server at this address; `None` if it is none, or has a user or a query in it.
    pub fn new(base_url: &str) -> Option<Self> {
        Some(Self {
            base_url: http::base_url(base_url)?,
            timeouts: Timeouts {
                connect: Duration::from_secs(1),
                idle: Duration::from_secs(3),
                whole: Duration::from_secs(3),
            },
        })
    }
}

impl Provider for LanguageToolConfig {
    fn name(&self) -> &'static str {
        NAME
    }

    fn base_url(&self) -> &Url {
        &self.base_url
    }

    fn key(&self) -> Option<&Secret> {
        None
    }

    fn credential(&self) -> Credential {
        Credential {
            header: AUTHORIZATION,
            prefix: "",
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }
}
