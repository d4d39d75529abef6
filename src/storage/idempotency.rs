//! Answers to requests that must not be done twice.

use std::time::Duration;

use sqlx::Row;

use super::{Database, StorageError};
use crate::clock::Timestamp;

/// Whose key, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// Whose it is: a user's id, or an address.
    pub scope: String,
    /// SHA-256 of the key and of the credential that it came with, in hexadecimal.
    pub hash: String,
}

/// How a key stands when a request comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// It is new: the request is to be done.
    Fresh,
    /// The request is under way.
    UnderWay,
    /// It was used for another request.
    Different,
    /// It was done: this is the answer, as it was kept.
    Done {
        /// HTTP status.
        status: u16,
        /// Whatever was kept.
        answer: String,
    },
}

/// How long keys are kept; [`forget_expired`](Database::forget_expired) forgets them.
pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Database {
    /// Takes a key for a request until that moment, or tells what became of the request that had it first.
    pub async fn reserve_key(
        &self,
        name: &KeyName,
        fingerprint: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Reservation, StorageError> {
        sqlx::query("DELETE FROM idempotency_keys WHERE scope = $1 AND key_hash = $2 AND created_at < $3")
            .bind(&name.scope)
            .bind(&name.hash)
            .bind(now.earlier(KEPT).as_millis())
            .execute(&self.pool)
            .await?;
        let added = sqlx::query(
            "INSERT INTO idempotency_keys (scope, key_hash, fingerprint, locked_until, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, key_hash) DO NOTHING",
        )
        .bind(&name.scope)
        .bind(&name.hash)
        .bind(fingerprint)
        .bind(until.as_millis())
        .bind(now.as_millis())
        .execute(&self.pool)
        .await?
        .rows_affected();
        if added == 1 {
            return Ok(Reservation::Fresh);
        }
        let row = sqlx::query(
            "SELECT fingerprint, locked_until, status, answer FROM idempotency_keys WHERE scope = $1 AND key_hash = $2",
        )
        .bind(&name.scope)
        .bind(&name.hash)
        .fetch_optional(&self.pool)
        .await?;
        // Given up at this moment: whoever asks again soon finds it new.
        let Some(row) = row else {
            return Ok(Reservation::UnderWay);
        };
        if row.try_get::<String, _>("fingerprint")? != fingerprint {
            return Ok(Reservation::Different);
        }
        if let Some(status) = row.try_get::<Option<i64>, _>("status")? {
            return Ok(Reservation::Done {
                status: u16::try_from(status).unwrap_or(200),
                answer: row.try_get::<Option<String>, _>("answer")?.unwrap_or_default(),
            });
        }
        let locked_until: i64 = row.try_get("locked_until")?;
        if locked_until > now.as_millis() {
            return Ok(Reservation::UnderWay);
        }
        // Whoever had it died: of those who see that, one goes on.
        let taken = sqlx::query(
            "UPDATE idempotency_keys SET locked_until = $3 \
             WHERE scope = $1 AND key_hash = $2 AND locked_until = $4 AND status IS NULL",
        )
        .bind(&name.scope)
        .bind(&name.hash)
        .bind(until.as_millis())
        .bind(locked_until)
        .execute(&self.pool)
        .await?
        .rows_affected();
        Ok(if taken == 1 {
            Reservation::Fresh
        } else {
            Reservation::UnderWay
        })
    }

    /// Keeps a key that was taken until `held_until` until another moment; false if somebody else has it by now.
    pub async fn renew_key(
        &self,
        name: &KeyName,
        held_until: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StorageError> {
        let renewed = sqlx::query(
            "UPDATE idempotency_keys SET locked_until = $4 \
             WHERE scope = $1 AND key_hash = $2 AND locked_until = $3 AND status IS NULL",
        )
        .bind(&name.scope)
        .bind(&name.hash)
        .bind(held_until.as_millis())
        .bind(until.as_millis())
        .execute(&self.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Keeps the answer to a request whose key was taken until `held_until`; false if somebody else has the key by now.
    pub async fn keep_answer(
        &self,
        name: &KeyName,
        held_until: Timestamp,
        status: u16,
        answer: &str,
    ) -> Result<bool, StorageError> {
        let kept = sqlx::query(
            "UPDATE idempotency_keys SET status = $4, answer = $5 \
             WHERE scope = $1 AND key_hash = $2 AND locked_until = $3 AND status IS NULL",
        )
        .bind(&name.scope)
        .bind(&name.hash)
        .bind(held_until.as_millis())
        .bind(i64::from(status))
        .bind(answer)
        .execute(&self.pool)
        .await?;
        Ok(kept.rows_affected() == 1)
    }

    /// Gives a key up that was taken until `held_until`, and whose request was not done.
    pub async fn forget_key(&self, name: &KeyName, held_until: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "DELETE FROM idempotency_keys \
             WHERE scope = $1 AND key_hash = $2 AND locked_until = $3 AND status IS NULL",
        )
        .bind(&name.scope)
        .bind(&name.hash)
        .bind(held_until.as_millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tests::database;

    const LOCK: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_key_stands_for_one_request_and_its_answer_for_a_day() {
        let (database, _dir) = database().await;
        let name = KeyName {
            scope: "user_1".to_owned(),
            hash: "ab".to_owned(),
        };
        let other = KeyName {
            scope: "user_2".to_owned(),
            ..name.clone()
        };
        let now = Timestamp::from_millis(0).plus(KEPT);
        let reserve = async |name: &KeyName, fingerprint: &str, now: Timestamp| {
            database
                .reserve_key(name, fingerprint, now.plus(LOCK), now)
                .await
                .unwrap()
        };
        assert_eq!(reserve(&name, "one", now).await, Reservation::Fresh);
        assert_eq!(reserve(&name, "one", now).await, Reservation::UnderWay);
        assert_eq!(reserve(&name, "two", now).await, Reservation::Different);
        assert_eq!(reserve(&other, "two", now).await, Reservation::Fresh);
        assert!(database.keep_answer(&name, now.plus(LOCK), 201, "kept").await.unwrap());
        let done = Reservation::Done {
            status: 201,
            answer: "kept".to_owned(),
        };
        assert_eq!(reserve(&name, "one", now.plus(KEPT)).await, done);
        let later = now.plus(KEPT).plus(Duration::from_millis(1));
        assert_eq!(reserve(&name, "two", later).await, Reservation::Fresh);
        database.forget_expired(later.earlier(KEPT)).await.unwrap();
        assert_eq!(reserve(&name, "two", later).await, Reservation::UnderWay);
        assert_eq!(reserve(&other, "two", later).await, Reservation::Fresh);
    }

    #[tokio::test]
    async fn a_key_whose_request_failed_or_died_can_be_used_again() {
        let (database, _dir) = database().await;
        let name = KeyName {
            scope: "user_1".to_owned(),
            hash: "ab".to_owned(),
        };
        let now = Timestamp::from_millis(1000);
        let reserve = async |now: Timestamp| database.reserve_key(&name, "one", now.plus(LOCK), now).await.unwrap();
        assert_eq!(reserve(now).await, Reservation::Fresh);
        database.forget_key(&name, now.plus(LOCK)).await.unwrap();
        assert_eq!(reserve(now).await, Reservation::Fresh);
        let later = now.plus(LOCK);
        assert_eq!(reserve(later).await, Reservation::Fresh);
        assert_eq!(reserve(later).await, Reservation::UnderWay);
    }

    #[tokio::test]
    async fn who_took_too_long_has_no_say_in_the_key_of_who_took_over() {
        let (database, _dir) = database().await;
        let name = KeyName {
            scope: "user_1".to_owned(),
            hash: "ab".to_owned(),
        };
        let now = Timestamp::from_millis(1000);
        let reserve = async |now: Timestamp| database.reserve_key(&name, "one", now.plus(LOCK), now).await.unwrap();
        assert_eq!(reserve(now).await, Reservation::Fresh);
        // As long as it is renewed, it is nobody else's.
        let (first, second) = (now.plus(LOCK), now.plus(LOCK).plus(LOCK));
        assert!(database.renew_key(&name, first, second).await.unwrap());
        assert_eq!(reserve(first).await, Reservation::UnderWay);
        assert_eq!(reserve(second).await, Reservation::Fresh);
        assert!(!database.renew_key(&name, second, second.plus(LOCK)).await.unwrap());
        assert!(!database.keep_answer(&name, second, 201, "late").await.unwrap());
        database.forget_key(&name, second).await.unwrap();
        assert_eq!(reserve(second).await, Reservation::UnderWay);
        assert!(
            database
                .keep_answer(&name, second.plus(LOCK), 200, "kept")
                .await
                .unwrap()
        );
    }
}
