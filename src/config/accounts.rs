//! Who may come in without signing up.

use std::fmt;

use super::{ConfigError, Environment, Secret};

/// Accounts made at start.
#[derive(Clone, Debug)]
pub struct AccountsConfig {
    /// `API_KEYS` \[none\]: `key:email` pairs; the users are made when absent.
    pub api_keys: Vec<ConfiguredKey>,
}

/// One entry of `API_KEYS`.
#[derive(Clone)]
pub struct ConfiguredKey {
    /// The key, any text.
    pub key: Secret,
    /// Whose it is, in lower case.
    pub email: String,
}

impl AccountsConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let expected = "a list of key:email pairs, such as s3cret:ann@example.com";
        let api_keys = environment.secret_list("API_KEYS", expected, |entry| {
            let (key, email) = entry.rsplit_once(':')?;
            let (local, domain) = email.split_once('@')?;
            let is_whole = !key.is_empty() && !local.is_empty() && !domain.is_empty();
            is_whole.then(|| ConfiguredKey {
                key: Secret::new(key),
                email: email.to_lowercase(),
            })
        })?;
        Ok(Self { api_keys })
    }
}

impl fmt::Debug for ConfiguredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfiguredKey({:?}:{})", self.key, self.email)
    }
}
