//! Ten thousand fakes and what they can do: the property of PROTOCOL §7 (promise 10).
//!
//! With g malicious or fooled members of R the boosts of all fakes sum to ≤ 0.1 g; with g = 0 they are exactly 0. Both
//! is counted here over all fakes, after every strategy alone and all of them together.

use proptest::prelude::*;

use super::world::{Ana, fake, id};
use crate::overlay::{
    peers::{Group, Introducer},
    store::TrustRow,
    trust::{Bounded, Ppm, Settings},
};
use openred_core::ids::NodeId;

const FAKES: usize = 10_000;
const HONEST: usize = 20;
/// A tenth.
const TENTH: Ppm = 100_000;

fn honest(n: usize) -> NodeId {
    id(&format!("honest {n}"))
}

/// ana, with 20 honest recommenders in as many groups who recommend each other, and one contact.
fn ana_among(honest_trust: Ppm, more: impl FnOnce(&mut Ana) -> Vec<TrustRow>) -> Ana {
    let mut ana = Ana::new();
    let mut rows: Vec<TrustRow> =
        (0..HONEST).map(|n| ana.remembered(&honest(n), honest_trust, 60 + n as u64)).collect();
    rows.extend(more(&mut ana));
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), rows);
    ana.contact("chloé");
    for n in 0..HONEST {
        ana.hears(&honest(n), &[(honest((n + 1) % HONEST), 900)]);
    }
    ana
}

/// Lets fakes link from few address groups, as attackers can.
fn fakes_connect(ana: &mut Ana, n: usize, groups: u8) {
    for i in 0..n {
        let group = Group::V4([200, (i % usize::from(groups)) as u8]);
        ana.meets_in(&fake(i), &group, &Introducer::Group(group.clone()), false);
    }
}

fn boosts(ana: &Ana) -> Ppm {
    (0..FAKES).map(|n| ana.boost(&fake(n))).sum()
}

fn highest_boost(ana: &Ana) -> Ppm {
    (0..FAKES).map(|n| ana.boost(&fake(n))).max().unwrap_or(0)
}

/// Every fake praises 256 others as much as it can.
fn ring(ana: &mut Ana) {
    let mut praise = Vec::with_capacity(256);
    for i in 0..FAKES {
        praise.clear();
        praise.extend((1..=256).map(|k| (fake((i + k) % 2000), 1000)));
        ana.hears(&fake(i), &praise);
    }
}

/// The fooled praise as many fakes as fit, several times.
fn fooled(ana: &mut Ana, g: usize) {
    for r in 0..g {
        for round in 0..4 {
            let praise: Vec<_> =
                (0..256).map(|k| (fake((r * 1000 + round * 256 + k) % FAKES), 1000)).collect();
            ana.hears(&honest(r), &praise);
            ana.elapse_ms(1000);
        }
    }
}

#[test]
fn a_ring_of_mutual_praise_gives_nothing() {
    let mut ana = ana_among(800_000, |_| Vec::new());
    fakes_connect(&mut ana, 3000, 8);
    ana.elapse_days(8);
    ring(&mut ana);
    assert_eq!(boosts(&ana), 0, "exactly nothing");
}

#[test]
fn one_fooled_recommender_gives_a_tenth_to_all_fakes_together() {
    let mut ana = ana_among(1_000_000, |_| Vec::new());
    fooled(&mut ana, 1);
    ring(&mut ana);
    let sum = boosts(&ana);
    assert!(sum > 0 && sum <= TENTH, "{sum}");
}

#[test]
fn one_fooled_recommender_wins_two_trusted_places_at_most() {
    for fakes in 1..=4 {
        let mut ana = ana_among(1_000_000, |_| Vec::new());
        let praise: Vec<_> = (0..fakes).map(|n| (fake(n), 1000)).collect();
        ana.hears(&honest(0), &praise);
        let threshold = ana.trust.settings().min_trust_threshold;
        let trusted = (0..fakes).filter(|n| ana.trust.effective_ppm(&fake(*n), ana.now) >= threshold).count();
        assert!(trusted <= 2, "{trusted} of {fakes}");
    }
}

#[test]
fn slow_earners_gain_nothing_by_each_others_messages() {
    let mut ana = ana_among(800_000, |_| Vec::new());
    fakes_connect(&mut ana, 200, 50);
    for _ in 0..40 {
        for n in 0..200 {
            ana.gets_many(25, &fake(n), &fake((n + 1) % 200));
        }
        ana.elapse_days(1);
    }
    ring(&mut ana);
    assert!((0..200).all(|n| ana.direct(&fake(n)) == 500_000), "no credit for messages of nobody");
    assert_eq!(boosts(&ana), 0);
}

