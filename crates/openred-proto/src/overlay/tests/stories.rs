//! Stories of one machine: what it makes of copies, bundles, unknown logs, slow and evil neighbours, a restart.

use openred_core::{
    ids::Id16,
    overlay::{Bundle, Frame, Link, Range, RangeData, Tree},
    sign::Label,
};

use super::{
    people::{Person, note},
    solo::{Solo, announced_to, delivered, pushed_to, sent_to},
};
use crate::overlay::{
    Acquaintance, Change, Config, Effect, Input,
    store::{MapStore, PeerStore as _},
};

fn friends() -> (Solo, Person, Person, Person) {
    let (ben, chloe, dara) = (Person::new(2), Person::new(3), Person::new(4));
    let mut solo = Solo::new(Config::standard());
    for (port, who) in [&ben, &chloe, &dara].into_iter().enumerate() {
        solo.meets(who, 4000 + port as u16);
    }
    (solo, ben, chloe, dara)
}

#[test]
fn a_message_is_checked_once_and_goes_on_to_the_others() {
    let (mut solo, ben, chloe, dara) = friends();
    let hello = ben.says(&["hello"], solo.secs());
    let effects = solo.push(&ben, &hello[0]);
    assert_eq!(delivered(&effects).len(), 1);
    assert_eq!((pushed_to(&effects, &chloe.id()), pushed_to(&effects, &ben.id())), (vec![7], vec![]));
    assert_eq!(solo.checks(), 1);

    let again = solo.push(&chloe, &hello[0]);
    assert!(delivered(&again).is_empty(), "a copy is not delivered");
    assert_eq!(solo.checks(), 1, "a copy costs no signature check");
    assert_eq!(
        announced_to(&again, &chloe.id()),
        (0, true),
        "and chloé is told to send no more of this tree"
    );

    let more = ben.says(&["more"], solo.secs());
    let effects = solo.push(&ben, &more[0]);
    assert_eq!(pushed_to(&effects, &dara.id()), vec![7]);
    assert!(sent_to(&effects, &chloe.id()).is_empty(), "payloads go first");
    let effects = solo.wait(10);
    assert_eq!(pushed_to(&effects, &chloe.id()), Vec::<u8>::new(), "chloé hears the id only");
    assert_eq!(announced_to(&effects, &chloe.id()).0, 1);
}

/// Ana wants something published; the batch of the signature that is asked for at once, with its label.
fn publishes(solo: &mut Solo, reference: u64) -> Option<(u64, Label)> {
    let body = note(&format!("number {reference}"));
    asked(&solo.give(Input::Publish { reference, body, life_s: 3_600 }))
}

fn asked(effects: &[Effect]) -> Option<(u64, Label)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Sign { batch, label, .. } => Some((*batch, *label)),
        _ => None,
    })
}

/// Her keeper signs; what is asked for next.
fn signs(solo: &mut Solo, batch: u64) -> Vec<Effect> {
    let drafts = solo.overlay.batch(batch).unwrap().to_vec();
    let (label, bytes) = Bundle::of(drafts).unwrap().to_sign();
    let signature = Some(solo.ana.key.sign(label, &bytes));
    solo.give(Input::Signed { batch, signature })
}

#[test]
fn who_says_much_signs_bundles_and_who_says_little_does_not_wait() {
    let (mut solo, ..) = friends();
    solo.wait(1_000);
    let (batch, label) = publishes(&mut solo, 1).expect("at once");
    assert_eq!(label, Label::Overlay);
    assert_eq!(asked(&signs(&mut solo, batch)), None);
    for reference in 2..=4 {
        assert_eq!(publishes(&mut solo, reference), None, "gathers with what comes behind it");
    }
    let (batch, label) = asked(&solo.wait(4)).expect("four milliseconds later");
    assert_eq!((solo.overlay.batch(batch).unwrap().len(), label), (3, Label::Bundle));
    signs(&mut solo, batch);
    let asked: Vec<_> = (5..=12).map(|reference| publishes(&mut solo, reference)).collect();
    assert!(asked[..7].iter().all(Option::is_none), "{asked:?}");
    let (batch, _) = asked[7].expect("eight are enough");
    assert_eq!(solo.overlay.batch(batch).unwrap().len(), 8);
    signs(&mut solo, batch);
    solo.wait(4);
    assert!(publishes(&mut solo, 13).is_some(), "quiet again");
}

