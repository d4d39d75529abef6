//! People who take their things along, or go: only by their own hand, and only right after they have typed their password.

use serde_json::{Map, Value};

use super::browser::RECENT;
use super::{AccountError, Accounts, Credential, Principal};
use crate::clock::Timestamp;
use crate::ids::ConversationId;
use crate::storage::StorageError;
use crate::storage::users::User;

impl Principal {
    /// Refuses whoever has not signed in on one of our own pages within the last [`RECENT`].
    ///
    /// # Errors
    /// [`AccountError::Forbidden`].
    pub fn require_recent_sign_in(&self, now: Timestamp) -> Result<(), AccountError> {
        match &self.credential {
            Credential::Session { signed_in_at, .. } if now.since(*signed_in_at) > RECENT => Err(
                AccountError::Forbidden("this needs a recent sign-in; please sign in again"),
            ),
            _ => self.require_sign_in(),
        }
    }

    /// Refuses whoever is not signed in on a page of this server.
    ///
    /// # Errors
    /// [`AccountError::Forbidden`].
    pub fn require_sign_in(&self) -> Result<(), AccountError> {
        match &self.credential {
            Credential::Session { .. } => Ok(()),
            _ => Err(AccountError::Forbidden(
                "this needs the token of someone who has signed in on a page of this server",
            )),
        }
    }
}

impl Accounts {
    /// Everything that is kept of a user, but for files of sound.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn everything_of(&self, user: &User) -> Result<Map<String, Value>, StorageError> {
        self.database.everything_of(&user.id).await
    }

    /// The conversations of a user, the oldest first.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn conversations_of(&self, user: &User) -> Result<Vec<ConversationId>, StorageError> {
        self.database.conversation_ids(&user.id).await
    }

    /// Removes a user and everything of theirs; their credentials are void at once. An organisation goes along if nobody
    /// else is in it. Files of sound and live calls are for the caller to end, before and after.
    ///
    /// # Errors
    /// When it can't be written; then nothing is removed, or only organisations that nobody else is in.
    pub async fn remove(&self, user: &User) -> Result<bool, StorageError> {
        for (organisation, _) in self.database.memberships(&user.id).await? {
            let members = self.database.members(&organisation.id, "", 2).await?;
            if members.iter().all(|member| member.user.id == user.id) {
                self.database.remove_user(&organisation.account_id).await?;
            }
        }
        let is_removed = self.database.remove_user(&user.id).await?;
        if is_removed {
            tracing::info!(user_id = %user.id, "user removed");
        }
        Ok(is_removed)
    }
}
