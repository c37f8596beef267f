//! Whatever two neighbours hold, both end with all of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Elements of which many share a second, and some the first bytes of their ids.
fn elements(max: usize) -> impl Strategy<Value = BTreeSet<(u64, u32)>> {
    proptest::collection::btree_set((0..6u64, 0..2_000u32), 0..max)
}

fn close(n: u32) -> Hash {
    let mut id = id(u64::from(n));
    if n.is_multiple_of(3) {
        id.0[..8].fill(7);
    }
    id
}

fn set(elements: impl IntoIterator<Item = (u64, u32)>) -> Set {
    let mut set = Set::new();
    for (time, n) in elements {
        set.insert(TODAY + time, close(n));
    }
    set
}

/// The same id under two timestamps is no message: an id is the hash of bytes that name one.
fn unique(elements: BTreeSet<(u64, u32)>) -> BTreeSet<(u64, u32)> {
    let mut seen = BTreeSet::new();
    elements.into_iter().filter(|(_, n)| seen.insert(*n)).collect()
}

proptest! {
    #[test]
    fn both_end_with_the_union(all in elements(600), sides in proptest::collection::vec(0..8u8, 600), seed: u64) {
        let all = unique(all);
        let of = |bit: u8| all.iter().zip(&sides).filter(move |(_, side)| {
            **side > 2 || (**side & bit) != 0
        }).map(|(element, _)| *element);
        let (mut ana, mut ben) = (set(of(1)), set(of(2)));
        let lacking = (ben.iter().filter(|(time, id)| !ana.contains(*time, id)).count(),
                       ana.iter().filter(|(time, id)| !ben.contains(*time, id)).count());
        let report = meet(&ana, &ben, seed);
        prop_assert_eq!((report.ana_wants.len(), report.ben_wants.len()), lacking);
        prop_assert_eq!((report.ben_has.len(), report.ana_has.len()), lacking, "each knows what the other lacks");
        exchange(&mut ana, &mut ben, &report);
        prop_assert!(ana.iter().eq(ben.iter()));
        prop_assert!(report.messages < 30 && report.largest <= 32_000);
    }

    #[test]
    fn what_arrives_meanwhile_confuses_nobody(late in 0..300u64, seed: u64) {
        let (mut ana, mut ben) = (set_of(0..1_000), set_of(200..1_500));
        let (mut at_ana, mut at_ben) = (Sessions::new(), Sessions::new());
        let mut link = Some(at_ana.begin(&ana, BEN, now(0), &mut rng(seed)));
        let mut messages = 0;
        while let Some(Link::Reconcile { session, ranges }) = link {
            messages += 1;
            ana.insert(TODAY + 5 * messages, id(10_000 + late + messages));
            ben.insert(TODAY + 7 * messages, id(20_000 + late + messages));
            let step = if messages % 2 == 1 {
                at_ben.on_ranges(&ben, ANA, session, &ranges, now(0))
            } else {
                at_ana.on_ranges(&ana, BEN, session, &ranges, now(0))
            };
            link = step.unwrap().reply;
        }
        prop_assert!(messages < 60);
        let report = meet(&ana, &ben, seed);
        exchange(&mut ana, &mut ben, &report);
        prop_assert!(ana.iter().eq(ben.iter()), "the next session gets the rest");
    }
}
