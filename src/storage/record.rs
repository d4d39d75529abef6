//! A row that was read, whichever way it came: over the pool, or directly.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::StorageError;

/// The columns of a row, by name. Only TEXT and BIGINT are stored.
pub(super) trait Record {
    /// A TEXT.
    fn text(&self, column: &'static str) -> Result<String, StorageError>;
    /// A TEXT that may be null.
    fn optional_text(&self, column: &'static str) -> Result<Option<String>, StorageError>;
    /// A BIGINT.
    fn number(&self, column: &'static str) -> Result<i64, StorageError>;
    /// A BIGINT that may be null.
    fn optional_number(&self, column: &'static str) -> Result<Option<i64>, StorageError>;
    /// A TEXT that may be null, not copied, by its place in the row; `column` is for errors.
    fn text_at(&self, index: usize, column: &'static str) -> Result<Option<&str>, StorageError>;
    /// The same of a BIGINT.
    fn number_at(&self, index: usize, column: &'static str) -> Result<Option<i64>, StorageError>;
}

impl Record for AnyRow {
    fn text(&self, column: &'static str) -> Result<String, StorageError> {
        Ok(self.try_get(column)?)
    }

    fn optional_text(&self, column: &'static str) -> Result<Option<String>, StorageError> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: &'static str) -> Result<i64, StorageError> {
        Ok(self.try_get(column)?)
    }

    fn optional_number(&self, column: &'static str) -> Result<Option<i64>, StorageError> {
        Ok(self.try_get(column)?)
    }

    fn text_at(&self, index: usize, _: &'static str) -> Result<Option<&str>, StorageError> {
        Ok(self.try_get(index)?)
    }

    fn number_at(&self, index: usize, _: &'static str) -> Result<Option<i64>, StorageError> {
        Ok(self.try_get(index)?)
    }
}