#[test]
fn the_neighbour_that_brought_the_last_payload_is_not_pruned() {
    let (mut solo, ben, chloe, _) = friends();
    let [one, two] = [ben.says(&["one"], solo.secs()), ben.says(&["two"], solo.secs())];
    solo.push(&ben, &one[0]);
    solo.push(&chloe, &two[0]);
    let crossing = [solo.push(&chloe, &one[0]), solo.push(&ben, &two[0])];
    let cut = [&chloe, &ben].iter().zip(&crossing).filter(|(who, fx)| announced_to(fx, &who.id()).1).count();
    assert_eq!(cut, 1, "two messages that cross cut one of two links");
}

#[test]
fn messages_of_a_bundle_travel_alone_and_cost_one_check() {
    let (mut solo, ben, chloe, dara) = friends();
    let texts = ["one", "two", "three", "four", "five"];
    let bundle = ben.says(&texts, solo.secs());
    let effects = solo.push(&chloe, &bundle[3]);
    assert_eq!(delivered(&effects), [bundle[3].clone()], "the fourth came without the others");
    let forwarded = sent_to(&effects, &dara.id());
    let Some(Frame::Signed(signed)) = forwarded.first() else { panic!("it goes on") };
    assert!(signed.message.check().verify(), "with a proof of its own");
    let ids: Vec<_> = bundle.iter().map(|message| message.id()).collect();
    assert!((1..5).all(|n| !ids[n..].contains(&ids[n - 1])), "each has its own id");
}

#[test]
fn a_forged_message_costs_its_deliverer() {
    let (mut solo, ben, chloe, _) = friends();
    let real = ben.says(&["real"], solo.secs());
    let mut frame = real[0].frame(8, 1);
    *frame.last_mut().expect("a signature ends it") ^= 1;
    let effects = solo.give(Input::Received { peer: chloe.id(), bytes: frame.into() });
    assert!(delivered(&effects).is_empty());
    let evidence = effects
        .iter()
        .any(|fx| matches!(fx, Effect::Evidence { peer, what: "signature" } if *peer == chloe.id()));
    assert!(evidence, "chloé could have seen it");
    assert_eq!(delivered(&solo.push(&ben, &real[0])).len(), 1, "the real one is still welcome");
}

#[test]
fn a_copy_with_a_larger_ttl_rearms_forwarding_once() {
    let (mut solo, ben, chloe, dara) = friends();
    let hello = ben.says(&["hello"], solo.secs());
    assert_eq!(
        pushed_to(&solo.push_ttl(&ben, &hello[0], 0), &dara.id()),
        Vec::<u8>::new(),
        "ttl 0 ends here"
    );
    assert_eq!(pushed_to(&solo.push_ttl(&chloe, &hello[0], 9), &dara.id()), vec![8]);
    assert_eq!(pushed_to(&solo.push_ttl(&ben, &hello[0], 10), &dara.id()), Vec::<u8>::new(), "once");
    assert_eq!(solo.checks(), 1);
}

#[test]
fn the_log_of_an_unknown_origin_is_fetched_once() {
    let (mut solo, ben, chloe, _) = friends();
    let eve = Person::new(9);
    let texts: Vec<String> = (0..5).map(|n| format!("note {n}")).collect();
    let mut asked = Vec::new();
    for text in &texts {
        let message = &eve.says(&[text], solo.secs())[0];
        for from in [&ben, &chloe] {
            asked.extend(solo.push(from, message).into_iter().filter_map(|fx| match fx {
                Effect::FetchLog { from, origin } => Some((from, origin)),
                _ => None,
            }));
        }
    }
    assert_eq!(asked, [(ben.id(), eve.id())], "from who brought the first one");
    assert_eq!(solo.checks(), 0);
    let effects = solo.give(Input::LogFetched { origin: eve.id(), log: Some(eve.log.clone()) });
    assert_eq!(delivered(&effects).len(), 5, "all five waited");
    assert!(solo.overlay.log_of(&eve.id()).is_some(), "who forwards can serve the log");
}

