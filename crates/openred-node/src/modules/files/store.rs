//! Rows of `files` and `downloads`. Offers and links are below.

pub mod links;
pub mod offers;

use std::collections::BTreeSet;

use openred_core::{
    ids::{Hash, Id16},
    payload::Secret32,
};
use openred_service::database::{DbError, Row, Tx, Value};
use serde::{Deserialize, Serialize};

use crate::{
    modules::contacts::store::StoreError,
    seal::{SealBroken, Sealer},
};

/// Author of the owner's own files.
pub const OWN: i64 = 0;
const ABOUT: &str = "files.about";
const THUMBNAIL: &str = "files.thumbnail";

/// What is sealed in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Of this file alone.
    pub key: Secret32,
    /// Without folders, at most 255 bytes.
    pub name: String,
    /// `type/subtype`.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// A picture that comes is written anew, without what cameras add.
    #[serde(default)]
    pub clean: bool,
    /// Bytes are being brought: where this still stands when nobody brings any, chunks may have been sealed that were lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// The key under which what is on the disk is being sealed anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key: Option<Secret32>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct Stored {
    /// `files.id`.
    pub id: i64,
    /// Its name in the owner's API and of its part on the disk.
    pub file_id: Id16,
    /// [`OWN`], or who offered it.
    pub person: i64,
    /// See [`About`].
    pub about: About,
    /// SHA-256 of the ciphertext: of a copy what was promised, of an own file none while it comes.
    pub hash: Option<Hash>,
    /// All of it is here.
    pub whole: bool,
    /// There is a small picture of it.
    pub has_thumbnail: bool,
    /// Brought for a conversation.
    pub for_chat: bool,
    /// Unix ms.
    pub created_at: u64,
    /// Unix ms.
    pub used_at: u64,
}

macro_rules! file_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, file_id, person, about, hash, whole, CASE WHEN thumbnail IS NULL THEN 0 ELSE 1 END, created_at, used_at, for_chat FROM files ",
            $rest
        )
    };
}

fn stored(seal: &Sealer, row: &Row) -> Result<Stored, StoreError> {
    Ok(Stored {
        id: row.int(0)?,
        file_id: Id16(row.bytes(1)?),
        person: row.int(2)?,
        about: opened(seal, ABOUT, row.blob(3)?)?,
        hash: row.opt_bytes(4)?.map(Hash),
        whole: row.flag(5)?,
        has_thumbnail: row.flag(6)?,
        created_at: row.uint(7)?,
        used_at: row.uint(8)?,
        for_chat: row.flag(9)?,
    })
}

fn sealed<T: Serialize>(seal: &Sealer, column: &'static str, value: &T) -> Vec<u8> {
    seal.seal(column, &serde_json::to_vec(value).unwrap_or_default())
}

fn opened<T: serde::de::DeserializeOwned>(
    seal: &Sealer,
    column: &'static str,
    sealed: &[u8],
) -> Result<T, SealBroken> {
    serde_json::from_slice(&seal.open(column, sealed)?).map_err(|_| SealBroken(column))
}

/// Writes a file that is to come; returns its number. `bytes`: of ciphertext.
pub fn add(
    tx: &Tx<'_>,
    seal: &Sealer,
    (file_id, person): (&Id16, i64),
    about: &About,
    (bytes, hash): (u64, Option<Hash>),
    now: u64,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO files (file_id, person, about, bytes, hash, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $6)";
    let values = [
        file_id.0.into(),
        person.into(),
        sealed(seal, ABOUT, about).into(),
        bytes.into(),
        hash.map(|hash| hash.0).into(),
        now.into(),
    ];
    tx.execute(sql, &values)?;
    let row = tx.one("SELECT id FROM files WHERE file_id = $1", &[file_id.0.into()])?;
    Ok(row.ok_or(DbError::Gone)?.int(0)?)
}

/// A file was brought for a conversation: it goes with the last message that carries it.
pub fn set_for_chat(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("UPDATE files SET for_chat = 1 WHERE id = $1", &[id.into()]).map(drop)
}

/// The file of this number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Stored>, StoreError> {
    let row = tx.one(file_sql!("WHERE id = $1"), &[id.into()])?;
    row.map(|row| stored(seal, &row)).transpose()
}

/// The file of this name.
pub fn find(tx: &Tx<'_>, seal: &Sealer, file_id: &Id16) -> Result<Option<Stored>, StoreError> {
    let row = tx.one(file_sql!("WHERE file_id = $1"), &[file_id.0.into()])?;
    row.map(|row| stored(seal, &row)).transpose()
}

