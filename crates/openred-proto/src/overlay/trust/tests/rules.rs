//! The numbers of PROTOCOL §7, one by one.

use super::world::{Ana, DAY_MS, START_S, fake, id};
use crate::overlay::{
    peers::{Group, Introducer},
    store::TrustEvent,
    trust::{Bounded, Settings, metric},
};

#[test]
fn a_stranger_starts_at_half_and_earns_a_thousandth_per_message() {
    let mut ana = Ana::new();
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&ben);
    assert_eq!(ana.direct(&ben), 500_000);
    ana.gets(&ben, &chloe);
    assert_eq!(ana.direct(&ben), 501_000, "a contact's message, brought by another");
    let events = ana.stored_events();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event_type, events[0].trust_delta), (TrustEvent::Valid, 1000));
}

#[test]
fn a_day_gives_twenty_credits_and_no_more() {
    let mut ana = Ana::new();
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&ben);
    ana.gets_many(500, &ben, &chloe);
    assert_eq!(ana.direct(&ben), 520_000, "twenty thousandths");
    ana.elapse_days(1);
    ana.gets_many(500, &ben, &chloe);
    assert!(ana.direct(&ben) > 535_000 && ana.direct(&ben) <= 540_000, "the next day twenty more");
    assert_eq!(ana.trust.view(&ben, ana.now).valid, 1000, "all are counted");
}

#[test]
fn nobody_earns_by_his_own_messages() {
    let mut ana = Ana::new();
    let ben = ana.contact("ben");
    ana.meets(&ben);
    ana.gets_many(5, &ben, &ben);
    assert_eq!(ana.direct(&ben), 500_000, "though he is a contact");
}

#[test]
fn messages_of_strangers_earn_nothing() {
    let mut ana = Ana::new();
    let ben = id("ben");
    ana.meets(&ben);
    ana.meets(&id("dario"));
    ana.gets_many(5, &ben, &id("dario"));
    ana.gets_many(5, &ben, &id("nobody"));
    assert_eq!(ana.direct(&ben), 500_000);
}

#[test]
fn messages_of_the_followed_earn() {
    let mut ana = Ana::new();
    let (ben, emma) = (id("ben"), ana.knows("emma", false, true, false));
    ana.meets(&ben);
    ana.gets(&ben, &emma);
    assert_eq!(ana.direct(&ben), 501_000);
}

#[test]
fn messages_of_the_trusted_earn_only_for_who_came_by_another_hand() {
    let mut ana = Ana::new();
    let emma = id("emma");
    let row = ana.remembered(&emma, 750_000, 10);
    let hand = row.introducer.clone().expect("introduced");
    let mut ana = Ana::with(Settings::standard(), Box::new(Bounded), vec![row]);
    let (ben, carl) = (id("ben"), id("carl"));
    ana.meets_in(&ben, &Group::V4([90, 1]), &hand, true);
    ana.meets_in(&carl, &Group::V4([90, 2]), &Introducer::Group(Group::V4([90, 2])), true);
    ana.gets(&ben, &emma);
    ana.gets(&carl, &emma);
    assert_eq!(ana.direct(&ben), 500_000, "the same hand that brought emma brought ben");
    assert_eq!(ana.direct(&carl), 501_000);
}

#[test]
fn garbage_costs_a_tenth_and_two_pieces_two() {
    let mut ana = Ana::new();
    let ben = id("ben");
    ana.meets(&ben);
    ana.gets_garbage(&ben);
    assert_eq!(ana.direct(&ben), 400_000);
    ana.gets_garbage(&ben);
    assert_eq!(ana.direct(&ben), 300_000);
    (0..9).for_each(|_| ana.gets_garbage(&ben));
    assert_eq!(ana.direct(&ben), 0, "never below nothing");
    let events = ana.stored_events();
    assert_eq!(events.len(), 11);
    assert_eq!((events[0].event_type, &*events[0].detail), (TrustEvent::Invalid, "signature"));
    assert_eq!(events[10].trust_delta, 0, "the last one had nothing left to take");
}

