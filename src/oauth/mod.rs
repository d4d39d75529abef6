//! The authorization server: applications ask people to let them in (OAuth 2.0 as RFC 9700 asks: authorization code with PKCE
//! for everyone, exact redirects, one-time codes, rotating refresh tokens).
//!
//! | module | what lives there |
//! |---|---|
//! | [`client`] | applications: registered, and recognised by their secrets |
//! | [`redirect_uri`], [`pkce`] | where people are sent back to; who fetches the code is who asked for it |
//! | [`authorization`] | what an application asks for, checked |
//! | [`issue`] | codes, tokens, and how they end |
//! | [`metadata`] | what other programs should know about it (RFC 8414) |

pub mod authorization;
pub mod client;
pub mod issue;
pub mod metadata;
pub mod parameters;
pub mod pkce;
pub mod redirect_uri;

use crate::accounts::proven::Proven;
use crate::accounts::token::Tokens;
use crate::storage::{Database, StorageError};

/// Lets applications in; clones share it.
#[derive(Clone, Debug)]
pub struct AuthorizationServer {
    database: Database,
    tokens: Tokens,
    proven: Proven,
}

impl AuthorizationServer {
    /// One that keeps grants in a database, with tokens signed by those keys.
    pub fn new(database: Database, tokens: Tokens) -> Self {
        Self {
            database,
            tokens,
            proven: Proven::default(),
        }
    }
}

/// Why an application gets no token (RFC 6749 section 5.2).
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// Something is missing, there twice, or makes no sense.
    #[error("{0}")]
    InvalidRequest(String),
    /// No such application, or not with that secret.
    #[error("the client is unknown, or its secret is wrong")]
    InvalidClient,
    /// The code or refresh token is void, or another's.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// The application may not do that.
    #[error("{0}")]
    UnauthorizedClient(&'static str),
    /// There is no such way to a token.
    #[error("the grant type is neither authorization_code nor refresh_token")]
    UnsupportedGrantType,
    /// More than was allowed.
    #[error("{0}")]
    InvalidScope(String),
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The key can't sign.
    #[error("a token can't be signed: {0}")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

impl OAuthError {
    /// What programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope(_) => "invalid_scope",
            Self::Storage(_) | Self::Signing(_) => "server_error",
        }
    }
}

#[cfg(test)]
mod tests;
