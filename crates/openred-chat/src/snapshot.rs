//! All rows of a group at once, and back: whose commit has lost goes back to before it and applies the one that won.
//! Must not know what the rows mean.

use std::collections::BTreeMap;

use openred_core::ids::Id16;
use zeroize::Zeroizing;

use crate::applied::Snapshot;
use crate::chat::{Chat, Mls};
use crate::error::ChatError;
use crate::groups::Group;
use crate::storage::{group_prefix, mls_id};

const VERSION: u8 = 1;

impl Chat<'_> {
    /// Puts a group back to before a commit. What was said behind it in the lost branch is to be said again. Snapshots
    /// come from [`crate::Changed`] alone: in the epoch they lead back to nothing own was sent since, so that no key is
    /// used twice.
    ///
    /// # Errors
    /// [`ChatError::Damaged`] for bytes that are no snapshot of this group.
    pub fn restore(&self, group: Id16, before: &Snapshot) -> Result<Group, ChatError> {
        self.call(|mls| {
            let prefix = group_prefix(&mls_id(group))?;
            let rows = read(before.as_bytes()).ok_or(ChatError::Damaged)?;
            if rows.is_empty() || rows.keys().any(|key| !key.starts_with(&prefix)) {
                return Err(ChatError::Damaged);
            }
            mls.forget(group)?;
            for (key, value) in rows {
                mls.storage.0.write(key, value.to_vec());
            }
            mls.open(group)?.look(mls)
        })
    }
}

impl Mls<'_> {
    /// All rows of a group.
    pub(crate) fn snapshot(&self, group: Id16) -> Result<Snapshot, ChatError> {
        let rows = self.storage.0.list(&group_prefix(&mls_id(group))?)?;
        let mut bytes = Zeroizing::new(vec![VERSION]);
        bytes.reserve_exact(rows.iter().map(|(key, value)| 8 + key.len() + value.len()).sum());
        for (key, value) in &rows {
            for part in [key.as_slice(), value] {
                let len = u32::try_from(part.len()).map_err(|_| ChatError::Damaged)?;
                bytes.extend_from_slice(&len.to_be_bytes());
                bytes.extend_from_slice(part);
            }
        }
        Ok(Snapshot::from_bytes(std::mem::take(&mut *bytes)))
    }
}

fn read(bytes: &[u8]) -> Option<BTreeMap<&[u8], &[u8]>> {
    let (&VERSION, mut rest) = bytes.split_first()? else { return None };
    let mut rows = BTreeMap::new();
    while !rest.is_empty() {
        let (key, value);
        (key, rest) = part(rest)?;
        (value, rest) = part(rest)?;
        rows.insert(key, value);
    }
    Some(rows)
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_whole_or_not_at_all() {
        let bytes = [1, 0, 0, 0, 1, b'a', 0, 0, 0, 2, b'b', b'c'];
        assert_eq!(read(&bytes), Some(BTreeMap::from([(b"a".as_slice(), b"bc".as_slice())])));
        for len in (0..bytes.len()).filter(|len| *len != 1) {
            assert_eq!(read(&bytes[..len]), None, "cut after {len} bytes");
        }
        assert_eq!(read(&[2]), None, "another version");
    }
}
