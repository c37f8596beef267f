//! Rows of `mls_groups mls_members mls_sequenced`: groups and who is in them. What passes by is in `commits` and `changes`.

use openred_core::ids::{Hash, Id16, NodeId};
use openred_proto::order::{Order, sequencer::Sequencer};
use openred_service::database::{DbError, Row, Tx, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    modules::contacts::store::StoreError,
    seal::{SealBroken, Sealer},
};

const STATE: &str = "mls_groups.state";
const FACTS: &str = "mls_groups.facts";
const SEQUENCED: &str = "mls_sequenced.state";

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `mls_groups.id`.
    pub id: i64,
    /// Its name among nodes.
    pub group: Id16,
    /// What the owner is shown of it.
    pub facts: Facts,
}

impl Group {
    /// `chats.person` of its conversation.
    #[must_use]
    pub const fn partner(&self) -> i64 {
        -self.id
    }
}

/// What was agreed on in the newest epoch that the owner was in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// One line; of a circle empty.
    pub name: String,
    /// It is no conversation, but a circle.
    #[serde(default)]
    pub circle: bool,
    /// Who may change it; nobody named: everybody.
    pub admins: Vec<NodeId>,
    /// Whose nodes order its commits.
    pub sequencers: Vec<NodeId>,
    /// Its epoch.
    pub epoch: u64,
    /// The owner is a member.
    pub member: bool,
    /// The owner wants to leave.
    #[serde(default)]
    pub leaving: bool,
    /// The epoch in which the others were last asked for that.
    #[serde(default)]
    pub asked_in: Option<u64>,
    /// Who asked to be removed.
    #[serde(default)]
    pub leavers: Vec<NodeId>,
    /// Removed on a branch that lost, and not removed again yet by whoever may: nothing is said until then, a day at most.
    #[serde(default)]
    pub owed: Vec<NodeId>,
    /// Since when, unix ms.
    #[serde(default)]
    pub owed_at: u64,
    /// From which epoch on messages are to be said again, when something may be said.
    #[serde(default)]
    pub again: Option<u64>,
    /// Which sequencers were asked about which commits.
    #[serde(default)]
    pub asked: Vec<(NodeId, Hash)>,
    /// Sequencers that signed two commits for one epoch.
    #[serde(default)]
    pub liars: Vec<NodeId>,
}

/// A removal that lost is waited for so long.
const OWED_MS: u64 = 86_400_000;

impl Facts {
    /// Whether something may be said at this time, as far as removals go that others have to make again.
    #[must_use]
    pub fn may_send(&self, now: u64) -> bool {
        self.member && (self.owed.is_empty() || now.saturating_sub(self.owed_at) >= OWED_MS)
    }

    /// Whether this person may add and remove others and change name and roles.
    #[must_use]
    pub fn may_change(&self, id: &NodeId) -> bool {
        self.admins.is_empty() || self.admins.contains(id)
    }

    /// Whether this person may let a member in again: the only administrator is let in by everybody.
    #[must_use]
    pub fn may_restore(&self, id: &NodeId, member: &NodeId) -> bool {
        self.may_change(id) || self.admins == [*member]
    }
}

pub(super) fn sealed<T: Serialize>(seal: &Sealer, column: &'static str, value: &T) -> Value {
    seal.seal(column, &serde_json::to_vec(value).unwrap_or_default()).into()
}

pub(super) fn opened<T: DeserializeOwned>(
    seal: &Sealer,
    column: &'static str,
    bytes: &[u8],
) -> Result<T, StoreError> {
    serde_json::from_slice(&seal.open(column, bytes)?).map_err(|_| SealBroken(column).into())
}

fn read(seal: &Sealer, row: &Row) -> Result<Group, StoreError> {
    Ok(Group { id: row.int(0)?, group: Id16(row.bytes(1)?), facts: opened(seal, FACTS, row.blob(2)?)? })
}

