//! What the tables of this module lose by themselves: each has an age and a number. Needs no key: it runs while locked.

use openred_service::database::{DbError, Tx};

use super::{access, comments, contents, missing, own, reactions, waiting};
use crate::modules::{circles, search::posts::store as search};

const DAY_MS: u64 = 86_400_000;

/// Drops what is past its age or beyond its number. For the job that trims; `now` in unix ms.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let before = |days: u64| now.saturating_sub(days * DAY_MS);
    expired(tx, now)?;
    waiting::store::trim(tx, before(30))?;
    circles::waiting::store::trim(tx, before(30))?;
    missing::store::trim(tx, before(90))?;
    reactions::store::trim(tx, before(30))?;
    comments::store::trim(tx, before(30))?;
    contents::store::trim(tx, before(90))?;
    contents::store::trim_pictures(tx, before(1))?;
    access::store::trim(tx, before(90))?;
    own::keys::store::trim(tx, now)
}

/// Posts whose author wants them dropped by now, with their threads. They do not come back: their time is over.
fn expired(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    for sql in [
        "DELETE FROM comments WHERE post_id IN (SELECT message_id FROM posts WHERE expires_at IS NOT NULL AND expires_at <= $1)",
        "DELETE FROM reactions WHERE post_id IN (SELECT message_id FROM posts WHERE expires_at IS NOT NULL AND expires_at <= $1)",
        "DELETE FROM missing_replies WHERE post_id IN (SELECT message_id FROM posts WHERE expires_at IS NOT NULL AND expires_at <= $1)",
        "DELETE FROM contents WHERE post_id IN (SELECT message_id FROM posts WHERE expires_at IS NOT NULL AND expires_at <= $1)",
    ] {
        tx.execute(sql, &[now.into()])?;
    }
    let gone =
        tx.execute("DELETE FROM posts WHERE expires_at IS NOT NULL AND expires_at <= $1", &[now.into()])?;
    if gone > 0 { search::trim(tx) } else { Ok(()) }
}
