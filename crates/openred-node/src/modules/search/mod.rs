//! Search in what was said privately. A message is found by keyed hashes of its words, written and removed in its own
//! transaction: who reads the disk sees how many words there are, and which messages share one. What is found is opened and
//! compared before it is shown. Rules only; texts are taken apart in `words`, SQL is in `store`, HTTP in `http`.

pub mod http;
pub mod store;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use serde::Serialize;
use utoipa::ToSchema;

use self::{
    store::{JOINED, Within},
    words::Text,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::chats::messages::store::{self as messages, Body, Message},
    net::store as state,
};

/// Longest question in characters.
pub const QUERY_CHARS_MAX: usize = 200;
/// Messages that are opened for one answer; the next goes on behind them.
const OPENED_MAX: usize = 2_000;
/// Messages opened at once.
const STEP: i64 = 200;
/// Words and conversations with more messages are not told apart.
const COUNT_MAX: i64 = 20_000;
/// Characters of a snippet, and of what stands before its first hit.
const SNIPPET: (usize, usize) = (140, 40);
/// How far messages of earlier versions are in the index, in `network_state`: the last number, as eight bytes.
const INDEXED: &str = "search_indexed";

/// Notes what a message says. Said again, nothing changes.
pub fn put(work: &Work<'_, '_>, message: i64, body: &Body) -> Result<(), NodeError> {
    Ok(store::put(work.tx, message, &tokens(work, body))?)
}

/// A message says this no more.
pub fn remove(work: &Work<'_, '_>, message: i64, body: &Body) -> Result<(), NodeError> {
    Ok(store::remove(work.tx, message, &tokens(work, body))?)
}

fn tokens(work: &Work<'_, '_>, body: &Body) -> Vec<i64> {
    let pieces = Text::of(&searched(body)).pieces();
    pieces.iter().map(|piece| work.seal.token_of(piece)).collect()
}

/// Its text, and name and description of its file.
fn searched(body: &Body) -> String {
    match &body.file {
        Some(file) => [body.text.as_str(), &file.name, &file.alt].join("\n").trim().to_owned(),
        None => body.text.clone(),
    }
}

/// A piece of a text that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Piece {
    /// As it stands there; put together, the pieces are what is around the first hit.
    pub text: String,
    /// It is what was looked for.
    pub hit: bool,
}

/// A message that was found.
#[derive(Debug)]
pub struct Found {
    /// The message.
    pub message: Message,
    /// What is around the first hit.
    pub snippet: Vec<Piece>,
}

/// What was found, and where to go on.
#[derive(Debug)]
pub struct Answer {
    /// The newest first.
    pub found: Vec<Found>,
    /// There may be more before this number.
    pub next: Option<i64>,
}

/// Messages before `before` that say all words of a question, of one conversation or all.
///
/// # Errors
/// `Invalid` for a question without words, or one that is too long.
pub fn find(
    work: &Work<'_, '_>,
    query: &str,
    chat: Option<i64>,
    before: i64,
    limit: usize,
) -> Result<Answer, NodeError> {
    if query.chars().count() > QUERY_CHARS_MAX {
        return Err(NodeError::invalid("q", "at most 200 characters"));
    }
    let query = Text::of(query);
    let mut asked: Vec<(i64, i64)> = Vec::new();
    for piece in query.asked() {
        let token = work.seal.token_of(&piece);
        asked.push((store::count(work.tx, token, COUNT_MAX)?, token));
    }
    asked.sort_unstable();
    let Some(&(rarest, first)) = asked.first() else {
        return Err(NodeError::invalid("q", "one word or more"));
    };
    let mut words = [first; JOINED];
    for (word, (_, token)) in words.iter_mut().zip(&asked) {
        *word = *token;
    }
    let within = match chat {
        None => Within::All,
        Some(chat) if store::count_chat(work.tx, chat, COUNT_MAX)? < rarest => Within::SmallChat(chat),
        Some(chat) => Within::Chat(chat),
    };
    compared(work, &query, (words, within), before, limit)
}

fn compared(
    work: &Work<'_, '_>,
    query: &Text,
    (words, within): ([i64; JOINED], Within),
    mut before: i64,
    limit: usize,
) -> Result<Answer, NodeError> {
    let (mut found, mut opened) = (Vec::new(), 0);
    loop {
        let numbers = store::find(work.tx, words, within, before, STEP)?;
        for &number in &numbers {
            before = number;
            opened += 1;
            if let Some(message) = messages::get(work.tx, work.seal, number)?
                && let Some(snippet) = message.body.as_ref().and_then(|body| snippet(&searched(body), query))
            {
                found.push(Found { message, snippet });
            }
            if found.len() == limit || opened == OPENED_MAX {
                return Ok(Answer { found, next: Some(before) });
            }
        }
        if (numbers.len() as i64) < STEP {
            return Ok(Answer { found, next: None });
        }
    }
}

/// What is around the first hit; none where the text does not say all of the question.
fn snippet(text: &str, query: &Text) -> Option<Vec<Piece>> {
    let hits = Text::of(text).hits(query)?;
    let shown = around(text, hits.first()?);
    let (mut pieces, mut at) = (Vec::new(), shown.start);
    let mut push = |text: &str, hit: bool| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), hit });
        }
    };
    if shown.start > 0 {
        push("…", false);
    }
    for hit in hits {
        if hit.start >= at && hit.end <= shown.end {
            push(&text[at..hit.start], false);
            push(&text[hit.clone()], true);
            at = hit.end;
        }
    }
    push(&text[at..shown.end], false);
    if shown.end < text.len() {
        push("…", false);
    }
    Some(pieces)
}

/// Bytes of the text that are shown: from a word before the hit on.
fn around(text: &str, hit: &Range<usize>) -> Range<usize> {
    let (length, ahead) = SNIPPET;
    let before = text[..hit.start].char_indices().rev().take(ahead);
    let mut from = before.last().map_or(hit.start, |(at, _)| at);
    if from > 0
        && let Some(space) = text[from..hit.start].find(char::is_whitespace)
    {
        from += space;
    }
    let end = text[from..].char_indices().nth(length).map_or(text.len(), |(at, _)| from + at);
    from..end.max(hit.end)
}

/// Brings messages of earlier versions into the index, step by step. For the task of conversations, once.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub async fn catch_up(deps: &Deps) -> Result<(), NodeError> {
    let is_done = deps.db.read(|tx| Ok::<_, NodeError>(state::state(tx, INDEXED)?)).await?;
    if is_done.is_some_and(|at| at == i64::MAX.to_be_bytes()) {
        return Ok(());
    }
    while deps.write(step).await? {}
    Ok(())
}

fn step(work: &Work<'_, '_>) -> Result<bool, NodeError> {
    let at = state::state(work.tx, INDEXED)?.and_then(|at| Some(i64::from_be_bytes(at.try_into().ok()?)));
    let page = messages::after(work.tx, work.seal, None, at.unwrap_or(0), STEP)?;
    for message in &page {
        if let Some(body) = &message.body {
            put(work, message.id, body)?;
        }
    }
    let next = page.last().map_or(i64::MAX, |last| last.id);
    state::set_state(work.tx, INDEXED, &next.to_be_bytes(), work.now)?;
    Ok(next < i64::MAX)
}
