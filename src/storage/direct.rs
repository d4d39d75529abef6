//! Reading a SQLite file on the thread that asks.
//!
//! The pool runs every connection on a thread of its own: a statement goes there and each of its cells comes back through
//! channels, which costs many times what SQLite takes to find a few rows by their index. What nearly every request reads is
//! therefore read here, with the same statements. Nothing is kept between two reads but connections and prepared statements:
//! each read sees what was committed before it, by whatever process.
//!
//! A reader waits for nobody, since the file is in WAL mode. It may wait for the disk, when a page is in no cache: that is why
//! only threads that answer requests may read so, never those of packets. Should it fail all the same, the pool is asked, which
//! waits for locks and knows how to tell what is wrong.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sqlx::sqlite::SqliteConnectOptions;

use super::record::Record;
use super::{StorageError, corrupt};

/// A value that a statement is given, in the order of its numbers (`$1`).
#[derive(Clone, Copy, Debug)]
pub(super) enum Argument<'a> {
    /// A TEXT.
    Text(&'a str),
    /// A BIGINT.
    Number(i64),
}

/// Reads one file; never writes.
#[derive(Debug)]
pub(super) struct Direct {
    file: PathBuf,
    /// Connections that nobody uses: there are never more than threads that read. `None` once it is closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Direct {
    /// The file of a database that is open already; `None` where it is in memory, or no file at all.
    pub(super) fn of(url: &str) -> Option<Self> {
        if !url.starts_with("sqlite:") || url.contains("mode=memory") {
            return None;
        }
        let options = SqliteConnectOptions::from_str(url).ok()?;
        let file = options.get_filename();
        let is_file = file != Path::new(":memory:") && file.is_file();
        is_file.then(|| Self {
            file: file.to_owned(),
            idle: Mutex::new(Some(Vec::new())),
        })
    }

