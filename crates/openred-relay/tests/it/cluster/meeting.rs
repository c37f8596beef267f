//! Two processes of one relay that meet at Redis, and what becomes of them when it goes.

use std::time::Duration;

use openred_core::ids::{DepositId, Id16, NodeId, QueueId};
use openred_core::payload::Secret32;
use openred_relay::cluster::{BadRedisUrl, RedisInstances, RedisSettings, RedisUrl};
use openred_relay::instances::{Counted, Instances};
use openred_service::lifecycle::Clock;
use openred_service::testing::{PrivateRedis, redis};

use super::super::people::START;

const QUEUE: QueueId = QueueId([0xab; 16]);
/// More than a process can use up by itself while a test waits.
const MANY: u32 = 10_000_000;
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn settings(server: &PrivateRedis) -> RedisSettings {
    RedisSettings {
        url: server.url().parse().unwrap(),
        relay_id: NodeId([5; 32]),
        secret: Secret32::new([6; 32]),
    }
}

/// Two processes that hear each other.
async fn two(server: &PrivateRedis) -> [RedisInstances; 2] {
    let two = [0, 1].map(|_| RedisInstances::start(&settings(server)).unwrap());
    for instances in &two {
        until(|| instances.is_connected()).await;
    }
    two
}

async fn until(done: impl Fn() -> bool) {
    let wait = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("in time");
}

/// Whoever waits at one process wakes when mail comes at the other.
async fn assert_one_wakes_the_other([one, other]: &[RedisInstances; 2]) {
    let mut waiting = one.arrivals(QUEUE);
    let unconcerned = one.arrivals(QueueId([1; 16]));
    waiting.mark_unchanged();
    other.arrived(&[QUEUE]);
    tokio::time::timeout(PATIENCE, waiting.changed()).await.expect("in time").unwrap();
    assert!(!unconcerned.has_changed().unwrap(), "no one else wakes");
}

fn ana() -> Counted {
    Counted { limit: "deposits", of: b"ana".to_vec() }
}

#[tokio::test]
async fn who_waits_at_one_process_wakes_when_mail_comes_at_the_other() {
    let Some(server) = redis() else { return };
    assert_one_wakes_the_other(&two(&server).await).await;
}

#[tokio::test]
async fn a_call_counts_once_at_all_processes() {
    let Some(server) = redis() else { return };
    let [one, other] = two(&server).await;
    assert!(one.first_use(&[1; 32], &Id16([2; 16]), START).await);
    assert!(!one.first_use(&[1; 32], &Id16([2; 16]), START).await);
    assert!(!other.first_use(&[1; 32], &Id16([2; 16]), START).await, "used at the first");
    assert!(other.first_use(&[9; 32], &Id16([2; 16]), START).await, "another owner's nonce");
    assert!(server.ask("KEYS *").contains("nonce"));
    assert!(!server.ask("KEYS *").contains(&hex(&[2; 16])), "not in clear");
}

#[tokio::test]
async fn a_limit_holds_for_all_processes_together() {
    let Some(server) = redis() else { return };
    let [one, other] = two(&server).await;
    assert_eq!(one.take(ana(), MANY, MANY, START), Ok(()));
    until(|| other.take(ana(), 1, MANY, START).is_err()).await;
    let others = Counted { of: b"ben".to_vec(), ..ana() };
    assert_eq!(other.take(others, 1, MANY, START), Ok(()), "of ana only");
    assert_eq!(other.take(ana(), 1, MANY, START + 60), Ok(()), "the next minute");
}

#[tokio::test]
async fn who_is_here_at_one_process_is_here_for_the_other() {
    let Some(server) = redis() else { return };
    let [one, other] = two(&server).await;
    let (address, now) = (DepositId([3; 16]), Clock::System.now_s());
    one.here(address, now + 300);
    assert!(one.is_here(address, now).await);
    while !other.is_here(address, now).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    one.here(address, 0);
    assert!(!one.is_here(address, now).await);
    while other.is_here(address, now).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn without_redis_each_goes_on_by_itself_and_with_it_they_meet_again() {
    let Some(server) = redis() else { return };
    let both = two(&server).await;
    let [one, other] = &both;
    let (address, now) = (DepositId([3; 16]), Clock::System.now_s());
    one.here(address, now + 300);
    assert!(one.first_use(&[1; 32], &Id16([2; 16]), START).await);

    server.stop();
    for instances in &both {
        until(|| !instances.is_connected()).await;
    }
    let mut waiting = one.arrivals(QUEUE);
    tokio::time::timeout(PATIENCE, waiting.changed()).await.expect("wakes by itself").unwrap();
    one.arrived(&[QUEUE]);
    assert!(!one.first_use(&[1; 32], &Id16([2; 16]), START).await, "its own memory");
    assert!(other.first_use(&[1; 32], &Id16([2; 16]), START).await, "what is loosened: once at each process");
    assert_eq!(other.take(ana(), MANY, MANY, START), Ok(()));
    assert!(other.take(ana(), 1, MANY, START).is_err(), "its own limit");
    assert!(one.is_here(address, now).await && !other.is_here(address, now).await);

    server.start();
    for instances in &both {
        until(|| instances.is_connected()).await;
    }
    assert_one_wakes_the_other(&both).await;
    until(|| one.take(ana(), 1, MANY, START).is_err()).await;
    while !other.is_here(address, now).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_redis_that_was_never_there_stops_nobody() {
    let url = "redis+unix:///nowhere/redis.sock".parse().unwrap();
    let nowhere = RedisSettings { url, relay_id: NodeId([5; 32]), secret: Secret32::new([6; 32]) };
    let alone = RedisInstances::start(&nowhere).unwrap();
    assert!(alone.first_use(&[1; 32], &Id16([2; 16]), START).await);
    assert!(!alone.first_use(&[1; 32], &Id16([2; 16]), START).await);
    let mut waiting = alone.arrivals(QUEUE);
    alone.arrived(&[QUEUE]);
    tokio::time::timeout(PATIENCE, waiting.changed()).await.expect("in time").unwrap();
    assert_eq!("https://redis".parse::<RedisUrl>(), Err(BadRedisUrl));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
