//! What goes into a statement and what comes out: four kinds of value. No bool, float or time: flags are 0 and 1,
//! times are unix milliseconds or seconds as the column's name says.

use std::fmt;

use super::error::DbError;

/// One value of a statement or a row.
///
/// `Debug` shows kinds and lengths, never contents.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// INTEGER (SQLite) or BIGINT (PostgreSQL).
    Int(i64),
    /// UTF-8 without NUL characters (PostgreSQL refuses them).
    Text(String),
    /// BLOB (SQLite) or BYTEA (PostgreSQL).
    Blob(Vec<u8>),
}

/// One row of an answer; columns by index from 0. A column of another kind than asked for is
/// [`DbError::Corrupt`]: the table is not what the program believes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// An integer.
    pub fn int(&self, column: usize) -> Result<i64, DbError> {
        self.opt_int(column)?.ok_or_else(|| self.unlike(column, "integer"))
    }

    /// An integer that is not negative (times, counters).
    pub fn uint(&self, column: usize) -> Result<u64, DbError> {
        u64::try_from(self.int(column)?).map_err(|_| self.unlike(column, "non-negative integer"))
    }

    /// A flag: 0 is false, any other integer is true.
    pub fn flag(&self, column: usize) -> Result<bool, DbError> {
        Ok(self.int(column)? != 0)
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<&str, DbError> {
        self.opt_text(column)?.ok_or_else(|| self.unlike(column, "text"))
    }

    /// Bytes.
    pub fn blob(&self, column: usize) -> Result<&[u8], DbError> {
        self.opt_blob(column)?.ok_or_else(|| self.unlike(column, "blob"))
    }

    /// Exactly `N` bytes (ids, hashes, keys).
    pub fn bytes<const N: usize>(&self, column: usize) -> Result<[u8; N], DbError> {
        self.blob(column)?.try_into().map_err(|_| self.unlike(column, "blob of another length"))
    }

    /// An integer or NULL.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            Some(Value::Text(_) | Value::Blob(_)) | None => Err(self.unlike(column, "integer")),
        }
    }

    /// An integer that is not negative, or NULL.
    pub fn opt_uint(&self, column: usize) -> Result<Option<u64>, DbError> {
        let value = self.opt_int(column)?;
        value.map(u64::try_from).transpose().map_err(|_| self.unlike(column, "non-negative integer"))
    }

    /// A text or NULL.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            Some(Value::Int(_) | Value::Blob(_)) | None => Err(self.unlike(column, "text")),
        }
    }

    /// Bytes or NULL.
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>, DbError> {
        match self.0.get(column) {
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            Some(Value::Int(_) | Value::Text(_)) | None => Err(self.unlike(column, "blob")),
        }
    }

    /// Exactly `N` bytes, or NULL.
    pub fn opt_bytes<const N: usize>(&self, column: usize) -> Result<Option<[u8; N]>, DbError> {
        let value = self.opt_blob(column)?;
        value.map(<[u8; N]>::try_from).transpose().map_err(|_| self.unlike(column, "blob of another length"))
    }

    fn unlike(&self, column: usize, expected: &str) -> DbError {
        match self.0.get(column) {
            Some(found) => DbError::Corrupt(format!("column {column}: expected {expected}, found {found:?}")),
            None => DbError::Corrupt(format!("column {column}: the row has {} columns", self.0.len())),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Int(_) => f.write_str("Int"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Blob(bytes) => write!(f, "Blob({} bytes)", bytes.len()),
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u64> for Value {
    /// Numbers above `i64::MAX` become `i64::MAX`; refuse them at the edge where they could mean something.
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Self {
        Self::Blob(value.clone())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_another_kind_is_named_without_its_content() {
        let row =
            Row(vec![Value::from("ana's secret"), Value::Null, Value::from([7u8; 16]), Value::from(-1i64)]);
        let error = row.int(0).unwrap_err().to_string();
        assert!(error.contains("column 0") && !error.contains("secret"), "{error}");
        assert_eq!(row.opt_text(1), Ok(None));
        assert!(row.text(1).is_err());
        assert_eq!(row.bytes::<16>(2), Ok([7; 16]));
        assert!(row.bytes::<32>(2).is_err());
        assert!(row.uint(3).is_err());
        assert!(row.int(9).is_err());
    }
}
