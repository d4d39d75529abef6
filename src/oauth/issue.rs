//! Codes and tokens: made, exchanged, told about, and ended. A code or a refresh token that comes twice was stolen from
//! someone: everything that came of it is void (RFC 9700 sections 2.1.1 and 4.14.2).

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::authorization::{AuthorizationRequest, Redirected};
use super::{AuthorizationServer, OAuthError, pkce};
use crate::accounts::browser::{BrowserSession, scopes_of};
use crate::accounts::opaque;
use crate::accounts::scope::Scopes;
use crate::accounts::token::{AccessToken, Granted};
use crate::clock::Timestamp;
use crate::ids::GrantId;
use crate::storage::StorageError;
use crate::storage::clients::Client;
use crate::storage::grants::{AuthorizationCode, Grant, NewRefreshToken, RefreshToken};

/// The answer of the token endpoint (RFC 6749 section 5.1).
#[derive(Clone, Serialize)]
pub struct TokenResponse {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    scope: String,
}

/// How long a code is good for.
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// How long an access token is good for.
pub const ACCESS_LIFETIME: Duration = Duration::from_secs(3600);

/// How long a refresh token that nobody uses is good for.
pub const REFRESH_LIFETIME: Duration = Duration::from_secs(60 * 24 * 60 * 60);

impl AuthorizationServer {
    /// Lets an application in on behalf of who is signed in; gives the code that it fetches its tokens with.
    ///
    /// # Errors
    /// When nothing could be written; the inner error when the person may not do what they would allow.
    pub async fn allow(
        &self,
        request: &AuthorizationRequest,
        session: &BrowserSession,
        now: Timestamp,
    ) -> Result<Result<String, Redirected>, StorageError> {
        if request.scopes.and(scopes_of(&session.user)) != request.scopes {
            let refusal = request.refused("invalid_scope", "the person may not do all of this themselves");
            return Ok(Err(refusal));
        }
        let code = opaque::random::<32>("");
        let grant = Grant {
            id: GrantId::new(),
            user_id: session.user.id.clone(),
            client_id: Some(request.client.id.clone()),
            scopes: request.scopes,
            signed_in_at: session.signed_in_at,
            created_at: now,
            revoked_at: None,
        };
        tracing::info!(user_id = %grant.user_id, client_id = %request.client.id, scopes = %grant.scopes, "client let in");
        self.database
            .add_authorization_code(&AuthorizationCode {
                hash: opaque::hash(&code),
                grant,
                redirect_uri: request.redirect_uri.clone(),
                code_challenge: request.code_challenge.clone(),
                expires_at: now.plus(CODE_LIFETIME),
                is_used: false,
            })
            .await?;
        Ok(Ok(code))
    }

    /// Exchanges a code for tokens, once, and only for who asked for it.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn exchange(
        &self,
        client: &Client,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<TokenResponse, OAuthError> {
        let code = self.database.authorization_code(&opaque::hash(code)).await?;
        let code = code
            .filter(|code| code.grant.client_id.as_ref() == Some(&client.id))
            .ok_or(OAuthError::InvalidGrant(UNKNOWN_CODE))?;
        if code.is_used {
            return Err(self.stolen(&code.grant, UNKNOWN_CODE, now).await?);
        }
        if code.grant.revoked_at.is_some() || code.expires_at <= now {
            return Err(OAuthError::InvalidGrant(UNKNOWN_CODE));
        }
        if code.redirect_uri != redirect_uri {
            return Err(OAuthError::InvalidGrant("the code was sent to another redirect_uri"));
        }
        if !pkce::is_met(&code.code_challenge, verifier) {
            return Err(OAuthError::InvalidGrant(
                "code_verifier does not fit the code_challenge",
            ));
        }
        let (secret, refresh) = new_refresh_token(now);
        if !self.database.use_authorization_code(&code, &refresh).await? {
            return Err(self.stolen(&code.grant, UNKNOWN_CODE, now).await?);
        }
        self.respond(&code.grant, code.grant.scopes, secret, issuer, now)
    }

