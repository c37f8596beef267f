//! Whose recommendations count, and how much: every condition of R and of rec.

use super::world::{Ana, START_S, fake, id};
use crate::overlay::{
    peers::{Group, Introducer},
    store::TrustRow,
    trust::{Bounded, Ppm, Settings},
};
use openred_core::ids::NodeId;

/// ana, with ben of direct trust 0.8 known for a month, whose word counts.
fn ana_and_ben() -> (Ana, NodeId) {
    ana_and(|_| {})
}

fn ana_and(change: impl FnOnce(&mut TrustRow)) -> (Ana, NodeId) {
    let ben = id("ben");
    let mut row = Ana::new().remembered(&ben, 800_000, 30);
    change(&mut row);
    (Ana::with(Settings::standard(), Box::new(Bounded), vec![row]), ben)
}

#[test]
fn a_recommender_gives_a_tenth_of_his_trust() {
    let (mut ana, ben) = ana_and_ben();
    assert!(ana.hears(&ben, &[(id("dora"), 900)]));
    assert_eq!(ana.boost(&id("dora")), 72_000, "0.9 × 0.8 × 0.1");
    let view = ana.trust.view(&id("dora"), ana.now);
    assert_eq!((view.direct, view.effective), (500_000, 572_000));
    assert_eq!(view.reasons.len(), 1, "the page can say why");
    assert_eq!(ana.trust.recommenders(ana.now), [ben]);
}

#[test]
fn a_boost_is_never_experience() {
    let (mut ana, ben) = ana_and_ben();
    let dora = id("dora");
    ana.meets(&dora);
    ana.hears(&ben, &[(dora, 1000)]);
    ana.gets_garbage(&dora);
    assert_eq!(ana.direct(&dora), 400_000);
    ana.elapse_days(30);
    assert_eq!(ana.boost(&dora), 0, "the statement is over");
    assert!(ana.direct(&dora) < 430_000, "and left nothing behind");
}

/// Promise 10: who is lifted to 0.7 by others only does not recommend.
#[test]
fn a_boost_makes_no_recommender() {
    let (mut ana, ben) = ana_and(|row| row.direct = 1_000_000);
    let mut dora = ana.remembered(&id("dora"), 650_000, 30);
    dora.group = Some(Group::V4([99, 1]));
    dora.introducer = Some(Introducer::Group(Group::V4([99, 1])));
    let rows = ana.trust.book().rows().cloned().chain([dora]).collect();
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), rows);
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert_eq!(ana.trust.view(&id("dora"), ana.now).effective, 750_000);
    assert!(!ana.hears(&id("dora"), &[(id("emil"), 1000)]), "her word is not even held");
    assert_eq!(ana.boost(&id("emil")), 0);
    assert!(!ana.trust.recommenders(ana.now).contains(&id("dora")));
}

#[test]
fn a_recommender_has_seven_tenths_of_direct_trust() {
    let (mut ana, ben) = ana_and(|row| row.direct = 699_999);
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert_eq!(ana.boost(&id("dora")), 0);
    assert_eq!(ana.trust.view(&ben, ana.now).why_no_recommender, Some("trust"));
}

#[test]
fn who_lost_his_trust_recommends_no_longer() {
    let (mut ana, ben) = ana_and_ben();
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert_eq!(ana.boost(&id("dora")), 80_000);
    ana.gets_garbage(&ben);
    assert_eq!(ana.boost(&id("dora")), 70_000, "with less weight at once");
    ana.gets_garbage(&ben);
    assert_eq!(ana.boost(&id("dora")), 0, "then not at all: what he said before included");
}

#[test]
fn a_contact_recommends_without_seven_tenths_by_what_he_has() {
    let (mut ana, ben) = ana_and(|row| row.direct = 500_000);
    ana.contact("ben");
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert_eq!(ana.boost(&id("dora")), 50_000);
}

#[test]
fn a_recommender_is_known_for_seven_days() {
    let (mut ana, ben) = ana_and(|row| row.first_seen = START_S - 6 * 86_400);
    ana.elapse_ms(1);
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert_eq!(ana.boost(&id("dora")), 0);
    assert_eq!(ana.trust.view(&ben, ana.now).why_no_recommender, Some("new"));
    ana.trust.people(&[]);
    ana.meets(&id("somebody"));
    ana.jump_s(86_400);
    assert_eq!(ana.boost(&id("dora")), 0, "a jump of the clock makes no acquaintance older");
    ana.jump_s(-86_400);
    ana.elapse_days(1);
    assert!(ana.boost(&id("dora")) > 0, "a real day does");
}

