//! What is heard of people: a second history of somebody's keys, an introduction by a friend.

use openred_core::{
    boxes::{BoxSecret, Suite},
    descriptor::{Descriptor, DescriptorBody, VERSION},
    identity::IdentityLog,
    ids::{Id8, NodeId},
    seed::RecoverySeed,
    sign::SigningKey,
};
use openred_proto::overlay::store::PEER_ROWS_MAX;
use openred_service::{database::Database, lifecycle::ManualClock, testing::postgres};

use super::{adopt, forks, introduce, person::Person, store};
use crate::{
    deps::Deps,
    desk,
    migrations::MIGRATIONS,
    modules::{
        feed::tests::stage::{Node, befriend, clock, friend, stranger},
        notify::{self, What, store as notices},
    },
};

/// When the descriptors were made, unix seconds: before the stories begin.
const MADE_S: u64 = 1_789_999_000;

/// Ana's log with one rotation by her recovery words, to the signing key `fresh`.
fn rotated(fresh: u8) -> (IdentityLog, SigningKey) {
    let seed = RecoverySeed::from_bytes([9; 32]);
    let (root, first) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let log = IdentityLog::inception(&root, &first, seed.commitment(1), MADE_S);
    let key = SigningKey::from_seed([fresh; 32]);
    let log = log.rotate(&seed.rotation_key(1), &key, seed.commitment(2), MADE_S + 1).unwrap();
    (log, key)
}

fn descriptor(log: &IdentityLog, key: &SigningKey, seq: u64) -> Descriptor {
    let body = DescriptorBody {
        node_id: log.node_id(),
        log: log.clone(),
        log_seq: log.head_seq(),
        seq,
        incarnation: Id8([1; 8]),
        issued: MADE_S,
        expires: MADE_S + 86_400,
        username: "ana".to_owned(),
        display_name: "Ana".to_owned(),
        noise_key: [9; 32],
        grant_key: BoxSecret::from_seed(Suite::X25519, [4; 32]).public().clone(),
        mail_key: BoxSecret::from_seed(Suite::X25519, [5; 32]).public().clone(),
        transport_key: None,
        api_url: None,
        addresses: Vec::new(),
        quic_relay: None,
        lane: None,
        capabilities: Vec::new(),
        versions: vec![VERSION],
    };
    Descriptor::sign(body, key).unwrap()
}

#[tokio::test]
async fn a_second_history_of_keys_is_kept_as_proof_once_and_switches_nothing() {
    let (clock, _) = clock();
    let ben = Node::new("Ben", &clock).await;
    let ((held, hers), (other, thiefs)) = (rotated(3), rotated(4));
    let ana = held.node_id();
    for (log, key, seq) in [(&held, &hers, 1), (&other, &thiefs, 2), (&other, &thiefs, 3)] {
        let shown = descriptor(log, key, seq);
        let taken = ben.deps.write(move |w| {
            let mut person = store::ensure(w.tx, w.seal, &shown.node_id(), w.now)?;
            adopt(w, &mut person, &shown)
        });
        assert_eq!(taken.await.unwrap(), seq == 1);
    }
    let read = ben.deps.read(move |w| {
        let person = store::find(w.tx, w.seal, &ana)?.unwrap();
        let pin = store::pin_of(w.tx, w.seal, &person)?;
        Ok((forks::shown(w, &person)?, pin.log().cloned(), notices::page(w.tx, w.seal, i64::MAX, 10)?))
    });
    let (forks, log, notices) = read.await.unwrap();
    assert_eq!(log.unwrap().head(), held.head(), "nothing switches");
    let [fork] = forks.as_slice() else { panic!("one proof, not {forks:?}") };
    assert_eq!((fork.seq, fork.held, fork.other), (1, Some(held.head()), Some(other.head())));
    assert_eq!(held.proves_fork(1, &fork.entry.0), Ok(true), "anybody can check it");
    let told: Vec<_> = notices.iter().map(|n| (n.what, n.params.seq)).collect();
    assert_eq!(told, [(What::IdentityFork, Some(1))], "told once");
}

