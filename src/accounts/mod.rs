//! Who someone is, and what they may do: guests, users, organisations, their tokens and keys.
//!
//! | module | what lives there |
//! |---|---|
//! | [`scope`] | what a credential may be used for |
//! | [`token`], [`signing_key`], [`key_ring`] | access tokens, and the keys that sign them |
//! | `verified` | tokens whose signature was checked already |
//! | [`opaque`], [`api_keys`] | secrets that are stored as hashes; API keys |
//! | [`guests`] | visitors, and how they become users |
//! | [`browser`], [`passwords`], [`email`], [`throttle`] | people who sign up and sign in |
//! | [`proven`] | secrets that were right lately, so that limits tell guesses from them |
//! | [`organisations`] | teams, schools, companies, and whose things their keys may read |
//! | [`applications`] | what a person has let in |
//! | [`departure`], [`archive`] | people who go, or take their things along |
//! | [`upkeep`] | what is done every now and then |

pub mod api_keys;
pub mod applications;
pub mod archive;
pub mod browser;
pub mod departure;
pub mod email;
pub mod guests;
pub mod key_ring;
pub mod opaque;
pub mod organisations;
pub mod passwords;
pub mod proven;
pub mod scope;
pub mod signing_key;
pub mod throttle;
pub mod token;
pub mod upkeep;
mod verified;

use std::io;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::config::AccountsConfig;
use crate::ids::{ApiKeyId, ClientId, GrantId, OrganisationId};
use crate::storage::transcript::State;
use crate::storage::users::{Role, User, UserKind};
use crate::storage::{Database, StorageError};
use passwords::Passwords;
use proven::Proven;
use scope::{Scope, Scopes};
use throttle::Throttle;
use token::{AccessToken, Tokens};

/// Knows everyone; clones share it.
#[derive(Clone, Debug)]
pub struct Accounts {
    database: Database,
    tokens: Tokens,
    passwords: Passwords,
    proven: Proven,
    throttle: Throttle,
}

/// Whoever a request comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// The person; of an organisation's key, the account of the organisation.
    pub user: User,
    /// How they showed it.
    pub credential: Credential,
    /// What that may be used for.
    pub scopes: Scopes,
    /// The organisation whose key it is.
    pub organisation: Option<OrganisationId>,
    /// Of a key that an application made: what that application was allowed.
    pub maker: Option<GrantId>,
}

impl Principal {
    /// Refuses what the credential is not good for.
    ///
    /// # Errors
    /// [`MissingScope`], when it lacks that scope.
    pub fn require(&self, scope: Scope) -> Result<(), MissingScope> {
        self.scopes.contains(scope).then_some(()).ok_or(MissingScope(scope))
    }

    /// What the application was allowed that acts here: by its token, or by a key that it made.
    pub fn application(&self) -> Option<&GrantId> {
        match &self.credential {
            Credential::Application { grant, .. } => Some(grant),
            _ => self.maker.as_ref(),
        }
    }

    /// Refuses applications, with their tokens and with keys that they made.
    ///
    /// # Errors
    /// [`AccountError::Forbidden`].
    pub fn require_no_application(&self) -> Result<(), AccountError> {
        match self.application() {
            None => Ok(()),
            Some(_) => Err(AccountError::Forbidden("applications may not do that")),
        }
    }

    /// Refuses guests.
    ///
    /// # Errors
    /// [`AccountError::Forbidden`], when there is no account.
    pub fn require_account(&self) -> Result<(), AccountError> {
        match self.user.kind {
            UserKind::User => Ok(()),
            UserKind::Guest => Err(AccountError::Forbidden("this needs an account; guests have none")),
        }
    }
}

/// A credential is not good for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credential lacks the scope {}", .0.as_str())]
pub struct MissingScope(pub Scope);

/// How someone showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// By the token of a guest.
    Guest,
    /// By the token of a browser that is signed in: one of our own pages asks.
    Session {
        /// What dies when they sign out.
        grant: GrantId,
        /// When they last typed their password.
        signed_in_at: Timestamp,
    },
    /// By the token of an application that the person has let in.
    Application {
        /// What they allowed.
        grant: GrantId,
        /// The application.
        client: ClientId,
    },
    /// By an API key.
    ApiKey(ApiKeyId),
}

