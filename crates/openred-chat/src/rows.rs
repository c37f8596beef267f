//! Rows of bytes that callers keep for conversations, within one transaction of theirs. Must not know what stands in
//! them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// What went wrong below this crate, handed through unchanged: downcast it to the caller's own error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A row: key and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// A table of (key, value), inside a transaction. Values hold secrets: seal them at rest. Keys name groups by their
/// random ids and hold nothing secret; they are at most 256 bytes.
pub trait Rows {
    /// The value of a key.
    ///
    /// # Errors
    /// What the store says; the call that asked fails with it and has changed nothing.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause>;

    /// Puts a value in place, whether or not there was one.
    ///
    /// # Errors
    /// As [`Rows::read`]. The transaction must not be committed then.
    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), Cause>;

    /// Removes a row; none is no error.
    ///
    /// # Errors
    /// As [`Rows::write`].
    fn delete(&self, key: &[u8]) -> Result<(), Cause>;

    /// All rows whose keys begin with `prefix`, in order of their keys.
    ///
    /// # Errors
    /// As [`Rows::read`].
    fn list(&self, prefix: &[u8]) -> Result<Vec<Row>, Cause>;
}

/// Rows in memory, for tests and simulations.
#[derive(Clone, Debug, Default)]
pub struct MemoryRows(RefCell<BTreeMap<Vec<u8>, Vec<u8>>>);

impl MemoryRows {
    /// All rows as they are: what a thief of the disk and its key would hold.
    #[must_use]
    pub fn dump(&self) -> Vec<Row> {
        self.0.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl Rows for MemoryRows {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause> {
        Ok(self.0.borrow().get(key).cloned())
    }

    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), Cause> {
        self.0.borrow_mut().insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &[u8]) -> Result<(), Cause> {
        self.0.borrow_mut().remove(key);
        Ok(())
    }

    fn list(&self, prefix: &[u8]) -> Result<Vec<Row>, Cause> {
        let rows = self.0.borrow();
        let found = rows.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

type Value = Option<Zeroizing<Vec<u8>>>;

/// What one call reads and changes. Nothing reaches the rows below before [`Draft::save`]: a call that fails has
/// changed nothing, whatever its caller does with the transaction, and a row that OpenMLS writes five times is written
/// once.
pub(crate) struct Draft<'t> {
    below: &'t dyn Rows,
    seen: RefCell<BTreeMap<Vec<u8>, Value>>,
    changed: RefCell<BTreeMap<Vec<u8>, Value>>,
    failure: RefCell<Option<Cause>>,
}

/// The store failed; [`Draft::failure`] says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rows of conversations cannot be read or do not parse")]
pub(crate) struct RowsFailed;

impl<'t> Draft<'t> {
    pub(crate) fn new(below: &'t dyn Rows) -> Self {
        Self { below, seen: RefCell::default(), changed: RefCell::default(), failure: RefCell::default() }
    }

    /// Why something failed with [`RowsFailed`].
    pub(crate) fn failure(&self) -> Option<Cause> {
        self.failure.borrow_mut().take()
    }

    pub(crate) fn failed(&self, cause: Cause) -> RowsFailed {
        self.failure.borrow_mut().get_or_insert(cause);
        RowsFailed
    }

    pub(crate) fn read(&self, key: &[u8]) -> Result<Value, RowsFailed> {
        if let Some(value) = self.changed.borrow().get(key) {
            return Ok(value.clone());
        }
        if let Some(value) = self.seen.borrow().get(key) {
            return Ok(value.clone());
        }
        let value = self.below.read(key).map_err(|cause| self.failed(cause))?.map(Zeroizing::new);
        self.seen.borrow_mut().insert(key.to_vec(), value.clone());
        Ok(value)
    }

    pub(crate) fn write(&self, key: &[u8], value: Vec<u8>) {
        self.changed.borrow_mut().insert(key.to_vec(), Some(Zeroizing::new(value)));
    }

    pub(crate) fn delete(&self, key: &[u8]) {
        self.changed.borrow_mut().insert(key.to_vec(), None);
    }

    pub(crate) fn list(&self, prefix: &[u8]) -> Result<BTreeMap<Vec<u8>, Zeroizing<Vec<u8>>>, RowsFailed> {
        let below = self.below.list(prefix).map_err(|cause| self.failed(cause))?;
        let mut rows: BTreeMap<_, _> =
            below.into_iter().map(|(key, value)| (key, Zeroizing::new(value))).collect();
        let changed = self.changed.borrow();
        let changed = changed.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        for (key, value) in changed {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows)
    }

    /// Lays what was changed down in the rows below.
    pub(crate) fn save(&self) -> Result<(), RowsFailed> {
        for (key, value) in &*self.changed.borrow() {
            match value {
                Some(value) => self.below.write(key, value),
                None => self.below.delete(key),
            }
            .map_err(|cause| self.failed(cause))?;
        }
        Ok(())
    }
}