#[test]
fn a_log_that_the_deliverer_lacks_is_asked_of_another() {
    let (mut solo, ben, chloe, _) = friends();
    let eve = Person::new(9);
    let (one, two) = (eve.says(&["one"], solo.secs()), eve.says(&["two"], solo.secs()));
    solo.push(&ben, &one[0]);
    solo.push(&chloe, &two[0]);
    let effects = solo.give(Input::LogFetched { origin: eve.id(), log: None });
    assert!(effects.iter().any(|fx| matches!(fx, Effect::FetchLog { from, .. } if *from == chloe.id())));
    let effects = solo.give(Input::LogFetched { origin: eve.id(), log: None });
    assert!(delivered(&effects).is_empty());
    assert_eq!(solo.overlay.counters().dropped.get("unknown log"), Some(&2));
}

#[test]
fn what_is_announced_and_does_not_come_is_asked_for_in_turn() {
    let (mut solo, ben, chloe, dara) = friends();
    let hello = ben.says(&["hello"], solo.secs());
    let ids = vec![(hello[0].short(), hello[0].head().timestamp)];
    for who in [&chloe, &dara] {
        let effects = solo.link(who, Link::Ihave { tree: Tree::Shared(1), prune: false, ids: ids.clone() });
        assert!(sent_to(&effects, &who.id()).is_empty(), "it may be under way");
    }
    let asked = |effects: &[Effect], who: &Person| {
        let iwant = |frame: &Frame| matches!(frame, Frame::Link(Link::Iwant { graft: true, ids, .. }) if ids.len() == 1);
        sent_to(effects, &who.id()).iter().filter(|frame| iwant(frame)).count()
    };
    let effects = solo.wait(10);
    assert_eq!((asked(&effects, &chloe), asked(&effects, &dara)), (1, 0), "chloé first");
    let effects = solo.wait(25);
    assert_eq!((asked(&effects, &chloe), asked(&effects, &dara)), (0, 1), "then dara, who has not failed");
    assert_eq!(delivered(&solo.push(&dara, &hello[0])).len(), 1);
    assert!(
        sent_to(&solo.wait(5000), &chloe.id())
            .iter()
            .all(|frame| !matches!(frame, Frame::Link(Link::Iwant { .. })))
    );
}

#[test]
fn what_a_partner_names_and_does_not_send_is_looked_for_with_another() {
    let mut solo = Solo::new(Config::standard());
    let friends = [Person::new(2), Person::new(3)];
    let contact =
        |who: &Person| Acquaintance { node_id: who.id(), contact: true, followed: false, pinned: false };
    solo.give(Input::People(friends.iter().map(contact).collect()));
    friends.iter().zip(4000..).for_each(|(who, port)| solo.meets(who, port));
    // Whom ana asks what is missing, and under which number.
    let begun = |effects: &[Effect]| -> Vec<(usize, u32)> {
        let session = |frame: Frame| match frame {
            Frame::Link(Link::Reconcile { session, .. }) => Some(session),
            _ => None,
        };
        let with = |(at, who): (usize, &Person)| {
            sent_to(effects, &who.id()).into_iter().filter_map(session).map(|n| (at, n)).collect::<Vec<_>>()
        };
        friends.iter().enumerate().flat_map(with).collect()
    };
    let names_something = |session: u32| {
        let data = RangeData::Ids(vec![Id16([9; 16])]);
        Link::Reconcile { session, ranges: vec![Range { upper_time: u64::MAX, upper_id: Vec::new(), data }] }
    };
    let [(mut last, mut session)] = begun(&solo.wait(2500))[..] else {
        panic!("one session soon after they met")
    };
    for _ in 0..4 {
        solo.link(&friends[last], names_something(session));
        let [(next, number)] = begun(&solo.wait(5000))[..] else { panic!("one more, long before its time") };
        assert_ne!(last, next, "with the other one");
        (last, session) = (next, number);
    }
    solo.link(&friends[last], names_something(session));
    assert_eq!(begun(&solo.wait(40_000)), [], "enough: whoever names what nobody has makes no storm");
    assert_eq!(begun(&solo.wait(30_000)).len(), 1, "the regular one comes as ever");
}

