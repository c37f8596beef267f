//! What sessions cost on the wire.

use super::*;

#[test]
fn two_different_of_a_hundred_thousand_cost_about_two_kilobytes() {
    let mut most = (0, 0);
    let common = set_of(0..100_000);
    for seed in 0..4 {
        let (mut ana, mut ben) = (common.clone(), common.clone());
        ana.insert(TODAY + 9_000 - seed, id(200_000 + seed));
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
        for began in [true, false] {
            let (mut ana, mut ben) = (set_of((0..away).map(|n| n * 49)), set_of(0..20_000));
            let report = if began { meet(&ana, &ben, 3) } else { meet(&ben, &ana, 3) };
            assert!(report.largest <= 32_000 && report.messages <= 60, "{}", report.messages);
            assert!(report.bytes <= 20_000 * 23, "{} bytes", report.bytes);
            if began {
                exchange(&mut ana, &mut ben, &report)
            } else {
                exchange(&mut ben, &mut ana, &report)
            }
            assert_eq!(ana.len(), 20_000);
        }
    }
}
