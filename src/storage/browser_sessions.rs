//! Browsers that are signed in, and the passwords that people sign in with.

use sqlx::Row;

use super::grants::{Grant, insert_grant, with_grant};
use super::users::{User, insert_user};
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::UserId;

impl Database {
    /// Adds a user with a password unless the address is taken; tells whether it was added.
    pub async fn add_user_with_password(&self, user: &User, hash: &str) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        if !insert_user(&mut transaction, user).await? {
            return Ok(false);
        }
        sqlx::query("INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)")
            .bind(user.id.as_str())
            .bind(hash)
            .bind(user.created_at.as_millis())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The user of an address, with the hash of their password if they have one.
    pub async fn user_and_password(&self, email: &str) -> Result<Option<(User, Option<String>)>, StorageError> {
        let row = sqlx::query(
            "SELECT users.*, passwords.hash AS password_hash \
             FROM users LEFT JOIN passwords ON passwords.user_id = users.id WHERE users.email = $1",
        )
        .bind(email.to_lowercase())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((User::from_row(&row)?, row.try_get("password_hash")?)))
            .transpose()
    }

    /// Gives a user another password; every browser of theirs is signed out, and every application shut out.
    pub async fn set_password(&self, user: &UserId, hash: &str, now: Timestamp) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
        )
        .bind(user.as_str())
        .bind(hash)
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM grants WHERE user_id = $1")
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Adds a browser that has signed in.
    pub async fn add_browser_session(
        &self,
        grant: &Grant,
        hash: &str,
        expires_at: Timestamp,
    ) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        insert_grant(&mut transaction, grant).await?;
        sqlx::query("INSERT INTO browser_sessions (hash, grant_id, expires_at) VALUES ($1, $2, $3)")
            .bind(hash)
            .bind(grant.id.as_str())
            .bind(expires_at.as_millis())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Who is signed in with the cookie of that hash.
    pub async fn browser_session(&self, hash: &str, now: Timestamp) -> Result<Option<(User, Grant)>, StorageError> {
        let row = sqlx::query(with_grant!(
            "users.*",
            "FROM browser_sessions AS sessions JOIN grants ON grants.id = sessions.grant_id \
             JOIN users ON users.id = grants.user_id \
             WHERE sessions.hash = $1 AND sessions.expires_at > $2 AND grants.revoked_at IS NULL"
        ))
        .bind(hash)
        .bind(now.as_millis())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((User::from_row(&row)?, Grant::from_row(&row)?)))
            .transpose()
    }
}
