//! The pieces of a copy, in order: those that follow are on their way while one is written.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use openred_core::ids::Id16;
use tokio_util::task::AbortOnDropHandle;

use super::{
    super::{disk::Writing, sealed_len},
    Piece, Source,
};
use crate::{deps::Deps, error::NodeError};

/// A node that has not answered within this time is asked again.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pieces that are asked for before the one before them is written.
const AHEAD: usize = 3;
/// Of a node whose pieces take longer than this each, it is one: more would only make each of them later.
const SLOW_MS: u64 = 1_000;

/// What came of asking for a piece.
type Came = Result<Piece, NodeError>;

/// Which file, of whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Who offered it (`connections.id`).
    pub(super) person: i64,
    /// The offer.
    pub(super) offer: Id16,
    /// Plain bytes.
    pub(super) size: u64,
}

/// A piece on its way.
struct Asked {
    from: u64,
    /// How many are on their way together, with it.
    together: u64,
    came: AbortOnDropHandle<Option<(Came, u64)>>,
}

/// Pieces that are on their way, and what is known of how they come. Dropped, none is waited for any more.
pub(super) struct Pieces<'a, S: ?Sized> {
    deps: &'a Deps,
    source: &'a Arc<S>,
    wanted: Wanted,
    asked: VecDeque<Asked>,
    ahead: usize,
}

impl<'a, S: Source + ?Sized> Pieces<'a, S> {
    pub(super) fn new(deps: &'a Deps, source: &'a Arc<S>, wanted: Wanted) -> Self {
        Self { deps, source, wanted, asked: VecDeque::new(), ahead: AHEAD }
    }

    /// The piece that `writing` goes on with. Those behind it are asked for before this one is handed over.
    ///
    /// # Errors
    /// What the source says, asked twice where it broke down on the way; `Locked` when the node stops.
    pub(super) async fn next(&mut self, writing: &Writing) -> Came {
        let from = writing.sealed_offset();
        if self.asked.front().is_some_and(|asked| asked.from != from) {
            self.asked.clear();
        }
        let early = match self.asked.pop_front() {
            Some(asked) => self.came(asked).await,
            None => Err(NodeError::Peer("not asked".to_owned())),
        };
        let piece = match early {
            // Nothing was asked for, or its session was renewed, say: no reason to begin anew.
            Err(NodeError::Peer(_)) => {
                let asked = self.ask(from, 1);
                self.came(asked).await
            }
            came => came,
        }?;
        self.ask_on(writing, &piece);
        Ok(piece)
    }

    /// Asks for what follows a piece, taking the following ones to be as long.
    fn ask_on(&mut self, writing: &Writing, piece: &Piece) {
        let from = writing.sealed_offset();
        let length = writing.sealed_offset_after(piece.bytes.len() as u64) - from;
        let mut next = self.asked.back().map_or(from, |asked| asked.from) + length;
        while length > 0 && next < piece.size && self.asked.len() < self.ahead {
            let asked = self.ask(next, self.asked.len() as u64 + 1);
            self.asked.push_back(asked);
            next += length;
        }
    }

    fn ask(&self, from: u64, together: u64) -> Asked {
        let (deps, source, wanted) = (self.deps.clone(), self.source.clone(), self.wanted);
        let came = self.deps.tasks.spawn_child("piece", async move {
            let began = deps.clock.monotonic_ms();
            let came = ask(&deps, &*source, &wanted, from).await;
            (came, deps.clock.monotonic_ms().saturating_sub(began))
        });
        Asked { from, together, came }
    }

    async fn came(&mut self, asked: Asked) -> Came {
        let came = asked.came.await.map_err(|error| NodeError::Internal(error.to_string()))?;
        let (came, took) = came.ok_or(NodeError::Locked)?;
        self.ahead = if took / asked.together > SLOW_MS { 1 } else { AHEAD };
        came
    }
}

/// Asks for the piece from `from` on.
async fn ask<S: Source + ?Sized>(deps: &Deps, source: &S, wanted: &Wanted, from: u64) -> Came {
    let asked = source.piece(wanted.person, &wanted.offer, from);
    let piece = tokio::select! {
        piece = tokio::time::timeout(PATIENCE, asked) => piece,
        () = deps.tasks.soft().cancelled() => return Err(NodeError::Locked),
    };
    let piece = piece.map_err(|_| NodeError::Peer("no answer".to_owned()))??;
    if piece.size != sealed_len(wanted.size) {
        return Err(NodeError::Peer("altered".to_owned()));
    }
    Ok(piece)
}
