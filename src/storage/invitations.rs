//! Invitations into organisations.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::organisations::{MemberRole, Organisation, insert_member, lock_organisation};
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
    /// Who may accept it, unless it was made out to an address.
    pub user_id: Option<UserId>,
    /// The address that it was made out to, in lower case: whoever accepts it has that address, and a secret.
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
    /// Adds an invitation, unless `most` others are open; tells whether it was added. The same person's earlier one is void
    /// then. `token_hash` is kept of the secret that accepts one to an address.
    pub async fn add_invitation(
        &self,
        invitation: &Invitation,
        token_hash: Option<&str>,
        most: i64,
    ) -> Result<bool, StorageError> {
        let user = invitation.user_id.as_ref().map(UserId::as_str);
        let email = invitation.email.as_deref();
        let mut transaction = self.pool.begin().await?;
        lock_organisation(&mut transaction, &invitation.organisation_id).await?;
        sqlx::query("DELETE FROM organisation_invitations WHERE organisation_id = $1 AND (user_id = $2 OR email = $3)")
            .bind(invitation.organisation_id.as_str())
            .bind(user)
            .bind(email)
            .execute(&mut *transaction)
            .await?;
        let open = sqlx::query(
            "SELECT COUNT(*) AS open FROM organisation_invitations WHERE organisation_id = $1 AND expires_at > $2",
        )
        .bind(invitation.organisation_id.as_str())
        .bind(invitation.created_at.as_millis())
        .fetch_one(&mut *transaction)
        .await?;
        if open.try_get::<i64, _>("open")? >= most {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO organisation_invitations (id, organisation_id, user_id, email, role, created_at, expires_at, \
             token_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(invitation.id.as_str())
        .bind(invitation.organisation_id.as_str())
        .bind(user)
        .bind(email)
        .bind(invitation.role.as_str())
        .bind(invitation.created_at.as_millis())
        .bind(invitation.expires_at.as_millis())
        .bind(token_hash)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The invitations that a user has, the oldest first, with what they are into. Those to an address are not told: who
    /// signed up with it need not be who has it.
    pub async fn invitations_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(Organisation, Invitation)>, StorageError> {
        let rows = sqlx::query(
            "SELECT organisations.*, invitations.id AS invitation_id, invitations.organisation_id AS invited_into, \
             invitations.user_id AS invited_user_id, invitations.email AS invited_email, \
             invitations.role AS member_role, invitations.created_at AS invited_at, \
             invitations.expires_at AS invited_until \
             FROM organisation_invitations AS invitations \
             JOIN organisations ON organisations.id = invitations.organisation_id \
             WHERE invitations.user_id = $1 AND invitations.expires_at > $2 \
             ORDER BY invitations.created_at, invitations.id LIMIT 100",
        )
        .bind(user.as_str())
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

    /// Makes a user the member that an invitation of theirs says, or one to their address, whose secret has that hash; tells
    /// whether there was one. An owner stays one.
    pub async fn accept_invitation(
        &self,
        organisation: &OrganisationId,
        user: &User,
        token_hash: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        lock_organisation(&mut transaction, organisation).await?;
        let rows = sqlx::query(
            "DELETE FROM organisation_invitations \
             WHERE organisation_id = $1 AND expires_at > $2 AND (user_id = $3 OR (email = $4 AND token_hash = $5)) \
             RETURNING role AS member_role",
        )
        .bind(organisation.as_str())
        .bind(now.as_millis())
        .bind(user.id.as_str())
        .bind(user.email.as_deref())
        .bind(token_hash)
        .fetch_all(&mut *transaction)
        .await?;
        let mut roles = rows.iter().map(MemberRole::from_row).collect::<Result<Vec<_>, _>>()?;
        let Some(&first) = roles.first() else {
            return Ok(false);
        };
        let held = sqlx::query(
            "SELECT role AS member_role FROM organisation_members WHERE organisation_id = $1 AND user_id = $2",
        )
        .bind(organisation.as_str())
        .bind(user.id.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        roles.extend(held.as_ref().map(MemberRole::from_row).transpose()?);
        let role = if roles.contains(&MemberRole::Owner) {
            MemberRole::Owner
        } else {
            first
        };
        insert_member(&mut transaction, organisation, &user.id, role, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes the invitations of a user into an organisation; tells whether there was one.
    pub async fn decline_invitation(&self, organisation: &OrganisationId, user: &UserId) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM organisation_invitations WHERE organisation_id = $1 AND user_id = $2")
            .bind(organisation.as_str())
            .bind(user.as_str())
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
