//! Introductions by long poll: both there, B first, once, and silence about everything else.

use openred_core::call::PollCall;
use openred_core::grant::Unsealed;
use openred_core::ids::Id16;
use openred_core::token::Role;
use openred_service::lifecycle::Clock;

use crate::people::{Person, random};
use crate::stage::{Stage, assert_problem, on_both_stores};

on_both_stores! {
    ana_meets_ben;
    nothing_is_told_about_the_target;
}

async fn ana_meets_ben(stage: Stage) {
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    let grant_id = ana.ask(&stage, &ben.id()).await;
    assert_eq!(ben.poll(&stage, 0).await.len(), 0, "ana is not there to take her half");
    assert_eq!(ana.poll(&stage, 0).await.len(), 0, "ben has not got his half");
    let (for_ana, for_ben) = tokio::join!(ana.poll(&stage, 20), ben.poll(&stage, 20));
    let [for_ana] = <[Unsealed; 1]>::try_from(for_ana).unwrap();
    let [for_ben] = <[Unsealed; 1]>::try_from(for_ben).unwrap();
    assert_eq!((for_ana.role(), for_ben.role()), (Role::A, Role::B));
    let half_a = ana.open(&stage, for_ana, Some((grant_id, ben.id())));
    let half_b = ben.open(&stage, for_ben, None);
    assert_eq!(half_a.secret, half_b.secret, "both hold the same S");
    assert_ne!(half_a.half.token, half_b.half.token, "by different tokens");
    assert!(half_a.half.matches(Some(&half_b.half.token)) && half_b.half.matches(Some(&half_a.half.token)));
    assert_eq!(half_a.peer.node_id(), ben.id());
    assert_eq!(half_b.peer.node_id(), ana.id());
    let again = tokio::join!(ana.poll(&stage, 1), ben.poll(&stage, 1));
    assert!(again.0.is_empty() && again.1.is_empty(), "a grant is given out once");
}

