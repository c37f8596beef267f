//! The set against a plain ordered one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::bound::Bound;
use super::super::sum::Sum;
use super::*;

fn naive(elements: &BTreeSet<(u64, Hash)>, from: &Bound, to: &Bound) -> [u8; 16] {
    let mut sum = Sum::default();
    let inside: Vec<_> =
        elements.iter().filter(|element| !from.is_above(element) && to.is_above(element)).collect();
    inside.iter().for_each(|(_, id)| sum += Sum::of(id));
    sum.fingerprint(inside.len(), 256)
}

proptest! {
    #[test]
    fn it_holds_what_a_plain_set_holds(steps in proptest::collection::vec((0..30u64, 0..600u64, 0..4u8), 0..1_500)) {
        let (mut set, mut model) = (Set::new(), BTreeSet::new());
        for (time, n, action) in steps {
            if action == 0 {
                prop_assert_eq!(set.remove(time, &id(n)), model.remove(&(time, id(n))));
            } else {
                prop_assert_eq!(set.insert(time, id(n)), model.insert((time, id(n))));
            }
            prop_assert_eq!(set.contains(time, &id(n)), action != 0);
        }
        prop_assert_eq!(set.len(), model.len());
        prop_assert!(set.iter().eq(model.iter().copied()));
        let bounds = [Bound::first(), Bound { time: 3, prefix: vec![] }, Bound { time: 9, prefix: vec![0x80] },
            Bound { time: 9, prefix: vec![0x80, 1] }, Bound { time: 29, prefix: id(7).0.to_vec() }, Bound::last()];
        for pair in bounds.windows(2) {
            let (from, to) = (set.find(&pair[0]), set.find(&pair[1]));
            prop_assert_eq!(set.fingerprint(from, to), naive(&model, &pair[0], &pair[1]));
            prop_assert_eq!(set.between(from, to).count(), set.count(from, to));
        }
    }

    #[test]
    fn a_bound_separates_and_is_short(numbers in proptest::collection::btree_set(0..100_000u64, 2..400), at: usize) {
        let mut set = Set::new();
        numbers.iter().for_each(|n| assert!(set.insert(n / 30_000, id(*n))));
        let rank = 1 + at % (numbers.len() - 1);
        let place = set.advance(set.start(), rank);
        let bound = set.bound(place);
        let under: Vec<_> = set.iter().filter(|element| bound.is_above(element)).collect();
        prop_assert_eq!(under.len(), rank);
        prop_assert_eq!(set.find(&bound), place);
        prop_assert!(bound.prefix.len() <= 6, "no more than separates");
    }
}

#[test]
fn the_end_of_time_is_no_time() {
    let mut set = Set::new();
    assert!(!set.insert(u64::MAX, id(1)), "no range covers it");
    assert!(set.is_empty() && set.insert(u64::MAX - 1, id(1)) && set.insert(0, id(2)));
    assert!(!set.insert(0, id(2)), "held");
    assert!(!set.remove(0, &id(1)) && set.remove(0, &id(2)) && set.remove(u64::MAX - 1, &id(1)));
    assert!(set.is_empty() && !set.remove(0, &id(2)));
}
