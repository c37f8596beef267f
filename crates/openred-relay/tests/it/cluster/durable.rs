//! What is asked of the server, what stands in its tables, and what goes from them.

use bytes::Bytes;
use openred_core::ids::{Hash, b64_decode};
use openred_relay::cluster::{ClusterSettings, ClusterStore, OpenError};
use openred_relay::keys::{KeyStore as _, KeysError, create};
use openred_relay::mailbox::Refusal;
use openred_relay::store::MailboxStore;
use openred_service::database::DatabaseUrl;
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::testing::postgres;
use tokio_postgres::{Client, NoTls};

use super::super::people::{START, generous, mail, queue, sized};
use super::{open, settings};

const DAY: u64 = 86_400;

/// A look at the tables that goes by no code of ours.
pub(super) async fn look(url: &DatabaseUrl) -> Client {
    let (client, connection) = tokio_postgres::connect(url.server().unwrap(), NoTls).await.unwrap();
    Lifecycle::new(Clock::System).spawn_one_of_many("look", async {
        let _ended = connection.await;
    });
    client
}

pub(super) async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_server_that_answers_before_it_has_written_is_refused() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let admin = look(&url).await;
    let name: String = admin.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    for setting in ["off", "local", "remote_write"] {
        let change = format!("ALTER DATABASE {name} SET synchronous_commit = {setting}");
        admin.batch_execute(&change).await.unwrap();
        let error = ClusterStore::open(settings(&url, generous())).await.unwrap_err();
        assert!(matches!(error, OpenError::NotDurable { .. }), "{error}");
        let expected =
            format!("its setting synchronous_commit is {setting} and must be on (or remote_apply)");
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
    admin.batch_execute(&format!("ALTER DATABASE {name} RESET synchronous_commit")).await.unwrap();
    open(&url, generous()).await.close().await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_without_a_password() {
    let wrong: DatabaseUrl = "postgres://ana:s3cret@127.0.0.1:1/openred".parse().unwrap();
    let error = ClusterStore::open(ClusterSettings::new(wrong)).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    let file = ClusterStore::open(ClusterSettings::new(DatabaseUrl::memory())).await.unwrap_err();
    assert!(matches!(file, OpenError::NotPostgres { .. }), "{file}");
}

#[tokio::test]
async fn processes_that_start_at_once_make_the_tables_once() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let stores = futures_util::future::join_all((0..5).map(|_| open(&url, generous()))).await;
    stores[4].create(queue(1)).await.unwrap();
    assert_eq!(stores[0].by_queue(queue(1).queue_id).await, Ok(Some(queue(1))));
    let admin = look(&url).await;
    admin.batch_execute("INSERT INTO schema_version (version) VALUES (1000)").await.unwrap();
    let error = ClusterStore::open(settings(&url, generous())).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 1_000, .. }), "{error}");
}

#[tokio::test]
async fn the_tables_are_those_of_s4_and_what_is_promised_not_to_be_known_is_empty() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let store = open(&url, generous()).await;
    store.create(queue(1)).await.unwrap();
    store.deposit(vec![mail(1, 1, 7)], START).await[0].unwrap();
    let tables = look(&url).await;
    let row = tables
        .query_one(
            "SELECT sender_address, receiver_address, encrypted_content, message_type, delivered, blockchain_txid, \
             id::text FROM messages",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(row.get::<_, Option<&str>>(0), None, "the sender is sealed");
    assert_eq!(row.get::<_, &str>(1), queue(1).deposit_id.to_string());
    assert_eq!(row.get::<_, &[u8]>(2), &[7; 1_024]);
    assert_eq!((row.get::<_, &str>(3), row.get::<_, bool>(4)), ("sealed", false));
    assert_eq!(row.get::<_, Option<&str>>(5), None);
    let row = tables
        .query_one("SELECT address, is_online, connection_info IS NULL, last_seen FROM peers", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), queue(1).deposit_id.to_string());
    assert!(!row.get::<_, bool>(1) && row.get::<_, bool>(2), "nobody's presence and place are written");
    store.close().await;
}

