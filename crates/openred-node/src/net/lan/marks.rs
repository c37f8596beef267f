//! Marks: `HMAC(pair secret, day)[..8]`, made by the keeper. Each of two friends can make those of the other, nobody else
//! can, and tomorrow's are others.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::{Id16, NodeId};
use openred_keeper::{
    blob::Blob,
    ops::{Request, Response},
};

use crate::{
    deps::Deps,
    error::NodeError,
    modules::contacts::store as people,
    net::{shake::other_answer, store},
};

/// A mark.
pub(super) type Mark = [u8; 8];

/// Marks that one node shows at most; also what the keeper makes at once (PROTOCOL §4).
pub(super) const MARKS_MAX: usize = 32;
/// Friends whose marks are known by sight; those known longest.
const FRIENDS_MAX: i64 = 200;

/// A pair secret: its name, and the ticket that the keeper opens.
type Secret = (Id16, Vec<u8>);

/// The marks of friends that count today, yesterday and tomorrow: clocks differ.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By secret and day; none for a secret that the keeper does not open any more.
    made: BTreeMap<(Id16, u64), Option<Mark>>,
    friends: BTreeMap<Mark, NodeId>,
}

impl Marks {
    /// The friend who shows this mark.
    pub(super) fn friend(&self, mark: &Mark) -> Option<NodeId> {
        self.friends.get(mark).copied()
    }

    /// Reads the secrets again. Returns the marks to show: one for each friend, of their newest secret.
    pub(super) async fn refresh(&mut self, deps: &Deps, day: u64) -> Result<BTreeSet<Mark>, NodeError> {
        let friends = secrets(deps).await?;
        for day in day.saturating_sub(1)..=day + 1 {
            self.make(deps, &friends, day).await?;
        }
        let is_held =
            |id: &Id16| friends.iter().any(|(_, secrets)| secrets.iter().any(|(held, _)| held == id));
        self.made.retain(|(id, of), _| of.abs_diff(day) <= 1 && is_held(id));
        self.friends.clear();
        for (friend, secrets) in &friends {
            let of_friend =
                self.made.iter().filter(|((id, _), _)| secrets.iter().any(|(held, _)| held == id));
            self.friends.extend(of_friend.filter_map(|(_, mark)| Some(((*mark)?, *friend))));
        }
        let newest = |secrets: &[Secret]| secrets.iter().find_map(|(id, _)| *self.made.get(&(*id, day))?);
        Ok(friends.iter().filter_map(|(_, secrets)| newest(secrets)).take(MARKS_MAX).collect())
    }

    /// Has the marks of one day made that are not made yet.
    async fn make(
        &mut self,
        deps: &Deps,
        friends: &[(NodeId, Vec<Secret>)],
        day: u64,
    ) -> Result<(), NodeError> {
        let secrets = friends.iter().flat_map(|(_, secrets)| secrets);
        let missing: Vec<&Secret> = secrets.filter(|(id, _)| !self.made.contains_key(&(*id, day))).collect();
        for some in missing.chunks(MARKS_MAX) {
            let tickets = some.iter().map(|(_, ticket)| Blob(ticket.clone())).collect();
            let Response::Hints(marks) = deps.keys.ask(Request::PairHints { tickets, day }).await? else {
                return Err(other_answer());
            };
            self.made.extend(some.iter().map(|(id, _)| (*id, day)).zip(marks));
        }
        Ok(())
    }
}

/// Friends and the secrets shared with them, newest first.
async fn secrets(deps: &Deps) -> Result<Vec<(NodeId, Vec<Secret>)>, NodeError> {
    deps.read(|w| {
        let friends = people::list(w.tx, w.seal, people::List::Friends, 0, FRIENDS_MAX)?;
        friends.iter().map(|friend| Ok((friend.node_id, store::pairs(w.tx, friend.id)?))).collect()
    })
    .await
}
