//! API keys: for programs that speak for a person or an organisation. A key is told once, when it is made.

use super::opaque;
use super::scope::Scopes;
use super::{AccountError, Accounts, Credential, Principal};
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::ids::{ApiKeyId, UserId};
use crate::storage::api_keys::{Addition, ApiKey, ConfiguredHash};
use crate::storage::organisations::Organisation;

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it.
    pub name: String,
    /// What it shall be good for; everything its maker may, when left out.
    pub scopes: Option<Scopes>,
    /// From when on it is void.
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made, with the secret that is told only now.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key itself.
    pub secret: Secret,
}

/// Begins every key, so that programs that look for leaked secrets can tell one.
const PREFIX: &str = "clq_";

/// How many letters of a key are kept to tell it by.
const SHOWN: usize = 8;

/// How many keys a person or an organisation may have.
const MOST: i64 = 100;

impl Accounts {
    /// Makes a key that speaks for whoever asks, and may no more than they may.
    ///
    /// # Errors
    /// Guests can't have keys, nobody can have too many, and a key can't be good for more than what it is made with.
    pub async fn issue_key(
        &self,
        principal: &Principal,
        new: NewKey,
        now: Timestamp,
    ) -> Result<IssuedKey, AccountError> {
        principal.require_account()?;
        let maker = match &principal.credential {
            Credential::ApiKey(id) => self.database.api_key(&principal.user.id, id).await?,
            _ => None,
        };
        let mut key = self.new_key(
            principal.user.id.clone(),
            NewKey {
                scopes: Some(narrowed(new.scopes, principal.scopes)?),
                ..new
            },
            now,
        )?;
        key.0.organisation_id = principal.organisation.clone();
        match &principal.credential {
            // What an application makes ends with what it was allowed.
            Credential::Application { grant, .. } => key.0.grant_id = Some(grant.clone()),
            // Nor does a key outlive the one it was made with, whether that expires, is revoked, or dies itself in that way.
            Credential::ApiKey(_) => {
                let maker = maker.ok_or(AccountError::UnknownCredential)?;
                key.0.grant_id = maker.grant_id;
                key.0.parent_id = Some(maker.id);
                key.0.expires_at = key.0.expires_at.into_iter().chain(maker.expires_at).min();
            }
            Credential::Guest | Credential::Session { .. } => {}
        }
        self.keep_key(key).await
    }

    /// Makes a key that speaks for an organisation.
    ///
    /// # Errors
    /// See [`Accounts::issue_key`].
    pub async fn issue_organisation_key(
        &self,
        organisation: &Organisation,
        new: NewKey,
        now: Timestamp,
    ) -> Result<IssuedKey, AccountError> {
        let scopes = narrowed(new.scopes, Scopes::PERSONAL)?;
        let new = NewKey {
            scopes: Some(scopes),
            ..new
        };
        let mut key = self.new_key(organisation.account_id.clone(), new, now)?;
        key.0.organisation_id = Some(organisation.id.clone());
        self.keep_key(key).await
    }

    /// Makes a key for a user, whoever asks: for the operator.
    ///
    /// # Errors
    /// See [`Accounts::issue_key`].
    pub async fn issue_key_for(&self, user: &UserId, new: NewKey, now: Timestamp) -> Result<IssuedKey, AccountError> {
        let key = self.new_key(user.clone(), new, now)?;
        self.keep_key(key).await
    }

    /// All keys of a user, or of an organisation's account, the oldest first.
    ///
    /// # Errors
    /// When storage can't be read.
    pub async fn keys(&self, user: &UserId) -> Result<Vec<ApiKey>, AccountError> {
        Ok(self.database.api_keys(user).await?)
    }