#[tokio::test]
async fn acknowledged_mail_leaves_the_disk_and_old_mail_goes_with_its_day() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let (store, tables) = (open(&url, generous()).await, look(&url).await);
    store.create(queue(1)).await.unwrap();
    store.create(queue(2)).await.unwrap();
    for n in 0..10 {
        store.deposit(vec![mail(1, n, 1), mail(2, n, 2)], START).await[0].unwrap();
    }
    store.ack(queue(1).queue_id, 4).await.unwrap();
    store.delete(queue(2).queue_id).await.unwrap();
    while number(&tables, "SELECT count(*) FROM messages").await != 6 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.fetch(queue(1).queue_id, 0, 100).await.unwrap().len(), 6);

    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'messages'::regclass";
    store.deposit(vec![mail(1, 99, 1)], START + 40 * DAY).await[0].unwrap();
    store.expire(START + 40 * DAY).await.unwrap();
    assert_eq!(number(&tables, "SELECT count(*) FROM messages").await, 1, "the first day has gone");
    assert_eq!(number(&tables, partitions).await, 2, "the last day, and the next");
    assert_eq!(number(&tables, "SELECT count(*) FROM deposits").await, 1);
    let left = store.fetch(queue(1).queue_id, 0, 100).await.unwrap();
    assert_eq!(left.iter().map(|mail| mail.seq).collect::<Vec<_>>(), [11]);
    store.close().await;
}

#[tokio::test]
async fn a_follower_that_is_behind_or_gone_hides_no_mail() {
    let Some(server) = postgres() else { return };
    let (url, behind) = (server.fresh_database(), server.fresh_database());
    open(&behind, generous()).await.close().await;
    let gone = "postgres://openred@/none?host=/nowhere".parse().unwrap();
    let settings = ClusterSettings { replicas: vec![gone, behind], ..settings(&url, generous()) };
    let store = ClusterStore::open(settings).await.unwrap();
    store.create(queue(1)).await.unwrap();
    store.deposit(vec![mail(1, 1, 1), mail(1, 2, 2)], START).await[0].unwrap();
    assert_eq!(store.fetch(queue(1).queue_id, 0, 100).await.unwrap().len(), 2);
    store.close().await;
}

#[tokio::test]
async fn an_answer_to_a_fetch_is_bounded_in_bytes() {
    let Some(server) = postgres() else { return };
    let store = open(&server.fresh_database(), generous()).await;
    store.create(queue(1)).await.unwrap();
    let large: Vec<_> = (0..80).map(|n| sized(1, n, 3, 65_536)).collect();
    assert!(store.deposit(large, START).await.iter().all(Result::is_ok));
    let fetched = store.fetch(queue(1).queue_id, 0, 100).await.unwrap();
    assert_eq!(fetched.len(), 64, "4 MiB");
    assert_eq!(fetched[63].content, Bytes::from(vec![3; 65_536]));
    store.close().await;
    assert_eq!(store.fetch(queue(1).queue_id, 0, 1).await, Err(Refusal::Busy), "closed");
}

#[tokio::test]
async fn a_key_is_good_at_all_processes_until_it_is_revoked() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let (one, other) = (open(&url, generous()).await, open(&url, generous()).await);
    let (keys, others) = (one.keys(), other.keys());
    let text = create(&keys, "shop", START).await.unwrap();
    assert!(matches!(create(&others, "shop", START).await, Err(KeysError::Taken)));
    assert!(matches!(create(&others, "Chloé's shop", START).await, Err(KeysError::Name)));
    create(&others, "baker", START + 9).await.unwrap();
    let listed = others.list().await.unwrap();
    let named: Vec<_> = listed.iter().map(|key| (key.name.as_str(), key.created)).collect();
    assert_eq!(named, [("baker", START + 9), ("shop", START)], "both processes list both");
    assert_eq!(listed[1].hash, Hash::of(&[&b64_decode(&text).unwrap()]), "a hash is all that is kept");
    others.revoke("shop").await.unwrap();
    assert_eq!(keys.list().await.unwrap().len(), 1, "a revoked key is gone at once, everywhere");
    assert!(matches!(keys.revoke("shop").await, Err(KeysError::Unknown)));
}
