//! Stories at the counter: who is there, who hung up, who comes too late.

use super::*;
use crate::nodes::tests::somebody;
use openred_core::ids::Id16;
use openred_core::sign::{Label, SigningKey};

const NOW: u64 = 1_000_000;

fn node(name: &str) -> Arc<Node> {
    Arc::new(Node::of(somebody(name, 1_900_000_000), 0, 1))
}

/// Only its grant_id matters here.
fn request(n: u8) -> Request {
    let signature = SigningKey::from_seed([1; 32]).sign(Label::Request, b"");
    Request { grant_id: Id16([n; 16]), time: 0, signature }
}

fn issued(handouts: &[Handout]) -> Vec<u8> {
    let asked = |handout: &Handout| match handout {
        Handout::Issue(asked) => asked.request.grant_id.0[0],
        Handout::Half(_) => 0,
    };
    handouts.iter().map(asked).collect()
}

#[test]
fn both_must_be_there_whoever_comes_first() {
    let (ana, ben) = (node("ana"), node("ben"));
    for order in 0..6 {
        let mut exchange = Exchange::default();
        let mut polls: [Option<oneshot::Receiver<Vec<Handout>>>; 2] = [None, None];
        let steps = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]][order];
        for (done, step) in steps.into_iter().enumerate() {
            match step {
                0 => assert!(exchange.ask(NOW, Arc::clone(&ana), ben.id(), request(7)).is_ok()),
                1 => polls[0] = Some(exchange.wait(NOW, Arc::clone(&ana)).unwrap().1),
                _ => polls[1] = Some(exchange.wait(NOW, Arc::clone(&ben)).unwrap().1),
            }
            let given = polls[1].as_mut().and_then(|poll| poll.try_recv().ok());
            assert_eq!(given.is_some(), done == 2, "order {order}: nothing before both are there");
            if let Some(given) = given {
                assert_eq!(issued(&given), [7]);
            }
        }
        assert!(polls[0].as_mut().unwrap().try_recv().is_err(), "ana waits for ben's half to be delivered");
        exchange.half_ready(NOW, ana.id(), Boxed::new(vec![1]), NOW + 1);
        let given = polls[0].as_mut().unwrap().try_recv().unwrap();
        assert!(matches!(&given[..], [Handout::Half(_)]));
        assert_eq!(exchange.sizes(), (0, 0, 0, 0), "nothing is left");
    }
}

#[test]
fn a_poll_that_hung_up_is_not_there_and_the_wish_waits_on() {
    let (ana, ben) = (node("ana"), node("ben"));
    let mut exchange = Exchange::default();
    let (_, ana_waits) = exchange.wait(NOW, Arc::clone(&ana)).unwrap();
    let (ticket, ben_waits) = exchange.wait(NOW, Arc::clone(&ben)).unwrap();
    drop(ben_waits);
    assert_eq!(exchange.ask(NOW, Arc::clone(&ana), ben.id(), request(1)), Ok(false));
    exchange.leave(&ben.id(), ticket);
    let (_, mut ben_again) = exchange.wait(NOW, Arc::clone(&ben)).unwrap();
    assert_eq!(issued(&ben_again.try_recv().unwrap()), [1]);
    drop(ana_waits);
}

#[test]
fn leaving_with_an_old_ticket_does_not_end_the_newer_poll() {
    let ana = node("ana");
    let mut exchange = Exchange::default();
    let (old, mut first) = exchange.wait(NOW, Arc::clone(&ana)).unwrap();
    let (_, _second) = exchange.wait(NOW, Arc::clone(&ana)).unwrap();
    assert!(matches!(first.try_recv(), Err(oneshot::error::TryRecvError::Closed)), "the older one ended");
    exchange.leave(&ana.id(), old);
    assert!(exchange.is_waiting(&ana.id()));
}

#[test]
fn wishes_and_halves_end_after_thirty_seconds() {
    let (ana, ben) = (node("ana"), node("ben"));
    let mut exchange = Exchange::default();
    exchange.ask(NOW, Arc::clone(&ana), ben.id(), request(1)).unwrap();
    exchange.half_ready(NOW, ana.id(), Boxed::new(vec![1]), NOW + MAX_GRANT_LIFE_MS);
    exchange.expire(NOW + MAX_GRANT_LIFE_MS - 1);
    exchange.expire_halves(NOW + MAX_GRANT_LIFE_MS - 1);
    assert_eq!(exchange.sizes(), (0, 1, 1, 0));
    exchange.expire(NOW + MAX_GRANT_LIFE_MS);
    exchange.expire_halves(NOW + MAX_GRANT_LIFE_MS);
    assert_eq!(exchange.sizes(), (0, 0, 0, 0));
    exchange.half_ready(NOW, ana.id(), Boxed::new(vec![1]), NOW);
    assert_eq!(exchange.sizes(), (0, 0, 0, 0), "too late to be kept");
}