/// By its name among nodes.
pub fn find(tx: &Tx<'_>, seal: &Sealer, group: Id16) -> Result<Option<Group>, StoreError> {
    let sql = "SELECT id, group_id, facts FROM mls_groups WHERE group_id = $1";
    tx.one(sql, &[group.0.to_vec().into()])?.map(|row| read(seal, &row)).transpose()
}

/// By its number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Group>, StoreError> {
    let sql = "SELECT id, group_id, facts FROM mls_groups WHERE id = $1";
    tx.one(sql, &[id.into()])?.map(|row| read(seal, &row)).transpose()
}

/// Writes down a new one.
pub fn insert(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: Id16,
    order: &Order,
    facts: &Facts,
) -> Result<Group, StoreError> {
    let sql = "INSERT INTO mls_groups (group_id, state, facts, wake_at) VALUES ($1, $2, $3, $4) RETURNING id";
    let values =
        [group.0.to_vec().into(), sealed(seal, STATE, order), sealed(seal, FACTS, facts), wake(order)];
    let row = tx.one(sql, &values)?.ok_or(DbError::Gone)?;
    Ok(Group { id: row.int(0)?, group, facts: facts.clone() })
}

fn wake(order: &Order) -> Value {
    order.next_wake().map_or(Value::Null, Value::from)
}

/// The order of its commits.
pub fn order(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Order, StoreError> {
    let row = tx.one("SELECT state FROM mls_groups WHERE id = $1", &[id.into()])?.ok_or(DbError::Gone)?;
    opened(seal, STATE, row.blob(0)?)
}

/// Writes the order of its commits.
pub fn set_order(tx: &Tx<'_>, seal: &Sealer, id: i64, order: &Order) -> Result<(), DbError> {
    let sql = "UPDATE mls_groups SET state = $2, wake_at = $3 WHERE id = $1";
    tx.execute(sql, &[id.into(), sealed(seal, STATE, order), wake(order)]).map(drop)
}

/// Writes what the owner is shown.
pub fn set_facts(tx: &Tx<'_>, seal: &Sealer, id: i64, facts: &Facts) -> Result<(), DbError> {
    let sql = "UPDATE mls_groups SET facts = $2 WHERE id = $1";
    tx.execute(sql, &[id.into(), sealed(seal, FACTS, facts)]).map(drop)
}

/// Groups whose order is to be asked by `now`, at most `limit`.
pub fn due(tx: &Tx<'_>, now: u64, limit: i64) -> Result<Vec<Id16>, DbError> {
    let sql = "SELECT group_id FROM mls_groups WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2";
    tx.all(sql, &[now.into(), limit.into()])?.iter().map(|row| Ok(Id16(row.bytes(0)?))).collect()
}

/// A group that cannot go on is not asked before this time, unix ms.
pub fn rest(tx: &Tx<'_>, group: Id16, until: u64) -> Result<(), DbError> {
    let sql = "UPDATE mls_groups SET wake_at = $2 WHERE group_id = $1";
    tx.execute(sql, &[group.0.to_vec().into(), until.into()]).map(drop)
}

/// When the next is to be asked, or a change is to be made that others may do first; unix ms.
pub fn next_due(tx: &Tx<'_>) -> Result<Option<u64>, DbError> {
    let sql = "SELECT min(at) FROM (SELECT wake_at AS at FROM mls_groups WHERE wake_at IS NOT NULL UNION ALL SELECT not_before AS at FROM mls_changes WHERE waits = 0 AND not_before > 0) AS all_times";
    Ok(tx.one(sql, &[])?.map(|row| row.opt_uint(0)).transpose()?.flatten())
}

/// All groups, for work that comes now and then; after `after`, at most `limit`.
pub fn page(tx: &Tx<'_>, after: i64, limit: i64) -> Result<Vec<(i64, Id16)>, DbError> {
    let sql = "SELECT id, group_id FROM mls_groups WHERE id > $1 ORDER BY id LIMIT $2";
    let rows = tx.all(sql, &[after.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.int(0)?, Id16(row.bytes(1)?)))).collect()
}

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// `connections.id`, 0 the owner.
    pub person: i64,
    /// Who added them; none: nobody here knows.
    pub added_by: Option<i64>,
    /// When, unix ms.
    pub added_at: Option<u64>,
}