#[test]
fn a_recommender_was_chosen_by_us_or_pinned() {
    let (mut ana, ben) = ana_and(|row| row.outbound = false);
    ana.hears(&ben, &[(id("dora"), 1000)]);
    assert_eq!(ana.boost(&id("dora")), 0, "he came to us");
    assert_eq!(ana.trust.view(&ben, ana.now).why_no_recommender, Some("inbound"));
    ana.knows("ben", false, false, true);
    assert_eq!(ana.boost(&id("dora")), 80_000, "pinned by the owner");
}

fn two(change: impl FnOnce(&mut TrustRow, &mut TrustRow)) -> (Ana, Ppm) {
    let mut ana = Ana::new();
    let mut ben = ana.remembered(&id("ben"), 700_000, 30);
    let mut carl = ana.remembered(&id("carl"), 900_000, 20);
    change(&mut ben, &mut carl);
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), vec![ben, carl]);
    ana.hears(&id("ben"), &[(id("dora"), 400)]);
    ana.hears(&id("carl"), &[(id("dora"), 400)]);
    let boost = ana.boost(&id("dora"));
    (ana, boost)
}

#[test]
fn two_recommenders_add_up() {
    let (_, boost) = two(|_, _| {});
    assert_eq!(boost, 28_000 + 36_000);
}

#[test]
fn one_recommender_per_address_group() {
    let (ana, boost) = two(|ben, carl| carl.group.clone_from(&ben.group));
    assert_eq!(boost, 28_000, "ben, who is known longer");
    assert_eq!(ana.trust.view(&id("carl"), ana.now).why_no_recommender, Some("group"));
}

#[test]
fn one_recommender_per_introducer() {
    let (_, boost) = two(|ben, carl| carl.introducer.clone_from(&ben.introducer));
    assert_eq!(boost, 28_000);
}

#[test]
fn no_recommender_without_a_group() {
    let (_, boost) = two(|_, carl| carl.group = None);
    assert_eq!(boost, 28_000);
}

#[test]
fn contacts_are_introduced_by_the_owner_and_come_first() {
    let (mut ana, _) = two(|ben, carl| carl.introducer.clone_from(&ben.introducer));
    ana.contact("carl");
    assert_eq!(ana.boost(&id("dora")), 64_000, "another hand: the owner's");
    let (mut ana, _) = two(|ben, carl| carl.group.clone_from(&ben.group));
    ana.contact("carl");
    assert_eq!(ana.boost(&id("dora")), 36_000, "the one place of the group is the contact's");
}

#[test]
fn a_boost_is_at_most_a_tenth() {
    let mut ana = Ana::new();
    let rows = (0..5).map(|n| ana.remembered(&fake(n), 1_000_000, 30)).collect();
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), rows);
    for n in 0..5 {
        ana.hears(&fake(n), &[(id("dora"), 1000)]);
    }
    assert_eq!(ana.trust.recommenders(ana.now).len(), 5);
    assert_eq!(ana.boost(&id("dora")), 100_000);
}

#[test]
fn one_word_is_divided_among_all_whom_it_is_given_to() {
    let (mut ana, ben) = ana_and(|row| row.direct = 1_000_000);
    let all: Vec<_> = (0..256).map(|n| (fake(n), 1000)).collect();
    ana.hears(&ben, &all);
    let sum: Ppm = (0..256).map(|n| ana.boost(&fake(n))).sum();
    assert!((99_000..=100_000).contains(&sum), "one whole word, whatever it is divided into: {sum}");
    assert_eq!(ana.boost(&fake(0)), 390);
}

#[test]
fn small_words_are_not_blown_up() {
    let (mut ana, ben) = ana_and(|row| row.direct = 1_000_000);
    ana.hears(&ben, &[(id("dora"), 100), (id("emil"), 200)]);
    assert_eq!((ana.boost(&id("dora")), ana.boost(&id("emil"))), (10_000, 20_000));
}

#[test]
fn two_hundred_and_fifty_six_statements_are_held() {
    let (mut ana, ben) = ana_and_ben();
    let at = ana.now.secs();
    for n in 0..1000 {
        ana.hears_dated(&ben, &[(fake(n), 1)], at - 1000 + n as u64, at + 86_400);
    }
    let held = ana.trust.book().shares(&ben, ana.now).count();
    assert_eq!(held, 256);
    assert!(ana.boost(&fake(999)) > 0 && ana.boost(&fake(0)) == 0, "the newest");
    assert!(!ana.hears_dated(&ben, &[(fake(0), 1000)], at - 1000, at + 86_400), "what had to go stays gone");
}

