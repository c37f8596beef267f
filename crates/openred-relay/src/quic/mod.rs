//! QUIC for nodes that cannot reach each other: iroh's relay protocol, over WebSockets of this relay's port.
//!
//! A client proves its endpoint id; then its datagrams for other endpoints that are connected here are given on as they
//! are. The protocol itself is [`iroh_relay`]'s; here are who may come, how many and how fast. Must not know: what is in
//! the datagrams (QUIC, encrypted between the nodes), mailboxes, routes.

mod admission;
mod line;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use iroh_relay::KeyCache;
use iroh_relay::http::ProtocolVersion;
use iroh_relay::protos::handshake;
use iroh_relay::server::client::Config as Client;
use iroh_relay::server::clients::Clients;
use iroh_relay::server::streams::RelayedStream;
use iroh_relay::server::{Access, Metrics, OnDisconnectGuard};
use openred_core::descriptor::Descriptor;
use openred_service::lifecycle::Clock;
use openred_service::telemetry::Counter;
use openred_service::websocket::Accepted;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::subscriber::{NoSubscriber, with_default};

pub use admission::{Allow, NotAdmitted};

use crate::bounds::{MAX_QUIC_CLIENTS, MAX_QUIC_PREPARED_KEYS, MAX_QUIC_QUEUED};
use crate::config::Quic;
use admission::Admission;
use line::Line;

/// Time for the proof of an endpoint id.
const PROOF: Duration = Duration::from_secs(10);
/// A client is looked at again after so long, because its descriptor may have run out.
const LOOK: Duration = Duration::from_secs(60);
/// What a client that is not admitted is told: it presents its descriptor then, or asks the relay's owner.
const NOT_ADMITTED: &str = "no valid descriptor of a node that this relay admits names this endpoint";

/// The relay's QUIC side.
#[derive(Debug)]
pub(crate) struct QuicRelay {
    admission: Admission,
    clock: Clock,
    settings: RwLock<Quic>,
    /// As many as there can ever be; how many may be is in the settings.
    places: Arc<Semaphore>,
    clients: Clients,
    keys: KeyCache,
    metrics: Arc<Metrics>,
    refused: Counter,
}

/// What stands at this moment, and what was carried since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QuicCounts {
    /// Connections of clients.
    pub(crate) clients: u64,
    /// Clients refused: not admitted, or no place.
    pub(crate) refused: u64,
    /// Bytes of datagrams taken from clients.
    pub(crate) bytes_received: u64,
    /// Bytes of datagrams given to clients.
    pub(crate) bytes_sent: u64,
}

impl QuicRelay {
    pub(crate) fn new(settings: Quic, clock: Clock) -> Self {
        Self {
            admission: Admission::new(settings.allow.clone()),
            clock,
            settings: RwLock::new(settings),
            places: Arc::new(Semaphore::new(MAX_QUIC_CLIENTS)),
            clients: Clients::default(),
            keys: KeyCache::new(MAX_QUIC_PREPARED_KEYS),
            metrics: Arc::new(Metrics::default()),
            refused: Counter::default(),
        }
    }

    /// Another list and other limits: who is no longer admitted is disconnected; speed and number hold for who comes.
    pub(crate) fn set(&self, settings: Quic) {
        let allow = settings.allow.clone();
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.admission.set(allow);
    }

    /// Takes a node's descriptor: which endpoint is its own.
    pub(crate) fn present(&self, descriptor: &Descriptor) -> Result<(), NotAdmitted> {
        self.admission.present(descriptor, self.clock.now_ms())
    }

    /// A place for one more client, while there is one.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        let most = self.settings().clients as usize;
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let place = place.filter(|_| self.connected() <= most);
        if place.is_none() {
            self.refused.add();
        }
        place
    }

    /// Serves a client until it leaves, is no longer admitted, or the relay stops. `place` is given back then.
    pub(crate) async fn serve(&self, socket: Accepted, place: OwnedSemaphorePermit) {
        let (stop, gone) = (CancellationToken::new(), CancellationToken::new());
        let line = Line::new(socket, self.settings().bytes_per_second, stop.clone(), gone.clone());
        if let Some(endpoint_id) = self.admit(line).await {
            tokio::select! {
                () = gone.cancelled() => {}
                () = self.no_longer_admitted(&endpoint_id) => {
                    stop.cancel();
                    gone.cancelled().await;
                }
            }
        }
        drop(place);
    }

    /// Asks for the proof of an endpoint id, and lets it in when it is admitted.
    async fn admit(&self, mut line: Line) -> Option<[u8; 32]> {
        let proof = tokio::time::timeout(PROOF, handshake::serverside(&mut line, None)).await.ok()?.ok()?;
        let endpoint_id = *proof.client_key.as_bytes();
        let is_admitted = self.admission.admits(&endpoint_id, self.clock.now_ms());
        let access = if is_admitted {
            Access::Allow
        } else {
            self.refused.add();
            Access::Deny { reason: Some(NOT_ADMITTED.to_owned()) }
        };
        let said = tokio::time::timeout(PROOF, proof.authorize_if(access, &mut line)).await.ok()?;
        let stream = |line| RelayedStream::new(line, self.keys.clone());
        let mut client = Client::new(OnDisconnectGuard::empty(said.ok()?), stream(line), ProtocolVersion::V2);
        client.channel_capacity = MAX_QUIC_QUEUED;
        // What it logs of a client would name the endpoint.
        with_default(NoSubscriber::default(), || self.clients.register(client, Arc::clone(&self.metrics)));
        Some(endpoint_id)
    }

    async fn no_longer_admitted(&self, endpoint_id: &[u8; 32]) {
        let mut changes = self.admission.changes();
        while self.admission.admits(endpoint_id, self.clock.now_ms()) {
            // Whether it changed or some time went by: asked again.
            let _ = tokio::time::timeout(LOOK, changes.changed()).await;
        }
    }

    /// Disconnects everybody.
    pub(crate) async fn shut_down(&self) {
        self.clients.shutdown().await;
    }

    /// What is shown of it.
    pub(crate) fn counts(&self) -> QuicCounts {
        QuicCounts {
            clients: self.connected() as u64,
            refused: self.refused.get(),
            bytes_received: self.metrics.bytes_recv.get(),
            bytes_sent: self.metrics.bytes_sent.get(),
        }
    }

    fn connected(&self) -> usize {
        MAX_QUIC_CLIENTS - self.places.available_permits()
    }

    fn settings(&self) -> Quic {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
