//! What is heard of people: a second history of somebody's keys, an introduction by a friend.

use openred_core::{
    boxes::{BoxSecret, Suite},
    descriptor::{Descriptor, DescriptorBody, VERSION},
    identity::IdentityLog,
    ids::Id8,
    seed::RecoverySeed,
    sign::SigningKey,
};

use super::{adopt, forks, introduce, store};
use crate::modules::{
    feed::tests::stage::{Node, befriend, clock},
    notify::{What, store as notices},
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