/// Who is in a group.
pub fn members(tx: &Tx<'_>, id: i64) -> Result<Vec<Member>, DbError> {
    let sql = "SELECT person, added_by, added_at FROM mls_members WHERE mls_group = $1 ORDER BY person";
    let rows = tx.all(sql, &[id.into()])?;
    let read =
        |row: &Row| Ok(Member { person: row.int(0)?, added_by: row.opt_int(1)?, added_at: row.opt_uint(2)? });
    rows.iter().map(read).collect()
}

/// How many are in a group.
pub fn count(tx: &Tx<'_>, id: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM mls_members WHERE mls_group = $1";
    tx.one(sql, &[id.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Somebody is in a group; who added them stays when that is known.
pub fn put_member(tx: &Tx<'_>, id: i64, member: &Member) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_members (mls_group, person, added_by, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT (mls_group, person) DO UPDATE SET added_by = COALESCE($3, mls_members.added_by), added_at = COALESCE($4, mls_members.added_at)";
    let (by, at) = (member.added_by.map_or(Value::Null, Value::from), member.added_at);
    tx.execute(sql, &[id.into(), member.person.into(), by, at.map_or(Value::Null, Value::from)]).map(drop)
}

/// Somebody is in it no more.
pub fn drop_member(tx: &Tx<'_>, id: i64, person: i64) -> Result<(), DbError> {
    let sql = "DELETE FROM mls_members WHERE mls_group = $1 AND person = $2";
    tx.execute(sql, &[id.into(), person.into()]).map(drop)
}

/// Whether somebody is in this group.
pub fn is_in(tx: &Tx<'_>, id: i64, person: i64) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM mls_members WHERE mls_group = $1 AND person = $2";
    Ok(tx.one(sql, &[id.into(), person.into()])?.is_some())
}

/// Whether somebody is in any group with the owner.
pub fn is_companion(tx: &Tx<'_>, person: i64) -> Result<bool, DbError> {
    Ok(tx.one("SELECT 1 FROM mls_members WHERE person = $1 LIMIT 1", &[person.into()])?.is_some())
}

/// What this node ordered in a group.
pub fn sequencer(tx: &Tx<'_>, seal: &Sealer, group: Id16) -> Result<Option<Sequencer>, StoreError> {
    let row = tx.one("SELECT state FROM mls_sequenced WHERE group_id = $1", &[group.0.to_vec().into()])?;
    row.map(|row| opened(seal, SEQUENCED, row.blob(0)?)).transpose()
}

/// Writes it.
pub fn set_sequencer(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: Id16,
    state: &Sequencer,
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_sequenced (group_id, state, heard_at) VALUES ($1, $2, $3) ON CONFLICT (group_id) DO UPDATE SET state = $2, heard_at = $3";
    tx.execute(sql, &[group.0.to_vec().into(), sealed(seal, SEQUENCED, state), now.into()]).map(drop)
}

/// How many groups this node orders.
pub fn sequenced(tx: &Tx<'_>) -> Result<u64, DbError> {
    tx.one("SELECT count(*) FROM mls_sequenced", &[])?.map_or(Ok(0), |row| row.uint(0))
}

/// Forgets groups of which nothing was heard since `before` (unix ms).
pub fn trim_sequenced(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM mls_sequenced WHERE heard_at < $1", &[before.into()]).map(drop)
}

/// Groups in which somebody is with the owner.
pub fn shared_with(tx: &Tx<'_>, person: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT mls_group FROM mls_members WHERE person = $1 ORDER BY mls_group LIMIT 200";
    tx.all(sql, &[person.into()])?.iter().map(|row| row.int(0)).collect()
}
