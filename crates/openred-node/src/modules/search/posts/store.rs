//! Rows of `search_posts`.

use openred_service::database::{DbError, Tx};

/// These words stand in these posts. Said again, nothing changes.
pub fn put(tx: &Tx<'_>, rows: &[(i64, i64)]) -> Result<(), DbError> {
    for (token, post) in rows {
        let sql = "INSERT INTO search_posts (token, post) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[(*token).into(), (*post).into()])?;
    }
    Ok(())
}

/// A post has these words no more.
pub fn remove(tx: &Tx<'_>, post: i64, tokens: &[i64]) -> Result<(), DbError> {
    for token in tokens {
        let sql = "DELETE FROM search_posts WHERE token = $1 AND post = $2";
        tx.execute(sql, &[(*token).into(), post.into()])?;
    }
    Ok(())
}

/// How many posts have a word, as far as `most`.
pub fn count(tx: &Tx<'_>, token: i64, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM search_posts WHERE token = $1 LIMIT $2) AS found";
    tx.one(sql, &[token.into(), most.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Posts before `before` that have both words, the newest first. The rarer one comes first.
pub fn find(tx: &Tx<'_>, words: [i64; 2], before: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    // CROSS JOIN: SQLite keeps this order, which is that of the fewest rows.
    let sql = "SELECT a.post FROM search_posts a CROSS JOIN search_posts b WHERE a.token = $1 AND b.token = $2 AND b.post = a.post AND a.post < $3 ORDER BY a.post DESC LIMIT $4";
    let values = [words[0].into(), words[1].into(), before.into(), limit.into()];
    tx.all(sql, &values)?.iter().map(|row| row.int(0)).collect()
}

/// Forgets words of posts whose time was over.
pub fn trim(tx: &Tx<'_>) -> Result<(), DbError> {
    let sql =
        "DELETE FROM search_posts WHERE NOT EXISTS (SELECT 1 FROM posts WHERE posts.id = search_posts.post)";
    tx.execute(sql, &[]).map(drop)
}