    /// The keys that whoever asks may know of: an application those that it made, everyone else all of theirs.
    ///
    /// # Errors
    /// When they have no account, or storage can't be read.
    pub async fn keys_for(&self, principal: &Principal) -> Result<Vec<ApiKey>, AccountError> {
        principal.require_account()?;
        let mut keys = self.keys(&principal.user.id).await?;
        if let Some(grant) = principal.application() {
            keys.retain(|key| key.grant_id.as_ref() == Some(grant));
        }
        Ok(keys)
    }

    /// Makes a key of whoever asks void at once. What is shown must be good for all that the key is good for, unless the person
    /// does it by their own hand.
    ///
    /// # Errors
    /// When there is no such key that they may know of, or it is good for more.
    pub async fn revoke_key_for(&self, principal: &Principal, id: &ApiKeyId) -> Result<(), AccountError> {
        let keys = self.keys_for(principal).await?;
        let key = keys.into_iter().find(|key| key.id == *id).ok_or(NO_KEY)?;
        let is_by_hand = matches!(principal.credential, Credential::Session { .. });
        match key.scopes.iter().find(|scope| !principal.scopes.contains(*scope)) {
            Some(scope) if !is_by_hand => Err(super::MissingScope(scope).into()),
            _ => self.revoke_key(&principal.user.id, id).await,
        }
    }

    /// Makes a key void at once, and all that were made with it, whoever asks.
    ///
    /// # Errors
    /// When the user has no such key.
    pub async fn revoke_key(&self, user: &UserId, id: &ApiKeyId) -> Result<(), AccountError> {
        if self.database.remove_api_key(user, id).await? {
            tracing::info!(user_id = %user, key_id = %id, "API key revoked");
            Ok(())
        } else {
            Err(NO_KEY)
        }
    }

    fn new_key(&self, user_id: UserId, new: NewKey, now: Timestamp) -> Result<(ApiKey, String), AccountError> {
        if new.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(AccountError::Invalid("expires_at", "is in the past".to_owned()));
        }
        let secret = opaque::random::<32>(PREFIX);
        let key = ApiKey {
            id: ApiKeyId::new(),
            user_id,
            name: new.name,
            prefix: secret.chars().take(SHOWN).collect(),
            scopes: new.scopes.unwrap_or(Scopes::PERSONAL),
            organisation_id: None,
            grant_id: None,
            parent_id: None,
            is_configured: false,
            created_at: now,
            expires_at: new.expires_at,
        };
        Ok((key, secret))
    }

    async fn keep_key(&self, (key, secret): (ApiKey, String)) -> Result<IssuedKey, AccountError> {
        match self.database.add_api_key(&key, &opaque::hash(&secret), MOST).await? {
            Addition::Added => {}
            Addition::TooMany => return Err(AccountError::Forbidden("no more than 100 API keys can be had at once")),
            Addition::Orphaned => return Err(AccountError::UnknownCredential),
        }
        tracing::info!(user_id = %key.user_id, key_id = %key.id, scopes = %key.scopes, "API key made");
        Ok(IssuedKey {
            key,
            secret: Secret::new(secret),
        })
    }
}

const NO_KEY: AccountError = AccountError::NotFound("there is no such API key");

/// The scopes asked for, when all of them are `held`; by default all that are.
fn narrowed(asked: Option<Scopes>, held: Scopes) -> Result<Scopes, AccountError> {
    let scopes = asked.unwrap_or(held);
    if scopes.is_empty() {
        return Err(AccountError::Invalid("scopes", "names no scope".to_owned()));
    }
    match scopes.iter().find(|scope| !held.contains(*scope)) {
        Some(scope) => Err(super::MissingScope(scope).into()),
        None => Ok(scopes),
    }
}

/// A key of the configuration, as it is stored. Of short keys, nothing is shown.
pub(super) fn configured(key: &Secret, user_id: UserId) -> ConfiguredHash {
    let key = key.expose();
    let shown = if key.chars().count() >= 16 { 4 } else { 0 };
    ConfiguredHash {
        user_id,
        hash: opaque::hash(key),
        prefix: key.chars().take(shown).collect(),
    }
}