#[test]
fn a_timeout_counts_once_a_day_and_never_pushes_below_four_tenths() {
    let mut ana = Ana::new();
    let ben = id("ben");
    ana.meets(&ben);
    ana.trust.timeout(&ben, ana.now, &mut ana.fx);
    assert_eq!(ana.direct(&ben), 450_000);
    ana.elapse_ms(DAY_MS - 1000);
    ana.trust.timeout(&ben, ana.now, &mut ana.fx);
    assert_eq!(ana.direct(&ben), 450_000, "not twice within a day");
    for _ in 0..10 {
        ana.elapse_ms(DAY_MS);
        ana.trust.timeout(&ben, ana.now, &mut ana.fx);
        assert!(ana.direct(&ben) >= 400_000, "the floor of timeouts");
    }
    ana.gets_garbage(&ben);
    let low = ana.direct(&ben);
    assert!(low < 400_000, "garbage knows no such floor");
    ana.elapse_ms(DAY_MS);
    let decayed = ana.direct(&ben);
    ana.trust.timeout(&ben, ana.now, &mut ana.fx);
    assert_eq!(ana.direct(&ben), decayed, "below the floor a timeout takes nothing and gives nothing");
}

#[test]
fn trust_decays_a_hundredth_of_the_way_each_day_and_arrives() {
    let mut ana = Ana::new();
    let ben = id("ben");
    ana.meets(&ben);
    (0..5).for_each(|_| ana.gets_garbage(&ben));
    assert_eq!(ana.direct(&ben), 0);
    ana.elapse_days(1);
    assert_eq!(ana.direct(&ben), 5000);
    ana.elapse_days(1);
    assert_eq!(ana.direct(&ben), 9950);
    ana.elapse_days(67);
    let half = ana.direct(&ben);
    assert!((245_000..255_000).contains(&half), "half of the way after 69 days: {half}");
    ana.elapse_days(5000);
    assert_eq!(ana.direct(&ben), 500_000, "it arrives");
}

#[test]
fn reading_often_does_not_make_it_decay_faster() {
    let mut ana = Ana::new();
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&ben);
    (0..3).for_each(|_| ana.gets_garbage(&ben));
    for _ in 0..48 {
        ana.elapse_ms(DAY_MS / 24);
        ana.gets(&ben, &ben);
        ana.gets(&ben, &chloe);
        let _ = ana.trust.view(&ben, ana.now);
    }
    assert!(
        (241_000..=248_000).contains(&ana.direct(&ben)),
        "two days of decay, {} in all",
        ana.direct(&ben)
    );
}

#[test]
fn high_security_starts_lower_and_decays_faster() {
    let mut ana = Ana::with(Settings::high_security(), Box::new(Bounded), Vec::new());
    let ben = id("ben");
    ana.meets(&ben);
    assert_eq!(ana.direct(&ben), 300_000);
    ana.gets_garbage(&ben);
    ana.elapse_days(1);
    assert_eq!(ana.direct(&ben), 202_000);
    assert_eq!(ana.trust.settings().min_trust_threshold, 500_000);
}

#[test]
fn reputation_mixes_trust_trend_and_deliveries() {
    let mut ana = Ana::new();
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&ben);
    assert_eq!(ana.trust.reputation(&ben, ana.now), 0.5, "0.6 × 0.5 + 0.2 × 0.5 + 0.2 × 0.5");
    for _ in 0..7 {
        ana.gets_many(20, &ben, &chloe);
        ana.elapse_days(1);
    }
    let view = ana.trust.view(&ben, ana.now);
    let rise = view.direct - 500_000;
    assert_eq!(view.trend, (500_000 + 5 * rise).min(1_000_000), "all of it came within seven days");
    assert_eq!(view.stats, 141 * 1_000_000 / 142);
    let mixed = (6 * view.effective + 2 * view.trend + 2 * view.stats) / 10;
    assert_eq!(view.reputation, mixed.min(view.direct + 100_000), "never more than a tenth above experience");
    assert!(mixed > view.direct + 100_000, "the limit was reached");
    ana.elapse_days(7);
    assert!(ana.trust.view(&ben, ana.now).trend < 500_000, "seven idle days point down");
}