#[test]
fn an_asker_is_bounded_aloud_and_a_target_in_silence() {
    let ana = node("ana");
    let mut exchange = Exchange::default();
    for n in 0..MAX_ASKED_PER_ASKER {
        assert_eq!(exchange.ask(NOW, Arc::clone(&ana), NodeId([n as u8; 32]), request(1)), Ok(false));
    }
    assert_eq!(exchange.ask(NOW, Arc::clone(&ana), NodeId([255; 32]), request(1)), Err(Crowded::Asker));
    let mut exchange = Exchange::default();
    let target = NodeId([9; 32]);
    for _ in 0..MAX_ASKED_PER_TARGET / MAX_ASKED_PER_ASKER + 1 {
        let fan = node("fan");
        for _ in 0..MAX_ASKED_PER_ASKER {
            assert_eq!(exchange.ask(NOW, Arc::clone(&fan), target, request(1)), Ok(false));
        }
    }
    assert_eq!(exchange.sizes().1, MAX_ASKED_PER_TARGET);
}

/// Three processes that hear each other at once.
#[derive(Default)]
struct Several([Exchange; 3]);

impl Several {
    fn mark(place: usize) -> Mark {
        [place as u8; 8]
    }

    fn polls(&mut self, place: usize, node: &Arc<Node>) -> oneshot::Receiver<Vec<Handout>> {
        let (_, receiver) = self.0[place].wait(NOW, Arc::clone(node)).unwrap();
        for other in (0..3).filter(|other| *other != place) {
            self.0[other].polls_elsewhere(NOW, node.id(), Self::mark(place));
        }
        receiver
    }

    /// Hands over what is on its way until nothing is.
    fn settle(&mut self, nodes: &[&Arc<Node>]) {
        for _ in 0..10 {
            for from in 0..3 {
                for (mark, errand) in self.0[from].take_errands() {
                    let to = &mut self.0[usize::from(mark[0])];
                    match errand {
                        Saying::Half(half) => {
                            to.half_ready(NOW, half.asker, half.boxed, NOW + half.life_ms);
                        }
                        Saying::Wish(wish) => {
                            let asker = nodes.iter().find(|node| node.id() == wish.asker).unwrap();
                            let (asker, target) = (Arc::clone(asker), wish.target);
                            let until_ms = NOW + wish.life_ms;
                            to.adopt(NOW, Asked { asker, target, request: wish.request, until_ms });
                        }
                        other => panic!("{other:?} goes to all"),
                    }
                }
            }
        }
        assert!(self.0.iter_mut().all(|exchange| exchange.take_errands().is_empty()), "it ends");
    }
}

#[test]
fn wherever_they_ask_and_poll_both_get_their_half_once() {
    let (ana, ben) = (node("ana"), node("ben"));
    for places in 0..27 {
        let (asks, ana_at, ben_at) = (places % 3, places / 3 % 3, places / 9);
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut several = Several::default();
            let mut polls: [Option<oneshot::Receiver<Vec<Handout>>>; 2] = [None, None];
            for step in order {
                match step {
                    0 => assert!(several.0[asks].ask(NOW, Arc::clone(&ana), ben.id(), request(7)).is_ok()),
                    1 => polls[0] = Some(several.polls(ana_at, &ana)),
                    _ => polls[1] = Some(several.polls(ben_at, &ben)),
                }
                several.settle(&[&ana, &ben]);
            }
            let given = polls[1].as_mut().unwrap().try_recv().unwrap();
            assert_eq!(issued(&given), [7], "{places} {order:?}");
            several.0[ben_at].half_ready(NOW, ana.id(), Boxed::new(vec![1]), NOW + 1);
            several.settle(&[&ana, &ben]);
            let given = polls[0].as_mut().unwrap().try_recv().unwrap();
            assert!(matches!(&given[..], [Handout::Half(_)]), "{places} {order:?}");
            let left = |exchange: &Exchange| (exchange.sizes().1, exchange.sizes().2);
            assert!(several.0.iter().all(|exchange| left(exchange) == (0, 0)), "nothing is left anywhere");
        }
    }
}

#[test]
fn a_newer_poll_at_another_process_ends_the_older() {
    let ana = node("ana");
    let mut several = Several::default();
    let mut older = several.polls(0, &ana);
    let mut newer = several.polls(1, &ana);
    assert!(matches!(older.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    assert!(matches!(newer.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
    several.0[0].left_elsewhere(&ana.id(), &Several::mark(2));
    assert!(several.0[0].is_there(NOW, &ana.id()), "she left a place where she has not been since");
    assert!(!several.0[0].is_there(NOW + MAX_GRANT_LIFE_MS, &ana.id()), "a process that died is forgotten");
}

#[test]
fn what_could_not_be_handed_over_waits_where_it_was() {
    let (ana, ben) = (node("ana"), node("ben"));
    let mut exchange = Exchange::default();
    let (_, _ana_waits) = exchange.wait(NOW, Arc::clone(&ana)).unwrap();
    exchange.polls_elsewhere(NOW, ben.id(), [9; 8]);
    assert_eq!(exchange.ask(NOW, Arc::clone(&ana), ben.id(), request(7)), Ok(true));
    let mut errands = exchange.take_errands();
    let Some((_, Saying::Wish(wish))) = errands.pop() else { panic!("a wish") };
    assert!(errands.is_empty());
    exchange.forget_elsewhere(Some(&[9; 8]));
    let until_ms = NOW + wish.life_ms;
    exchange.adopt(NOW, Asked { asker: ana, target: wish.target, request: wish.request, until_ms });
    assert!(exchange.take_errands().is_empty(), "nobody is there to take it");
    let (_, mut ben_waits) = exchange.wait(NOW, ben).unwrap();
    assert_eq!(issued(&ben_waits.try_recv().unwrap()), [7]);
}