#[test]
fn a_slow_neighbour_hears_ids_then_nothing_and_others_notice_nothing() {
    let mut config = Config::standard();
    config.limits.peer_queue_bytes = 40_000;
    config.limits.origin_per_s = 1000;
    let (ben, chloe, dara) = (Person::new(2), Person::new(3), Person::new(4));
    let mut solo = Solo::new(config);
    [&ben, &chloe, &dara].into_iter().zip(4000..).for_each(|(who, port)| solo.meets(who, port));
    let (mut to_chloe, mut to_dara, mut ids) = (0, 0, 0);
    let text = "x".repeat(1000);
    for n in 0..3000 {
        let message = &ben.says(&[&format!("{n} {text}")], solo.secs())[0];
        let mut effects = solo.push(&ben, message);
        effects.extend(solo.wait(2));
        let bytes: usize = effects
            .iter()
            .map(|fx| match fx {
                Effect::Send { peer, frame } if *peer == dara.id() => frame.len(),
                _ => 0,
            })
            .sum();
        solo.give(Input::Sent { peer: dara.id(), bytes });
        to_chloe += effects
            .iter()
            .map(|fx| match fx {
                Effect::Send { peer, frame } if *peer == chloe.id() => frame.len(),
                _ => 0,
            })
            .sum::<usize>();
        ids += announced_to(&effects, &chloe.id()).0;
        to_dara += pushed_to(&effects, &dara.id()).len();
    }
    assert_eq!(to_dara, 3000, "dara reads, and gets everything at once");
    assert!(ids > 300, "chloé does not read, and hears ids: {ids}");
    assert!(to_chloe < 2 * 40_000 + 8000, "never more than twice her queue: {to_chloe}");
}

