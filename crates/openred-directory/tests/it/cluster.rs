//! Two processes of one directory, on one PostgreSQL database, with Redis between them, and without it.

use std::time::Duration;

use openred_core::descriptor::Descriptor;
use openred_core::grant::{OpenedGrant, Unsealed};
use openred_directory::{Config, Directory, Limits, StartError};
use openred_service::lifecycle::{Clock, ManualClock};
use openred_service::testing::{PrivateRedis, redis};

use crate::memory::{Needles, Pieces, scan_memory};
use crate::people::Person;
use crate::stage::{Stage, Unread, assert_problem};
use crate::tokens::{ask, assert_refused, claims, signed, token_of};

const START_MS: u64 = 1_800_000_000_000;

/// Both hear each other.
struct Two {
    one: Stage,
    other: Stage,
    redis: PrivateRedis,
    hand: ManualClock,
}

impl Two {
    async fn start() -> Option<Self> {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let redis = redis()?;
        let (clock, hand) = Clock::manual(START_MS);
        let one = Stage::with_redis(&redis, clock, change).await?;
        let two = Self { other: one.another().await, one, redis, hand };
        two.until_connected(1).await;
        Some(two)
    }

    async fn until_connected(&self, connected: u64) {
        self.one.until("redis_connected", connected).await;
        self.other.until("redis_connected", connected).await;
    }

    fn each(&self) -> [&Stage; 2] {
        [&self.one, &self.other]
    }
}

async fn ana_and_ben(at: &Stage) -> (Person, Person) {
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(at, 0).await;
    ben.register(at, 0).await;
    (ana, ben)
}

/// Ana asks and polls, ben polls, each where the test says; what both were given.
async fn meet(
    asks: &Stage,
    (ana, ana_at): (&Person, &Stage),
    (ben, ben_at): (&Person, &Stage),
) -> [OpenedGrant; 2] {
    let target = ben.id();
    let (grant_id, for_ana, for_ben) =
        tokio::join!(ana.ask(asks, &target), ana.poll(ana_at, 25), ben.poll(ben_at, 25));
    let [for_ana] = <[Unsealed; 1]>::try_from(for_ana).expect("ana's half");
    let [for_ben] = <[Unsealed; 1]>::try_from(for_ben).expect("ben's half");
    let halves = [ana.open(asks, for_ana, Some((grant_id, target))), ben.open(asks, for_ben, None)];
    assert_eq!(halves[0].secret, halves[1].secret, "both hold the same S");
    halves
}

