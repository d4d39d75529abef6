//! People who sign up and sign in with a browser. The browser holds a cookie, our own pages get short-lived tokens for it.

use std::time::Duration;

use super::email::EmailAddress;
use super::passwords::{self, WeakPassword};
use super::scope::{Scope, Scopes};
use super::token::{AccessToken, Granted};
use super::{AccountError, Accounts, MissingScope, opaque};
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::ids::GrantId;
use crate::storage::StorageError;
use crate::storage::grants::Grant;
use crate::storage::users::{Role, User};

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct BrowserSession {
    /// Who signed in.
    pub user: User,
    /// What its tokens live and die with.
    pub grant: GrantId,
    /// When they did.
    pub signed_in_at: Timestamp,
}

/// Why someone can't sign up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// The address is someone's already.
    #[error("there is an account with this address already")]
    Taken,
    /// The password is too easily guessed.
    #[error("the password {0}")]
    Password(#[from] WeakPassword),
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a password is not replaced.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// It is not the one that they have now.
    #[error("that is not your password")]
    Wrong,
    /// The new one is too easily guessed.
    #[error("the password {0}")]
    Weak(#[from] WeakPassword),
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How long a browser stays signed in.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How long a token of our own pages is good for.
pub const SESSION_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How recently one must have typed the password to do what can't be undone.
pub const RECENT: Duration = Duration::from_secs(10 * 60);

impl Accounts {
    /// Makes an account. Without a name, the person is named after the address.
    ///
    /// # Errors
    /// [`SignUpError`].
    pub async fn sign_up(
        &self,
        email: &EmailAddress,
        name: Option<String>,
        password: Secret,
        role: Role,
        now: Timestamp,
    ) -> Result<User, SignUpError> {
        passwords::accept(password.expose(), email)?;
        let mut user = User {
            role,
            ..User::with_email(email.as_str(), now)
        };
        if let Some(name) = name {
            user.name = name;
        }
        let hash = self.passwords.hash(password).await;
        if !self.database.add_user_with_password(&user, &hash).await? {
            return Err(SignUpError::Taken);
        }
        tracing::info!(user_id = %user.id, "user signed up");
        Ok(user)
    }

    /// Who has that address and that password. An address that nobody has takes as long.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn sign_in(&self, email: &EmailAddress, password: Secret) -> Result<Option<User>, StorageError> {
        let (user, hash) = self.database.user_and_password(email.as_str()).await?.unzip();
        let is_right = self.passwords.verify(password, hash.flatten()).await;
        Ok(user.filter(|_| is_right))
    }

    /// Gives a user who knows their password another one; see [`change_password`](Self::change_password).
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn replace_password(
        &self,
        user: &User,
        known: Secret,
        password: Secret,
        now: Timestamp,
    ) -> Result<(), PasswordError> {
        let email = user.email.as_deref().and_then(EmailAddress::parse);
        let is_known = match &email {
            Some(email) => self.sign_in(email, known).await?.is_some(),
            None => false,
        };
        if !is_known {
            return Err(PasswordError::Wrong);
        }
        match self.change_password(user, password, now).await {
            Err(SignUpError::Password(weak)) => return Err(weak.into()),
            Err(SignUpError::Storage(error)) => return Err(error.into()),
            // Nobody else's address is taken by that.
            Ok(()) | Err(SignUpError::Taken) => {}
        }
        tracing::info!(user_id = %user.id, "password changed");
        Ok(())
    }

    /// Gives a user another password. Every browser of theirs is signed out, and every application shut out.
    ///
    /// # Errors
    /// See [`SignUpError`].
    pub async fn change_password(&self, user: &User, password: Secret, now: Timestamp) -> Result<(), SignUpError> {
        if let Some(email) = user.email.as_deref().and_then(EmailAddress::parse) {
            passwords::accept(password.expose(), &email)?;
        }
        let hash = self.passwords.hash(password).await;
        Ok(self.database.set_password(&user.id, &hash, now).await?)
    }

    /// Keeps a browser signed in; gives the value of its cookie.
    ///
    /// # Errors
    /// When storage can't be written.
    pub async fn open_session(&self, user: &User, now: Timestamp) -> Result<Secret, StorageError> {
        let cookie = opaque::random::<32>("");
        let grant = Grant {
            id: GrantId::new(),
            user_id: user.id.clone(),
            client_id: None,
            scopes: scopes_of(user),
            signed_in_at: now,
            created_at: now,
            revoked_at: None,
        };
        let expires_at = now.plus(SESSION_LIFETIME);
        self.database
            .add_browser_session(&grant, &opaque::hash(&cookie), expires_at)
            .await?;
        tracing::info!(user_id = %user.id, "user signed in");
        Ok(Secret::new(cookie))
    }

    /// Who is signed in with that cookie.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn session(&self, cookie: &str, now: Timestamp) -> Result<Option<BrowserSession>, StorageError> {
        let session = self.database.browser_session(&opaque::hash(cookie), now).await?;
        match session {
            Some(_) => self.proven.remember(cookie),
            None => self.proven.forget(cookie),
        }
        Ok(session.map(|(user, grant)| BrowserSession {
            user,
            grant: grant.id,
            signed_in_at: grant.signed_in_at,
        }))
    }

    /// Signs a browser out: its cookie and its tokens are void at once.
    ///
    /// # Errors
    /// When storage can't be written.
    pub async fn sign_out(&self, session: &BrowserSession, now: Timestamp) -> Result<(), StorageError> {
        self.database.revoke_grant(&session.grant, now).await
    }

    /// A token for our own pages, signed as `issuer`. It lives for [`SESSION_TOKEN_LIFETIME`] and no longer than the session.
    ///
    /// # Errors
    /// When the person may not do what is asked for, or the key can't sign.
    pub fn session_token(
        &self,
        session: &BrowserSession,
        scopes: Option<Scopes>,
        issuer: &str,
        now: Timestamp,
    ) -> Result<(Secret, AccessToken), AccountError> {
        let held = scopes_of(&session.user);
        let scopes = scopes.unwrap_or(Scopes::PERSONAL);
        if let Some(scope) = scopes.iter().find(|scope| !held.contains(*scope)) {
            return Err(MissingScope(scope).into());
        }
        let granted = Granted {
            id: session.grant.clone(),
            client: None,
            signed_in_at: session.signed_in_at,
        };
        let token = AccessToken::new(
            session.user.id.clone(),
            Some(granted),
            scopes,
            SESSION_TOKEN_LIFETIME,
            now,
        );
        let signed = self.tokens.sign(&token, issuer).map_err(AccountError::Signing)?;
        Ok((Secret::new(signed), token))
    }
}

/// Everything that a person may do.
pub fn scopes_of(user: &User) -> Scopes {
    match user.role {
        Role::User => Scopes::PERSONAL,
        Role::Admin => Scopes::PERSONAL.with(Scope::Admin),
    }
}
