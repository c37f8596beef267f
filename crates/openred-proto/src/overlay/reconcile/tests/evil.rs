//! Partners that lie, flood, fall silent or send nonsense.

use openred_core::overlay::{Invalid, RangeData};

use super::*;

fn range(upper_time: u64, data: RangeData) -> Range {
    Range { upper_time, upper_id: vec![], data }
}

fn size(step: &Step) -> usize {
    step.reply.as_ref().map_or(0, |link| link.encode().len())
}

#[test]
fn a_partner_that_never_agrees_gets_half_of_256_messages() {
    let set = set_of(0..5_000);
    let mut sessions = Sessions::new();
    let Link::Reconcile { session, .. } = sessions.begin(&set, BEN, now(0), &mut rng(1)) else { panic!() };
    let lie = || (1..1_000).map(|n| range(TODAY + n, RangeData::Fingerprint([n as u8; 16])));
    let lie: Vec<_> = lie().chain([range(u64::MAX, RangeData::Fingerprint([0; 16]))]).collect();
    let (mut messages, mut bytes, mut end) = (1, 0, None);
    while end.is_none() {
        let step = sessions.on_ranges(&set, BEN, session, &lie, now(0)).unwrap();
        assert!(size(&step) <= 32_100, "{}", size(&step));
        messages += 1 + usize::from(step.reply.is_some());
        bytes += size(&step);
        end = step.end;
    }
    assert_eq!((messages, end), (256, Some(End::Spent)));
    assert!(bytes <= 128 * 32_100);
    assert!(!sessions.is_running(&BEN));
}

#[test]
fn who_begins_all_the_time_is_refused() {
    let set = set_of(0..100);
    let mut sessions = Sessions::new();
    let mut begin = |number, ms| {
        let asked = [range(u64::MAX, RangeData::Fingerprint([9; 16]))];
        sessions.on_ranges(&set, BEN, number, &asked, now(ms)).unwrap().end == Some(End::Refused)
    };
    let refused = (0..100).filter(|n| begin(*n, 0)).count();
    assert_eq!(refused, 96, "four at once");
    assert!(!begin(200, 15_000) && begin(201, 15_000), "one more each 15 s");
    let later = (300..400).filter(|n| begin(*n, 3_600_000)).count();
    assert_eq!(later, 96, "nothing is saved up");
}

#[test]
fn ranges_that_are_none_are_refused_by_name() {
    let set = set_of(0..100);
    let skip = || RangeData::Skip;
    let end = || range(u64::MAX, skip());
    let huge = (1..5_000).map(|n| range(n, skip())).chain([end()]).collect();
    let cases = [
        ("no ranges", vec![]),
        ("ranges out of order", vec![range(7, skip()), range(6, skip()), end()]),
        ("ranges out of order", vec![range(7, skip()), range(7, skip()), end()]),
        ("ranges out of order", vec![range(0, skip()), end()]),
        ("ranges without end", vec![range(7, skip())]),
        ("too many ranges", huge),
    ];
    for (why, ranges) in cases {
        let mut sessions = Sessions::new();
        let Link::Reconcile { session, .. } = sessions.begin(&set, BEN, now(0), &mut rng(1)) else {
            panic!()
        };
        let refused = sessions.on_ranges(&set, BEN, session, &ranges, now(0)).unwrap_err();
        assert_eq!(refused, Invalid(why));
        assert!(!sessions.is_running(&BEN), "and the session is over");
    }
}

#[test]
fn made_up_ids_are_wanted_and_nothing_else_happens() {
    let (set, ghosts): (_, Vec<_>) = (set_of(0..3), (0..1_500).map(|n| id(90_000 + n).short()).collect());
    let mut sessions = Sessions::new();
    let told = [range(u64::MAX, RangeData::IdsAnswer(ghosts.clone()))];
    let step = sessions.on_ranges(&set, BEN, 7, &told, now(0)).unwrap();
    assert_eq!((step.want.len(), step.have.len(), step.end), (1_500, 3, Some(End::Agreed)));
    let doubled = [range(u64::MAX, RangeData::Ids(vec![ghosts[0]; 1_500]))];
    let step = sessions.on_ranges(&set, BEN, 8, &doubled, now(0)).unwrap();
    assert_eq!(step.want, [ghosts[0]], "once");
}

#[test]
fn who_claims_to_hold_nothing_is_told_one_message_at_a_time() {
    let set = set_of(0..50_000);
    let on = |lie| Sessions::new().on_ranges(&set, BEN, 7, &[range(u64::MAX, lie)], now(0)).unwrap();
    let told = on(RangeData::Ids(vec![]));
    assert!(size(&told) <= 32_000 && (1_700..1_800).contains(&told.have.len()), "{}", told.have.len());
    for lie in [RangeData::IdsAnswer(vec![]), RangeData::Ids(vec![id(1).short()])] {
        let step = on(lie);
        assert!(size(&step) < 400 && step.have.is_empty(), "{} bytes", size(&step));
        let Some(Link::Reconcile { ranges, .. }) = step.reply else { panic!("an answer") };
        assert_eq!(ranges.len(), 8, "a closer look instead of comparing everything");
    }
}

#[test]
fn a_silent_partner_is_named_after_30_s() {
    let set = set_of(0..100);
    let mut sessions = Sessions::new();
    sessions.begin(&set, BEN, now(1_000), &mut rng(1));
    sessions.begin(&set, ANA, now(5_000), &mut rng(2));
    assert_eq!(sessions.next_wake(), Some(31_000));
    assert_eq!(sessions.overdue(now(30_999)), []);
    assert_eq!(sessions.overdue(now(31_000)), [BEN]);
    assert_eq!(sessions.next_wake(), Some(35_000));
    sessions.forget(&ANA);
    assert_eq!((sessions.next_wake(), sessions.overdue(now(99_000))), (None, vec![]));
}

#[test]
fn a_session_that_lost_a_message_is_replaced_by_the_next() {
    let (mut ana, mut ben) = (set_of(0..1_000), set_of(500..1_500));
    let (mut at_ana, mut at_ben) = (Sessions::new(), Sessions::new());
    let Link::Reconcile { session, ranges } = at_ana.begin(&ana, BEN, now(0), &mut rng(1)) else { panic!() };
    let lost = at_ben.on_ranges(&ben, ANA, session, &ranges, now(0)).unwrap();
    assert!(lost.reply.is_some() && lost.end.is_none());
    assert_eq!(at_ana.overdue(now(30_000)), [BEN]);
    let report = meet(&ana, &ben, 2);
    exchange(&mut ana, &mut ben, &report);
    assert!(ana.iter().eq(ben.iter()));
    let Some(Link::Reconcile { session, ranges }) = lost.reply else { panic!() };
    let late = at_ana.on_ranges(&ana, BEN, session, &ranges, now(60_000)).unwrap();
    assert!(late.want.is_empty(), "what comes late asks for nothing that is held");
}
