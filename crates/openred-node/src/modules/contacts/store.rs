//! Rows of people: `connections identity_forks`. The only SQL of this module.

use openred_core::{
    codec::{Reader, Writer},
    descriptor::{Descriptor, Pin},
    identity::IdentityLog,
    ids::{Hash, NodeId},
};
use openred_proto::overlay::store::{PEER_AGE_S, PEER_ROWS_MAX};
use openred_service::database::{DbError, Row, Tx, Value};

use super::person::{Details, Following, Person, Relationship, Status};
use crate::seal::{SealBroken, Sealer};

/// Those merely met are forgotten when nothing was heard of them for this long, as their addresses are.
const MET_AGE_MS: u64 = PEER_AGE_S * 1_000;
/// And, the longest unheard of first, when there are more than this.
const MET_ROWS_MAX: i64 = PEER_ROWS_MAX as i64;
/// A session says so at least this often: whoever was heard of since may have one.
const SESSION_MS: u64 = 3 * 3_600_000;

const DESCRIPTOR: &str = "connections.descriptor";

/// A row could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A sealed value does not open: the row is damaged or from another identity.
    #[error(transparent)]
    Sealed(#[from] SealBroken),
}

/// The columns of a [`Person`] stand once.
macro_rules! person_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, target_node_id, target_username, target_server_url, relationship_type, status, following, ",
            "created_at, updated_at, details, last_seen_at FROM connections ",
            $rest
        )
    };
}

/// Which people to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Accepted friends.
    Friends,
    /// Waiting for the owner, or for them.
    Requests,
    /// Followed by the owner.
    Following,
    /// Accepted followers.
    Followers,
    /// Blocked.
    Blocked,
}

/// The person with this node id.
pub fn find(tx: &Tx<'_>, seal: &Sealer, id: &NodeId) -> Result<Option<Person>, StoreError> {
    let sql = person_sql!("WHERE target_key = $1");
    tx.one(sql, &[Value::Blob(seal.key_of(id))])?.map(|row| read(seal, &row)).transpose()
}

/// The person with this local number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Person>, StoreError> {
    let sql = person_sql!("WHERE id = $1");
    tx.one(sql, &[Value::Int(id)])?.map(|row| read(seal, &row)).transpose()
}

/// The person, made with empty details when not known yet.
pub fn ensure(tx: &Tx<'_>, seal: &Sealer, id: &NodeId, now: u64) -> Result<Person, StoreError> {
    if let Some(person) = find(tx, seal, id)? {
        return Ok(person);
    }
    let details = details_bytes(&Details::default());
    let sql = "INSERT INTO connections (target_key, target_node_id, target_username, target_server_url, relationship_type, status, following, created_at, updated_at, details) VALUES ($1, $2, $3, $4, 'none', 'none', 'none', $5, $5, $6) ON CONFLICT (target_key) DO NOTHING";
    tx.execute(
        sql,
        &[
            Value::Blob(seal.key_of(id)),
            Value::Blob(seal.seal("connections.target_node_id", &id.0)),
            Value::Blob(seal.seal("connections.target_username", b"")),
            Value::Blob(seal.seal("connections.target_server_url", b"")),
            Value::Int(now as i64),
            Value::Blob(seal.seal("connections.details", &details)),
        ],
    )?;
    find(tx, seal, id)?.ok_or(StoreError::Database(DbError::Gone))
}

/// Writes everything of a person but the descriptor and the sign of life.
pub fn save(tx: &Tx<'_>, seal: &Sealer, person: &Person, now: u64) -> Result<(), StoreError> {
    let sql = "UPDATE connections SET target_username = $2, target_server_url = $3, relationship_type = $4, status = $5, following = $6, updated_at = $7, details = $8, avatar = $9, kept = CASE WHEN $10 = 1 THEN 1 ELSE kept END WHERE id = $1";
    tx.execute(
        sql,
        &[
            Value::Int(person.id),
            Value::Blob(seal.seal("connections.target_username", person.username.as_bytes())),
            Value::Blob(seal.seal("connections.target_server_url", person.server_url.as_bytes())),
            Value::Text(person.relationship.as_str().into()),
            Value::Text(person.status.as_str().into()),
            Value::Text(person.following.as_str().into()),
            Value::Int(now as i64),
            Value::Blob(seal.seal("connections.details", &details_bytes(&person.details))),
            person.details.avatar.as_ref().map_or(Value::Null, |a| picture_key(seal, &a.content_id)),
            person.is_more_than_met().into(),
        ],
    )?;
    Ok(())
}

