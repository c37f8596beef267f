//! Rows of `posts`. The owner's public posts stand in clear, everything else is sealed.

use openred_core::{ids::Hash, payload::Content};
use openred_service::database::{DbError, Row, Tx, Value};
use serde::{Deserialize, Serialize};

use super::super::{
    audience::{Audience, Visibility},
    reactions::Summary,
    stamp::Stamp,
};
use crate::{modules::network::tags::store as tags, seal::Sealer};

const CONTENT: &str = "posts.content";
const ENVELOPE: &str = "posts.envelope";
const CHANGE: &str = "posts.change";
const DETAILS: &str = "posts.details";
const REACTIONS: &str = "posts.reactions";

/// The author's number of the owner's own things.
pub const OWN: i64 = 0;

/// What a post is besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// The whole text, where `content` of the row is its preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Message id of the owner's question for access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Hash>,
}

/// Whether the longer text can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As far as known.
    Open,
    /// The owner asked for it and waits.
    Asked,
    /// The author's node refused it.
    Refused,
    /// The author's node has it no more.
    Gone,
}

impl Access {
    /// The name in the owner's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Gone => "gone",
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Asked => 1,
            Self::Refused => 2,
            Self::Gone => 3,
        }
    }

    fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Asked,
            2 => Self::Refused,
            3 => Self::Gone,
            _ => Self::Open,
        }
    }
}

/// A post as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Rises with arrival.
    pub id: i64,
    /// The post's id everywhere.
    pub message_id: Hash,
    /// `connections.id`, [`OWN`] for the owner's.
    pub author: i64,
    /// Who it is for.
    pub visibility: Visibility,
    /// Which circle (`circles.id`).
    pub circle: Option<i64>,
    /// The text or its preview; empty when deleted.
    pub text: String,
    /// The rest.
    pub details: Details,
    /// Unix ms, by the author's clock.
    pub created_at: u64,
    /// Unix ms.
    pub received_at: u64,
    /// Timestamp of the newest edit or of the deletion, unix ms.
    pub edited_at: Option<u64>,
    /// Its message id.
    pub change_id: Option<Hash>,
    /// A tombstone.
    pub deleted: bool,
    /// Of the longer text.
    pub access: Access,
    /// When the author wants it dropped, unix ms.
    pub expires_at: Option<u64>,
    /// Comments held.
    pub comments_known: u64,
    /// Replies referred to and not held.
    pub comments_missing: u64,
    /// Reactions counted.
    pub reactions: Summary,
}

impl Post {
    /// The change that counts so far.
    pub fn stamp(&self) -> Stamp {
        Stamp::stored(self.deleted, self.edited_at, self.change_id)
    }

    /// Whom it reaches; none for private posts.
    pub fn audience(&self) -> Option<Audience> {
        self.visibility.audience(self.circle)
    }

    /// Written by the owner.
    pub fn is_own(&self) -> bool {
        self.author == OWN
    }
}

/// A post to write.
#[derive(Debug)]
pub struct New<'a> {
    /// Its id.
    pub message_id: Hash,
    /// `connections.id` or [`OWN`].
    pub author: i64,
    /// Who it is for.
    pub visibility: Visibility,
    /// Which circle (`circles.id`).
    pub circle: Option<i64>,
    /// Text or preview.
    pub text: &'a str,
    /// The rest.
    pub details: &'a Details,
    /// Canonical envelope; none for private posts.
    pub envelope: Option<&'a [u8]>,
    /// Unix ms.
    pub created_at: u64,
    /// Unix ms.
    pub expires_at: Option<u64>,
}

/// How the columns of a post are written: in clear or sealed.
struct Columns<'a> {
    seal: &'a Sealer,
    clear: bool,
}

impl<'a> Columns<'a> {
    fn of(seal: &'a Sealer, author: i64, visibility: Visibility) -> Self {
        Self { seal, clear: author == OWN && visibility == Visibility::Public }
    }

    fn put(&self, column: &'static str, plain: &[u8]) -> Value {
        Value::Blob(if self.clear { plain.to_vec() } else { self.seal.seal(column, plain) })
    }

    fn get(&self, column: &'static str, stored: &[u8]) -> Result<Vec<u8>, DbError> {
        if self.clear { Ok(stored.to_vec()) } else { Ok(self.seal.open(column, stored)?) }
    }