#[test]
fn a_flood_costs_a_bounded_part_and_harms_nobody_else() {
    let mut config = Config::standard();
    config.limits.frames_per_s = 2000;
    config.limits.peer_per_s = 500;
    config.limits.origin_per_s = 100;
    let (ben, chloe, eve) = (Person::new(2), Person::new(3), Person::new(4));
    let mut solo = Solo::new(config);
    [&ben, &chloe, &eve].into_iter().zip(4000..).for_each(|(who, port)| solo.meets(who, port));
    let flood: Vec<_> = (0..40)
        .flat_map(|at| {
            let texts: Vec<String> = (0..256).map(|n| format!("{at} {n}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            eve.says(&texts, solo.secs())
        })
        .collect();
    let mut good = 0;
    for (n, message) in flood.iter().cycle().take(20_000).enumerate() {
        solo.push(&eve, message);
        if n % 200 == 0 {
            solo.now_ms += 10;
            let hello = ben.says(&[&format!("hello {n}")], solo.secs());
            good += delivered(&solo.push(&ben, &hello[0])).len();
        }
    }
    let counters = solo.overlay.counters();
    assert_eq!(good, 100, "ben is heard as ever");
    assert!(solo.checks() <= 100 + 600, "eve's budget is an origin's: {} checks", solo.checks());
    assert!(counters.dropped["frames"] > 10_000, "the rest is not even decoded: {:?}", counters.dropped);
    assert!(solo.overlay.len() <= 700);
}

#[test]
fn nonsense_of_any_kind_ends_a_link() {
    let (mut solo, _, chloe, _) = friends();
    let mut gone = false;
    for n in 0..20_u8 {
        let effects =
            solo.give(Input::Received { peer: chloe.id(), bytes: vec![n; usize::from(n) * 7].into() });
        gone |= effects.iter().any(|fx| matches!(fx, Effect::Disconnect { peer, .. } if *peer == chloe.id()));
    }
    assert!(gone, "{:?}", solo.overlay.counters().invalid);
}

#[test]
fn a_restart_neither_delivers_twice_nor_forgets() {
    let (mut solo, ben, chloe, _) = friends();
    let mut store = MapStore::default();
    let mut keep = |effects: &[Effect]| {
        let changes = effects.iter().filter_map(|fx| match fx {
            Effect::Store(change) => Some(change.clone()),
            _ => None,
        });
        changes.collect::<Vec<Change>>().iter().for_each(|change| store.apply(change).expect("a map"));
    };
    let said = ben.says(&["one", "two"], solo.secs());
    said.iter().for_each(|message| keep(&solo.push(&ben, message)));
    let mut own = solo.give(Input::Publish { reference: 1, body: note("mine"), life_s: 3600 });
    solo.keeper(&mut own);
    keep(&own);
    let mine = delivered(&own);
    assert_eq!(mine.len(), 1);

    let mut again = Solo::restored(Config::standard(), store.load().expect("a map"));
    again.now_ms = solo.now_ms + 60_000;
    again.meets(&chloe, 4001);
    assert!(
        said.iter().chain(&mine).all(|message| again.overlay.holds(&message.id())),
        "nothing is forgotten"
    );
    for message in said.iter().chain(&mine) {
        assert!(delivered(&again.push(&chloe, message)).is_empty(), "nothing comes twice");
    }
    let ids: Vec<Id16> = said.iter().map(|message| message.short()).collect();
    let effects = again.link(&chloe, Link::Iwant { tree: None, graft: false, ids });
    assert_eq!(pushed_to(&effects, &chloe.id()).len(), 2, "and it serves what it holds");
}

#[test]
fn own_messages_gather_while_a_signature_is_made() {
    let (mut solo, ben, _, _) = friends();
    let mut effects = Vec::new();
    for n in 0..20 {
        effects.extend(solo.give(Input::Publish { reference: n, body: note(&format!("{n}")), life_s: 60 }));
    }
    solo.keeper(&mut effects);
    let signatures = effects.iter().filter(|fx| matches!(fx, Effect::Sign { .. })).count();
    let published = effects.iter().filter(|fx| matches!(fx, Effect::Published { .. })).count();
    assert_eq!((signatures, published), (2, 20), "one alone, nineteen together");
    assert_eq!(pushed_to(&effects, &ben.id()).len(), 20);
    solo.wait(4);
    let refused = {
        let out = solo.give(Input::Publish { reference: 99, body: note("never"), life_s: 60 });
        assert!(out.iter().any(|fx| matches!(fx, Effect::Sign { .. })));
        solo.give(Input::Signed { batch: 3, signature: None })
    };
    assert!(refused.iter().any(|fx| matches!(fx, Effect::Refused { reference: 99, why: "unsigned" })));
}

#[test]
fn who_asks_for_recommendations_gets_those_that_are_held() {
    let (mut solo, ben, chloe, dara) = friends();
    let opinion = ben.thinks(&[(dara.id(), 900)], solo.secs());
    let effects = solo.push(&ben, &opinion);
    assert_eq!(delivered(&effects).len(), 1);
    let effects = solo.link(&chloe, Link::TrustedPeersRequest { max: 32 });
    let answer = sent_to(&effects, &chloe.id());
    let [Frame::Link(link @ Link::TrustedPeersResponse(frames))] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!(frames.len(), 1, "ben's, and nothing else");
    // At somebody who has it from nobody else it counts like one that was pushed, and is checked.
    let mut newcomer = Solo::new(Config::standard());
    newcomer.meets(&chloe, 4_001);
    newcomer.meets(&ben, 4_002);
    let effects = newcomer.link(&chloe, link.clone());
    assert_eq!(delivered(&effects).iter().map(|held| held.id()).collect::<Vec<_>>(), [opinion.id()]);
    assert_eq!(newcomer.checks(), 1);
}