/// People who show this picture, not more than 16.
pub fn with_avatar(tx: &Tx<'_>, seal: &Sealer, id: &Hash) -> Result<Vec<Person>, StoreError> {
    let sql = person_sql!("WHERE avatar = $1 ORDER BY id LIMIT 16");
    tx.all(sql, &[picture_key(seal, id)])?.iter().map(|row| read(seal, row)).collect()
}

/// Keyed like a node id: the row does not tell whose picture it is.
fn picture_key(seal: &Sealer, id: &Hash) -> Value {
    Value::Blob(seal.key_of(&NodeId(id.0)))
}

/// The log and the newest descriptor held of a person.
pub fn pin_of(tx: &Tx<'_>, seal: &Sealer, person: &Person) -> Result<Pin, StoreError> {
    let Some(row) =
        tx.one("SELECT log, descriptor FROM connections WHERE id = $1", &[Value::Int(person.id)])?
    else {
        return Ok(Pin::new(person.node_id));
    };
    let Some(log) = row.opt_blob(0)?.map(|sealed| seal.open("connections.log", sealed)).transpose()? else {
        return Ok(Pin::new(person.node_id));
    };
    let damaged = |column| StoreError::Sealed(SealBroken(column));
    let descriptor = row.opt_blob(1)?.map(|sealed| seal.open(DESCRIPTOR, sealed)).transpose()?;
    let descriptor = descriptor.map(|bytes| Descriptor::restore(&bytes)).transpose();
    let descriptor = descriptor.map_err(|_| damaged(DESCRIPTOR))?;
    // Nearly always the descriptor brings the same log, which need not be verified twice.
    let brought = descriptor.as_ref().map(|d| &d.body().log).filter(|brought| log_bytes(brought) == log);
    let log = match brought {
        Some(brought) => brought.clone(),
        None => IdentityLog::read(&mut Reader::new(&log)).map_err(|_| damaged("connections.log"))?,
    };
    Ok(Pin::restore(log, descriptor))
}

/// Whether this very descriptor is the pinned one.
pub fn is_pinned(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    descriptor: &Descriptor,
) -> Result<bool, StoreError> {
    let row = tx.one("SELECT descriptor FROM connections WHERE id = $1", &[Value::Int(person)])?;
    let Some(row) = row else { return Ok(false) };
    let Some(sealed) = row.opt_blob(0)? else { return Ok(false) };
    Ok(seal.open(DESCRIPTOR, sealed)? == descriptor.bytes())
}

fn log_bytes(log: &IdentityLog) -> Vec<u8> {
    let mut writer = Writer::new();
    log.write(&mut writer);
    writer.into_vec()
}

/// Keeps what a [`Pin`] holds.
pub fn save_pin(tx: &Tx<'_>, seal: &Sealer, person: i64, pin: &Pin) -> Result<(), DbError> {
    let Some(log) = pin.log() else { return Ok(()) };
    let descriptor = pin.descriptor().map(|d| seal.seal(DESCRIPTOR, d.bytes()));
    tx.execute(
        "UPDATE connections SET log = $2, descriptor = $3 WHERE id = $1",
        &[
            Value::Int(person),
            Value::Blob(seal.seal("connections.log", &log_bytes(log))),
            descriptor.map_or(Value::Null, Value::Blob),
        ],
    )?;
    Ok(())
}

