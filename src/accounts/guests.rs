//! Guests: visitors who need no account, and may get one later.

use std::time::Duration;

use super::departure::remove_sound;
use super::scope::Scopes;
use super::token::{AccessToken, ISSUER};
use super::{AccountError, Accounts, GUEST_LIFETIME};
use crate::audio::AudioStore;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::storage::guests::ClaimOutcome;
use crate::storage::users::{User, UserKind};

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

/// Guests that are looked at at one go.
const BATCH: i64 = 64;

impl Accounts {
    /// Removes the guests whom nobody has claimed and of whom nothing was heard since `before`, with everything of theirs; tells
    /// how many. Several nodes may do so at once. One who can't be removed keeps nobody else.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn forget_guests(&self, audio: &AudioStore, before: Timestamp) -> Result<usize, AccountError> {
        let mut forgotten = 0;
        let mut last: Option<User> = None;
        loop {
            let silent = self.database.silent_guests(before, last.as_ref(), BATCH).await?;
            for guest in &silent {
                match self.forget_guest(&guest.id, audio, before).await {
                    Ok(is_gone) => forgotten += usize::from(is_gone),
                    Err(error) => tracing::warn!(guest_id = %guest.id, %error, "a guest can't be removed now"),
                }
            }
            match silent.into_iter().next_back() {
                Some(guest) => last = Some(guest),
                None => return Ok(forgotten),
            }
        }
    }

    async fn forget_guest(&self, guest: &UserId, audio: &AudioStore, before: Timestamp) -> Result<bool, AccountError> {
        // The files first: a row that is left is found again, a file that is left is not.
        remove_sound(audio, &self.database.conversation_ids(guest).await?).await?;
        Ok(self.database.remove_silent_guest(guest, before).await?)
    }

    /// Lets a visitor in.
    ///
    /// # Errors
    /// When the token can't be signed, or the guest not be written.
    pub async fn admit_guest(&self, now: Timestamp) -> Result<GuestPass, AccountError> {
        let user = User::guest(now);
        let token = AccessToken::new(user.id.clone(), None, Scopes::PERSONAL, GUEST_LIFETIME, now);
        let access_token = self.tokens.sign(&token, ISSUER).map_err(AccountError::Signing)?;
        self.database.add_user(&user).await?;
        Ok(GuestPass {
            user,
            access_token,
            lifetime: GUEST_LIFETIME,
        })
    }

    /// Gives everything of a guest to a user, who shows the guest's token: knowing the id is not enough. The token is void
    /// from then on. The same user may claim again; nothing happens then.
    ///
    /// # Errors
    /// When that is not the guest's token, or the guest is someone else's already.
    pub async fn claim_guest(
        &self,
        user: &User,
        guest: &UserId,
        guest_token: &str,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        if user.kind == UserKind::Guest {
            return Err(AccountError::Forbidden("a guest can't claim another"));
        }
        let token = self.tokens.verify(guest_token, now);
        let is_theirs = token.is_some_and(|token| token.grant.is_none() && token.user_id == *guest);
        let outcome = if is_theirs {
            self.database.claim_guest(guest, &user.id).await?
        } else {
            ClaimOutcome::Refused
        };
        match outcome {
            ClaimOutcome::Moved => {
                tracing::info!(guest_id = %guest, user_id = %user.id, "guest became a user");
                Ok(())
            }
            ClaimOutcome::WasTheirs => Ok(()),
            ClaimOutcome::Refused => Err(AccountError::NotFound("there is no such guest")),
        }
    }

    /// The guest of a token, for those who have nothing but that.
    pub fn guest_of(&self, guest_token: &str, now: Timestamp) -> Option<UserId> {
        let token = self.tokens.verify(guest_token, now)?;
        token.grant.is_none().then_some(token.user_id)
    }
}
