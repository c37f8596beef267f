//! Search in posts, as in messages: keyed hashes of words lead to posts, which are opened and compared. Of a long text that
//! stayed with its author the preview is looked at. Rules only; SQL is in `store`.

pub mod store;

use super::{COUNT_MAX, OPENED_MAX, QUERY_CHARS_MAX, STEP, words::Text};
use crate::{
    deps::Work,
    error::NodeError,
    modules::feed::{
        home::store::{self as feed, Filter},
        posts::store::Post,
    },
    net::store as state,
};

/// Up to which post all are in the index, in `network_state`: its number, as eight bytes.
const INDEXED: &str = "search_posts_indexed";

/// Posts of one answer and where the next begins.
#[derive(Debug)]
pub struct Answer {
    /// In the order in which they came, the newest first.
    pub posts: Vec<Post>,
    /// There may be more before this number.
    pub next: Option<i64>,
}

/// A post says something else than before; nothing when it was deleted.
///
/// # Errors
/// What the tables say.
pub fn changed(work: &Work<'_, '_>, post: &Post, now: &str) -> Result<(), NodeError> {
    if post.id <= indexed(work)? {
        store::remove(work.tx, post.id, &tokens(work, &post.text))?;
        store::put(work.tx, &rows(work, post.id, now))?;
    }
    Ok(())
}

/// Posts with numbers below `before` that say all words of a question, of everybody or of one author.
///
/// # Errors
/// `Invalid` for a question without words or one that is too long.
pub fn find(
    work: &Work<'_, '_>,
    query: &str,
    filter: Filter,
    (before, limit): (i64, usize),
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
    let Some(&(_, first)) = asked.first() else { return Err(NodeError::invalid("q", "one word or more")) };
    let words = [first, asked.get(1).map_or(first, |(_, token)| *token)];
    let mut looking = Looking { query, filter, limit, posts: Vec::new(), opened: 0, before };
    let is_over = looking.through_newest(work)? || looking.through_index(work, words)?;
    Ok(Answer { next: is_over.then_some(looking.before), posts: looking.posts })
}

/// Posts are opened and compared, the newest first.
struct Looking {
    query: Text,
    filter: Filter,
    limit: usize,
    posts: Vec<Post>,
    opened: usize,
    /// The last that was looked at.
    before: i64,
}

impl Looking {
    /// Those that are not in the index yet. Whether that is enough.
    fn through_newest(&mut self, work: &Work<'_, '_>) -> Result<bool, NodeError> {
        let indexed = indexed(work)?;
        loop {
            let numbers = feed::numbers_between(work.tx, (indexed, self.before), STEP)?;
            if self.look_at(work, &numbers)? {
                return Ok(true);
            }
            if (numbers.len() as i64) < STEP {
                return Ok(false);
            }
        }
    }

    fn through_index(&mut self, work: &Work<'_, '_>, words: [i64; 2]) -> Result<bool, NodeError> {
        loop {
            let numbers = store::find(work.tx, words, self.before, STEP)?;
            if self.look_at(work, &numbers)? {
                return Ok(true);
            }
            if (numbers.len() as i64) < STEP {
                return Ok(false);
            }
        }
    }

    /// Looks at these. Whether that is enough.
    fn look_at(&mut self, work: &Work<'_, '_>, numbers: &[i64]) -> Result<bool, NodeError> {
        for &number in numbers {
            (self.before, self.opened) = (number, self.opened + 1);
            let shown = feed::one(work.tx, work.seal, (number, self.filter), work.now)?;
            self.posts.extend(shown.filter(|post| Text::of(&post.text).hits(&self.query).is_some()));
            if self.posts.len() == self.limit || self.opened == OPENED_MAX {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// How many wait to be brought into the index, as far as one step.
pub(super) fn waiting(work: &Work<'_, '_>) -> Result<i64, NodeError> {
    Ok(feed::numbers_after(work.tx, indexed(work)?, STEP)?.len() as i64)
}

/// Brings some in. Whether more may wait.
pub(crate) fn step(work: &Work<'_, '_>) -> Result<bool, NodeError> {
    let numbers = feed::numbers_after(work.tx, indexed(work)?, STEP)?;
    let Some(last) = numbers.last() else { return Ok(false) };
    let mut all = Vec::new();
    for &number in &numbers {
        let post = feed::one(work.tx, work.seal, (number, Filter::Everyone), work.now)?;
        all.extend(post.map(|post| rows(work, number, &post.text)).unwrap_or_default());
    }
    all.sort_unstable();
    store::put(work.tx, &all)?;
    state::set_state(work.tx, INDEXED, &last.to_be_bytes(), work.now)?;
    Ok(numbers.len() as i64 == STEP)
}

fn indexed(work: &Work<'_, '_>) -> Result<i64, NodeError> {
    let at = state::state(work.tx, INDEXED)?.and_then(|at| at.try_into().ok());
    Ok(at.map_or(0, i64::from_be_bytes))
}

fn tokens(work: &Work<'_, '_>, text: &str) -> Vec<i64> {
    Text::of(text).pieces().iter().map(|piece| work.seal.token_of(piece)).collect()
}

fn rows(work: &Work<'_, '_>, post: i64, text: &str) -> Vec<(i64, i64)> {
    tokens(work, text).into_iter().map(|token| (token, post)).collect()
}
