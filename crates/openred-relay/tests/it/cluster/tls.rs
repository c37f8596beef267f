//! A server on another machine is spoken to by TLS 1.3, and only when its certificate is one that was meant.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use openred_relay::cluster::{ClusterSettings, ClusterStore, OpenError};
use openred_relay::store::MailboxStore as _;
use openred_service::database::DatabaseUrl;
use openred_service::testing::postgres_with_tls;

use super::super::people::{generous, queue};
use super::durable::{look, number};
use super::settings;

/// A certificate of 127.0.0.1 for a day, and its key.
fn certified(place: &Path) -> Option<(String, String)> {
    let (certificate, key) = (place.join("server.crt"), place.join("server.key"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    command.args(["-days", "1", "-subj", "/CN=database.example", "-addext", "subjectAltName=IP:127.0.0.1"]);
    command.args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"]).arg(&key);
    let Ok(made) = command.arg("-out").arg(&certificate).stdin(Stdio::null()).output() else {
        // Not a print macro: the test harness would swallow it.
        let line = b"SKIPPED (openssl missing): TLS to PostgreSQL\n";
        std::io::Write::write_all(&mut std::io::stdout(), line).unwrap();
        return None;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some((fs::read_to_string(certificate).unwrap(), fs::read_to_string(key).unwrap()))
}

#[tokio::test]
async fn a_server_elsewhere_is_spoken_to_by_tls_when_its_certificate_is_the_one_that_was_meant() {
    let place = tempfile::tempdir().unwrap();
    let Some((certificate, key)) = certified(place.path()) else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(server) = postgres_with_tls(port, &certificate, &key) else { return };
    let here = server.fresh_database();
    let admin = look(&here).await;
    let name: String = admin.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    let url: DatabaseUrl =
        format!("postgres://openred@127.0.0.1:{port}/{name}?sslmode=require").parse().unwrap();

    let error = ClusterStore::open(settings(&url, generous())).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable { .. }), "nobody known has signed it: {error}");
    let file = place.path().join("server.crt");
    let meant = ClusterSettings { root_certificates: Some(file), ..settings(&url, generous()) };
    let store = ClusterStore::open(meant).await.unwrap();
    store.create(queue(1)).await.unwrap();
    assert_eq!(store.by_queue(queue(1).queue_id).await, Ok(Some(queue(1))));
    let connections = |which: &str| {
        format!(
            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE application_name = 'openred-relay' AND {which}"
        )
    };
    assert!(number(&admin, &connections("version = 'TLSv1.3'")).await > 0);
    assert_eq!(number(&admin, &connections("version IS DISTINCT FROM 'TLSv1.3'")).await, 0);
    store.close().await;
}
