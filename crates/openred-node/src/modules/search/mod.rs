//! Search in conversations and, in `posts`, in what is on walls. A message is found by keyed hashes of its words: who reads the disk sees how many
//! words there are, and which messages share one. The newest messages are brought in many at a time; until then all of them
//! are looked at. What is found is opened and compared before it is shown. Rules only; texts are taken apart in `words`, SQL is in `store`, HTTP in `http`.

pub mod http;
pub mod posts;
pub mod store;
#[cfg(test)]
mod tests;
mod words;

use std::{collections::BTreeSet, ops::Range};

use serde::Serialize;
use utoipa::ToSchema;

use self::{
    store::{JOINED, Within},
    words::Text,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::chats::{
        messages::store::{self as messages, Body, Message},
        store as chats,
    },
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
/// How long a few messages wait to be brought in.
const WAIT_MS: u64 = 5_000;
/// Up to which message all are in the index, in `network_state`: its number, as eight bytes.
const INDEXED: &str = "search_indexed";

/// A message came or was written. One that came late stands among those that were brought in.
pub fn came(work: &Work<'_, '_>, message: i64, body: &Body) -> Result<(), NodeError> {
    if messages::is_late(message) && message <= indexed(work)? {
        store::put(work.tx, &rows(work, message, body))?;
    } else if (message / messages::APART) % STEP == 0 {
        work.wake_chats();
    }
    Ok(())
}

/// A message says something else than before.
pub fn changed(work: &Work<'_, '_>, message: i64, before: &Body, now: &Body) -> Result<(), NodeError> {
    if message <= indexed(work)? {
        store::remove(work.tx, message, &tokens(work, before))?;
        store::put(work.tx, &rows(work, message, now))?;
    }
    Ok(())
}

/// A message says this no more.
pub fn remove(work: &Work<'_, '_>, message: i64, body: &Body) -> Result<(), NodeError> {
    if message <= indexed(work)? {
        store::remove(work.tx, message, &tokens(work, body))?;
    }
    Ok(())
}

fn indexed(work: &Work<'_, '_>) -> Result<i64, NodeError> {
    let at = state::state(work.tx, INDEXED)?.and_then(|at| at.try_into().ok());
    Ok(at.map_or(0, i64::from_be_bytes))
}

fn tokens(work: &Work<'_, '_>, body: &Body) -> Vec<i64> {
    let pieces = Text::of(&searched(body)).pieces();
    pieces.iter().map(|piece| work.seal.token_of(piece)).collect()
}

fn rows(work: &Work<'_, '_>, message: i64, body: &Body) -> Vec<(i64, i64)> {
    tokens(work, body).into_iter().map(|token| (token, message)).collect()
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
    let waiting = chats::waiting(work.tx)?;
    let mut looking = Looking { query, limit, waiting, found: Vec::new(), opened: 0, before };
    let is_over = looking.through_newest(work, chat)? || looking.through_index(work, words, within)?;
    Ok(Answer { next: is_over.then_some(looking.before), found: looking.found })
}

/// Messages are opened and compared, the newest first.
struct Looking {
    query: Text,
    limit: usize,
    /// Conversations with strangers that the owner has not taken: nothing of them is found.
    waiting: BTreeSet<i64>,
    found: Vec<Found>,
    opened: usize,
    /// The last that was looked at.
    before: i64,
}

impl Looking {
    /// Those that are not in the index yet. Whether that is enough.
    fn through_newest(&mut self, work: &Work<'_, '_>, chat: Option<i64>) -> Result<bool, NodeError> {
        let indexed = indexed(work)?;
        loop {
            let page = messages::between(work.tx, work.seal, chat, (indexed, self.before), STEP)?;
            let is_last = (page.len() as i64) < STEP;
            if page.into_iter().any(|message| self.look(message.id, Some(message))) {
                return Ok(true);
            }
            if is_last {
                return Ok(false);
            }
        }
    }

    fn through_index(
        &mut self,
        work: &Work<'_, '_>,
        words: [i64; JOINED],
        within: Within,
    ) -> Result<bool, NodeError> {
        loop {
            let numbers = store::find(work.tx, words, within, self.before, STEP)?;
            for &number in &numbers {
                if self.look(number, messages::get(work.tx, work.seal, number)?) {
                    return Ok(true);
                }
            }
            if (numbers.len() as i64) < STEP {
                return Ok(false);
            }
        }
    }

    /// Looks at one. Whether that is enough.
    fn look(&mut self, number: i64, message: Option<Message>) -> bool {
        self.before = number;
        self.opened += 1;
        if let Some(message) = message.filter(|message| !self.waiting.contains(&message.chat))
            && let Some(snippet) =
                message.body.as_ref().and_then(|body| snippet(&searched(body), &self.query))
        {
            self.found.push(Found { message, snippet });
        }
        self.found.len() == self.limit || self.opened == OPENED_MAX
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

/// Brings messages and posts into the index: many at once, or after a few seconds. For the task of conversations.
#[derive(Debug, Default)]
pub struct Gathering {
    messages: Since,
    posts: Since,
}

impl Gathering {
    /// Brings in what is due; when to look again, unix ms.
    ///
    /// # Errors
    /// [`NodeError::Locked`], and what the tables say.
    pub async fn catch_up(&mut self, deps: &Deps) -> Result<Option<u64>, NodeError> {
        let messages = self.messages.catch_up(deps, waiting, step).await?;
        let posts = self.posts.catch_up(deps, posts::waiting, posts::step).await?;
        Ok(messages.into_iter().chain(posts).min())
    }
}

/// Since when some wait, unix ms.
#[derive(Debug, Default)]
struct Since(Option<u64>);

impl Since {
    async fn catch_up(
        &mut self,
        deps: &Deps,
        waiting: fn(&Work<'_, '_>) -> Result<i64, NodeError>,
        step: fn(&Work<'_, '_>) -> Result<bool, NodeError>,
    ) -> Result<Option<u64>, NodeError> {
        let waiting = deps.read(waiting).await?;
        if waiting == 0 {
            self.0 = None;
            return Ok(None);
        }
        let now = deps.clock.now_ms();
        let due = *self.0.get_or_insert(now) + WAIT_MS;
        if waiting < STEP && now < due {
            return Ok(Some(due));
        }
        while deps.write(step).await? {}
        self.0 = None;
        Ok(None)
    }
}

fn waiting(work: &Work<'_, '_>) -> Result<i64, NodeError> {
    Ok(messages::count_after(work.tx, indexed(work)?, STEP)?)
}

/// Brings some in, by their words: neighbours in the index are written together. Whether more may wait.
fn step(work: &Work<'_, '_>) -> Result<bool, NodeError> {
    let page = messages::after(work.tx, work.seal, None, indexed(work)?, STEP)?;
    let Some(last) = page.last() else { return Ok(false) };
    let said = page.iter().filter_map(|message| Some((message.id, message.body.as_ref()?)));
    let mut all: Vec<_> = said.flat_map(|(id, body)| rows(work, id, body)).collect();
    all.sort_unstable();
    store::put(work.tx, &all)?;
    state::set_state(work.tx, INDEXED, &last.id.to_be_bytes(), work.now)?;
    Ok(page.len() as i64 == STEP)
}
