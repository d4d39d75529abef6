//! People who take their things along, or go: only by their own hand, and only right after they have typed their password.

use serde_json::{Map, Value, json};

use super::browser::RECENT;
use super::{AccountError, Accounts, Credential, Principal};
use crate::audio::AudioStore;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::storage::StorageError;
use crate::storage::departure::{Departing, Departure};
use crate::storage::organisations::Organisation;
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
    /// Everything that is kept of a user, but for the sound itself; and the names of the files that hold it, as
    /// [`archive::write`](super::archive::write) takes them.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn everything_of(
        &self,
        user: &User,
        audio: &AudioStore,
        now: Timestamp,
    ) -> Result<(Map<String, Value>, Vec<String>), AccountError> {
        let mut everything = self.database.everything_of(&user.id).await?;
        let conversations = self.database.conversation_ids(&user.id).await?;
        let files = audio.files(&conversations).await?;
        everything.insert("audio_files".to_owned(), json!(files));
        everything.insert("exported_at".to_owned(), json!(now));
        Ok((everything, files))
    }

    /// The conversations that go when a user goes: theirs, and those of organisations that nobody else is in. Nothing more
    /// should be said in them before the user is [removed](Self::remove).
    ///
    /// # Errors
    /// [`AccountError::Conflict`], when the user can't go, since others are in an organisation that nobody would own then.
    pub async fn conversations_departing(&self, user: &User) -> Result<Vec<ConversationId>, AccountError> {
        match self.database.departing(&user.id).await? {
            Departing::Accounts(accounts) => Ok(self.conversations_of(&accounts).await?),
            Departing::OwnerNeeded(organisation) => Err(owner_needed(&organisation)),
        }
    }

    /// Removes a user and everything of theirs, sound included; their credentials are void at once. An organisation goes along
    /// if nobody else is in it. Tells whether there was such a user.
    ///
    /// # Errors
    /// [`AccountError::Conflict`] as of [`conversations_departing`](Self::conversations_departing); or when it can't be written.
    /// Then nobody is removed, though sound may be.
    pub async fn remove(&self, user: &User, audio: &AudioStore) -> Result<bool, AccountError> {
        // The files first: a row that is left is found again, a file that is left is not.
        remove_sound(audio, &self.conversations_departing(user).await?).await?;
        match self.database.depart(&user.id).await? {
            Departure::Gone(conversations) => {
                tracing::info!(user_id = %user.id, "user removed");
                // Once more, of what has come about meanwhile.
                remove_sound(audio, &conversations).await?;
                Ok(true)
            }
            Departure::OwnerNeeded(organisation) => Err(owner_needed(&organisation)),
            Departure::Unknown => Ok(false),
        }
    }

    /// Removes an organisation with its keys, and the conversations that are its own, sound included. Its members stay.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn remove_organisation(
        &self,
        organisation: &Organisation,
        audio: &AudioStore,
    ) -> Result<bool, AccountError> {
        let account = self.database.user(&organisation.account_id).await?;
        let Some(account) = account else { return Ok(false) };
        tracing::info!(organisation_id = %organisation.id, "organisation removed");
        self.remove(&account, audio).await
    }

    async fn conversations_of(&self, accounts: &[UserId]) -> Result<Vec<ConversationId>, StorageError> {
        let mut conversations = Vec::new();
        for account in accounts {
            conversations.extend(self.database.conversation_ids(account).await?);
        }
        Ok(conversations)
    }
}

fn owner_needed(organisation: &Organisation) -> AccountError {
    AccountError::Conflict(format!(
        "others are in the organisation {:?}, and nobody else owns it: name another owner, or remove its members first",
        organisation.name
    ))
}

pub(super) async fn remove_sound(audio: &AudioStore, conversations: &[ConversationId]) -> Result<(), AccountError> {
    for conversation in conversations {
        audio.remove(conversation).await?;
    }
    Ok(())
}
