//! The ways to a contact, given to that contact alone (PROTOCOL §5, A.2).

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, Serialize};

use super::secret::Secret32;
use super::{PayloadError, bound};
use crate::descriptor::parse_address;
use crate::ids::{DepositId, NodeId};

/// Most addresses of a node (A.1).
const ADDRESSES_MAX: usize = 8;

/// Most relays of a node (A.2).
const RELAYS_MAX: usize = 4;

/// How to reach the sender. A newer message replaces the whole of it.
/// Addresses are claims: whoever dials resolves and checks them first (PROTOCOL §4, "Network safety").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routes {
    /// `IP:port` in the one form that it would be written in, at most 8.
    #[serde(deserialize_with = "addresses")]
    pub addresses: Vec<SocketAddr>,
    /// Public API, where there is one; at most 255 bytes.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Queues at relays, at most 4.
    pub relays: Vec<RelayRoute>,
}

/// A queue at a relay that was made for this contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayRoute {
    /// Where the relay is, at most 255 bytes.
    pub url: String,
    /// Who the relay is.
    pub relay_id: NodeId,
    /// The queue.
    pub deposit_id: DepositId,
    /// Right to deposit, 32 bytes.
    pub cap: Secret32,
}

impl Routes {
    pub(super) fn check(&self) -> Result<(), PayloadError> {
        bound::list("addresses", &self.addresses, ADDRESSES_MAX)?;
        bound::list("relays", &self.relays, RELAYS_MAX)?;
        self.api_url.as_deref().map_or(Ok(()), |url| bound::url("api_url", url))?;
        self.relays.iter().try_for_each(|relay| bound::url("url", &relay.url))
    }

    pub(super) fn check_option(routes: Option<&Self>) -> Result<(), PayloadError> {
        routes.map_or(Ok(()), Self::check)
    }
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SocketAddr>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| parse_address(text).ok_or(serde::de::Error::custom("addresses are IP:port"));
    texts.iter().map(read).collect()
}