/// A second valid entry for a held number of somebody's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Number of the entry.
    pub seq: u32,
    /// Verbatim.
    pub entry: Vec<u8>,
    /// Unix ms.
    pub seen_at: u64,
}

/// Keeps a proof; the first per person and number stays. True when it is new. A log has at most 32 entries.
pub fn add_fork(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    (seq, entry): (u32, &[u8]),
    now: u64,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO identity_forks (person, seq, entry, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, seq) DO NOTHING";
    let values = [
        Value::Int(person),
        Value::Int(seq.into()),
        Value::Blob(seal.seal("identity_forks.entry", entry)),
        Value::Int(now as i64),
    ];
    Ok(tx.execute(sql, &values)? == 1)
}

/// The proofs held about somebody.
pub fn forks(tx: &Tx<'_>, seal: &Sealer, person: i64) -> Result<Vec<Fork>, StoreError> {
    let sql = "SELECT seq, entry, seen_at FROM identity_forks WHERE person = $1 ORDER BY seq LIMIT 32";
    let read = |row: &Row| {
        let seq = row.int(0)? as u32;
        Ok(Fork { seq, entry: seal.open("identity_forks.entry", row.blob(1)?)?, seen_at: row.uint(2)? })
    };
    tx.all(sql, &[Value::Int(person)])?.iter().map(read).collect()
}

/// Forgets those who were merely met, neighbours most of all: no link for long, or too many of them. Who was ever more,
/// and whoever something that is held is from or for, stays.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let before = |age: u64| Value::Int(now.saturating_sub(age) as i64);
    let sql = concat!(
        "DELETE FROM connections WHERE kept = 0 AND COALESCE(last_seen_at, updated_at) < $1 AND (COALESCE(last_seen_at, updated_at) < $2",
        " OR id IN (SELECT id FROM connections WHERE kept = 0 ORDER BY COALESCE(last_seen_at, updated_at) DESC, id DESC LIMIT $4 OFFSET $3))",
        " AND id NOT IN (SELECT author FROM posts UNION SELECT author FROM comments UNION SELECT wall FROM comments",
        " UNION SELECT author FROM reactions UNION SELECT wall FROM reactions UNION SELECT author FROM waiting_changes",
        " UNION SELECT person FROM access_requests UNION SELECT actor FROM notifications WHERE actor IS NOT NULL",
        " UNION SELECT person FROM outbox WHERE person IS NOT NULL UNION SELECT person FROM drafts",
        " UNION SELECT person FROM deliveries WHERE state < 2 UNION SELECT person FROM held_back",
        " UNION SELECT person FROM mls_members UNION SELECT added_by FROM mls_members WHERE added_by IS NOT NULL",
        " UNION SELECT person FROM chats WHERE person > 0 UNION SELECT person FROM group_asking UNION SELECT person FROM group_joins",
        " UNION SELECT author FROM chat_messages UNION SELECT author FROM chat_reactions",
        " UNION SELECT bound_person FROM invitations WHERE bound_person IS NOT NULL",
        " UNION SELECT person FROM redeemed_invitations UNION SELECT person FROM identity_forks) RETURNING id"
    );
    let values = [before(SESSION_MS), before(MET_AGE_MS), Value::Int(MET_ROWS_MAX), Value::Int(i64::MAX)];
    for row in tx.all(sql, &values)? {
        let person = [Value::Int(row.int(0)?)];
        for sql in [
            "DELETE FROM pair_secrets WHERE person = $1",
            "DELETE FROM streams WHERE person = $1",
            "DELETE FROM deliveries WHERE person = $1",
            "DELETE FROM inbound_streams WHERE person = $1",
            "DELETE FROM inbound_gaps WHERE person = $1",
            "DELETE FROM relay_routes WHERE person = $1",
            "DELETE FROM mail_receipts WHERE person = $1",
        ] {
            tx.execute(sql, &person)?;
        }
    }
    Ok(())
}

