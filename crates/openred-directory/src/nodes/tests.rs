//! Tables of the directory: what goes when, on both engines.

use std::sync::Arc;

use openred_core::descriptor::Descriptor;
use openred_service::database::{Database, DatabaseUrl};
use openred_service::lifecycle::Clock;
use openred_service::testing::postgres;

use super::flags::Flags;
use super::listing::Search;
use super::{NODES, Nodes, Registration, Writers, store};
use crate::bounds::{LOG_KEPT_SECS, REMOVAL_KEPT_SECS};

const NOW: u64 = 1_800_000_000;

/// A descriptor of somebody new that ends at `expires`.
pub(crate) fn somebody(username: &str, expires: u64) -> Descriptor {
    use openred_core::boxes::{BoxSecret, Suite};
    use openred_core::descriptor::DescriptorBody;
    use openred_core::identity::IdentityLog;
    use openred_core::ids::Id8;
    use openred_core::seed::RecoverySeed;
    use openred_core::sign::SigningKey;

    let signing = SigningKey::generate();
    let next = RecoverySeed::generate().commitment(1);
    let log = IdentityLog::inception(&SigningKey::generate(), &signing, next, NOW);
    let key = BoxSecret::generate(Suite::X25519).public().clone();
    let body = DescriptorBody {
        node_id: log.node_id(),
        log_seq: 0,
        log,
        seq: 1,
        incarnation: Id8([0; 8]),
        issued: expires - 86_400,
        expires,
        username: username.to_owned(),
        display_name: username.to_owned(),
        noise_key: [1; 32],
        grant_key: key.clone(),
        mail_key: key,
        transport_key: None,
        api_url: None,
        addresses: Vec::new(),
        quic_relay: None,
        lane: None,
        capabilities: Vec::new(),
        versions: vec![3],
    };
    Descriptor::sign(body, &signing).unwrap()
}

fn registration(descriptor: &Descriptor, flags: u8, time: u64) -> Registration {
    let flags = Flags::from_byte(flags).unwrap();
    Registration { descriptor: descriptor.clone(), flags, time }
}

async fn rows(database: &Database, table: &'static str) -> i64 {
    let sql = match table {
        "nodes" => "SELECT COUNT(*) FROM nodes",
        "words" => "SELECT COUNT(*) FROM words",
        "logs" => "SELECT COUNT(*) FROM logs",
        _ => "SELECT COUNT(*) FROM forks",
    };
    database.read(move |tx| tx.one(sql, &[])?.unwrap().int(0)).await.unwrap()
}

async fn what_is_over_goes(url: DatabaseUrl) {
    let database = Database::open(&url, &[NODES]).await.unwrap();
    let nodes = Nodes::open(database.clone(), Writers::ThisProcess, Clock::System).await.unwrap();
    let ana = somebody("ana", NOW + 1_000);
    let ben = somebody("ben", NOW + 5_000);
    let chloe = somebody("chloe", NOW + 9_000);
    for node in [&ana, &ben, &chloe] {
        nodes.register(registration(node, 7, NOW), NOW, 1).await.unwrap();
    }
    nodes.register(registration(&chloe, 128, NOW + 1), NOW + 1, 1).await.unwrap();
    nodes.trim(NOW + 500).await.unwrap();
    assert_eq!(
        (rows(&database, "nodes").await, rows(&database, "words").await),
        (3, 2),
        "chloé as a removal"
    );
    nodes.trim(NOW + 2_000).await.unwrap();
    assert_eq!(
        (rows(&database, "nodes").await, rows(&database, "words").await),
        (2, 1),
        "ana's time is over"
    );
    assert!(nodes.get(&ana.node_id(), NOW + 2_000).await.unwrap().is_none(), "in memory too");
    nodes.trim(NOW + REMOVAL_KEPT_SECS + 100).await.unwrap();
    assert_eq!(rows(&database, "nodes").await, 0);
    assert_eq!(rows(&database, "logs").await, 3, "logs outlive registrations");
    nodes.trim(NOW + LOG_KEPT_SECS + 100).await.unwrap();
    assert_eq!(rows(&database, "logs").await, 0);
    database.close().await;
}

async fn eight_at_once_and_one_wins(url: DatabaseUrl) {
    let database = Database::open(&url, &[NODES]).await.unwrap();
    let nodes = Arc::new(Nodes::open(database.clone(), Writers::ThisProcess, Clock::System).await.unwrap());
    let ana = somebody("ana", NOW + 1_000);
    let calls = (0..8).map(|n| {
        let (nodes, ana) = (Arc::clone(&nodes), ana.clone());
        async move { nodes.register(registration(&ana, n as u8 % 8, NOW + n), NOW, 1).await.is_ok() }
    });
    let taken = futures_util::future::join_all(calls).await.into_iter().filter(|taken| *taken).count();
    assert!(taken >= 1);
    let held = database.read(move |tx| store::held(tx, &ana.node_id())).await.unwrap().unwrap();
    assert_eq!((held.time, held.flags), (NOW + 7, 7), "the newest time");
    assert_eq!(
        nodes.peek(&Descriptor::parse(&held.descriptor.unwrap()).unwrap().node_id()).unwrap().time,
        NOW + 7
    );
    database.close().await;
}

async fn who_was_seen_is_written_to_the_hour(url: DatabaseUrl) {
    let database = Database::open(&url, &[NODES]).await.unwrap();
    let nodes = Nodes::open(database.clone(), Writers::ThisProcess, Clock::System).await.unwrap();
    let ana = somebody("ana", NOW + 20_000);
    nodes.register(registration(&ana, 4, NOW), NOW, 1).await.unwrap();
    let node = nodes.get(&ana.node_id(), NOW).await.unwrap().unwrap();
    nodes.seen(&node, NOW + 4_000, 4_000_000);
    nodes.write_seen().await.unwrap();
    let page = nodes.discover(Search::Recent, None, 10, NOW + 4_000, 4_000_001).await.unwrap();
    let (listed, active) = &page.nodes[0];
    assert_eq!((listed.last_seen, *active), ((NOW + 4_000) / 3_600 * 3_600, true));
    let later = nodes.discover(Search::Recent, None, 10, NOW + 4_000, 4_000_000 + 300_001).await.unwrap();
    assert!(!later.nodes[0].1, "away after five minutes");
    database.close().await;
}

macro_rules! on_both {
    ($($story:ident;)*) => { $(
        mod $story {
            #[tokio::test]
            async fn sqlite() {
                super::$story(super::DatabaseUrl::memory()).await;
            }

            #[tokio::test]
            async fn postgresql() {
                if let Some(server) = super::postgres() {
                    super::$story(server.fresh_database()).await;
                }
            }
        }
    )* };
}

on_both! {
    what_is_over_goes;
    eight_at_once_and_one_wins;
    who_was_seen_is_written_to_the_hour;
}