/// A fake that delivers a contact's messages for weeks earns what an honest node would: it counts as one member. It
/// helps no other: neither that its messages earn credits for fakes of the same hand, nor a second place in R.
#[test]
fn a_real_winner_is_one_member_and_lifts_no_second_of_its_hand() {
    let mut ana = ana_among(800_000, |_| Vec::new());
    let (chloe, hand) = (id("chloé"), Introducer::Group(Group::V4([200, 1])));
    for n in 0..100 {
        ana.meets_in(&fake(n), &Group::V4([200, n as u8]), &hand, true);
    }
    ana.wins_trust_of(&fake(0), &chloe);
    for n in 1..100 {
        ana.gets_many(20, &fake(n), &fake(0));
    }
    assert!((1..100).all(|n| ana.direct(&fake(n)) == 500_000), "the winner's messages earn his kin nothing");
    ana.wins_trust_of(&fake(1), &chloe);
    ana.wins_trust_of(&fake(0), &chloe);
    ring(&mut ana);
    let members =
        ana.trust.recommenders(ana.now).iter().filter(|id| (0..FAKES).any(|n| fake(n) == **id)).count();
    assert_eq!(members, 1, "two winners of one hand are one member");
    let sum = boosts(&ana);
    assert!(sum > 0 && sum <= TENTH, "{sum}");
}

#[test]
fn new_identities_wash_nothing_white() {
    let mut ana = ana_among(800_000, |_| Vec::new());
    for n in 0..300 {
        let group = Group::V4([200, 1]);
        ana.meets_in(&fake(n), &group, &Introducer::Group(group.clone()), false);
        ana.gets_garbage(&fake(n));
        ana.gets_garbage(&fake(n));
    }
    ring(&mut ana);
    assert_eq!(boosts(&ana), 0, "nobody speaks for a new one");
    let best = (0..FAKES).map(|n| ana.trust.effective_ppm(&fake(n), ana.now)).max();
    assert_eq!(best, Some(500_000), "a new identity is a stranger, no more");
    assert!(best < Some(ana.trust.settings().min_trust_threshold), "and no stranger has a full slot");
}

#[test]
fn replayed_statements_give_nothing_back() {
    let mut ana = ana_among(1_000_000, |_| Vec::new());
    let at = ana.now.secs();
    let praise: Vec<_> = (0..256).map(|n| (fake(n), 1000)).collect();
    let regret: Vec<_> = (0..256).map(|n| (fake(n), 0)).collect();
    ana.hears_dated(&honest(0), &praise, at - 10, at + 29 * 86_400);
    assert!(boosts(&ana) > 0, "fooled for ten seconds");
    ana.hears_dated(&honest(0), &regret, at, at + 86_400);
    for _ in 0..40 {
        ana.hears_dated(&honest(0), &praise, at - 10, at + 29 * 86_400);
        assert_eq!(boosts(&ana), 0, "what was taken back stays so, also when the regret has expired");
        ana.elapse_days(1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// All strategies at once, with g fooled recommenders and malicious members that really got into R.
    #[test]
    fn the_boosts_of_all_fakes_sum_to_a_tenth_per_member_won(
        fooled_n in 0..6_usize,
        malicious in 0..4_usize,
        trust in 700_000..=1_000_000_i64,
        first in 0..FAKES,
        recs in proptest::collection::vec((0..FAKES, 0..=u16::MAX), 0..256),
        days in 0..12_u64,
    ) {
        let mut ana = ana_among(trust, |ana| {
            (0..malicious).map(|n| ana.remembered(&fake(first.wrapping_add(n) % FAKES), trust, 30)).collect()
        });
        fakes_connect(&mut ana, 500, 200);
        ring(&mut ana);
        fooled(&mut ana, fooled_n);
        let said: Vec<_> = recs.iter().map(|(n, rec)| (fake(*n), *rec)).collect();
        for n in 0..malicious {
            ana.hears(&fake(first.wrapping_add(n) % FAKES), &said);
        }
        for r in 0..fooled_n {
            ana.hears(&honest(r), &said);
        }
        ana.elapse_days(days);
        let members = ana.trust.recommenders(ana.now);
        let won = members.iter().filter(|id| {
            (0..fooled_n).any(|n| honest(n) == **id) || (0..FAKES).any(|n| fake(n) == **id)
        }).count();
        let sum = boosts(&ana);
        prop_assert!(won <= fooled_n + malicious, "no fake got in by itself: {won}");
        prop_assert!(sum <= TENTH * won as Ppm, "{sum} for {won}");
        prop_assert!(won > 0 || sum == 0, "{sum} for nobody");
        prop_assert!(highest_boost(&ana) <= TENTH);
    }
}
