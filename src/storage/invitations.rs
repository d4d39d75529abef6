//! Invitations into organisations.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::organisations::{MemberRole, Organisation, insert_member};
use super::users::User;
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::{InvitationId, OrganisationId, UserId};

/// A person who was asked to join, or an address whose owner was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Which one.
    pub id: InvitationId,
    /// Into what.
    pub organisation_id: OrganisationId,
    /// Who may accept it; `None` for whoever gets an account with that address.
    pub user_id: Option<UserId>,
    /// The address that it was made out to, in lower case.
    pub email: Option<String>,
    /// As what.
    pub role: MemberRole,
    /// Since when.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Timestamp,
}

impl Invitation {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let user_id: Option<String> = row.try_get("invited_user_id")?;
        Ok(Self {
            id: InvitationId::from_text(row.try_get::<String, _>("invitation_id")?),
            organisation_id: OrganisationId::from_text(row.try_get::<String, _>("invited_into")?),
            user_id: user_id.map(UserId::from_text),
            email: row.try_get("invited_email")?,
            role: MemberRole::from_row(row)?,
            created_at: Timestamp::from_millis(row.try_get("invited_at")?),
            expires_at: Timestamp::from_millis(row.try_get("invited_until")?),
        })
    }
}

impl Database {
    /// Adds an invitation; the same person's earlier one is void then.
    pub async fn add_invitation(&self, invitation: &Invitation) -> Result<(), StorageError> {
        let user = invitation.user_id.as_ref().map(UserId::as_str);
        let email = invitation.email.as_deref();
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM organisation_invitations WHERE organisation_id = $1 AND (user_id = $2 OR email = $3)")
            .bind(invitation.organisation_id.as_str())
            .bind(user)
            .bind(email)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO organisation_invitations (id, organisation_id, user_id, email, role, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(invitation.id.as_str())
        .bind(invitation.organisation_id.as_str())
        .bind(user)
        .bind(email)
        .bind(invitation.role.as_str())
        .bind(invitation.created_at.as_millis())
        .bind(invitation.expires_at.as_millis())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The invitations that a user has, the oldest first, with what they are into.
    pub async fn invitations_of(
        &self,
        user: &User,
        now: Timestamp,
    ) -> Result<Vec<(Organisation, Invitation)>, StorageError> {
        let rows = sqlx::query(
            "SELECT organisations.*, invitations.id AS invitation_id, invitations.organisation_id AS invited_into, \
             invitations.user_id AS invited_user_id, invitations.email AS invited_email, \
             invitations.role AS member_role, invitations.created_at AS invited_at, \
             invitations.expires_at AS invited_until \
             FROM organisation_invitations AS invitations \
             JOIN organisations ON organisations.id = invitations.organisation_id \
             WHERE (invitations.user_id = $1 OR (invitations.user_id IS NULL AND invitations.email = $2)) AND invitations.expires_at > $3 \
             ORDER BY invitations.created_at, invitations.id LIMIT 100",
        )
        .bind(user.id.as_str())
        .bind(user.email.as_deref().unwrap_or_default())
        .bind(now.as_millis())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok((Organisation::from_row(row)?, Invitation::from_row(row)?)))
            .collect()
    }

    /// The invitations of an organisation that were not answered yet, the oldest first.
    pub async fn invitations_into(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StorageError> {
        let rows = sqlx::query(
            "SELECT id AS invitation_id, organisation_id AS invited_into, user_id AS invited_user_id, \
             email AS invited_email, role AS member_role, created_at AS invited_at, expires_at AS invited_until \
             FROM organisation_invitations WHERE organisation_id = $1 AND expires_at > $2 \
             ORDER BY created_at, id LIMIT 1000",
        )
        .bind(organisation.as_str())
        .bind(now.as_millis())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(Invitation::from_row).collect()
    }

    /// Makes a user the member that an invitation of theirs says; tells whether there was one.
    pub async fn accept_invitation(
        &self,
        organisation: &OrganisationId,
        user: &User,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query(
            "DELETE FROM organisation_invitations \
             WHERE organisation_id = $1 AND (user_id = $2 OR (user_id IS NULL AND email = $3)) AND expires_at > $4 \
             RETURNING role AS member_role",
        )
        .bind(organisation.as_str())
        .bind(user.id.as_str())
        .bind(user.email.as_deref().unwrap_or_default())
        .bind(now.as_millis())
        .fetch_all(&mut *transaction)
        .await?;
        let roles = rows.iter().map(MemberRole::from_row).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = roles.first() else {
            return Ok(false);
        };
        let role = if roles.contains(&MemberRole::Owner) {
            MemberRole::Owner
        } else {
            *first
        };
        insert_member(&mut transaction, organisation, &user.id, role, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes the invitations of a user into an organisation; tells whether there was one.
    pub async fn decline_invitation(&self, organisation: &OrganisationId, user: &User) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "DELETE FROM organisation_invitations WHERE organisation_id = $1 AND (user_id = $2 OR (user_id IS NULL AND email = $3))",
        )
        .bind(organisation.as_str())
        .bind(user.id.as_str())
        .bind(user.email.as_deref().unwrap_or_default())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes an invitation back; tells whether there was one.
    pub async fn remove_invitation(
        &self,
        organisation: &OrganisationId,
        id: &InvitationId,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM organisation_invitations WHERE id = $1 AND organisation_id = $2")
            .bind(id.as_str())
            .bind(organisation.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