    fn details(&self, details: &Details) -> Result<Value, DbError> {
        let json = serde_json::to_vec(details).map_err(|e| DbError::Corrupt(e.to_string()))?;
        Ok(self.put(DETAILS, &json))
    }
}

macro_rules! post_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, content, visibility, created_at, message_id, author, details, received_at, edited_at, ",
            "change_id, deleted, access, expires_at, comments_known, comments_missing, reactions, circle FROM posts ",
            $rest
        )
    };
}
pub(in super::super) use post_sql;

/// Reads a row of `post_sql!`.
pub(in super::super) fn read(seal: &Sealer, row: &Row) -> Result<Post, DbError> {
    let (visibility, author) = (Visibility::from_text(row.text(2)?), row.int(5)?);
    let columns = Columns::of(seal, author, visibility);
    let text = String::from_utf8(columns.get(CONTENT, row.blob(1)?)?);
    let details = columns.get(DETAILS, row.blob(6)?)?;
    Ok(Post {
        id: row.int(0)?,
        message_id: Hash(row.bytes(4)?),
        author,
        visibility,
        circle: row.opt_int(16)?,
        text: text.map_err(|_| DbError::Corrupt("posts.content is no text".to_owned()))?,
        details: serde_json::from_slice(&details)
            .map_err(|e| DbError::Corrupt(format!("posts.details: {e}")))?,
        created_at: row.uint(3)?,
        received_at: row.uint(7)?,
        edited_at: row.opt_uint(8)?,
        change_id: row.opt_bytes(9)?.map(Hash),
        deleted: row.flag(10)?,
        access: Access::from_number(row.int(11)?),
        expires_at: row.opt_uint(12)?,
        comments_known: row.uint(13)?,
        comments_missing: row.uint(14)?,
        reactions: Summary::open(seal, REACTIONS, row.opt_blob(15)?)?,
    })
}

/// The post with this message id.
pub fn find(tx: &Tx<'_>, seal: &Sealer, id: &Hash) -> Result<Option<Post>, DbError> {
    tx.one(post_sql!("WHERE message_id = $1"), &[id.0.into()])?.map(|row| read(seal, &row)).transpose()
}

/// Writes a post; none when its id is there already. Comments that came before it are counted.
pub fn insert(tx: &Tx<'_>, seal: &Sealer, post: &New<'_>, now: u64) -> Result<Option<i64>, DbError> {
    let columns = Columns::of(seal, post.author, post.visibility);
    let sql = "INSERT INTO posts (content, visibility, created_at, updated_at, message_id, author, envelope, details, received_at, expires_at, circle, comments_known, comments_missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4, $9, $10, (SELECT count(*) FROM comments WHERE post_id = $5 AND deleted = 0), (SELECT count(*) FROM missing_replies WHERE post_id = $5)) ON CONFLICT (message_id) DO NOTHING RETURNING id";
    let values = [
        columns.put(CONTENT, post.text.as_bytes()),
        post.visibility.as_str().into(),
        post.created_at.into(),
        now.into(),
        post.message_id.0.into(),
        post.author.into(),
        post.envelope.map_or(Value::Null, |e| columns.put(ENVELOPE, e)),
        columns.details(post.details)?,
        post.expires_at.into(),
        post.circle.map_or(Value::Null, Value::from),
    ];
    let id = tx.one(sql, &values)?.map(|row| row.int(0)).transpose()?;
    if let Some(id) = id {
        tags::index(tx, seal, id, post.text)?;
    }
    Ok(id)
}

/// Replaces the text. `change` is the edit's envelope, none for private posts.
pub fn edit(
    tx: &Tx<'_>,
    seal: &Sealer,
    post: &Post,
    (text, details): (&str, &Details),
    (stamp, change): (Stamp, Option<&[u8]>),
    now: u64,
) -> Result<(), DbError> {
    let columns = Columns::of(seal, post.author, post.visibility);
    let sql = "UPDATE posts SET content = $2, details = $3, edited_at = $4, change_id = $5, change = $6, updated_at = $7, access = 0 WHERE id = $1";
    let values = [
        post.id.into(),
        columns.put(CONTENT, text.as_bytes()),
        columns.details(details)?,
        stamp.at.into(),
        stamp.id.0.into(),
        change.map_or(Value::Null, |e| columns.put(CHANGE, e)),
        now.into(),
    ];
    tx.execute(sql, &values)?;
    tags::index(tx, seal, post.id, text)
}

