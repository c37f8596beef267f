//! A relay of several processes: the same rules over PostgreSQL, and nothing lost or doubled between the processes, or when
//! the server goes down.

mod alternating;
mod durable;
mod meeting;
mod several;
mod tls;

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use openred_relay::cluster::{ClusterSettings, ClusterStore};
use openred_relay::mailbox::Quotas;
use openred_relay::store::MailboxStore;
use openred_service::database::DatabaseUrl;
use openred_service::testing::{PrivatePostgres, postgres};

use super::model::{Subject, holds, quotas};
use alternating::Alternating;

/// Cases of the model: each makes a database.
const CASES: u32 = 8;

fn settings(url: &DatabaseUrl, quotas: Quotas) -> ClusterSettings {
    ClusterSettings { quotas, writers: 2, connections: 4, ..ClusterSettings::new(url.clone()) }
}

async fn open(url: &DatabaseUrl, quotas: Quotas) -> Arc<ClusterStore> {
    Arc::new(ClusterStore::open(settings(url, quotas)).await.unwrap())
}

/// Some processes on one database, which take turns.
struct Cluster {
    url: DatabaseUrl,
    processes: usize,
}

impl Cluster {
    fn on(server: &PrivatePostgres, processes: usize) -> Self {
        Self { url: server.fresh_database(), processes }
    }
}

impl Subject for Cluster {
    fn open(&self) -> BoxFuture<'_, Arc<dyn MailboxStore>> {
        async move {
            let mut stores = Vec::new();
            for _ in 0..self.processes {
                stores.push(open(&self.url, quotas()).await);
            }
            Arc::new(Alternating::new(stores)) as Arc<dyn MailboxStore>
        }
        .boxed()
    }
}

#[test]
fn the_cluster_store_answers_as_the_model() {
    let Some(server) = postgres() else { return };
    holds(CASES, || Cluster::on(&server, 1));
}

#[test]
fn two_processes_on_one_database_answer_as_the_model_of_one() {
    let Some(server) = postgres() else { return };
    holds(CASES, || Cluster::on(&server, 2));
}
