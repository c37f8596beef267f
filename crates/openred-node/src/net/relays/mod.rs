//! Mail by relays (PROTOCOL §5, §9): queues of the own node at relays of its choice, one for each contact; what waits for
//! people who are away is sealed and laid in theirs.
//!
//! `queues` begins and ends queues and tells contacts of them; `fetching` is one task per relay that takes mail as it
//! comes, `opening` what is done with a piece of it; `sending` lays mail. Must not know: sessions, how a relay keeps
//! mail.

mod fetching;
mod opening;
mod queues;
mod sending;
pub mod store;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use openred_core::ids::NodeId;
use openred_relay::client::{self, ClientError, RelayAddress, RelayClient};
use serde::Serialize;
use tokio::sync::watch;
use url::Url;

use self::fetching::Whose;
pub(super) use self::sending::run;
use super::Network;
use crate::{error::NodeError, events::Kind};

/// Relays that were called, of whose clients are kept.
const CLIENTS_MAX: usize = 256;
/// A relay that failed is left alone for this long.
const REST_MS: u64 = 30_000;

/// How a relay does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Mail comes as soon as it is there.
    Ok,
    /// Does not answer, or refuses.
    Down,
    /// Not tried yet, or the node is locked.
    Off,
}

/// What is known of a relay of the owner now.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its address.
    pub url: String,
    /// Pinned id.
    pub node_id: Option<NodeId>,
    /// See [`Health`].
    pub health: Health,
    /// Since when, unix ms.
    pub since_at: u64,
    /// In words.
    pub detail: String,
}

/// Clients of relays, by URL and id.
type Clients = BTreeMap<(String, NodeId), Arc<RelayClient>>;

/// The relays of the owner. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Relays {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
    /// What has a task.
    fetching: Arc<Mutex<BTreeSet<(String, Whose)>>>,
    clients: Arc<Mutex<Clients>>,
    /// Until when relays, own and others', are left alone; monotonic ms.
    resting: Arc<Mutex<BTreeMap<String, u64>>>,
    /// Changes with the queues, and when the node is locked.
    changed: Arc<watch::Sender<()>>,
}

impl Relays {
    /// State of all, for the status.
    pub(super) fn all(&self) -> Vec<Known> {
        lock(&self.known).values().cloned().collect()
    }

    fn get(&self, url: &str) -> Option<Known> {
        lock(&self.known).get(url).cloned()
    }

    /// The tasks look at the queues again.
    pub(super) fn look(&self) {
        self.changed.send_replace(());
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Network {
    /// State of the owner's relays.
    pub fn relays(&self) -> Vec<Known> {
        self.relays.all()
    }

    /// A client of a relay, own or another's: the one that was used before, which has asked who answers there.
    fn relay(&self, url: &str, node_id: NodeId) -> Result<Arc<RelayClient>, NodeError> {
        let mut clients = lock(&self.relays.clients);
        if let Some(client) = clients.get(&(url.to_owned(), node_id)) {
            return Ok(Arc::clone(client));
        }
        if clients.len() >= CLIENTS_MAX {
            clients.clear();
        }
        let address = RelayAddress { url: parsed(url)?, node_id };
        let client = Arc::new(RelayClient::new(self.http.clone(), address, self.deps.clock.clone()));
        clients.insert((url.to_owned(), node_id), Arc::clone(&client));
        Ok(client)
    }

    /// Who answers at an address; nothing is kept.
    pub async fn probe_relay(&self, url: &str) -> Result<NodeId, NodeError> {
        client::who(&self.http, &parsed(url)?).await.map_err(|error| match error {
            ClientError::OtherRelay => NodeError::Refused("what answers there is no relay"),
            error => in_words(&error),
        })
    }

    /// Learns who answers there; pins it at the first answer, refuses somebody else later.
    async fn meet_relay(&self, known: &Known) -> Result<Known, NodeError> {
        let id = self.probe_relay(&known.url).await?;
        if known.node_id.is_some_and(|pinned| pinned != id) {
            return Err(NodeError::Refused(
                "another relay answers at this address than the one first met there",
            ));
        }
        let url = known.url.clone();
        self.deps.write_plain(move |tx| store::pin(tx, &url, &id)).await?;
        let met = Known { node_id: Some(id), ..known.clone() };
        if let Some(known) = lock(&self.relays.known).get_mut(&met.url) {
            known.node_id = met.node_id;
        }
        Ok(met)
    }

    /// Whether a relay failed a moment ago.
    fn rests(&self, url: &str) -> bool {
        let now = self.deps.clock.monotonic_ms();
        lock(&self.relays.resting).get(url).is_some_and(|until| now < *until)
    }

    /// A relay failed, and is left alone for a while.
    fn rest(&self, url: &str, error: &ClientError) {
        let now = self.deps.clock.monotonic_ms();
        let ms = match error {
            ClientError::SlowDown { seconds } | ClientError::Busy { seconds } => {
                (*seconds).clamp(1, 3_600) * 1_000
            }
            _ => REST_MS,
        };
        let mut resting = lock(&self.relays.resting);
        resting.retain(|_, until| now < *until);
        resting.insert(url.to_owned(), now + ms);
    }

    /// Notes how a relay of the owner does, and tells the apps when that changed.
    fn note_relay(&self, url: &str, health: Health, detail: String) {
        let now = self.deps.clock.now_ms();
        let mut all = lock(&self.relays.known);
        let Some(known) = all.get_mut(url) else { return };
        let changed = known.health != health;
        if changed {
            known.health = health;
            known.since_at = now;
        }
        known.detail = detail;
        drop(all);
        if changed {
            self.deps.events.send(Kind::Status, serde_json::json!({}));
        }
    }
}

fn parsed(url: &str) -> Result<Url, NodeError> {
    Url::parse(url).map_err(|_| NodeError::invalid("url", "this is not an address: write it as https://…"))
}

/// What a relay answered instead, in words for the owner.
fn in_words(error: &ClientError) -> NodeError {
    NodeError::Peer(error.to_string())
}
