//! What people say about themselves.

use super::ending::lock_learner;
use super::users::Preferences;
use super::{Database, StorageError, document, text};
use crate::ids::UserId;

/// What shall be changed of a profile; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What to call them.
    pub name: Option<String>,
    /// Where their picture is; `Some(None)` takes it away.
    pub avatar_url: Option<Option<String>>,
    /// A name of the IANA time zone database.
    pub time_zone: Option<String>,
}

impl Database {
    /// Changes preferences, and answers what they are then; `None` if there is no such user.
    pub async fn change_preferences(
        &self,
        user: &UserId,
        change: impl FnOnce(&mut Preferences) + Send,
    ) -> Result<Option<Preferences>, StorageError> {
        let mut transaction = self.pool.begin().await?;
        lock_learner(&mut transaction, user).await?;
        let row = sqlx::query("SELECT preferences FROM users WHERE id = $1")
            .bind(user.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut preferences: Preferences = document(&row, "preferences")?;
        change(&mut preferences);
        sqlx::query("UPDATE users SET preferences = $2 WHERE id = $1")
            .bind(user.as_str())
            .bind(text(&preferences))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(preferences))
    }

    /// Changes a profile.
    pub async fn change_profile(&self, user: &UserId, change: &ProfileChange) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE users SET name = COALESCE($2, name), time_zone = COALESCE($3, time_zone), \
             avatar_url = CASE WHEN $4 = 1 THEN $5 ELSE avatar_url END WHERE id = $1",
        )
        .bind(user.as_str())
        .bind(change.name.as_deref())
        .bind(change.time_zone.as_deref())
        .bind(i64::from(change.avatar_url.is_some()))
        .bind(change.avatar_url.clone().flatten())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::storage::tests::database;
    use crate::storage::users::User;

    #[tokio::test]
    async fn what_is_not_mentioned_stays() {
        let (database, _dir) = database().await;
        let user = User::with_email("ann@example.com", Timestamp::from_millis(1));
        database.add_user(&user).await.unwrap();
        let change = ProfileChange {
            avatar_url: Some(Some("https://example.com/a.png".to_owned())),
            ..ProfileChange::default()
        };
        database.change_profile(&user.id, &change).await.unwrap();
        let change = ProfileChange {
            time_zone: Some("Asia/Tokyo".to_owned()),
            ..ProfileChange::default()
        };
        database.change_profile(&user.id, &change).await.unwrap();
        let read = database.user(&user.id).await.unwrap().unwrap();
        assert_eq!(read.name, user.name);
        assert_eq!(read.avatar_url.as_deref(), Some("https://example.com/a.png"));
        assert_eq!(read.time_zone, "Asia/Tokyo");
        let change = ProfileChange {
            avatar_url: Some(None),
            ..ProfileChange::default()
        };
        database.change_profile(&user.id, &change).await.unwrap();
        assert_eq!(database.user(&user.id).await.unwrap().unwrap().avatar_url, None);

        let preferences = database
            .change_preferences(&user.id, |preferences| preferences.daily_goal = 45)
            .await
            .unwrap();
        assert_eq!(preferences.unwrap().daily_goal, 45);
        assert_eq!(
            database.user(&user.id).await.unwrap().unwrap().preferences.daily_goal,
            45
        );
        let nobody = database.change_preferences(&UserId::new(), |_| {}).await.unwrap();
        assert_eq!(nobody, None);
    }
}
