//! The node's endpoint: opened when the node is unlocked, under a transport key that lies sealed in the database and is
//! replaced with the identity's keys (PROTOCOL §1).

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use openred_core::{descriptor::Descriptor, overlay::PeerEntry};
use openred_service::http_client::AllowPrivate;
use tracing::warn;
use zeroize::Zeroizing;

use super::{Endpoint, EndpointConfig, Way};
use crate::{deps::Deps, error::NodeError, net::store};

/// Where the sealed transport key lies.
const KEY: &str = "transport_key";
/// Column name for sealing.
const COLUMN: &str = "network_state.transport_key";

/// How QUIC is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuicReach {
    /// UDP address to listen on.
    pub listen: SocketAddr,
    /// URL of a relay that is used where no direct path is found.
    pub relay: Option<String>,
    /// Which private addresses may be dialled and told.
    pub allow_private: AllowPrivate,
    /// Friends in the local network are looked for.
    pub lan: bool,
}

/// The endpoint, once it is open. Clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::net) struct Socket(Arc<RwLock<Option<Endpoint>>>);

impl Socket {
    /// The open endpoint.
    pub(in crate::net) fn endpoint(&self) -> Option<Endpoint> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How this node is reached by QUIC.
    pub(in crate::net) fn way(&self) -> Option<Way> {
        let endpoint = self.endpoint()?;
        Some(Way {
            endpoint_id: endpoint.id(),
            addresses: endpoint.addresses(),
            near: Vec::new(),
            relay: endpoint.relay().map(str::to_owned),
        })
    }

    /// Opens it, unless it is open. A node whose UDP port is taken works without it. `is_new`: under a new key.
    ///
    /// Returns what to serve.
    pub(in crate::net) async fn open(
        &self,
        deps: &Deps,
        reach: &QuicReach,
        is_new: bool,
    ) -> Result<Option<Endpoint>, NodeError> {
        if self.endpoint().is_some() {
            return Ok(None);
        }
        let config = EndpointConfig {
            secret: key(deps, is_new).await?,
            listen: reach.listen,
            relay: reach.relay.clone(),
            allow_private: reach.allow_private,
        };
        match Endpoint::bind(config).await {
            Ok(endpoint) => {
                *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(endpoint.clone());
                Ok(Some(endpoint))
            }
            Err(error) => {
                warn!(%error, "no QUIC: others reach this node by HTTPS only");
                Ok(None)
            }
        }
    }

    /// Closes it, with all its connections.
    pub(in crate::net) async fn close(&self) {
        let endpoint = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(endpoint) = endpoint {
            endpoint.close().await;
        }
    }
}

/// How a descriptor's node is reached by QUIC, and `near`: where it is in the local network.
pub(in crate::net) fn way_to(descriptor: &Descriptor, near: Vec<SocketAddr>) -> Option<Way> {
    let body = descriptor.body();
    let way = Way {
        endpoint_id: body.transport_key?,
        addresses: body.addresses.clone(),
        near,
        relay: body.quic_relay.clone(),
    };
    (!way.addresses.is_empty() || !way.near.is_empty() || way.relay.is_some()).then_some(way)
}

/// How the node of an overlay's entry is reached by QUIC.
pub(in crate::net) fn way_of(entry: &PeerEntry) -> Option<Way> {
    let (addresses, near, relay) = (entry.addresses.clone(), Vec::new(), entry.quic_relay.clone());
    Some(Way { endpoint_id: entry.endpoint_id?, addresses, near, relay })
}

/// The stored transport key, or a new one that is stored before it is used.
async fn key(deps: &Deps, is_new: bool) -> Result<Zeroizing<[u8; 32]>, NodeError> {
    let mut fresh = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *fresh)?;
    deps.write(move |w| {
        let stored = if is_new { None } else { store::state(w.tx, KEY)? };
        let opened = stored.and_then(|sealed| w.seal.open(COLUMN, &sealed).ok()).map(Zeroizing::new);
        if let Some(key) = opened.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()) {
            return Ok(Zeroizing::new(key));
        }
        store::set_state(w.tx, KEY, &w.seal.seal(COLUMN, &*fresh), w.now)?;
        Ok(fresh.clone())
    })
    .await
}
