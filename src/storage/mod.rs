//! What is kept: users, conversations, messages, in SQLite or PostgreSQL.
//!
//! | module | what lives there |
//! |---|---|
//! | [`users`], [`api_keys`], [`conversations`], [`messages`], [`sessions`] | rows, and the queries of [`Database`] for them |
//! | [`clients`], [`grants`], [`browser_sessions`] | applications, what they were allowed, and who is signed in |
//! | [`organisations`], [`invitations`] | organisations, their members, and those they have invited |
//! | [`guests`], [`personal`], [`departure`] | guests who become users; whose each row is; the transaction in which people go |
//! | [`webhooks`], [`deliveries`] | where events are sent, and what came of it |
//! | [`flat`] | what document 003 keeps beside |
//! | [`idempotency`] | answers to requests that must not be done twice |
//! | [`outbox`] | what happened that others may want to know |
//! | [`ending`] | the transaction that ends a conversation |
//! | [`ledger`], [`practices`], [`achievements`], [`vocabulary`] | what practice comes to |
//! | [`contest`] | what boards show |
//! | [`call_records`] | how good calls were |
//! | [`profile`], [`listing`] | what people say about themselves; lists of conversations |
//! | `record`, `direct` | rows whichever way they come; reading SQLite without the pool, for what every request reads |
//! | [`transcript`] | a conversation as it is passed on |
//! | [`event`] | what live conversations write |
//! | `data_migrations` | what a migration leaves to the program |
//! | [`writer`], [`spool`] | the queue those events take, and the files they wait in while the database is away |
//!
//! Statements number their parameters (`$1`), which both databases take, and use TEXT and BIGINT only.

pub mod achievements;
pub mod api_keys;
pub mod applications;
pub mod browser_sessions;
pub mod call_records;
pub mod clients;
pub mod contest;
pub mod conversations;
mod data_migrations;
pub mod deliveries;
pub mod departure;
pub mod ending;
pub mod event;
pub mod flat;
pub mod grants;
pub mod guests;
pub mod idempotency;
pub mod invitations;
pub mod ledger;
pub mod listing;
pub mod messages;
pub mod organisations;
pub mod outbox;
pub mod personal;
pub mod practices;
pub mod profile;
pub mod sessions;
pub mod spool;
pub mod transcript;
pub mod users;
pub mod vocabulary;
pub mod webhooks;
pub mod writer;

mod direct;
mod record;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::any::AnyPoolOptions;
use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use direct::{Argument, Direct};
use record::Record;

