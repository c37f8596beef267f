//! Rows of `search_words`.

use openred_service::database::{DbError, Row, Tx, Value};

/// Words that one search joins; what has these is compared with the rest.
pub const JOINED: usize = 4;
/// Rows written by one statement.
const AT_ONCE: usize = 8;

/// These words stand in these messages. Said again, nothing changes.
pub fn put(tx: &Tx<'_>, rows: &[(i64, i64)]) -> Result<(), DbError> {
    let sql = "INSERT INTO search_words (token, message) VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10), ($11, $12), ($13, $14), ($15, $16) ON CONFLICT DO NOTHING";
    for rows in rows.chunks(AT_ONCE) {
        // The last is said again where there are fewer.
        let last = rows.last().copied().unwrap_or_default();
        let eight = rows.iter().copied().chain(std::iter::repeat(last)).take(AT_ONCE);
        let values: Vec<Value> = eight.flat_map(|(token, message)| [token.into(), message.into()]).collect();
        tx.execute(sql, &values)?;
    }
    Ok(())
}

/// A message has these words no more.
pub fn remove(tx: &Tx<'_>, message: i64, tokens: &[i64]) -> Result<(), DbError> {
    for token in tokens {
        let values = [Value::Int(*token), message.into()];
        tx.execute("DELETE FROM search_words WHERE token = $1 AND message = $2", &values)?;
    }
    Ok(())
}

/// How many messages have a word, as far as `most`.
pub fn count(tx: &Tx<'_>, token: i64, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM search_words WHERE token = $1 LIMIT $2) AS found";
    tx.one(sql, &[token.into(), most.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// How many messages a conversation has, as far as `most`.
pub fn count_chat(tx: &Tx<'_>, chat: i64, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM chat_messages WHERE chat = $1 LIMIT $2) AS found";
    tx.one(sql, &[chat.into(), most.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Everywhere.
    All,
    /// In this conversation; its messages are more than those with the first word.
    Chat(i64),
    /// In this conversation, which is small.
    SmallChat(i64),
}

/// Messages before `before` that have all of these words, the newest first. The rarest word comes first.
pub fn find(
    tx: &Tx<'_>,
    words: [i64; JOINED],
    within: Within,
    before: i64,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    // CROSS JOIN: SQLite keeps this order, which is that of the fewest rows.
    let all = "SELECT a.message FROM search_words a CROSS JOIN search_words b CROSS JOIN search_words c CROSS JOIN search_words d WHERE a.token = $1 AND b.token = $2 AND c.token = $3 AND d.token = $4 AND b.message = a.message AND c.message = a.message AND d.message = a.message AND a.message < $5 ORDER BY a.message DESC LIMIT $6";
    let by_word = "SELECT a.message FROM search_words a CROSS JOIN search_words b CROSS JOIN search_words c CROSS JOIN search_words d CROSS JOIN chat_messages m WHERE a.token = $1 AND b.token = $2 AND c.token = $3 AND d.token = $4 AND b.message = a.message AND c.message = a.message AND d.message = a.message AND m.id = a.message AND a.message < $5 AND m.chat = $7 ORDER BY a.message DESC LIMIT $6";
    let by_chat = "SELECT m.id FROM chat_messages m CROSS JOIN search_words a CROSS JOIN search_words b CROSS JOIN search_words c CROSS JOIN search_words d WHERE a.token = $1 AND b.token = $2 AND c.token = $3 AND d.token = $4 AND a.message = m.id AND b.message = m.id AND c.message = m.id AND d.message = m.id AND m.id < $5 AND m.chat = $7 ORDER BY m.id DESC LIMIT $6";
    let mut values: Vec<Value> = words.into_iter().map(Value::Int).collect();
    values.extend([before.into(), limit.into()]);
    let rows = match within {
        Within::All => tx.all(all, &values)?,
        Within::Chat(chat) | Within::SmallChat(chat) => {
            values.push(chat.into());
            tx.all(if within == Within::Chat(chat) { by_word } else { by_chat }, &values)?
        }
    };
    rows.iter().map(|row: &Row| row.int(0)).collect()
}
