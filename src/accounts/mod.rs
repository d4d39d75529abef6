//! Who someone is: tokens, API keys, guests.

pub mod api_keys;
pub mod scope;
pub mod signing_key;
pub mod token;

use std::time::Duration;

use crate::clock::Timestamp;
use crate::config::AccountsConfig;
use crate::storage::users::User;
use crate::storage::{Database, StorageError};
use scope::{Scope, Scopes};
use token::Tokens;

/// Knows everyone.
#[derive(Clone, Debug)]
pub struct Accounts {
    database: Database,
    tokens: Tokens,
}

/// Whoever a request comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// The person.
    pub user: User,
    /// How they showed it.
    pub credential: Credential,
    /// What that may be used for.
    pub scopes: Scopes,
}

impl Principal {
    /// Refuses what the credential is not good for.
    ///
    /// # Errors
    /// [`MissingScope`], when it lacks that scope.
    pub fn require(&self, scope: Scope) -> Result<(), MissingScope> {
        self.scopes.contains(scope).then_some(()).ok_or(MissingScope(scope))
    }
}

/// A credential is not good for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credential lacks the scope {}", .0.as_str())]
pub struct MissingScope(pub Scope);

/// How someone showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// By a token that this program signed.
    Token,
    /// By an API key.
    ApiKey,
}

/// What a new guest gets.
#[derive(Clone, Debug)]
pub struct GuestPass {
    /// The guest.
    pub user: User,
    /// Their token.
    pub access_token: String,
    /// How long it is good for.
    pub lifetime: Duration,
}

/// Why someone was not let in.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not, or no longer, a credential of anyone.
    #[error("the credential is not valid")]
    UnknownCredential,
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The key can't sign.
    #[error("a token can't be signed: {0}")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

/// How long a guest's token is good for.
pub const GUEST_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How exactly it is kept when someone was last seen.
const SEEN_EVERY: Duration = Duration::from_secs(5 * 60);

impl Accounts {
    /// Accounts in a database, with tokens signed by a key.
    pub fn new(database: Database, tokens: Tokens) -> Self {
        Self { database, tokens }
    }

    /// Makes the users and keys of the configuration.
    pub async fn configure(&self, config: &AccountsConfig, now: Timestamp) -> Result<(), StorageError> {
        let mut keys = Vec::with_capacity(config.api_keys.len());
        for configured in &config.api_keys {
            self.database
                .add_user(&User::with_email(&configured.email, now))
                .await?;
            if let Some(user) = self.database.user_with_email(&configured.email).await? {
                keys.push(api_keys::configured(&configured.key, user.id));
            }
        }
        self.database.replace_configured_keys(&keys, now).await
    }

    /// Lets a visitor in.
    pub async fn admit_guest(&self, now: Timestamp) -> Result<GuestPass, AccountError> {
        let user = User::guest(now);
        let access_token = self
            .tokens
            .issue(&user.id, GUEST_LIFETIME, now)
            .map_err(AccountError::Signing)?;
        self.database.add_user(&user).await?;
        Ok(GuestPass {
            user,
            access_token,
            lifetime: GUEST_LIFETIME,
        })
    }

    /// Tells whose a Bearer credential is: a token's, or an API key's.
    pub async fn authenticate(&self, bearer: &str, now: Timestamp) -> Result<Principal, AccountError> {
        let (user_id, credential) = match self.tokens.verify(bearer, now) {
            Some(user_id) => (user_id, Credential::Token),
            None => {
                let hash = api_keys::hash(bearer);
                let stored = self.database.api_key(&hash).await?;
                let stored = stored.filter(|stored| api_keys::is_same(&stored.hash, &hash));
                (
                    stored.ok_or(AccountError::UnknownCredential)?.user_id,
                    Credential::ApiKey,
                )
            }
        };
        let user = self
            .database
            .user(&user_id)
            .await?
            .ok_or(AccountError::UnknownCredential)?;
        if now.since(user.last_active) > SEEN_EVERY {
            self.database.touch_user(&user.id, now).await?;
        }
        Ok(Principal {
            user,
            credential,
            scopes: Scopes::PERSONAL,
        })
    }
}

#[cfg(test)]
mod tests;