#[tokio::test]
async fn an_introduction_brings_the_words_of_the_friend_who_makes_it() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    let chloe = Node::new("Chloé", &clock).await;
    befriend(&ana, &ben).await;
    befriend(&ana, &chloe).await;
    let (one, other) = (ben.id, chloe.id);
    ana.deps.write(move |w| introduce(w, &one, &other, "You both bake.")).await.unwrap();
    assert_eq!(ana.carry(&ben).await, 1);
    let met = ben.person(&chloe).await;
    assert_eq!((met.details.introduced_by, met.details.note.as_str()), (Some(ana.id), "You both bake."));
    let told = ben.deps.read(|w| Ok(notices::page(w.tx, w.seal, i64::MAX, 10)?)).await.unwrap();
    assert_eq!((told[0].what, told[0].params.words.as_str()), (What::Introduction, "You both bake."));
    assert!(told[0].params.by.is_some(), "and who it was");
}

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

fn node(number: u64) -> NodeId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    NodeId(id)
}

/// Somebody whom this node has met, and what the owner did with them afterwards.
async fn met(deps: &Deps, number: u64, then: &'static [fn(&mut Person)]) -> i64 {
    let written = deps.write(move |w| {
        let mut person = store::ensure(w.tx, w.seal, &node(number), w.now)?;
        for step in then {
            step(&mut person);
            store::save(w.tx, w.seal, &person, w.now)?;
        }
        store::seen(w.tx, person.id, w.now)?;
        Ok(person.id)
    });
    written.await.unwrap()
}

/// Which of these are known after trimming.
async fn left(deps: &Deps, numbers: std::ops::Range<u64>) -> Vec<u64> {
    let now = deps.clock.now_ms();
    deps.write_plain(move |tx| store::trim(tx, now)).await.unwrap();
    let known = deps.read(move |w| {
        let mut known = Vec::new();
        for number in numbers {
            known.extend(store::find(w.tx, w.seal, &node(number))?.map(|_| number));
        }
        Ok(known)
    });
    known.await.unwrap()
}

#[tokio::test]
async fn who_was_merely_met_is_forgotten_after_three_months() {
    let (deps, hands) = desk::ana();
    forgets_who_was_merely_met(deps, hands).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_merely_met_is_forgotten_on_postgresql_too() {
    let Some(server) = postgres() else { return };
    let (deps, hands) = desk::ana();
    let db = Database::open(&server.fresh_database(), MIGRATIONS).await.unwrap();
    forgets_who_was_merely_met(Deps { db, ..deps }, hands).await;
}

async fn forgets_who_was_merely_met(deps: Deps, hands: ManualClock) {
    met(&deps, 0, &[]).await;
    met(&deps, 1, &[friend]).await;
    met(&deps, 2, &[friend, stranger]).await;
    met(&deps, 3, &[|person| person.details.verified = true]).await;
    let noticed = met(&deps, 4, &[]).await;
    deps.write(move |w| notify::add(w, What::MetAgain, Some(noticed), None, "")).await.unwrap();
    hands.advance(80 * DAY_MS);
    met(&deps, 5, &[]).await;
    assert_eq!(left(&deps, 0..6).await, [0, 1, 2, 3, 4, 5]);
    hands.advance(11 * DAY_MS);
    assert_eq!(left(&deps, 0..6).await, [1, 2, 3, 4, 5], "a friend of once keeps the keys first seen");
}

#[tokio::test]
async fn of_too_many_who_were_merely_met_the_longest_unheard_of_go() {
    let (deps, hands) = desk::ana();
    let many = PEER_ROWS_MAX as u64;
    let fill = deps.write(move |w| {
        for number in 0..many {
            store::ensure(w.tx, w.seal, &node(number), w.now + number)?;
        }
        Ok(())
    });
    fill.await.unwrap();
    hands.advance(DAY_MS);
    for number in many..many + 3 {
        met(&deps, number, &[]).await;
    }
    let known = left(&deps, 0..many + 3).await;
    assert_eq!((known.len() as u64, known[0]), (many, 3));
    assert_eq!(known.last(), Some(&(many + 2)), "who may have a session stays");
}
