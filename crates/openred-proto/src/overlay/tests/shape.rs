//! Bounds of what is held: fair between origins, and never let in again what was forgotten for room.

use super::{
    people::Person,
    solo::{Solo, delivered},
};
use crate::overlay::Config;

#[test]
fn who_publishes_most_loses_the_oldest_when_room_is_short() {
    let mut config = Config::standard();
    config.limits.message_cache_size = 100;
    let (ben, chloe) = (Person::new(2), Person::new(3));
    let mut solo = Solo::new(config);
    [&ben, &chloe].into_iter().zip(4000..).for_each(|(who, port)| solo.meets(who, port));
    let quiet = chloe.says(&["only this"], solo.secs());
    solo.push(&chloe, &quiet[0]);
    for n in 0..300 {
        let message = &ben.says(&[&format!("{n}")], solo.secs())[0];
        assert_eq!(delivered(&solo.push(&ben, message)).len(), 1);
    }
    assert!(solo.overlay.len() <= 100);
    assert!(solo.overlay.holds(&quiet[0].id()), "chloé's one message is still here");
}

#[test]
fn what_was_forgotten_for_room_is_not_delivered_again() {
    let mut config = Config::standard();
    config.limits.origin_quota = 50;
    let (ben, chloe) = (Person::new(2), Person::new(3));
    let mut solo = Solo::new(config);
    [&ben, &chloe].into_iter().zip(4000..).for_each(|(who, port)| solo.meets(who, port));
    let mut said = Vec::new();
    for n in 0..120 {
        said.extend(ben.says(&[&format!("{n}")], solo.secs() - 1000 + n));
        solo.push(&ben, &said[n as usize]);
    }
    for message in &said {
        assert!(delivered(&solo.push(&chloe, message)).is_empty());
    }
    assert_eq!(solo.overlay.counters().dropped.get("forgotten"), Some(&70));
    assert_eq!(solo.checks(), 120);
}

#[test]
fn messages_end_and_stay_known_a_while() {
    let ben = Person::new(2);
    let mut solo = Solo::new(Config::standard());
    solo.meets(&ben, 4000);
    let said = ben.says(&["for an hour"], solo.secs());
    solo.push(&ben, &said[0]);
    solo.wait(3_590_000);
    assert!(solo.overlay.holds(&said[0].id()));
    solo.wait(60_000);
    assert_eq!(solo.overlay.len(), 0);
    solo.meets(&ben, 4000);
    assert!(delivered(&solo.push(&ben, &said[0])).is_empty());
}
