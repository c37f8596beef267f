//! Names and bytes of the rows of groups and keys. Must not know what is in them.

use openmls::group::GroupId as MlsGroupId;
use openred_core::ids::Id16;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rows::RowsFailed;

/// The first byte of a row's key.
const GROUP: u8 = b'g';
pub(super) const KEY_PACKAGE: u8 = b'k';
pub(super) const KEY_PAIR: u8 = b'e';

/// What a row of a group holds: the byte behind the group in its key.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Part {
    JoinConfig = 1,
    OwnLeaves = 2,
    Proposals = 3,
    Proposal = 4,
    Tree = 5,
    Transcript = 6,
    Context = 7,
    Confirmation = 8,
    State = 9,
    Secrets = 10,
    Resumption = 11,
    OwnIndex = 12,
    EpochSecrets = 13,
    EpochKeys = 14,
    Ledger = 15,
}

/// The beginning of the keys of all rows of a group.
pub(crate) fn group_prefix(group: &MlsGroupId) -> Result<Vec<u8>, RowsFailed> {
    key(GROUP, group)
}

/// The key of our own notes on a group.
pub(crate) fn ledger_key(group: &MlsGroupId) -> Result<Vec<u8>, RowsFailed> {
    group_key(group, Part::Ledger)
}

/// A group's id as OpenMLS has it.
pub(crate) fn mls_id(group: Id16) -> MlsGroupId {
    MlsGroupId::from_slice(&group.0)
}

/// Bytes of a value.
pub(crate) fn encode(value: &impl Serialize) -> Result<Vec<u8>, RowsFailed> {
    rmp_serde::to_vec_named(value).map_err(|_| RowsFailed)
}

/// The value of bytes.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RowsFailed> {
    rmp_serde::from_slice(bytes).map_err(|_| RowsFailed)
}

pub(super) fn key(first: u8, name: &impl Serialize) -> Result<Vec<u8>, RowsFailed> {
    Ok([&[first], encode(name)?.as_slice()].concat())
}

pub(super) fn group_key(group: &impl Serialize, part: Part) -> Result<Vec<u8>, RowsFailed> {
    let mut key = key(GROUP, group)?;
    key.push(part as u8);
    Ok(key)
}

pub(super) fn part_key(
    group: &impl Serialize,
    part: Part,
    name: &impl Serialize,
) -> Result<Vec<u8>, RowsFailed> {
    let mut key = group_key(group, part)?;
    key.extend(encode(name)?);
    Ok(key)
}
