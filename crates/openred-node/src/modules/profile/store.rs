//! The row of the owner: `user_profile`. The only SQL of this module.

use openred_service::database::{DbError, Tx, Value};

use super::Profile;
use crate::seal::Sealer;

/// The profile; none before set-up.
pub fn get(tx: &Tx<'_>, seal: &Sealer) -> Result<Option<Profile>, DbError> {
    let sql = "SELECT node_id, username, display_name, bio, avatar, links, email, created_at FROM user_profile WHERE id = 1";
    let Some(row) = tx.one(sql, &[])? else { return Ok(None) };
    let json = |text: &str| DbError::Corrupt(format!("user_profile: {text}"));
    let avatar = row.opt_text(4)?.map(serde_json::from_str).transpose().map_err(|_| json("avatar"))?;
    let email = row.opt_blob(6)?.map(|sealed| seal.open_text("user_profile.email", sealed)).transpose()?;
    Ok(Some(Profile {
        node_id: row.text(0)?.to_owned(),
        username: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
        bio: row.text(3)?.to_owned(),
        avatar,
        links: serde_json::from_str(row.text(5)?).map_err(|_| json("links"))?,
        email,
        created_at: row.uint(7)?,
    }))
}

/// Name and node id, readable while locked: (node_id, username, display_name).
pub fn names(tx: &Tx<'_>) -> Result<Option<(String, String, String)>, DbError> {
    let sql = "SELECT node_id, username, display_name FROM user_profile WHERE id = 1";
    let Some(row) = tx.one(sql, &[])? else { return Ok(None) };
    Ok(Some((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned())))
}

/// Makes the row at set-up. A second set-up is a [`DbError::Conflict`].
pub fn create(
    tx: &Tx<'_>,
    node_id: &str,
    username: &str,
    display_name: &str,
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO user_profile (id, username, display_name, node_id, created_at, updated_at) VALUES (1, $1, $2, $3, $4, $4)";
    let text = |t: &str| Value::Text(t.to_owned());
    tx.execute(sql, &[text(username), text(display_name), text(node_id), Value::Int(now as i64)])?;
    Ok(())
}

/// Writes what can change.
pub fn save(tx: &Tx<'_>, seal: &Sealer, profile: &Profile, now: u64) -> Result<(), DbError> {
    let avatar = profile.avatar.as_ref().map(|a| serde_json::to_string(a).unwrap_or_default());
    let url = profile.avatar.as_ref().map(|a| format!("/api/v1/avatars/{}", a.content_id));
    let email = profile.email.as_ref().map(|e| seal.seal("user_profile.email", e.as_bytes()));
    let sql = "UPDATE user_profile SET display_name = $1, bio = $2, avatar = $3, avatar_url = $4, links = $5, email = $6, updated_at = $7 WHERE id = 1";
    tx.execute(
        sql,
        &[
            Value::Text(profile.display_name.clone()),
            Value::Text(profile.bio.clone()),
            avatar.map_or(Value::Null, Value::Text),
            url.map_or(Value::Null, Value::Text),
            Value::Text(serde_json::to_string(&profile.links).unwrap_or_default()),
            email.map_or(Value::Null, Value::Blob),
            Value::Int(now as i64),
        ],
    )?;
    Ok(())
}