/// A sign of life.
pub fn seen(tx: &Tx<'_>, id: i64, now: u64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE connections SET last_seen_at = $2 WHERE id = $1",
        &[Value::Int(id), Value::Int(now as i64)],
    )?;
    Ok(())
}

/// A page of people, by number; `limit` at most 200.
pub fn list(
    tx: &Tx<'_>,
    seal: &Sealer,
    which: List,
    after: i64,
    limit: i64,
) -> Result<Vec<Person>, StoreError> {
    let rows = match which {
        List::Friends => tx.all(person_sql!("WHERE relationship_type = 'friend' AND status = 'accepted' AND id > $1 ORDER BY id LIMIT $2"), &[Value::Int(after), Value::Int(limit)])?,
        List::Requests => tx.all(person_sql!("WHERE (status IN ('pending_in', 'pending_out') OR following = 'pending') AND relationship_type <> 'blocked' AND id > $1 ORDER BY id LIMIT $2"), &[Value::Int(after), Value::Int(limit)])?,
        List::Following => tx.all(person_sql!("WHERE following = 'accepted' AND relationship_type <> 'blocked' AND id > $1 ORDER BY id LIMIT $2"), &[Value::Int(after), Value::Int(limit)])?,
        List::Followers => tx.all(person_sql!("WHERE relationship_type = 'follower' AND status = 'accepted' AND id > $1 ORDER BY id LIMIT $2"), &[Value::Int(after), Value::Int(limit)])?,
        List::Blocked => tx.all(person_sql!("WHERE relationship_type = 'blocked' AND id > $1 ORDER BY id LIMIT $2"), &[Value::Int(after), Value::Int(limit)])?,
    };
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Everybody, for the roster at unlock; bounded by `limit`.
pub fn everybody(tx: &Tx<'_>, seal: &Sealer, limit: i64) -> Result<Vec<Person>, StoreError> {
    let sql = person_sql!("ORDER BY updated_at DESC LIMIT $1");
    tx.all(sql, &[Value::Int(limit)])?.iter().map(|row| read(seal, row)).collect()
}

/// Numbers of the next people that an audience reaches, after `after`; `limit` at most 500.
pub fn audience(tx: &Tx<'_>, public: bool, after: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = if public {
        "SELECT id FROM connections WHERE relationship_type IN ('friend', 'follower') AND status = 'accepted' AND id > $1 ORDER BY id LIMIT $2"
    } else {
        "SELECT id FROM connections WHERE relationship_type = 'friend' AND status = 'accepted' AND id > $1 ORDER BY id LIMIT $2"
    };
    tx.all(sql, &[Value::Int(after), Value::Int(limit)])?.iter().map(|row| row.int(0)).collect()
}

/// How many accepted friends there are.
pub fn count_friends(tx: &Tx<'_>) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM connections WHERE relationship_type = 'friend' AND status = 'accepted'";
    tx.one(sql, &[])?.map_or(Ok(0), |row| row.int(0))
}

fn details_bytes(details: &Details) -> Vec<u8> {
    serde_json::to_vec(details).unwrap_or_default()
}

fn read(seal: &Sealer, row: &Row) -> Result<Person, StoreError> {
    let column = "connections.target_node_id";
    let id = seal.open(column, row.blob(1)?)?;
    let node_id = NodeId(id.try_into().map_err(|_| SealBroken(column))?);
    let details = seal.open("connections.details", row.blob(9)?)?;
    Ok(Person {
        id: row.int(0)?,
        node_id,
        username: seal.open_text("connections.target_username", row.blob(2)?)?,
        server_url: seal.open_text("connections.target_server_url", row.blob(3)?)?,
        relationship: Relationship::from_text(row.text(4)?),
        status: Status::from_text(row.text(5)?),
        following: Following::from_text(row.text(6)?),
        created_at: row.int(7)? as u64,
        updated_at: row.int(8)? as u64,
        details: serde_json::from_slice(&details).map_err(|_| SealBroken("connections.details"))?,
        last_seen_at: row.opt_int(10)?.map(|at| at as u64),
    })
}