async fn nothing_is_told_about_the_target(stage: Stage) {
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    let waiting = ana.poll(&stage, 1);
    let asking = async {
        ana.ask(&stage, &ben.id()).await;
    };
    let (grants, ()) = tokio::join!(waiting, asking);
    assert!(grants.is_empty(), "202 for an unknown target, then silence");
    let stranger = stage.post("/api/v3/tokens/request-connection", &ben.request(&stage, &ana.id())).await;
    assert_problem(&stranger, 404, "unknown");
    assert_problem(&ben.try_poll(&stage, 0).await, 404, "unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b_has_its_half_before_a() {
    let stage = Stage::sqlite().await;
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    ana.ask(&stage, &ben.id()).await;
    let unread = crate::stage::Unread::poll(&stage, &ben.poll_call(&stage, 20)).await;
    let grants = ana.poll(&stage, 20).await;
    assert_eq!(grants.len(), 1, "written into ben's connection is delivered, whether he reads it or not");
    drop(unread);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ben_who_hung_up_gets_nothing_and_neither_does_ana() {
    let stage = Stage::sqlite().await;
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    let gone = crate::stage::Unread::poll(&stage, &ben.poll_call(&stage, 20)).await;
    stage.until("polls_waiting", 1).await;
    drop(gone);
    stage.until("polls_waiting", 0).await;
    ana.ask(&stage, &ben.id()).await;
    assert!(ana.poll(&stage, 1).await.is_empty());
    let (for_ana, for_ben) = tokio::join!(ana.poll(&stage, 20), ben.poll(&stage, 20));
    assert_eq!((for_ana.len(), for_ben.len()), (1, 1), "the wish still waited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_poll_ends_the_older() {
    let stage = Stage::sqlite().await;
    let ana = Person::new("ana", "Ana");
    ana.register(&stage, 0).await;
    let started = Clock::System.monotonic_ms();
    let older = async {
        let answer = ana.try_poll(&stage, 25).await;
        (answer.status.as_u16(), Clock::System.monotonic_ms() - started)
    };
    let newer = async {
        stage.until("polls_waiting", 1).await;
        ana.try_poll(&stage, 1).await.status.as_u16()
    };
    let ((status, took), newer) = tokio::join!(older, newer);
    assert_eq!((status, newer), (204, 204));
    assert!(took < 20_000, "ended by the newer one after {took} ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_is_forgotten_after_thirty_seconds() {
    let (clock, hand) = Clock::manual(1_800_000_000_000);
    let stage = Stage::by_clock(clock).await;
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    ana.ask(&stage, &ben.id()).await;
    hand.advance(29_000);
    let (for_ana, for_ben) = tokio::join!(ana.poll(&stage, 20), ben.poll(&stage, 20));
    assert_eq!((for_ana.len(), for_ben.len()), (1, 1));
    ana.ask(&stage, &ben.id()).await;
    hand.advance(30_000);
    let (for_ana, for_ben) = tokio::join!(ana.poll(&stage, 1), ben.poll(&stage, 1));
    assert_eq!((for_ana.len(), for_ben.len()), (0, 0));
    stage.until("requests_waiting", 0).await;
    ana.ask(&stage, &ben.id()).await;
    hand.set(1_700_000_000_000);
    hand.advance(10_000);
    let metrics = stage.metrics().await;
    assert!(
        metrics.contains("openred_directory_requests_waiting 1\n"),
        "a calendar set back changes no wait"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_grants_at_a_time() {
    let stage = Stage::sqlite().await;
    let ben = Person::new("ben", "Ben");
    ben.register(&stage, 0).await;
    let mut crowd = Vec::new();
    for n in 0..20 {
        let person = Person::new(&format!("fan{n}"), "A Fan");
        person.register(&stage, 0).await;
        person.ask(&stage, &ben.id()).await;
        crowd.push(person);
    }
    let fans = futures_util::future::join_all(crowd.iter().map(|fan| fan.poll(&stage, 20)));
    let polls = async {
        stage.until("polls_waiting", 20).await;
        let first = ben.poll(&stage, 20).await;
        assert_eq!(first.len(), 16);
        assert_eq!(ben.poll(&stage, 20).await.len(), 4);
    };
    let (fans, ()) = tokio::join!(fans, polls);
    assert!(fans.iter().all(|grants| grants.len() == 1), "each fan got one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_calls_count_once_in_time_and_only_from_their_signer() {
    let stage = Stage::sqlite().await;
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    let request = ana.request(&stage, &ben.id());
    let path = "/api/v3/tokens/request-connection";
    assert_eq!(stage.post(path, &request).await.status.as_u16(), 202);
    assert_problem(&stage.post(path, &request).await, 410, "used");
    let mut theirs = ben.request(&stage, &ana.id());
    theirs.from = ana.id();
    theirs.target = ben.id();
    assert_problem(&stage.post(path, &theirs).await, 401, "bad_signature");
    let mut elsewhere = ana.request(&stage, &ben.id());
    elsewhere.target = stage.dir_id;
    assert_problem(&stage.post(path, &elsewhere).await, 401, "bad_signature");
    assert_problem(&stage.post(path, &ana.request(&stage, &ana.id())).await, 400, "malformed");
    let poll = ana.poll_call(&stage, 0);
    assert_eq!(stage.post("/api/v3/tokens/poll", &poll).await.status.as_u16(), 204);
    assert_problem(&stage.post("/api/v3/tokens/poll", &poll).await, 410, "used");
    let mut longer = ana.poll_call(&stage, 0);
    longer.wait = 1;
    assert_problem(&stage.post("/api/v3/tokens/poll", &longer).await, 401, "bad_signature");
    let far = PollCall::sign(&ana.signing, &stage.dir_id, ana.id(), 26, Id16(random()), stage.now());
    assert_problem(&stage.post("/api/v3/tokens/poll", &far).await, 400, "malformed");
    let late = PollCall::sign(&ana.signing, &stage.dir_id, ana.id(), 0, Id16(random()), stage.now() - 700);
    let answer = stage.post("/api/v3/tokens/poll", &late).await;
    assert_problem(&answer, 401, "bad_signature");
    assert!(String::from_utf8_lossy(&answer.body).contains("700 s behind"), "says by how much");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_descriptors_are_what_a_grant_binds() {
    let stage = Stage::sqlite().await;
    let (ana, mut ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    let older = PollCall::sign(&ben.signing, &stage.dir_id, ben.id(), 20, Id16(random()), stage.now());
    let path = "/api/v3/tokens/poll";
    let waiting = async { (tokio::join!(ana.poll(&stage, 20), stage.post(path, &older))).0 };
    let meanwhile = async {
        stage.until("polls_waiting", 2).await;
        ben.seq = 2;
        let newest = ben.try_register(&stage, 0, stage.now() + 1).await.success().unwrap();
        let grant_id = ana.ask(&stage, &ben.id()).await;
        (newest.json::<openred_core::call::RegisterAnswer>().unwrap().desc_hash, grant_id)
    };
    let (for_ana, (newest, grant_id)) = tokio::join!(waiting, meanwhile);
    let [for_ana] = <[Unsealed; 1]>::try_from(for_ana).unwrap();
    assert_eq!(ana.open(&stage, for_ana, Some((grant_id, ben.id()))).peer.hash(), newest);
}
