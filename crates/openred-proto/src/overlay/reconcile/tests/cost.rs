//! What sessions cost on the wire.

use super::*;

#[test]
fn two_different_of_a_hundred_thousand_cost_about_two_kilobytes() {
    let mut most = (0, 0);
    for seed in 0..8 {
        let mut ana = set_of((0..100_000).chain([200_001 + seed]));
        let mut ben = set_of(0..100_000);
        ben.insert(TODAY + 37 * (seed + 1), id(300_000 + seed));
        let report = meet(&ana, &ben, seed);
        assert_eq!((report.ana_wants.len(), report.ben_wants.len()), (1, 1));
        assert_eq!(report.ends, [End::Agreed, End::Agreed]);
        exchange(&mut ana, &mut ben, &report);
        assert!(ana.iter().eq(ben.iter()));
        most = (most.0.max(report.messages), most.1.max(report.bytes));
    }
    assert!(most.0 <= 9 && most.1 <= 3_200, "{most:?}");
}

#[test]
fn agreeing_costs_one_question_and_one_answer() {
    let ana = set_of(0..100_000);
    let report = meet(&ana, &ana.clone(), 1);
    assert_eq!(report.messages, 2);
    assert!(report.bytes <= 640, "{}", report.bytes);
    let nothing = meet(&Set::new(), &Set::new(), 1);
    assert_eq!((nothing.messages, nothing.bytes < 80), (2, true));
}

#[test]
fn who_was_away_gets_everything_in_one_session() {
    for away in [0, 10, 400] {
        let (mut ana, mut ben) = (set_of(0..away), set_of(0..20_000));
        let there = meet(&ana, &ben, 3);
        let back = meet(&ben, &ana, 3);
        for report in [&there, &back] {
            assert!(report.largest <= 32_000 && report.messages <= 128, "{}", report.messages);
            assert!(report.bytes <= 20_000 * 27, "{} bytes", report.bytes);
        }
        assert_eq!(back.ben_wants.len(), 20_000 - away as usize);
        exchange(&mut ana, &mut ben, &there);
        assert_eq!(ana.len(), 20_000);
    }
}
