//! The friends-first metric: what flows from the owner's contacts.

use proptest::prelude::*;

use super::world::{Ana, fake, id};
use crate::overlay::trust::{FriendsFirst, Ppm, Settings};

fn ana() -> Ana {
    Ana::with(Settings::standard(), Box::new(FriendsFirst::default()), Vec::new())
}

#[test]
fn contacts_have_all_and_friends_of_friends_a_part() {
    let mut ana = ana();
    let ben = ana.contact("ben");
    assert!(ana.hears(&ben, &[(id("dora"), 500)]));
    assert_eq!(ana.boost(&ben), 100_000);
    assert_eq!(
        ana.boost(&id("dora")),
        12_500,
        "half of 0.1 is passed on, half of that to dora, who keeps half"
    );
    assert!(
        ana.hears(&id("dora"), &[(id("emil"), 1000)]),
        "dora is listened to, because ben vouches for her"
    );
    assert_eq!(ana.boost(&id("emil")), 6250);
    assert!(!ana.hears(&id("stranger"), &[(id("emil"), 1000)]), "nobody vouches for a stranger");
}

#[test]
fn whom_no_friend_vouches_for_gains_nothing() {
    let mut ana = ana();
    ana.contact("ben");
    for n in 0..500 {
        ana.meets(&fake(n));
        ana.hears(&fake(n), &[(fake((n + 1) % 500), 1000)]);
    }
    assert!((0..500).all(|n| ana.boost(&fake(n)) == 0));
}

#[test]
fn the_word_reaches_three_hops() {
    let mut ana = ana();
    let ben = ana.contact("ben");
    ana.hears(&ben, &[(fake(1), 1000)]);
    for n in 1..6 {
        ana.hears(&fake(n), &[(fake(n + 1), 1000)]);
    }
    let boosts: Vec<Ppm> = (1..6).map(|n| ana.boost(&fake(n))).collect();
    assert_eq!(boosts, [25_000, 12_500, 6250, 0, 0]);
}

#[test]
fn nobody_takes_in_more_than_a_tenth() {
    let mut ana = ana();
    for name in ["ben", "carl", "emma"] {
        let friend = ana.contact(name);
        ana.hears(&friend, &[(id("dora"), 1000)]);
    }
    assert_eq!(ana.boost(&id("dora")), 50_000, "three give 0.05 each, 0.1 is taken, half of it kept");
}

#[test]
fn a_friend_lost_takes_his_word_along() {
    let mut ana = ana();
    let ben = ana.contact("ben");
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert!(ana.boost(&id("dora")) > 0);
    ana.knows("ben", false, false, false);
    assert_eq!(ana.boost(&id("dora")), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Honest people vouch for each other and, by `attack` statements, for fakes; 10,000 fakes vouch for each other
    /// and back for the honest, as they please.
    #[test]
    fn what_fakes_gain_is_bounded_by_the_words_given_to_them(
        contacts in 1..6_usize,
        honest_words in proptest::collection::vec((0..12_usize, 0..12_usize, 1..=1000_u16), 0..60),
        attack in proptest::collection::vec((0..12_usize, 0..10_000_usize, 1..=1000_u16), 0..20),
        praise in 1..=1000_u16,
    ) {
        let mut ana = ana();
        let person = |n: usize| id(&format!("person {n}"));
        (0..contacts).for_each(|n| { ana.contact(&format!("person {n}")); });
        // Who is listened to grows hop by hop.
        for _ in 0..3 {
            for (from, to, rec) in &honest_words {
                ana.hears(&person(*from), &[(person(*to), *rec)]);
            }
            for (from, to, rec) in &attack {
                ana.hears(&person(*from), &[(fake(*to), *rec)]);
            }
            for (_, to, _) in &attack {
                let ring: Vec<_> = (1..=200).map(|k| (fake((to + k) % 10_000), praise)).collect();
                ana.hears(&fake(*to), &ring);
                ana.hears(&fake((to + 1) % 10_000), &ring);
                ana.hears(&fake((to + 2) % 10_000), &[(person(7), 1000)]);
            }
            ana.elapse_ms(1000);
        }
        let sum: Ppm = (0..10_000).map(|n| ana.boost(&fake(n))).sum();
        let edges: std::collections::BTreeSet<_> = attack.iter().map(|(from, to, _)| (from, to)).collect();
        prop_assert!(sum <= 50_000 * edges.len() as Ppm, "{sum} by {} statements", edges.len());
        prop_assert!(sum <= 50_000 * contacts as Ppm, "{sum} by {contacts} contacts");
        prop_assert!(!edges.is_empty() || sum == 0);
    }
}