/// Files before `before` (`files.id`), newest first.
pub fn list(tx: &Tx<'_>, seal: &Sealer, before: i64, limit: i64) -> Result<Vec<Stored>, StoreError> {
    let rows =
        tx.all(file_sql!("WHERE id < $1 ORDER BY id DESC LIMIT $2"), &[before.into(), limit.into()])?;
    rows.iter().map(|row| stored(seal, row)).collect()
}

/// Own files on their way.
pub fn count_coming(tx: &Tx<'_>) -> Result<i64, DbError> {
    let row = tx.one("SELECT count(*) FROM files WHERE whole = 0 AND person = 0", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Changes what is said of a file.
pub fn set_about(tx: &Tx<'_>, seal: &Sealer, id: i64, about: &About) -> Result<(), DbError> {
    let values = [id.into(), sealed(seal, ABOUT, about).into()];
    tx.execute("UPDATE files SET about = $2 WHERE id = $1", &values).map(drop)
}

/// Bytes are being brought, or everything that was is on disk. The file as it is then; none when it went meanwhile.
pub fn set_open(
    tx: &Tx<'_>,
    seal: &Sealer,
    id: i64,
    open: bool,
    now: u64,
) -> Result<Option<Stored>, StoreError> {
    let Some(mut file) = get(tx, seal, id)? else { return Ok(None) };
    if file.about.open != open {
        file.about.open = open;
        set_about(tx, seal, id, &file.about)?;
    }
    touch(tx, id, now)?;
    Ok(Some(file))
}

/// A file is whole, as this. False when its row went meanwhile. `bytes`: of ciphertext.
pub fn set_whole(
    tx: &Tx<'_>,
    seal: &Sealer,
    id: i64,
    about: &About,
    (bytes, hash): (u64, &Hash),
    thumbnail: Option<&[u8]>,
) -> Result<bool, DbError> {
    let sql = "UPDATE files SET whole = 1, about = $2, bytes = $3, hash = $4, thumbnail = $5 WHERE id = $1 AND whole = 0";
    let values = [
        id.into(),
        sealed(seal, ABOUT, about).into(),
        bytes.into(),
        hash.0.into(),
        thumbnail.map(|jpeg| seal.seal(THUMBNAIL, jpeg)).into(),
    ];
    Ok(tx.execute(sql, &values)? == 1)
}

/// The small picture of a file.
pub fn thumbnail(tx: &Tx<'_>, seal: &Sealer, file_id: &Id16) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.one("SELECT thumbnail FROM files WHERE file_id = $1", &[file_id.0.into()])?;
    let Some(row) = row else { return Ok(None) };
    Ok(row.opt_blob(0)?.map(|sealed| seal.open(THUMBNAIL, sealed)).transpose()?)
}

/// A file was read.
pub fn touch(tx: &Tx<'_>, id: i64, now: u64) -> Result<(), DbError> {
    tx.execute("UPDATE files SET used_at = $2 WHERE id = $1", &[id.into(), now.into()]).map(drop)
}

/// What is to be removed from the disk when its row is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes {
    /// `files.id`.
    pub id: i64,
    /// Names its part.
    pub file_id: Id16,
    /// Names it when it is whole.
    pub hash: Option<Hash>,
    /// Of ciphertext.
    pub bytes: u64,
}

fn bytes_of(row: &Row) -> Result<Bytes, DbError> {
    Ok(Bytes {
        id: row.int(0)?,
        file_id: Id16(row.bytes(1)?),
        hash: row.opt_bytes(2)?.map(Hash),
        bytes: row.uint(3)?,
    })
}

/// Removes a file with its way here, its offers and its links, which say *gone* from now on. What is to be removed from
/// the disk; its whole bytes only where no other row names them.
pub fn remove(tx: &Tx<'_>, id: i64) -> Result<Option<Bytes>, DbError> {
    let Some(row) = tx.one("SELECT id, file_id, hash, bytes FROM files WHERE id = $1", &[id.into()])? else {
        return Ok(None);
    };
    let mut gone = bytes_of(&row)?;
    tx.execute("DELETE FROM files WHERE id = $1", &[id.into()])?;
    tx.execute("DELETE FROM downloads WHERE file = $1", &[id.into()])?;
    offers::forget_file(tx, id)?;
    links::end_of(tx, id)?;
    if let Some(hash) = gone.hash
        && tx.one("SELECT id FROM files WHERE hash = $1 LIMIT 1", &[hash.0.into()])?.is_some()
    {
        gone.hash = None;
    }
    Ok(Some(gone))
}

/// Whole copies of others' files, those first that were not used for longest.
pub fn copies(tx: &Tx<'_>, limit: i64) -> Result<Vec<Bytes>, DbError> {
    let sql = "SELECT id, file_id, hash, bytes FROM files WHERE person <> 0 AND whole = 1 ORDER BY used_at, id LIMIT $1";
    tx.all(sql, &[limit.into()])?.iter().map(bytes_of).collect()
}

/// Files that were brought for a conversation before `before` (unix ms), and no message carries them.
pub fn unused(tx: &Tx<'_>, before: u64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM files WHERE for_chat = 1 AND whole = 1 AND created_at < $1 AND NOT EXISTS (SELECT 1 FROM chat_files c WHERE c.file = files.id) LIMIT 100";
    tx.all(sql, &[before.into()])?.iter().map(|row| row.int(0)).collect()
}

/// Own files that were begun before `before` (unix ms) and never came.
pub fn given_up(tx: &Tx<'_>, before: u64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM files WHERE whole = 0 AND person = 0 AND used_at < $1 LIMIT 100";
    tx.all(sql, &[before.into()])?.iter().map(|row| row.int(0)).collect()
}

/// Bytes of ciphertext: of own files, and of copies of others', those on their way included.
pub fn sums(tx: &Tx<'_>) -> Result<(u64, u64), DbError> {
    let sql = "SELECT CAST(COALESCE(sum(CASE WHEN person = 0 THEN bytes ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(sum(CASE WHEN person <> 0 THEN bytes ELSE 0 END), 0) AS BIGINT) FROM files";
    tx.one(sql, &[])?.map_or(Ok((0, 0)), |row| Ok((row.uint(0)?, row.uint(1)?)))
}

/// Whether a whole file of this ciphertext is here.
pub fn has_whole(tx: &Tx<'_>, hash: &Hash) -> Result<bool, DbError> {
    let sql = "SELECT id FROM files WHERE hash = $1 AND whole = 1 LIMIT 1";
    Ok(tx.one(sql, &[hash.0.into()])?.is_some())
}

/// What must be on the disk: whole files, and parts.
pub fn names(tx: &Tx<'_>) -> Result<(BTreeSet<Hash>, BTreeSet<Id16>), DbError> {
    let (mut whole, mut parts) = (BTreeSet::new(), BTreeSet::new());
    for row in tx.all("SELECT file_id, hash, whole FROM files", &[])? {
        match row.opt_bytes(1)? {
            Some(hash) if row.flag(2)? => drop(whole.insert(Hash(hash))),
            _ => drop(parts.insert(Id16(row.bytes(0)?))),
        }
    }
    Ok((whole, parts))
}

/// A copy on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// `files.id` of the copy.
    pub file: i64,
    /// `file_offers.id`.
    pub offer: i64,
    /// Attempts in vain since something came.
    pub tries: u64,
    /// Unix ms; none when it failed for good.
    pub next_at: Option<u64>,
    /// Stable code of the last attempt; empty before.
    pub reason: String,
}

