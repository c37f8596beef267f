//! The JSON bodies of calls and answers (Annex A.10). Unknown members of answers are ignored.
//!
//! Must not know: calls.

use openred_core::ids::{ClientId, DepositId, QueueId};
use openred_core::payload::Secret32;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(super) struct RegisterCall {
    pub(super) address: String,
    pub(super) public_key: String,
    pub(super) connection_info: ConnectionInfo,
}

#[derive(Serialize)]
pub(super) struct ConnectionInfo {}

#[derive(Deserialize)]
pub(super) struct Registered {
    pub(super) address: DepositId,
    pub(super) queue_id: QueueId,
    pub(super) cap: Secret32,
}

#[derive(Serialize)]
pub(super) struct RelayCall<'a> {
    pub(super) from_address: &'a str,
    pub(super) to_address: DepositId,
    pub(super) encrypted_content: String,
    pub(super) message_type: &'a str,
    pub(super) client_id: ClientId,
}

#[derive(Deserialize)]
pub(super) struct Relayed {
    pub(super) stored: bool,
}

#[derive(Deserialize)]
pub(super) struct Results {
    pub(super) results: Vec<u16>,
}

#[derive(Deserialize)]
pub(super) struct Discovered {
    pub(super) peers: Vec<Peer>,
}

#[derive(Deserialize)]
pub(super) struct Peer {
    pub(super) address: DepositId,
    pub(super) is_online: bool,
    pub(super) last_seen: u64,
}

#[derive(Serialize)]
pub(super) struct AckCall {
    pub(super) upto: u64,
}

#[derive(Deserialize)]
pub(super) struct Revoked {
    pub(super) cap: Secret32,
}
