//! Organisations, their members, and those they have invited.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::users::{User, insert_user};
use super::{Database, StorageError, corrupt};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, InvitationId, OrganisationId, UserId};

/// A team, a school, a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Which one.
    pub id: OrganisationId,
    /// The account that its keys speak for.
    pub account_id: UserId,
    /// What it is called.
    pub name: String,
    /// When it was founded.
    pub created_at: Timestamp,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRole {
    /// Invite and remove members, and have keys.
    Owner,
    /// Be one.
    Member,
}

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// As what.
    pub role: MemberRole,
    /// Since when.
    pub joined_at: Timestamp,
}

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

impl MemberRole {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
        }
    }

    /// Reads what [`MemberRole::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Member]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let role: String = row.try_get("member_role")?;
        Self::parse(&role).ok_or_else(|| corrupt("role", &role))
    }
}

impl Organisation {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: OrganisationId::from_text(row.try_get::<String, _>("id")?),
            account_id: UserId::from_text(row.try_get::<String, _>("account_id")?),
            name: row.try_get("name")?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
        })
    }
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
    /// Adds an organisation with its account, and its first owner if it has one.
    pub async fn add_organisation(
        &self,
        organisation: &Organisation,
        account: &User,
        owner: Option<&UserId>,
    ) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        insert_user(&mut transaction, account).await?;
        sqlx::query("INSERT INTO organisations (id, account_id, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(organisation.id.as_str())
            .bind(account.id.as_str())
            .bind(&organisation.name)
            .bind(organisation.created_at.as_millis())
            .execute(&mut *transaction)
            .await?;
        if let Some(owner) = owner {
            let (id, since) = (&organisation.id, organisation.created_at);
            insert_member(&mut transaction, id, owner, MemberRole::Owner, since).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The organisation of that id.
    pub async fn organisation(&self, id: &OrganisationId) -> Result<Option<Organisation>, StorageError> {
        let row = sqlx::query("SELECT * FROM organisations WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Organisation::from_row).transpose()
    }

    /// All organisations, the oldest first; at most 1000.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, StorageError> {
        let rows = sqlx::query("SELECT * FROM organisations ORDER BY created_at, id LIMIT 1000")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(Organisation::from_row).collect()
    }

    /// The organisations that a user is a member of, the one they joined first first, with what they are there.
    pub async fn memberships(&self, user: &UserId) -> Result<Vec<(Organisation, MemberRole)>, StorageError> {
        let rows = sqlx::query(
            "SELECT organisations.*, members.role AS member_role \
             FROM organisation_members AS members JOIN organisations ON organisations.id = members.organisation_id \
             WHERE members.user_id = $1 ORDER BY members.joined_at, members.organisation_id",
        )
        .bind(user.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok((Organisation::from_row(row)?, MemberRole::from_row(row)?)))
            .collect()
    }

    /// What a user is in an organisation, if they are a member.
    pub async fn member_role(
        &self,
        organisation: &OrganisationId,
        user: &UserId,
    ) -> Result<Option<MemberRole>, StorageError> {
        let row = sqlx::query(
            "SELECT role AS member_role FROM organisation_members WHERE organisation_id = $1 AND user_id = $2",
        )
        .bind(organisation.as_str())
        .bind(user.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(MemberRole::from_row).transpose()
    }

    /// The member of an organisation who has that id, or that address.
    pub async fn member_named(
        &self,
        organisation: &OrganisationId,
        id_or_email: &str,
    ) -> Result<Option<User>, StorageError> {
        let row = sqlx::query(
            "SELECT users.* FROM users JOIN organisation_members AS members ON members.user_id = users.id \
             WHERE members.organisation_id = $1 AND (users.id = $2 OR users.email = $3)",
        )
        .bind(organisation.as_str())
        .bind(id_or_email)
        .bind(id_or_email.to_lowercase())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(User::from_row).transpose()
    }

    /// The members of an organisation by their ids, after that one.
    pub async fn members(
        &self,
        organisation: &OrganisationId,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Member>, StorageError> {
        let rows = sqlx::query(
            "SELECT users.*, members.role AS member_role, members.joined_at AS joined_at \
             FROM organisation_members AS members JOIN users ON users.id = members.user_id \
             WHERE members.organisation_id = $1 AND members.user_id > $2 ORDER BY members.user_id LIMIT $3",
        )
        .bind(organisation.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Member {
                    user: User::from_row(row)?,
                    role: MemberRole::from_row(row)?,
                    joined_at: Timestamp::from_millis(row.try_get("joined_at")?),
                })
            })
            .collect()
    }

    /// Makes a user a member, without being asked: for the operator. Whoever is one already gets that role.
    pub async fn add_member(
        &self,
        organisation: &OrganisationId,
        user: &UserId,
        role: MemberRole,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut connection = self.pool.acquire().await?;
        Ok(insert_member(&mut connection, organisation, user, role, now).await?)
    }

    /// Removes a member who is not the last owner; tells whether it did.
    pub async fn remove_member(&self, organisation: &OrganisationId, user: &UserId) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "DELETE FROM organisation_members WHERE organisation_id = $1 AND user_id = $2 AND (role = 'member' OR EXISTS \
             (SELECT 1 FROM organisation_members AS others \
              WHERE others.organisation_id = $1 AND others.user_id <> $2 AND others.role = 'owner'))",
        )
        .bind(organisation.as_str())
        .bind(user.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

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

    /// Notes which organisation's key made a conversation.
    pub async fn set_conversation_organisation(
        &self,
        conversation: &ConversationId,
        organisation: &OrganisationId,
    ) -> Result<(), StorageError> {
        sqlx::query("UPDATE conversations SET organisation_id = $2 WHERE id = $1")
            .bind(conversation.as_str())
            .bind(organisation.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The owner of a conversation that a key of that organisation made, as long as they are a member.
    pub async fn member_in_conversation(
        &self,
        organisation: &OrganisationId,
        conversation: &ConversationId,
    ) -> Result<Option<UserId>, StorageError> {
        let row = sqlx::query(
            "SELECT conversations.owner_id AS owner_id FROM conversations \
             JOIN organisation_members AS members ON members.user_id = conversations.owner_id \
              AND members.organisation_id = conversations.organisation_id \
             WHERE conversations.id = $1 AND conversations.organisation_id = $2",
        )
        .bind(conversation.as_str())
        .bind(organisation.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok(UserId::from_text(row.try_get::<String, _>("owner_id")?)))
            .transpose()
    }
}

async fn insert_member(
    connection: &mut AnyConnection,
    organisation: &OrganisationId,
    user: &UserId,
    role: MemberRole,
    since: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO organisation_members (organisation_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(organisation.as_str())
    .bind(user.as_str())
    .bind(role.as_str())
    .bind(since.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}