fn download(row: &Row) -> Result<Download, DbError> {
    Ok(Download {
        file: row.int(0)?,
        offer: row.int(1)?,
        tries: row.uint(2)?,
        next_at: row.opt_uint(3)?,
        reason: row.text(4)?.to_owned(),
    })
}

/// Begins a download, or begins it again.
pub fn start(tx: &Tx<'_>, file: i64, offer: i64, now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO downloads (file, offer, next_at) VALUES ($1, $2, $3) ON CONFLICT (file) DO UPDATE SET tries = 0, next_at = excluded.next_at, reason = ''";
    tx.execute(sql, &[file.into(), offer.into(), now.into()]).map(drop)
}

/// Downloads that are due.
pub fn due(tx: &Tx<'_>, now: u64, limit: i64) -> Result<Vec<Download>, DbError> {
    let sql = "SELECT file, offer, tries, next_at, reason FROM downloads WHERE next_at <= $1 ORDER BY next_at, file LIMIT $2";
    tx.all(sql, &[now.into(), limit.into()])?.iter().map(download).collect()
}

/// The download of a copy, until it is whole.
pub fn download_of(tx: &Tx<'_>, file: i64) -> Result<Option<Download>, DbError> {
    let sql = "SELECT file, offer, tries, next_at, reason FROM downloads WHERE file = $1";
    tx.one(sql, &[file.into()])?.map(|row| download(&row)).transpose()
}

/// What came of an attempt: when the next is, and why.
pub fn note(tx: &Tx<'_>, file: i64, tries: u64, next_at: Option<u64>, reason: &str) -> Result<(), DbError> {
    let sql = "UPDATE downloads SET tries = $2, next_at = $3, reason = $4 WHERE file = $1";
    tx.execute(sql, &[file.into(), tries.into(), next_at.into(), reason.into()]).map(drop)
}

/// A copy is whole: nothing is on its way any more.
pub fn arrived(tx: &Tx<'_>, file: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM downloads WHERE file = $1", &[Value::Int(file)]).map(drop)
}