/// A pool of connections; clones share it.
#[derive(Clone, Debug)]
pub struct Database {
    pool: AnyPool,
    direct: Option<Arc<Direct>>,
}

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database is away, overloaded or slow; later it may work.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database refuses this row; it always will.
    #[error("the database refuses the row: {0}")]
    Rejected(#[source] sqlx::Error),
    /// What is stored can't be read back.
    #[error("what is stored in {column} can't be read: {reason}")]
    Corrupt {
        /// Where it is.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl StorageError {
    /// What is stored there is no such document.
    pub(crate) fn unreadable(column: &'static str, error: &serde_json::Error) -> Self {
        Self::Corrupt {
            column,
            reason: error.to_string(),
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) if is_final(refusal.as_ref()) => Self::Rejected(error),
            sqlx::Error::Encode(_) => Self::Rejected(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// Whether the same row would be refused again: a constraint, or (SQLSTATE class 22) text that PostgreSQL can't hold.
fn is_final(refusal: &dyn DatabaseError) -> bool {
    refusal.kind() != ErrorKind::Other
        || refusal
            .code()
            .is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}

impl Database {
    /// Connects, and brings the tables up to date.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        let migrations = migrations(is_sqlite);
        if !is_sqlite {
            // Of a server that can't be reached, the pool tells no more than that it has waited in vain.
            let first = tokio::time::timeout(CONNECT_TIMEOUT, AnyConnection::connect(url));
            let mut first = first.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            // Migrations may take longer than the statements of the pool.
            migrations.run(&mut first).await?;
            data_migrations::run(&mut first).await?;
            first.close().await?;
        }
        let pool = AnyPoolOptions::new()
            .max_connections(if is_sqlite { 4 } else { 16 })
            .acquire_timeout(CONNECT_TIMEOUT)
            // A file does not hang up.
            .test_before_acquire(!is_sqlite)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    let settings = if is_sqlite { SQLITE_SETTINGS } else { POSTGRES_SETTINGS };
                    connection.execute(settings).await?;
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        if is_sqlite {
            migrations.run(&pool).await?;
            data_migrations::run(&mut *pool.acquire().await?).await?;
        }
        Ok(Self {
            pool,
            direct: Direct::of(url).map(Arc::new),
        })
    }

    /// All rows that a statement finds, read on the spot where that can be: for what requests read all the time. See [`direct`].
    async fn read<T>(
        &self,
        sql: &'static str,
        arguments: &[Argument<'_>],
        read: impl Fn(&dyn Record) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        if let Some(direct) = &self.direct
            && let Some(rows) = direct.read(sql, arguments, &read)
        {
            return rows;
        }
        let query = arguments
            .iter()
            .fold(sqlx::query(sql), |query, argument| match *argument {
                Argument::Text(text) => query.bind(text),
                Argument::Number(number) => query.bind(number),
            });
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| read(row)).collect()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections once they are done.
    pub async fn close(&self) {
        if let Some(direct) = &self.direct {
            direct.close();
        }
        self.pool.close().await;
    }
}

/// Those that both databases take, and those that each has in its own words: there is one form of triggers for each.
fn migrations(is_sqlite: bool) -> Migrator {
    let common = sqlx::migrate!("./migrations");
    let own = if is_sqlite {
        sqlx::migrate!("./migrations/sqlite")
    } else {
        sqlx::migrate!("./migrations/postgres")
    };
    Migrator::with_migrations(common.iter().chain(own.iter()).cloned().collect())
}

/// How long a connection is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers don't wait for the writer (WAL); writers wait for each other; a power cut may lose the last moments, never more.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                               PRAGMA foreign_keys = ON;";
/// What takes so long is given up, locks that it waits for included: others wait for its connection. So are transactions in which
/// nothing is done any more.
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s';";

/// Reads a JSON document out of a TEXT column.
fn document<T: DeserializeOwned>(row: &(impl Record + ?Sized), column: &'static str) -> Result<T, StorageError> {
    parse(&row.text(column)?, column)
}

/// Reads a JSON document out of a TEXT column that may be null.
fn optional_document<T: DeserializeOwned>(
    row: &(impl Record + ?Sized),
    column: &'static str,
) -> Result<Option<T>, StorageError> {
    let text = row.optional_text(column)?;
    text.map(|text| parse(&text, column)).transpose()
}

fn parse<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, StorageError> {
    serde_json::from_str(text).map_err(|error| StorageError::unreadable(column, &error))
}

fn corrupt(column: &'static str, value: &str) -> StorageError {
    StorageError::Corrupt {
        column,
        reason: format!("{value:?} is not known"),
    }
}

/// A document as the text of a column. Only types that always serialise are stored.
fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("stored documents have string keys and finite numbers")
}

#[cfg(test)]
#[path = "../../tests/fresh_database.rs"]
mod fresh_database;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sqlx::Row;

    /// An empty database: a file in a directory that lasts as long as it, or one on the server under test.
    pub(crate) async fn database() -> (Database, tempfile::TempDir) {
        let (url, dir) = url().await;
        (Database::open(&url).await.unwrap(), dir)
    }

    /// The same database, opened by two nodes.
    pub(crate) async fn database_of_two() -> (Database, Database, tempfile::TempDir) {
        let (url, dir) = url().await;
        (
            Database::open(&url).await.unwrap(),
            Database::open(&url).await.unwrap(),
            dir,
        )
    }

    async fn url() -> (String, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let url = match fresh_database::url().await {
            Some(url) => url,
            None => format!("sqlite://{}/test.db?mode=rwc", dir.path().display()),
        };
        (url, dir)
    }

    #[tokio::test]
    async fn nobody_waits_for_a_statement_for_ever() {
        let (url, _dir) = url().await;
        let database = Database::open(&url).await.unwrap();
        if url.starts_with("sqlite:") {
            let row = sqlx::query("PRAGMA busy_timeout").fetch_one(&database.pool).await;
            assert_eq!(row.unwrap().get::<i64, _>(0), 5000);
        } else {
            let row = sqlx::query("SHOW statement_timeout").fetch_one(&database.pool).await;
            assert_eq!(row.unwrap().get::<String, _>(0), "30s");
        }
    }

    #[tokio::test]
    async fn a_database_that_is_closed_is_unavailable() {
        let (database, _dir) = database().await;
        database.ping().await.unwrap();
        database.close().await;
        assert!(matches!(database.ping().await, Err(StorageError::Unavailable(_))));
    }

    #[tokio::test]
    async fn a_sqlite_file_opens_twice_and_is_read_while_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        Database::open(&url).await.unwrap().close().await;
        let again = Database::open(&url).await.unwrap();
        let mode: String = sqlx::query("PRAGMA journal_mode")
            .fetch_one(&again.pool)
            .await
            .unwrap()
            .get(0);
        assert_eq!(mode, "wal");
    }
}