/// Why someone was not let in, or not served.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not, or no longer, a credential of anyone.
    #[error("the credential is not valid")]
    UnknownCredential,
    /// Not good for that.
    #[error(transparent)]
    MissingScope(#[from] MissingScope),
    /// Nobody of their kind may do that.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Nothing there, or nothing that they may know of.
    #[error("{0}")]
    NotFound(&'static str),
    /// As things are, that would do harm.
    #[error("{0}")]
    Conflict(String),
    /// A value that is not allowed: which, and why.
    #[error("{0} {1}")]
    Invalid(&'static str, String),
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Files of sound can't be read or removed.
    #[error("files of sound can't be read or removed: {0}")]
    Files(#[from] io::Error),
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
        Self {
            database,
            tokens,
            passwords: Passwords::default(),
            proven: Proven::default(),
            throttle: Throttle::default(),
        }
    }

    /// Makes the users and keys of the configuration.
    ///
    /// # Errors
    /// When storage can't be written.
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

    /// Tells whose a Bearer credential is: a token's, or an API key's. Whichever it is, one lookup tells that it still counts.
    ///
    /// # Errors
    /// When it is nobody's, or nobody can look.
    pub async fn authenticate(&self, bearer: &str, now: Timestamp) -> Result<Principal, AccountError> {
        let (principal, _) = self.authenticate_asking(bearer, None, now).await?;
        Ok(principal)
    }

    /// The same, and by the same lookup whether a conversation of theirs is in that state.
    ///
    /// # Errors
    /// When it is nobody's, or nobody can look.
    pub async fn authenticate_asking(
        &self,
        bearer: &str,
        state: Option<State<'_>>,
        now: Timestamp,
    ) -> Result<(Principal, bool), AccountError> {
        let found = match self.tokens.verify(bearer, now) {
            Some(token) => self.bearer_of_token(token, state).await?,
            None => self.bearer_of_key(bearer, state, now).await?,
        };
        let Some((mut principal, is_at)) = found else {
            self.proven.forget(bearer);
            return Err(AccountError::UnknownCredential);
        };
        self.proven.remember(bearer);
        if principal.user.role != Role::Admin {
            principal.scopes = principal.scopes.and(Scopes::PERSONAL);
        }
        if now.since(principal.user.last_active) > SEEN_EVERY {
            self.database.touch_user(&principal.user.id, now).await?;
        }
        Ok((principal, is_at))
    }

    /// What slows down the guessing of passwords.
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// Whether a credential may be somebody's guess: neither signed here nor right when it was last shown.
    pub fn is_guess(&self, bearer: &str, now: Timestamp) -> bool {
        !self.proven.contains(bearer) && self.tokens.verify(bearer, now).is_none()
    }

    /// Whether a browser that shows this cookie was signed in with it when it last came.
    pub fn is_known_cookie(&self, cookie: &str) -> bool {
        self.proven.contains(cookie)
    }

    async fn bearer_of_token(
        &self,
        token: AccessToken,
        state: Option<State<'_>>,
    ) -> Result<Option<(Principal, bool)>, StorageError> {
        let AccessToken {
            user_id, grant, scopes, ..
        } = token;
        let (found, credential) = match grant {
            Some(token::Granted {
                id,
                client,
                signed_in_at,
            }) => {
                let found = self.database.user_of_grant(&user_id, &id, state).await?;
                let credential = match client {
                    Some(client) => Credential::Application { grant: id, client },
                    None => Credential::Session {
                        grant: id,
                        signed_in_at,
                    },
                };
                (found, credential)
            }
            None => {
                let found = self.database.user_asking(&user_id, state).await?;
                // Whoever was claimed is someone else now.
                (found.filter(|(user, _)| user.claimed_by.is_none()), Credential::Guest)
            }
        };
        Ok(found.map(|(user, is_at)| {
            let principal = Principal {
                user,
                credential,
                scopes,
                organisation: None,
                maker: None,
            };
            (principal, is_at)
        }))
    }

    async fn bearer_of_key(
        &self,
        bearer: &str,
        state: Option<State<'_>>,
        now: Timestamp,
    ) -> Result<Option<(Principal, bool)>, StorageError> {
        let hash = opaque::hash(bearer);
        let found = self.database.key_holder(&hash, state, now).await?;
        let found = found.filter(|(holder, _)| opaque::is_same(&holder.hash, &hash));
        Ok(found.map(|(holder, is_at)| {
            let principal = Principal {
                user: holder.user,
                credential: Credential::ApiKey(holder.key_id),
                scopes: holder.scopes,
                organisation: holder.organisation_id,
                maker: holder.grant_id,
            };
            (principal, is_at)
        }))
    }
}

#[cfg(test)]
mod tests;