#[test]
fn a_jump_of_the_wall_clock_changes_no_trust() {
    let mut ana = Ana::new();
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&ben);
    ana.gets_many(30, &ben, &chloe);
    for seconds in [365 * 86_400, -2 * 365 * 86_400, 365 * 86_400] {
        ana.jump_s(seconds);
        assert_eq!(ana.direct(&ben), 520_000, "no decay by a jump");
        ana.gets_many(30, &ben, &chloe);
        assert_eq!(ana.direct(&ben), 520_000, "no new day by a jump");
    }
}

#[test]
fn what_is_stored_comes_back_as_it_was() {
    let mut ana = Ana::new();
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&ben);
    ana.gets_many(7, &ben, &chloe);
    ana.gets_garbage(&ben);
    let rows: Vec<_> = ana.trust.book().rows().cloned().collect();
    let mut again = Ana::with(Settings::standard(), Box::new(Bounded), rows);
    again.contact("chloé");
    again.now = ana.now;
    assert_eq!(again.trust.view(&ben, again.now), ana.trust.view(&ben, ana.now));
    again.gets_many(100, &ben, &chloe);
    assert_eq!(again.direct(&ben), 500_000 - 100_000 + 20_000, "the day's credits go on where they were");
}

#[test]
fn counts_are_stored_in_time_without_a_credit() {
    let mut ana = Ana::new();
    let ben = id("ben");
    ana.meets(&ben);
    ana.gets_many(5, &ben, &id("stranger"));
    ana.fx.take();
    let wake = ana.trust.next_wake().expect("something to store");
    ana.trust.tick(ana.now, &mut ana.fx);
    assert!(ana.fx.is_empty(), "not yet");
    ana.elapse_ms(wake - ana.now.mono_ms);
    ana.trust.tick(ana.now, &mut ana.fx);
    assert_eq!(ana.fx.len(), 1, "the record, once");
    assert_eq!(ana.trust.next_wake(), None);
}

#[test]
fn the_book_is_bounded_and_keeps_whom_it_knows_something_about() {
    let settings = Settings { rows_max: 50, ..Settings::standard() };
    let mut ana = Ana::with(settings, Box::new(Bounded), Vec::new());
    let (ben, chloe) = (id("ben"), ana.contact("chloé"));
    ana.meets(&chloe);
    ana.meets(&ben);
    ana.gets_garbage(&ben);
    for n in 0..500 {
        ana.meets_in(&fake(n), &Group::V4([7, 7]), &Introducer::Group(Group::V4([7, 7])), false);
    }
    assert_eq!(ana.trust.book().rows().count(), 50);
    assert_eq!(ana.direct(&ben), 400_000, "who was caught is not forgotten for newcomers");
    assert!(ana.trust.book().row(&chloe).is_some(), "nor a contact");
}

#[test]
fn nobody_keeps_a_record_of_himself() {
    let mut ana = Ana::new();
    ana.gets_garbage(&id("ana"));
    assert_eq!(ana.trust.book().rows().count(), 0);
    assert!(ana.fx.is_empty());
}

#[test]
fn the_metric_is_chosen_by_name() {
    assert_eq!(metric("bounded").expect("there").name(), "bounded");
    assert_eq!(metric("friends_first").expect("there").name(), "friends_first");
    assert!(metric("page_rank").is_none());
    assert_eq!(START_S % 86_400, 0, "the tests begin at midnight");
}