    /// Exchanges a refresh token for new tokens, once. With `scopes`, the access token is good for less.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn refresh(
        &self,
        client: &Client,
        token: &str,
        scopes: Option<&str>,
        issuer: &str,
        now: Timestamp,
    ) -> Result<TokenResponse, OAuthError> {
        let token = self.own_refresh_token(client, token).await?;
        let token = token.ok_or(OAuthError::InvalidGrant(UNKNOWN_TOKEN))?;
        if token.is_used {
            return Err(self.stolen(&token.grant, UNKNOWN_TOKEN, now).await?);
        }
        if !is_alive(&token, now) {
            return Err(OAuthError::InvalidGrant(UNKNOWN_TOKEN));
        }
        let granted = token.grant.scopes;
        let asked = scopes.map_or(Ok(granted), Scopes::parse);
        let scopes = asked.map_err(|scope| OAuthError::InvalidScope(format!("there is no scope {scope:?}")))?;
        let scopes = if scopes.is_empty() { granted } else { scopes };
        if scopes.and(granted) != scopes {
            let wider = "the person has not allowed all of these scopes";
            return Err(OAuthError::InvalidScope(wider.to_owned()));
        }
        let (secret, refresh) = new_refresh_token(now);
        if !self.database.rotate_refresh_token(&token, &refresh).await? {
            return Err(self.stolen(&token.grant, UNKNOWN_TOKEN, now).await?);
        }
        self.respond(&token.grant, scopes, secret, issuer, now)
    }

    /// Ends what a token came of, if it is a token of that application (RFC 7009). What is no token is ended already.
    ///
    /// # Errors
    /// When it is another application's, or nothing could be written.
    pub async fn revoke(&self, client: &Client, token: &str, now: Timestamp) -> Result<(), OAuthError> {
        let others = OAuthError::UnauthorizedClient("the token is another client's");
        let grant = if let Some(token) = self.tokens.verify(token, now) {
            let Some(granted) = token.grant else {
                return Err(others);
            };
            if granted.client.as_ref() != Some(&client.id) {
                return Err(others);
            }
            granted.id
        } else {
            match self.database.refresh_token(&opaque::hash(token)).await? {
                None => return Ok(()),
                Some(token) if token.grant.client_id.as_ref() == Some(&client.id) => token.grant.id,
                Some(_) => return Err(others),
            }
        };
        tracing::info!(grant_id = %grant, client_id = %client.id, "client gave up what it was allowed");
        Ok(self.database.revoke_grant(&grant, now).await?)
    }

    /// What a token of that application is good for (RFC 7662). Of others' tokens nothing is told.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn introspect(
        &self,
        client: &Client,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Value, OAuthError> {
        let inactive = json!({ "active": false });
        if let Some(token) = self.tokens.verify(token, now) {
            let Some(granted) = token
                .grant
                .filter(|granted| granted.client.as_ref() == Some(&client.id))
            else {
                return Ok(inactive);
            };
            let found = self.database.user_of_grant(&token.user_id, &granted.id, None).await?;
            return Ok(found.map_or(inactive, |(user, _)| {
                json!({
                    "active": true,
                    "token_type": "Bearer",
                    "iss": issuer,
                    "aud": issuer,
                    "sub": user.id,
                    "username": user.email,
                    "client_id": client.id,
                    "scope": token.scopes.and(scopes_of(&user)).to_string(),
                    "jti": token.id,
                    "iat": seconds(token.issued_at),
                    "exp": seconds(token.expires_at),
                    "auth_time": seconds(granted.signed_in_at),
                })
            }));
        }
        let token = self.own_refresh_token(client, token).await?;
        let alive = token.filter(|token| !token.is_used && is_alive(token, now));
        Ok(alive.map_or(inactive, |token| {
            json!({
                "active": true,
                "iss": issuer,
                "sub": token.grant.user_id,
                "client_id": client.id,
                "scope": token.grant.scopes.to_string(),
                "iat": seconds(token.created_at),
                "exp": seconds(token.expires_at),
            })
        }))
    }

    async fn own_refresh_token(&self, client: &Client, token: &str) -> Result<Option<RefreshToken>, StorageError> {
        let token = self.database.refresh_token(&opaque::hash(token)).await?;
        Ok(token.filter(|token| token.grant.client_id.as_ref() == Some(&client.id)))
    }

    /// Makes everything void that came of something which was used twice.
    async fn stolen(&self, grant: &Grant, reason: &'static str, now: Timestamp) -> Result<OAuthError, StorageError> {
        if grant.revoked_at.is_none() {
            tracing::warn!(grant_id = %grant.id, user_id = %grant.user_id, "a code or refresh token came twice; its tokens are void");
            self.database.revoke_grant(&grant.id, now).await?;
        }
        Ok(OAuthError::InvalidGrant(reason))
    }

    fn respond(
        &self,
        grant: &Grant,
        scopes: Scopes,
        refresh_token: String,
        issuer: &str,
        now: Timestamp,
    ) -> Result<TokenResponse, OAuthError> {
        let granted = Granted {
            id: grant.id.clone(),
            client: grant.client_id.clone(),
            signed_in_at: grant.signed_in_at,
        };
        let token = AccessToken::new(grant.user_id.clone(), Some(granted), scopes, ACCESS_LIFETIME, now);
        Ok(TokenResponse {
            access_token: self.tokens.sign(&token, issuer).map_err(OAuthError::Signing)?,
            refresh_token,
            token_type: "Bearer",
            expires_in: ACCESS_LIFETIME.as_secs(),
            scope: scopes.to_string(),
        })
    }
}

const UNKNOWN_CODE: &str = "the code is unknown, expired or used";
const UNKNOWN_TOKEN: &str = "the refresh token is unknown, expired, used or revoked";

fn is_alive(token: &RefreshToken, now: Timestamp) -> bool {
    token.grant.revoked_at.is_none() && now < token.expires_at
}

/// A refresh token, and what is kept of it.
fn new_refresh_token(now: Timestamp) -> (String, NewRefreshToken) {
    let secret = opaque::random::<64>("clr_");
    let kept = NewRefreshToken {
        hash: opaque::hash(&secret),
        created_at: now,
        expires_at: now.plus(REFRESH_LIFETIME),
    };
    (secret, kept)
}

fn seconds(moment: Timestamp) -> i64 {
    moment.as_millis() / 1000
}
