//! Somebody grinds ids until two different sets have one sum. With 256 bits that is dear; here sums have 16 bits.

use std::collections::BTreeMap;

use openred_core::overlay::RangeData;

use super::super::answer::answer;
use super::super::begin::fingerprint;
use super::super::bound::Bound;
use super::super::sum::Sum;
use super::*;

const BITS: u32 = 16;
/// Ground ids on each side.
const GROUND: u64 = 32;

/// Two lists of ids whose sums are equal in their low 16 bits.
fn collision(salt: u64) -> (Vec<Hash>, Vec<Hash>) {
    let list = |n: u64| {
        (0..GROUND).map(move |i| Hash::of(&[b"ground", &salt.to_be_bytes(), &[i as u8], &n.to_be_bytes()]))
    };
    let mut seen: BTreeMap<[u8; 16], u64> = BTreeMap::new();
    for n in 0.. {
        let mut sum = Sum::default();
        list(n).for_each(|id| sum += Sum::of(&id));
        if let Some(other) = seen.insert(sum.fingerprint(GROUND as usize, BITS), n) {
            return (list(other).collect(), list(n).collect());
        }
    }
    unreachable!("there are 2^16 sums")
}

/// Ana and Ben hold a thousand messages, and in one second each holds ids that the other lacks, of equal sum.
fn deceived(salt: u64) -> (Set, Set) {
    let (mut ana, mut ben) = (Set::with_bits(BITS), Set::with_bits(BITS));
    for set in [&mut ana, &mut ben] {
        (0..1_000).for_each(|n| assert!(set.insert(TODAY + n, id(n))));
    }
    let (hers, his) = collision(salt);
    hers.iter().for_each(|id| assert!(ana.insert(TODAY + 500, *id)));
    his.iter().for_each(|id| assert!(ben.insert(TODAY + 500, *id)));
    (ana, ben)
}

#[test]
fn without_cuts_a_collision_stays_hidden() {
    let (ana, ben) = deceived(1);
    let whole = |set: &Set| vec![fingerprint(set, set.start(), set.find(&Bound::last()), Bound::last())];
    assert_eq!(whole(&ana), whole(&ben), "different sets look the same");
    let told = answer(&ben, &whole(&ana));
    assert!(told.want.is_empty() && told.ranges.iter().all(|range| range.data == RangeData::Skip));
}

#[test]
fn with_random_cuts_it_heals() {
    for salt in 0..4 {
        let (mut ana, mut ben) = deceived(salt);
        let mut sessions = 0;
        while !ana.iter().eq(ben.iter()) {
            let report = meet(&ana, &ben, 1_000 * salt + sessions);
            exchange(&mut ana, &mut ben, &report);
            sessions += 1;
            assert!(sessions <= 60, "an hour of sessions");
        }
        assert_eq!(ana.len() as u64, 1_000 + 2 * GROUND);
    }
}

#[test]
fn each_session_cuts_elsewhere_and_covers_everything() {
    let set = set_of(0..5_000);
    let cuts = |seed| match Sessions::new().begin(&set, BEN, now(0), &mut rng(seed)) {
        Link::Reconcile { ranges, .. } => ranges,
        other => panic!("{other:?}"),
    };
    let (one, other) = (cuts(1), cuts(2));
    assert_eq!((one.len(), other.len()), (16, 16));
    assert!(
        one.iter()
            .zip(&other)
            .take(15)
            .all(|(one, other)| one.upper_id != other.upper_id || one.upper_time != other.upper_time)
    );
    assert_eq!(Range::check(&one), Ok(()));
    let few = Sessions::new().begin(&set_of(0..15), BEN, now(0), &mut rng(1));
    assert!(matches!(few, Link::Reconcile { ranges, .. } if ranges.len() == 1), "too few to grind with");
}