#[test]
fn the_latest_statement_replaces_and_old_ones_cannot_come_back() {
    let (mut ana, ben) = ana_and_ben();
    let (dora, at) = (id("dora"), ana.now.secs());
    ana.hears_dated(&ben, &[(dora, 1000)], at - 100, at + 20 * 86_400);
    ana.hears_dated(&ben, &[(dora, 0)], at, at + 86_400);
    assert_eq!(ana.boost(&dora), 0, "taken back");
    assert!(!ana.hears_dated(&ben, &[(dora, 1000)], at - 100, at + 20 * 86_400), "the same again");
    ana.elapse_days(2);
    ana.hears_dated(&ben, &[(dora, 1000)], at - 100, at + 20 * 86_400);
    assert_eq!(ana.boost(&dora), 0, "nor after the newer one has expired");
    assert!(
        !ana.hears_dated(&ben, &[(id("emil"), 1)], at - 40 * 86_400, at - 10 * 86_400),
        "nor expired ones"
    );
}

#[test]
fn of_two_statements_of_one_time_the_lower_stands() {
    let (mut ana, ben) = ana_and_ben();
    ana.hears(&ben, &[(id("dora"), 500), (id("emil"), 200)]);
    ana.hears(&ben, &[(id("dora"), 200), (id("emil"), 500)]);
    assert_eq!(ana.boost(&id("dora")), ana.boost(&id("emil")));
}

#[test]
fn statements_expire() {
    let (mut ana, ben) = ana_and_ben();
    let at = ana.now.secs();
    ana.hears_dated(&ben, &[(id("dora"), 1000)], at, at + 3600);
    ana.elapse_ms(3_600_000);
    assert!(ana.boost(&id("dora")) > 0, "to the last second");
    ana.elapse_ms(1000);
    assert_eq!(ana.boost(&id("dora")), 0);
}

#[test]
fn no_statement_lives_longer_than_thirty_days_or_comes_from_the_future() {
    let (mut ana, ben) = ana_and_ben();
    let at = ana.now.secs();
    assert!(!ana.hears_dated(&ben, &[(id("dora"), 1000)], at, at + 30 * 86_400 + 1));
    assert!(!ana.hears_dated(&ben, &[(id("dora"), 1000)], at + 601, at + 86_400));
    assert_eq!(ana.boost(&id("dora")), 0);
    assert!(
        ana.hears_dated(&ben, &[(id("dora"), 1000)], at + 300, at + 86_400),
        "a clock that is a little ahead"
    );
    assert_eq!(ana.boost(&id("dora")), 0, "counts only when its time has come");
    ana.elapse_ms(300_000);
    assert!(ana.boost(&id("dora")) > 0);
}

#[test]
fn nobody_recommends_himself_and_no_word_is_larger_than_one() {
    let (mut praised, _) = two(|_, _| {});
    praised.hears(&id("carl"), &[(id("ben"), 100)]);
    praised.hears(&id("ben"), &[(id("ben"), 600)]);
    assert_eq!(praised.boost(&id("ben")), 9000, "carl's word, and nothing of his own");
    let (mut ana, ben) = ana_and_ben();
    ana.hears(&ben, &[(ben, 1000)]);
    assert_eq!(ana.boost(&ben), 0);
    ana.elapse_ms(1000);
    ana.hears(&ben, &[(ben, 0), (id("dora"), 65_535)]);
    assert_eq!(ana.boost(&id("dora")), 80_000);
}

#[test]
fn own_statements_name_only_who_earned_it() {
    let mut ana = Ana::new();
    let mut rows: Vec<_> = (0..300).map(|n| ana.remembered(&fake(n), 700_000 + n as i64, 30)).collect();
    rows.push(ana.remembered(&id("dora"), 699_999, 30));
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), rows);
    ana.contact("dora");
    ana.hears(&fake(1), &[(id("dora"), 1000)]);
    let said = ana.trust.own_statements(ana.now);
    assert_eq!(said.len(), 256, "as many as one message holds");
    assert!(said.is_sorted() && said.iter().all(|(_, rec)| *rec == 700));
    let named: Vec<_> = said.iter().map(|(node, _)| *node).collect();
    assert!(!named.contains(&id("dora")), "neither a boost nor friendship is experience");
    assert!(named.contains(&fake(299)) && !named.contains(&fake(0)), "the best");
    let (ana, _) = ana_and(|row| row.direct = 699_999);
    assert!(ana.trust.own_statements(ana.now).is_empty(), "nobody else, though there is room");
}

#[test]
fn the_book_of_statements_is_bounded() {
    let mut ana = Ana::new();
    let rows = (0..600).map(|n| ana.remembered(&fake(n), 700_000 + n as i64, 30)).collect();
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), rows);
    let dora = ana.contact("dora");
    for n in 0..600 {
        ana.hears(&fake(n), &[(id("emil"), 1)]);
    }
    let held = (0..600).filter(|n| ana.trust.book().shares(&fake(*n), ana.now).next().is_some()).count();
    assert_eq!(held, 512);
    assert!(ana.hears(&dora, &[(id("emil"), 1)]), "a contact always finds a place");
}
