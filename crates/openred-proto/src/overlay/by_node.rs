//! A small map by node: the tables that every frame is looked up in. Heads of ids lie together and are random, so a
//! look begins where the head should be and touches little memory; who grinds ids has it begin in the middle, as in any
//! sorted row. Adding and removing moves what lies behind.
//!
//! Must not know: what it holds.

use openred_core::ids::NodeId;

/// How far from where a head should be it is looked for first; random ones of a thousand nodes are nearly always there.
const NEAR: usize = 32;

/// See the module. In order of id.
#[derive(Debug)]
pub(super) struct ByNode<T> {
    heads: Vec<u64>,
    all: Vec<(NodeId, T)>,
}

impl<T> Default for ByNode<T> {
    fn default() -> Self {
        Self { heads: Vec::new(), all: Vec::new() }
    }
}

impl<T> ByNode<T> {
    /// The place of a node, or where it would be. The first one of a head is nearly always the only one.
    fn place(&self, node: &NodeId) -> Result<usize, usize> {
        let head = node.head();
        let mut at = self.first_of(head);
        while self.heads.get(at) == Some(&head)
            && let Some((held, _)) = self.all.get(at)
        {
            match held {
                held if held == node => return Ok(at),
                held if held > node => return Err(at),
                _ => at += 1,
            }
        }
        Err(at)
    }

    /// The place of the first head that is not below this one.
    fn first_of(&self, head: u64) -> usize {
        let (heads, below) = (&self.heads, |held: &u64| *held < head);
        let guess = ((u128::from(head) * heads.len() as u128) >> 64) as usize;
        let (from, to) = (guess.saturating_sub(NEAR), heads.len().min(guess + NEAR));
        let is_near = (from == 0 || below(&heads[from - 1])) && heads.get(to).is_none_or(|held| !below(held));
        if is_near { from + heads[from..to].partition_point(below) } else { heads.partition_point(below) }
    }

    pub(super) fn get(&self, node: &NodeId) -> Option<&T> {
        self.place(node).ok().and_then(|at| self.all.get(at)).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, node: &NodeId) -> Option<&mut T> {
        self.place(node).ok().and_then(|at| self.all.get_mut(at)).map(|(_, value)| value)
    }

    pub(super) fn contains(&self, node: &NodeId) -> bool {
        self.place(node).is_ok()
    }

    pub(super) fn insert(&mut self, node: NodeId, value: T) {
        match self.place(&node) {
            Ok(at) => self.all[at].1 = value,
            Err(at) => {
                self.heads.insert(at, node.head());
                self.all.insert(at, (node, value));
            }
        }
    }

    pub(super) fn remove(&mut self, node: &NodeId) -> Option<T> {
        let at = self.place(node).ok()?;
        self.heads.remove(at);
        Some(self.all.remove(at).1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&NodeId, &T)> {
        self.all.iter().map(|(node, value)| (node, value))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&NodeId, &mut T)> {
        self.all.iter_mut().map(|(node, value)| (&*node, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_it_holds_also_among_equal_heads() {
        let ids: Vec<NodeId> = (0..60)
            .map(|n: u8| {
                let mut id = [0; 32];
                (id[0], id[8], id[31]) = (n / 20, n % 20, n);
                NodeId(id)
            })
            .collect();
        let mut map = ByNode::default();
        for n in [37, 11, 59, 0, 20, 19, 40, 12, 38] {
            map.insert(ids[n], n);
        }
        map.insert(ids[11], 111);
        assert_eq!(map.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [0, 111, 12, 19, 20, 37, 38, 40, 59]);
        assert_eq!((map.remove(&ids[12]), map.remove(&ids[12]), map.iter().count()), (Some(12), None, 8));
        for (n, id) in ids.iter().enumerate() {
            let held = [0, 11, 19, 20, 37, 38, 40, 59].contains(&n);
            assert_eq!(
                (map.contains(id), map.get(id).is_some(), map.get_mut(id).is_some()),
                (held, held, held)
            );
        }
    }
}
