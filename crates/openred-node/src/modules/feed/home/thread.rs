//! A thread in reading order: each comment below what it answers, otherwise by time.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::Hash;

use super::{
    super::{
        comments::{self, store::Comment},
        missing,
        posts::{self, store::OWN},
        things::Thing,
    },
    counted, delivery,
    faces::Faces,
    store::{self, Progress},
    view::{Can, CommentView, MissingView, ThreadView},
};
use crate::{deps::Work, error::NodeError};

/// Answers are shown at most this deep; deeper ones stand at this depth.
const DEPTH_MAX: u64 = 64;

/// A post with its thread. Comments of blocked people are left out, and so is a deleted comment nobody answered.
pub fn thread(work: &Work<'_, '_>, id: &Hash) -> Result<ThreadView, NodeError> {
    let post = super::post(work, id)?;
    let all = comments::store::of(work.tx, work.seal, id)?;
    let own: Vec<Thing> = all.iter().filter(|c| c.author == OWN).map(|c| Thing::comment(c.id)).collect();
    let progress = store::progress(work.tx, &own)?;
    let (mut faces, mut shown) = (Faces::default(), Vec::new());
    for (place, depth) in reading_order(&all, id) {
        let comment = &all[place];
        if !faces.get(work, comment.author)?.blocked {
            shown.push(view_of(work, &mut faces, comment, (depth, post.can.comment), &progress)?);
        }
    }
    let missing = missing::store::of(work.tx, id)?;
    let missing =
        missing.iter().map(|m| MissingView { id: m.id.to_string(), asked_at: m.asked_at }).collect();
    let known = post.comments.known;
    Ok(ThreadView { post, comments: shown, known, missing })
}

/// One comment, as the thread shows it.
pub fn comment(work: &Work<'_, '_>, id: &Hash) -> Result<CommentView, NodeError> {
    let comment = comments::store::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this comment"))?;
    let all = comments::store::of(work.tx, work.seal, &comment.post_id)?;
    let order = reading_order(&all, &comment.post_id);
    let depth = order.iter().find(|(place, _)| all[*place].message_id == *id).map_or(1, |(_, depth)| *depth);
    let post =
        posts::store::find(work.tx, work.seal, &comment.post_id)?.ok_or(NodeError::Unknown("this post"))?;
    let mut faces = Faces::default();
    let open = super::is_open(work, &post)?;
    let answer = !post.deleted && open && faces.get(work, post.author)?.may_answer(post.visibility);
    let progress = match comment.author {
        OWN => store::progress(work.tx, &[Thing::comment(comment.id)])?,
        _ => BTreeMap::new(),
    };
    view_of(work, &mut faces, &comment, (depth, answer), &progress)
}

fn view_of(
    work: &Work<'_, '_>,
    faces: &mut Faces,
    comment: &Comment,
    (depth, answer): (u64, bool),
    progress: &BTreeMap<Thing, Progress>,
) -> Result<CommentView, NodeError> {
    let delivery = delivery(work, faces, Thing::comment(comment.id), progress)?;
    let (here, own) = (!comment.deleted && answer, comment.author == OWN);
    let can =
        Can { edit: here && own, delete: here && (own || comment.wall == OWN), comment: here, react: here };
    Ok(CommentView {
        id: comment.message_id.to_string(),
        post: comment.post_id.to_string(),
        parents: comment.parents.iter().map(ToString::to_string).collect(),
        depth,
        author: faces.get(work, comment.author)?.author.clone(),
        text: comment.text.clone(),
        created_at: comment.created_at,
        edited_at: comment.edited_at,
        deleted: comment.deleted,
        reactions: counted(&comment.reactions),
        can,
        delivery,
    })
}

/// Places in `all` (which is in order of time) with their depth, as one reads them.
fn reading_order(all: &[Comment], post: &Hash) -> Vec<(usize, u64)> {
    let here: BTreeMap<Hash, usize> =
        all.iter().enumerate().map(|(place, c)| (c.message_id, place)).collect();
    let mut answers = BTreeMap::<Hash, Vec<usize>>::new();
    for (place, comment) in all.iter().enumerate() {
        // What answers something that is missing stands below the post.
        let parent = comment.parents.first().filter(|parent| here.contains_key(*parent)).unwrap_or(post);
        answers.entry(*parent).or_default().push(place);
    }
    let (mut order, mut seen) = (Vec::with_capacity(all.len()), BTreeSet::new());
    let mut stack: Vec<(usize, u64)> = below(&answers, post, 1);
    while let Some((place, depth)) = stack.pop() {
        if !seen.insert(place) {
            continue;
        }
        let comment = &all[place];
        let deeper = below(&answers, &comment.message_id, (depth + 1).min(DEPTH_MAX));
        if !comment.deleted || !deeper.is_empty() {
            order.push((place, depth));
        }
        stack.extend(deeper);
    }
    order
}

/// Answers to one, last first: for a stack.
fn below(answers: &BTreeMap<Hash, Vec<usize>>, id: &Hash, depth: u64) -> Vec<(usize, u64)> {
    answers.get(id).into_iter().flatten().rev().map(|place| (*place, depth)).collect()
}