    /// All rows that a statement finds; `None` when it has to be asked elsewhere.
    pub(super) fn read<T>(
        &self,
        sql: &str,
        arguments: &[Argument<'_>],
        read: impl Fn(&dyn Record) -> Result<T, StorageError>,
    ) -> Option<Result<Vec<T>, StorageError>> {
        let idle = self.idle().as_mut()?.pop();
        let answer = match idle {
            Some(connection) => run(&connection, sql, arguments, read).map(|rows| (connection, rows)),
            None => self
                .connect()
                .and_then(|connection| run(&connection, sql, arguments, read).map(|rows| (connection, rows))),
        };
        match answer {
            Ok((connection, rows)) => {
                if let Some(idle) = self.idle().as_mut() {
                    idle.push(connection);
                }
                Some(rows)
            }
            Err(error) => {
                tracing::debug!(%error, "a direct read failed");
                None
            }
        }
    }

    /// Closes all connections, and opens none from now on.
    pub(super) fn close(&self) {
        *self.idle() = None;
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        // Each is used by one thread at a time.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        // Whoever has to wait does it in the pool, which waits on another thread.
        connection.busy_timeout(std::time::Duration::ZERO)?;
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a statement. What SQLite refuses is an error; what the rows hold is for `read` to judge.
fn run<T>(
    connection: &Connection,
    sql: &str,
    arguments: &[Argument<'_>],
    read: impl Fn(&dyn Record) -> Result<T, StorageError>,
) -> rusqlite::Result<Result<Vec<T>, StorageError>> {
    let mut statement = connection.prepare_cached(sql)?;
    for (number, argument) in arguments.iter().enumerate() {
        // SQLite takes `$1` for a name.
        if let Some(index) = statement.parameter_index(NAMES[number])? {
            match argument {
                Argument::Text(text) => statement.raw_bind_parameter(index, text)?,
                Argument::Number(number) => statement.raw_bind_parameter(index, number)?,
            }
        }
    }
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = DirectRow {
            row,
            columns: OnceCell::new(),
        };
        match read(&row) {
            Ok(value) => found.push(value),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(found))
}

/// The names of as many arguments as a statement has here.
const NAMES: [&str; 4] = ["$1", "$2", "$3", "$4"];

struct DirectRow<'a> {
    row: &'a rusqlite::Row<'a>,
    /// Their names, once one is asked for by its name.
    columns: OnceCell<Vec<&'a str>>,
}

impl DirectRow<'_> {
    fn index(&self, column: &'static str) -> Result<usize, StorageError> {
        let columns = self.columns.get_or_init(|| self.row.as_ref().column_names());
        let index = columns.iter().position(|name| *name == column);
        index.ok_or_else(|| corrupt(column, "a column that is not there"))
    }
}

impl Record for DirectRow<'_> {
    fn text(&self, column: &'static str) -> Result<String, StorageError> {
        self.optional_text(column)?.ok_or_else(|| corrupt(column, "NULL"))
    }

    fn optional_text(&self, column: &'static str) -> Result<Option<String>, StorageError> {
        Ok(self.text_at(self.index(column)?, column)?.map(str::to_owned))
    }

    fn number(&self, column: &'static str) -> Result<i64, StorageError> {
        self.optional_number(column)?.ok_or_else(|| corrupt(column, "NULL"))
    }

    fn optional_number(&self, column: &'static str) -> Result<Option<i64>, StorageError> {
        self.number_at(self.index(column)?, column)
    }

    fn text_at(&self, index: usize, column: &'static str) -> Result<Option<&str>, StorageError> {
        match self.row.get_ref(index) {
            Ok(ValueRef::Null) => Ok(None),
            Ok(ValueRef::Text(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(corrupt(column, "text that is no UTF-8")),
            },
            _ => Err(corrupt(column, "another type")),
        }
    }

    fn number_at(&self, index: usize, column: &'static str) -> Result<Option<i64>, StorageError> {
        match self.row.get_ref(index) {
            Ok(ValueRef::Null) => Ok(None),
            Ok(ValueRef::Integer(number)) => Ok(Some(number)),
            _ => Err(corrupt(column, "another type")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::storage::Database;
    use crate::storage::users::User;

    /// A SQLite file, whatever database other tests run on.
    async fn file() -> (Database, String, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        (Database::open(&url).await.unwrap(), url, dir)
    }

    fn names(direct: &Direct, email: &str) -> Option<Vec<String>> {
        let rows = direct.read(
            "SELECT name FROM users WHERE created_at > $2 AND email = $1",
            &[Argument::Text(email), Argument::Number(3)],
            |row| row.text("name"),
        );
        rows.map(Result::unwrap)
    }

    #[tokio::test]
    async fn each_read_finds_what_was_committed_before_it() {
        let (database, url, _dir) = file().await;
        let direct = Direct::of(&url).unwrap();
        assert_eq!(names(&direct, "ann@example.com"), Some(Vec::new()));
        let ann = User::with_email("ann@example.com", Timestamp::from_millis(5));
        database.add_user(&ann).await.unwrap();
        assert_eq!(names(&direct, "ann@example.com"), Some(vec!["Ann".to_owned()]));
        database.remove_user(&ann.id).await.unwrap();
        assert_eq!(names(&direct, "ann@example.com"), Some(Vec::new()));
    }

    #[tokio::test]
    async fn a_transaction_that_writes_is_neither_waited_for_nor_seen() {
        let (database, url, _dir) = file().await;
        let direct = Direct::of(&url).unwrap();
        let mut transaction = database.pool.begin().await.unwrap();
        let bob = User::with_email("bob@example.com", Timestamp::from_millis(5));
        crate::storage::users::insert_user(&mut transaction, &bob)
            .await
            .unwrap();
        assert_eq!(names(&direct, "bob@example.com"), Some(Vec::new()));
        transaction.commit().await.unwrap();
        assert_eq!(names(&direct, "bob@example.com"), Some(vec!["Bob".to_owned()]));
    }

    #[tokio::test]
    async fn a_table_that_changed_meanwhile_is_read_as_it_is_now() {
        let (database, url, _dir) = file().await;
        let direct = Direct::of(&url).unwrap();
        let ann = User::with_email("ann@example.com", Timestamp::from_millis(5));
        database.add_user(&ann).await.unwrap();
        let read = || {
            direct
                .read("SELECT * FROM users", &[], |row| User::from_row(row))
                .unwrap()
        };
        assert_eq!(read().unwrap(), [ann.clone()]);
        let change = "ALTER TABLE users ADD COLUMN shoe_size BIGINT";
        sqlx::query(change).execute(&database.pool).await.unwrap();
        assert_eq!(read().unwrap(), [ann]);
    }

    #[tokio::test]
    async fn what_it_can_t_read_is_left_to_the_pool() {
        let (_database, url, _dir) = file().await;
        let direct = Direct::of(&url).unwrap();
        assert!(direct.read("SELECT nonsense", &[], |_| Ok(())).is_none());
        assert!(direct.read("DELETE FROM users", &[], |_| Ok(())).is_none());
        assert!(names(&direct, "ann@example.com").is_some());
        direct.close();
        assert!(names(&direct, "ann@example.com").is_none());
        for url in ["postgres://localhost/x", "sqlite::memory:", "sqlite:///nowhere/x.db"] {
            assert!(Direct::of(url).is_none(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_column_that_holds_something_else_is_corrupt() {
        let (_database, url, _dir) = file().await;
        let direct = Direct::of(&url).unwrap();
        for sql in [
            "SELECT NULL AS x",
            "SELECT 1 AS x",
            "SELECT x'00' AS x",
            "SELECT 'x' AS y",
        ] {
            let read = direct.read(sql, &[], |row| row.text("x")).unwrap();
            assert!(matches!(read, Err(StorageError::Corrupt { column: "x", .. })), "{sql}");
        }
        let null = direct
            .read("SELECT NULL AS x", &[], |row| row.optional_number("x"))
            .unwrap();
        assert_eq!(null.unwrap(), [None]);
    }
}
