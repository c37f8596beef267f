//! Which node has an id, and which id a node has: every frame asks. Must not know: nodes.

use openred_core::ids::NodeId;

use crate::queue::At;

/// Nodes by their ids. Ids are random, so the place of one among all in order is known but for a step or two.
#[derive(Debug)]
pub(crate) struct Index {
    /// By number.
    ids: Vec<NodeId>,
    /// Heads of ids with their numbers, in order.
    heads: Vec<(u64, At)>,
    /// Where the heads of each part of the range begin; there are as many parts as heads.
    parts: Vec<usize>,
}

impl Index {
    pub(crate) fn new(ids: Vec<NodeId>) -> Self {
        let mut heads: Vec<(u64, At)> = (0..).zip(&ids).map(|(at, id)| (id.head(), at)).collect();
        heads.sort_unstable();
        let mut parts = vec![0; heads.len()];
        for (n, (head, _)) in heads.iter().enumerate().rev() {
            parts[part(*head, heads.len())] = n;
        }
        Self { ids, heads, parts }
    }

    /// The id of a node.
    pub(crate) fn id(&self, at: At) -> NodeId {
        self.ids[at as usize]
    }

    /// The number of a node. Two with one head there are none: they would have to be ground.
    pub(crate) fn at(&self, id: &NodeId) -> Option<At> {
        let head = id.head();
        let from = *self.parts.get(part(head, self.parts.len()))?;
        let mut alike = self.heads.get(from..)?.iter().take_while(|(held, _)| *held <= head);
        let (_, at) = alike.find(|(held, _)| *held == head)?;
        (self.id(*at) == *id).then_some(*at)
    }
}

/// In which of so many equal parts of the range a head lies.
fn part(head: u64, parts: usize) -> usize {
    usize::try_from((u128::from(head) * parts as u128) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(head: u64, last: u8) -> NodeId {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&head.to_be_bytes());
        id[31] = last;
        NodeId(id)
    }

    #[test]
    fn everybody_is_found_and_nobody_else() {
        let ids = [u64::MAX, 1, 0, 2, u64::MAX / 2, u64::MAX - 1, u64::MAX / 2 + 1].map(|head| id(head, 0));
        let index = Index::new(ids.to_vec());
        for (at, id) in (0..).zip(&ids) {
            assert_eq!((index.at(id), index.id(at)), (Some(at), *id));
        }
        for head in [3, u64::MAX / 4, u64::MAX / 2 - 1, u64::MAX - 2] {
            assert_eq!(index.at(&id(head, 0)), None);
        }
        assert_eq!(index.at(&id(1, 1)), None, "another id with this head");
        assert_eq!(Index::new(Vec::new()).at(&id(5, 0)), None);
    }
}
