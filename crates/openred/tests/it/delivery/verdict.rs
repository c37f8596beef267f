//! Compares what the writers' nodes accepted with what a fresh client of each reader's node shows. Believes no receipt: a receipt
//! for what is not shown is a loss. Must not know: how anything was sent.

use super::writers::Said;

/// Author, reader, and the conversation: of two the reader, else the group.
type Place = (usize, usize, usize);

/// Of all conversations and feeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// What writers' nodes took.
    pub(super) accepted: u64,
    /// Not shown, and its writer is not told that it waits.
    pub(super) lost: u64,
    /// Not shown yet, and marked so to its writer.
    pub(super) waiting: u64,
    /// The same in a group: what was refused there is said again after half an hour.
    pub(super) late: u64,
    pub(super) doubled: u64,
    pub(super) disordered: u64,
    /// Shown, and never written.
    pub(super) phantom: u64,
    /// Shown to somebody who was not in the group when it was written, by the writer's own node at that time.
    pub(super) leaked: u64,
    /// Shown to somebody who was in when it was written, by an invitation that lost: on the author's screen they come in after it.
    pub(super) kept_by_branch: u64,
    /// Groups that not all members see alike.
    pub(super) torn: u64,
    /// Of what is lost or out of order: where, the number before it and its own.
    pub(super) example: Option<(Place, u32, u32)>,
}

impl Verdict {
    /// One direction: what was said, what is shown of it in the order of the screen, and what the writer is told has arrived.
    /// Numbers; what is no number of theirs is `None`.
    pub(super) fn look(
        &mut self,
        place: Place,
        said: &Said,
        shown: &[Option<u32>],
        arrived: &[u32],
        in_order: bool,
    ) {
        let known: Vec<u32> = shown.iter().copied().flatten().filter(|n| *n < said.offered).collect();
        self.phantom += (shown.len() - known.len()) as u64;
        let mut once = known.clone();
        once.sort_unstable();
        once.dedup();
        self.doubled += (known.len() - once.len()) as u64;
        if in_order {
            for two in known.windows(2).filter(|two| two[0] > two[1]) {
                self.disordered += 1;
                self.example = Some((place, two[0], two[1]));
            }
        }
        self.accepted += said.accepted.len() as u64;
        for n in said.accepted.iter().filter(|n| once.binary_search(n).is_err()) {
            if arrived.contains(n) {
                self.lost += 1;
                self.example = Some((place, *n, *n));
            } else {
                self.waiting += 1;
            }
        }
    }

    /// Both together.
    pub(super) fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.lost += other.lost;
        self.waiting += other.waiting;
        self.late += other.late;
        self.doubled += other.doubled;
        self.disordered += other.disordered;
        self.phantom += other.phantom;
        self.leaked += other.leaked;
        self.kept_by_branch += other.kept_by_branch;
        self.torn += other.torn;
        self.example = self.example.or(other.example);
    }

    /// Lost, shown twice, out of order, never written, shown to whom it was not for.
    pub(super) fn faults(&self) -> [u64; 5] {
        [self.lost, self.doubled, self.disordered, self.phantom, self.leaked]
    }
}

#[test]
fn each_fault_is_seen() {
    let said = Said { accepted: vec![0, 1, 2, 3], offered: 5, ..Said::default() };
    let look = |shown: &[Option<u32>], arrived: &[u32]| {
        let mut verdict = Verdict::default();
        verdict.look((0, 1, 1), &said, shown, arrived, true);
        (verdict.faults(), verdict.waiting)
    };
    assert_eq!(look(&[Some(0), Some(1), Some(2), Some(3)], &[0, 1, 2, 3]), ([0; 5], 0));
    assert_eq!(look(&[Some(0), Some(1), Some(2), Some(3), Some(4)], &[]), ([0; 5], 0), "given up, and taken");
    assert_eq!(look(&[Some(0), Some(1), Some(2)], &[]), ([0; 5], 1));
    assert_eq!(look(&[Some(0), Some(1), Some(2)], &[3]), ([1, 0, 0, 0, 0], 0));
    assert_eq!(look(&[Some(0), Some(1), Some(1), Some(2), Some(3)], &[]), ([0, 1, 0, 0, 0], 0));
    assert_eq!(look(&[Some(1), Some(0), Some(2), Some(3)], &[]), ([0, 0, 1, 0, 0], 0));
    assert_eq!(look(&[Some(0), Some(1), Some(2), Some(3), Some(7), None], &[]), ([0, 0, 0, 2, 0], 0));
}
