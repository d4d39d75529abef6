//! Organisations, their members, and what they may read of them.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::ending::lock_learner;
use super::users::{User, insert_user};
use super::{Database, StorageError, corrupt};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, OrganisationId, UserId};

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

    /// Reads the column `member_role`.
    pub(super) fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let role: String = row.try_get("member_role")?;
        Self::parse(&role).ok_or_else(|| corrupt("role", &role))
    }
}

impl Organisation {
    /// Reads the columns of `organisations`.
    pub(super) fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: OrganisationId::from_text(row.try_get::<String, _>("id")?),
            account_id: UserId::from_text(row.try_get::<String, _>("account_id")?),
            name: row.try_get("name")?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
        })
    }
}

impl Database {
    /// Adds an organisation with its account, and its first owner if it has one, unless that one is in `most` already; tells
    /// whether it was added.
    pub async fn add_organisation(
        &self,
        organisation: &Organisation,
        account: &User,
        owner: Option<&UserId>,
        most: i64,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        if let Some(owner) = owner {
            lock_learner(&mut transaction, owner).await?;
            let memberships =
                sqlx::query("SELECT COUNT(*) AS memberships FROM organisation_members WHERE user_id = $1")
                    .bind(owner.as_str())
                    .fetch_one(&mut *transaction)
                    .await?;
            if memberships.try_get::<i64, _>("memberships")? >= most {
                return Ok(false);
            }
        }
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
        Ok(true)
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

    /// Makes a user a member, without being asked: for the operator. Whoever is one already gets that role, unless nobody would
    /// own the organisation then; tells whether it did.
    pub async fn add_member(
        &self,
        organisation: &OrganisationId,
        user: &UserId,
        role: MemberRole,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        lock_organisation(&mut transaction, organisation).await?;
        if role == MemberRole::Member && is_last_owner(&mut transaction, organisation, user).await? {
            return Ok(false);
        }
        insert_member(&mut transaction, organisation, user, role, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a member who is not the last owner; tells whether it did.
    pub async fn remove_member(&self, organisation: &OrganisationId, user: &UserId) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        // Of two owners who leave at once, one finds the other gone.
        lock_organisation(&mut transaction, organisation).await?;
        if is_last_owner(&mut transaction, organisation, user).await? {
            return Ok(false);
        }
        let done = sqlx::query("DELETE FROM organisation_members WHERE organisation_id = $1 AND user_id = $2")
            .bind(organisation.as_str())
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
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

/// Makes other transactions that lock the same organisation wait until this one is done.
pub(super) async fn lock_organisation(
    connection: &mut AnyConnection,
    organisation: &OrganisationId,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE organisations SET name = name WHERE id = $1")
        .bind(organisation.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether nobody would own an organisation without that user, who does.
pub(super) async fn is_last_owner(
    connection: &mut AnyConnection,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<bool, sqlx::Error> {
    let owners = sqlx::query(
        "SELECT user_id FROM organisation_members WHERE organisation_id = $1 AND role = 'owner' \
         ORDER BY CASE WHEN user_id = $2 THEN 1 ELSE 0 END LIMIT 1",
    )
    .bind(organisation.as_str())
    .bind(user.as_str())
    .fetch_optional(connection)
    .await?;
    let first: Option<String> = owners.map(|owner| owner.try_get("user_id")).transpose()?;
    Ok(first.as_deref() == Some(user.as_str()))
}

/// Makes a user a member, as part of a transaction; whoever is one already gets that role.
pub(super) async fn insert_member(
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