/// Makes a post a tombstone: nothing it said stays in the row.
pub fn bury(
    tx: &Tx<'_>,
    seal: &Sealer,
    post: &Post,
    (stamp, change): (Stamp, Option<&[u8]>),
    now: u64,
) -> Result<(), DbError> {
    let columns = Columns::of(seal, post.author, post.visibility);
    let sql = "UPDATE posts SET content = $2, details = $3, edited_at = $4, change_id = $5, change = $6, updated_at = $7, envelope = NULL, deleted = 1, access = 0, expires_at = NULL, comments_known = 0, comments_missing = 0, reactions = NULL WHERE id = $1";
    let values = [
        post.id.into(),
        columns.put(CONTENT, b""),
        columns.details(&Details::default())?,
        stamp.at.into(),
        stamp.id.0.into(),
        change.map_or(Value::Null, |e| columns.put(CHANGE, e)),
        now.into(),
    ];
    tx.execute(sql, &values)?;
    tags::index(tx, seal, post.id, "")
}

/// Notes how access to the longer text stands.
pub fn set_access(
    tx: &Tx<'_>,
    seal: &Sealer,
    post: &Post,
    access: Access,
    details: &Details,
) -> Result<(), DbError> {
    let columns = Columns::of(seal, post.author, post.visibility);
    let sql = "UPDATE posts SET access = $2, details = $3 WHERE id = $1";
    tx.execute(sql, &[post.id.into(), access.number().into(), columns.details(details)?])?;
    Ok(())
}

/// Posts of an author whose longer text was asked for or refused, at most 100.
pub fn without_access(tx: &Tx<'_>, seal: &Sealer, author: i64) -> Result<Vec<Post>, DbError> {
    let sql = post_sql!("WHERE author = $1 AND access <> 0 ORDER BY id DESC LIMIT 100");
    tx.all(sql, &[author.into()])?.iter().map(|row| read(seal, row)).collect()
}

/// Writes the counted reactions.
pub fn set_reactions(tx: &Tx<'_>, seal: &Sealer, id: &Hash, reactions: &Summary) -> Result<(), DbError> {
    let sql = "UPDATE posts SET reactions = $2 WHERE message_id = $1 AND deleted = 0";
    tx.execute(sql, &[id.0.into(), reactions.seal(seal, REACTIONS)?])?;
    Ok(())
}

/// One comment more or less.
pub fn count_comment(tx: &Tx<'_>, post: &Hash, change: i64) -> Result<(), DbError> {
    let sql = "UPDATE posts SET comments_known = comments_known + $2 WHERE message_id = $1 AND deleted = 0";
    tx.execute(sql, &[post.0.into(), change.into()])?;
    Ok(())
}

/// Counts the missing replies again.
pub fn count_missing(tx: &Tx<'_>, post: &Hash) -> Result<(), DbError> {
    let sql = "UPDATE posts SET comments_missing = (SELECT count(*) FROM missing_replies WHERE post_id = $1) WHERE message_id = $1 AND deleted = 0";
    tx.execute(sql, &[post.0.into()])?;
    Ok(())
}

/// The envelopes of a post of the owner that still say something: the original, and the newest change.
pub fn envelopes(tx: &Tx<'_>, seal: &Sealer, post: &Post) -> Result<Vec<Vec<u8>>, DbError> {
    let columns = Columns::of(seal, post.author, post.visibility);
    let sql = "SELECT envelope, change FROM posts WHERE id = $1";
    let Some(row) = tx.one(sql, &[post.id.into()])? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    if let Some(stored) = row.opt_blob(0)? {
        found.push(columns.get(ENVELOPE, stored)?);
    }
    if let Some(stored) = row.opt_blob(1)? {
        found.push(columns.get(CHANGE, stored)?);
    }
    Ok(found)
}

/// Ids of an author's posts that a question about their wall names as held: those of one second (unix s).
pub fn of_second(tx: &Tx<'_>, author: i64, second: u64, limit: i64) -> Result<Vec<Hash>, DbError> {
    let sql = "SELECT message_id FROM posts WHERE author = $1 AND created_at >= $2 AND created_at < $3 ORDER BY id DESC LIMIT $4";
    let values = [author.into(), (second * 1_000).into(), (second * 1_000 + 1_000).into(), limit.into()];
    tx.all(sql, &values)?.iter().map(|row| Ok(Hash(row.bytes(0)?))).collect()
}
