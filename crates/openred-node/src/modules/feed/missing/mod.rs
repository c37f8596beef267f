//! Replies that somebody referred to and this node lacks: noted, asked for at most hourly, shown in the thread.

pub mod store;

use openred_core::{ids::Hash, payload::ContentSync};

use super::{comments, posts};
use crate::{
    deps::Work,
    error::NodeError,
    modules::contacts::{self, person::Person},
};

/// Between two questions for the same reply.
const ASK_EVERY_MS: u64 = 3_600_000;
/// Ids named as held (Annex A.2).
const HAVE_MAX: i64 = 200;
/// Items wanted at once (Annex A.2).
const LIMIT: u64 = 100;

/// Notes those of `parents` that are not held. `post` itself counts as held.
pub(super) fn note(work: &Work<'_, '_>, post: &Hash, parents: &[Hash]) -> Result<(), NodeError> {
    let mut noted = false;
    for parent in parents.iter().filter(|parent| *parent != post) {
        if !comments::store::is_held(work.tx, parent)? {
            noted |= store::insert(work.tx, parent, post, work.now)?;
        }
    }
    if noted {
        posts::store::count_missing(work.tx, post)?;
    }
    Ok(())
}

/// A reply that was missed has come.
pub(super) fn found(work: &Work<'_, '_>, id: &Hash, post: &Hash) -> Result<(), NodeError> {
    if store::drop_one(work.tx, id)? {
        posts::store::count_missing(work.tx, post)?;
    }
    Ok(())
}

/// Asks the wall's owner for what is missing in a thread and was not asked for within the hour.
pub(super) fn ask(work: &Work<'_, '_>, post: &Hash, wall: &Person) -> Result<bool, NodeError> {
    if store::mark_asked(work.tx, post, work.now, work.now.saturating_sub(ASK_EVERY_MS))? == 0 {
        return Ok(false);
    }
    // Replies are later than their post, but for clocks that differ by 10 minutes.
    let held = posts::store::find(work.tx, work.seal, post)?;
    let after = held.map_or(0, |post| (post.created_at / 1_000).saturating_sub(600));
    let have = comments::store::ids_of(work.tx, post, HAVE_MAX)?;
    contacts::say(work, wall, ContentSync::Ask { wall: wall.node_id, after, have, limit: LIMIT }.into())?;
    Ok(true)
}

/// Whether anything of a thread may be asked for again.
pub(super) fn is_due(work: &Work<'_, '_>, post: &Hash) -> Result<bool, NodeError> {
    Ok(store::is_due(work.tx, post, work.now.saturating_sub(ASK_EVERY_MS))?)
}
