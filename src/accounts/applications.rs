//! Applications that a person has let in, looked through and shut out by that person.

use super::{AccountError, Accounts, Principal};
use crate::clock::Timestamp;
use crate::ids::ClientId;
use crate::storage::applications::Application;

impl Accounts {
    /// The applications that whoever asks has let in.
    ///
    /// # Errors
    /// When they are no person who acts by their own hand.
    pub async fn applications(&self, principal: &Principal, now: Timestamp) -> Result<Vec<Application>, AccountError> {
        self.require_person(principal)?;
        Ok(self.database.applications(&principal.user.id, now).await?)
    }

    /// Shuts an application out: its tokens and the keys that it made are void at once.
    ///
    /// # Errors
    /// When they are no person who acts by their own hand, or have not let it in.
    pub async fn shut_out(&self, principal: &Principal, client: &ClientId, now: Timestamp) -> Result<(), AccountError> {
        self.require_person(principal)?;
        let user = &principal.user.id;
        if !self.database.revoke_application(user, client, now).await? {
            return Err(AccountError::NotFound("there is no such application"));
        }
        tracing::info!(user_id = %user, client_id = %client, "application shut out");
        Ok(())
    }
}