/// Asks until the answer is as it should be.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_they_call_they_meet_and_nothing_is_left_of_it() {
    let Some(two) = Two::start().await else { return };
    let (ana, ben) = ana_and_ben(&two.one).await;
    let mut needles = Needles::default();
    for asks in two.each() {
        for ana_at in two.each() {
            for ben_at in two.each() {
                let halves = meet(asks, (&ana, ana_at), (&ben, ben_at)).await;
                halves.iter().for_each(|half| needles.add(half));
            }
        }
    }
    for stage in two.each() {
        stage.until("requests_waiting", 0).await;
        stage.until("halves_waiting", 0).await;
        stage.until("polls_elsewhere", 0).await;
    }
    let keys = two.redis.ask("KEYS *");
    let kept: Vec<_> = keys.lines().filter(|line| line.starts_with("openred:")).collect();
    assert!(!kept.is_empty(), "calls are remembered");
    let kinds = ["call", "request", "poll", "register", "prefix", "all"];
    for key in &kept {
        assert!(
            key.split(':').nth(2).is_some_and(|kind| kinds.contains(&kind)),
            "{key} is of an introduction"
        );
        assert!(!two.redis.ask(&format!("TTL {key}")).starts_with(":-1"), "{key} stays for ever");
    }
    assert!(!keys.contains(&ana.id().to_string()) && !keys.contains(&ben.id().to_string()), "not in clear");
    let info = two.redis.ask("INFO server");
    let pid = info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().trim().parse().unwrap();
    let prefix = kept[0].split(':').nth(1).unwrap();
    assert!(scan_memory(pid, &Pieces::of([prefix.as_bytes()])) > 0, "the scan finds what is there");
    // And who asks for whom.
    [ana.id(), ben.id()].iter().for_each(|id| needles.pieces.add(&id.0));
    assert_eq!(scan_memory(pid, &needles.pieces), 0, "secrets, tokens or ids of nodes were in Redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_counts_once_at_all_processes() {
    let Some(two) = Two::start().await else { return };
    let (ana, ben) = ana_and_ben(&two.one).await;
    let (poll, request) = (ana.poll_call(&two.one, 0), ana.request(&two.one, &ben.id()));
    let paths = ("/api/v3/tokens/poll", "/api/v3/tokens/request-connection");
    assert_eq!(two.one.post(paths.0, &poll).await.status.as_u16(), 204);
    assert_problem(&two.other.post(paths.0, &poll).await, 410, "used");
    assert_eq!(two.other.post(paths.1, &request).await.status.as_u16(), 202);
    assert_problem(&two.one.post(paths.1, &request).await, 410, "used");
    let assertion = signed(&ana.signing, &claims(&two.one, &ana));
    let token = token_of(&ask(&two.one, &assertion, &[]).await);
    assert_refused(&ask(&two.other, &assertion, &[]).await, 401, "invalid_client");
    let path = format!("/api/v1/nodes/{}/status", ben.id());
    two.other.get_with(&token, &path).await.success().expect("a token of one opens the other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_holds_for_all_processes_together() {
    let limits = Limits { polls_per_node: 60, ..Limits::default() };
    let Some(two) = Two::with(|config| config.limits = limits).await else { return };
    let (ana, ben) = ana_and_ben(&two.one).await;
    for _ in 0..59 {
        assert_eq!(ana.try_poll(&two.one, 0).await.status.as_u16(), 204);
    }
    let mut polls = 0;
    until("ana has used up her polls at the first", async || {
        polls += 1;
        ana.try_poll(&two.other, 0).await.status.as_u16() == 429
    })
    .await;
    assert!(polls < 60, "by itself the other would take 60, and {polls} were refused");
    assert_eq!(ben.try_poll(&two.other, 0).await.status.as_u16(), 204, "of ana only");
    two.hand.advance(60_000);
    assert_eq!(ana.try_poll(&two.other, 0).await.status.as_u16(), 204, "the next minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_registered_at_one_is_found_at_the_other() {
    let Some(two) = Two::start().await else { return };
    let mut ana = Person::new("ana", "Ana");
    let path = format!("/api/v3/nodes/{}/descriptor", ana.id());
    assert_eq!(two.other.get(&path).await.status.as_u16(), 404, "and now known not to be registered");
    ana.register(&two.one, 0).await;
    until("found at the other", async || two.other.get(&path).await.status.as_u16() == 200).await;
    ana.seq = 2;
    let newest = ana.try_register(&two.one, 0, two.one.now() + 1).await.success().unwrap();
    let newest: openred_core::call::RegisterAnswer = newest.json().unwrap();
    until("the newest at the other", async || {
        let held = Descriptor::parse(&two.other.get(&path).await.body).unwrap();
        held.hash() == newest.desc_hash
    })
    .await;
    ana.try_register(&two.one, 128, two.one.now() + 2).await.success().unwrap();
    until("gone at the other", async || two.other.get(&path).await.status.as_u16() == 404).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_died_takes_nothing_with_it() {
    let Some(mut two) = Two::start().await else { return };
    let (ana, ben) = ana_and_ben(&two.one).await;
    let _unread = Unread::poll(&two.other, &ben.poll_call(&two.other, 25)).await;
    two.one.until("polls_elsewhere", 1).await;
    drop(two.other.running.take());
    until("the other hears nothing any more", async || {
        two.redis.ask("PUBSUB CHANNELS openred:*").matches(":to:").count() == 1
    })
    .await;
    let halves = meet(&two.one, (&ana, &two.one), (&ben, &two.one)).await;
    assert_eq!(halves[0].peer.node_id(), ben.id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_goes_on_by_itself_and_with_it_they_meet_again() {
    let Some(two) = Two::start().await else { return };
    let (ana, ben) = ana_and_ben(&two.one).await;
    let chloe = Person::new("chloe", "Chloé");
    let path = format!("/api/v3/nodes/{}/descriptor", chloe.id());
    let poll = ana.poll_call(&two.one, 0);
    assert_eq!(two.one.post("/api/v3/tokens/poll", &poll).await.status.as_u16(), 204);

    two.redis.stop();
    two.until_connected(0).await;
    assert_problem(&two.one.post("/api/v3/tokens/poll", &poll).await, 410, "used");
    let elsewhere = two.other.post("/api/v3/tokens/poll", &poll).await;
    assert_eq!(elsewhere.status.as_u16(), 204, "what is loosened: once at each process");
    assert_eq!(two.other.get(&path).await.status.as_u16(), 404);
    chloe.register(&two.one, 0).await;
    two.hand.advance(2_000);
    assert_eq!(two.other.get(&path).await.status.as_u16(), 200, "memory is believed for a second");
    meet(&two.one, (&ana, &two.one), (&ben, &two.one)).await;
    ana.ask(&two.one, &ben.id()).await;
    let apart = tokio::join!(ana.poll(&two.one, 1), ben.poll(&two.other, 1));
    assert_eq!((apart.0.len(), apart.1.len()), (0, 0), "both are told to come again");
    let together = tokio::join!(ana.poll(&two.one, 20), ben.poll(&two.one, 20));
    assert_eq!((together.0.len(), together.1.len()), (1, 1), "the wish still waited");

    two.redis.start();
    two.until_connected(1).await;
    meet(&two.one, (&ana, &two.one), (&ben, &two.other)).await;
    meet(&two.other, (&ben, &two.one), (&ana, &two.other)).await;
    let poll = ben.poll_call(&two.one, 0);
    assert_eq!(two.one.post("/api/v3/tokens/poll", &poll).await.status.as_u16(), 204);
    assert_problem(&two.other.post("/api/v3/tokens/poll", &poll).await, 410, "used");
}

#[tokio::test]
async fn several_processes_need_a_database_in_common() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.storage.data = folder.path().join("directory");
    config.storage.redis = Some("redis://localhost".parse().unwrap());
    assert!(matches!(Directory::start(config).await, Err(StartError::RedisWithoutPostgres)));
}
