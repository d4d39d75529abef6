//! Guests: visitors who need no account, and may get one later.

use std::time::Duration;

use super::scope::Scopes;
use super::token::{AccessToken, ISSUER};
use super::{AccountError, Accounts, GUEST_LIFETIME};
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

impl Accounts {
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
