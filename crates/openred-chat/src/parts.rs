//! Messages beyond one envelope: cut into parts, and joined when all are there (PROTOCOL A.9). Parts wait in rows, at
//! most a day. Must not know what the whole is.

use openred_core::ids::{B64, Hash, NodeId};
use openred_core::payload::{MLS_BYTES_MAX, MlsPart};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chat::{Chat, Mls};
use crate::error::ChatError;
use crate::head::MESSAGE_BYTES_MAX;

/// How long parts wait for the others, seconds.
pub const PART_S_MAX: u64 = 86_400;

/// Most parts of a whole.
const PARTS_MAX: usize = 64;
/// Unfinished wholes of one person.
const PERSON_WHOLES_MAX: usize = 4;
/// Unfinished wholes of all: with 2.8 MB each, what strangers to one another can make us keep.
const WHOLES_MAX: usize = 64;

/// First bytes of keys: of the list of what has come of a whole, of a part.
const LIST: u8 = b'p';
const PART: u8 = b'q';

/// What has come of a whole.
#[derive(Serialize, Deserialize)]
struct Unfinished {
    from: [u8; 32],
    of: u64,
    since_s: u64,
    /// Bit i: part i is there.
    there: u64,
}

/// Cuts an MLSMessage into parts of at most 44,000 bytes; `None` above 64 of them. One that fits into an envelope whole
/// needs no parts.
#[must_use]
pub fn split(bytes: &[u8]) -> Option<Vec<MlsPart>> {
    if bytes.is_empty() || bytes.len() > MESSAGE_BYTES_MAX {
        return None;
    }
    let hash = Hash(Sha256::digest(bytes).into());
    let pieces = bytes.chunks(MLS_BYTES_MAX);
    let of = pieces.len() as u64;
    Some(pieces.zip(0..).map(|(piece, i)| MlsPart { hash, i, of, bytes: B64(piece.to_vec()) }).collect())
}

impl Chat<'_> {
    /// Takes a part that this person has sent; the whole, when it was the last. A part that is there already is no
    /// error.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] for a part that does not fit to the others or to the hash (what has come of the whole is
    /// dropped when the transaction commits nothing else: see [`Chat::drop_parts`]), and for more than 4 unfinished
    /// wholes of a person, or 64 of all.
    pub fn take_part(&self, from: &NodeId, part: &MlsPart) -> Result<Option<Vec<u8>>, ChatError> {
        self.call(|mls| mls.take_part(from, part))
    }

    /// Drops the parts of a whole of this person: it is damaged.
    ///
    /// # Errors
    /// [`ChatError::Rows`].
    pub fn drop_parts(&self, from: &NodeId, hash: &Hash) -> Result<(), ChatError> {
        self.call(|mls| mls.drop_parts(&name(from, hash)))
    }

    /// Drops parts whose others have not come for a day; how many wholes those were.
    ///
    /// # Errors
    /// [`ChatError::Rows`].
    pub fn drop_old_parts(&self) -> Result<usize, ChatError> {
        self.call(Mls::drop_old_parts)
    }
}

impl Mls<'_> {
    fn take_part(&self, from: &NodeId, part: &MlsPart) -> Result<Option<Vec<u8>>, ChatError> {
        let i = index(part).ok_or(ChatError::Malformed("a part"))?;
        let name = name(from, &part.hash);
        let key = [&[LIST], name.as_slice()].concat();
        let held: Option<Unfinished> = self.storage.get(&key)?;
        let mut list = match held {
            Some(list) => list,
            None => self.begin(from, part.of)?,
        };
        if list.of != part.of || list.from != from.0 {
            return Err(ChatError::Malformed("a part of another whole"));
        }
        if list.there & (1 << i) == 0 {
            list.there |= 1 << i;
            self.storage.0.write(&part_key(&name, i), part.bytes.0.clone());
        }
        if u64::from(list.there.count_ones()) < list.of {
            self.storage.put(key, &list)?;
            return Ok(None);
        }
        let whole = self.join_parts(&name, list.of)?;
        self.drop_parts(&name)?;
        let genuine = Hash(Sha256::digest(&whole).into()) == part.hash;
        if genuine { Ok(Some(whole)) } else { Err(ChatError::Malformed("parts that are not the whole")) }
    }

    /// A new whole, where there is room.
    fn begin(&self, from: &NodeId, of: u64) -> Result<Unfinished, ChatError> {
        self.drop_old_parts()?;
        let lists = self.lists()?;
        let of_person = lists.iter().filter(|(_, list)| list.from == from.0).count();
        if of_person >= PERSON_WHOLES_MAX || lists.len() >= WHOLES_MAX {
            return Err(ChatError::Malformed("too many unfinished messages"));
        }
        Ok(Unfinished { from: from.0, of, since_s: self.lent.now_s, there: 0 })
    }

    fn join_parts(&self, name: &[u8], of: u64) -> Result<Vec<u8>, ChatError> {
        let mut whole = Vec::new();
        for i in 0..of {
            whole.extend_from_slice(&self.storage.0.read(&part_key(name, i))?.ok_or(ChatError::Damaged)?);
        }
        Ok(whole)
    }

    fn drop_parts(&self, name: &[u8]) -> Result<(), ChatError> {
        for key in self.storage.0.list(&[&[PART], name].concat())?.into_keys() {
            self.storage.0.delete(&key);
        }
        self.storage.0.delete(&[&[LIST], name].concat());
        Ok(())
    }

    fn drop_old_parts(&self) -> Result<usize, ChatError> {
        let mut dropped = 0;
        for (name, list) in self.lists()? {
            if self.lent.now_s.saturating_sub(list.since_s) >= PART_S_MAX {
                self.drop_parts(&name)?;
                dropped += 1;
            }
        }
        Ok(dropped)
    }

    fn lists(&self) -> Result<Vec<(Vec<u8>, Unfinished)>, ChatError> {
        let mut lists = Vec::new();
        for (key, value) in self.storage.0.list(&[LIST])? {
            lists.push((key[1..].to_vec(), crate::storage::decode(&value)?));
        }
        Ok(lists)
    }
}

/// A name of a whole that does not say whose it is: 16 bytes of SHA-256(person ‖ hash of the whole).
fn name(from: &NodeId, hash: &Hash) -> Vec<u8> {
    Sha256::new().chain_update(from.0).chain_update(hash.0).finalize()[..16].to_vec()
}

fn part_key(name: &[u8], i: u64) -> Vec<u8> {
    [&[PART], name, &i.to_be_bytes()].concat()
}

/// Which part it is, when it is one: full parts but for the last, so that a whole has one form.
fn index(part: &MlsPart) -> Option<u64> {
    let len = part.bytes.0.len();
    let last = part.i + 1 == part.of;
    let sized = len == MLS_BYTES_MAX || last && len > 0 && len < MLS_BYTES_MAX;
    (part.of <= PARTS_MAX as u64 && part.i < part.of && sized).then_some(part.i)
}
