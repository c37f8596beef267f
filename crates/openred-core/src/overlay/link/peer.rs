//! What neighbours tell each other about themselves and other nodes. Must not know whether it is true.

use std::net::SocketAddr;

use crate::codec::{Reader, Writer};
use crate::descriptor::{Descriptor, MAX_ADDRESSES, MAX_URL, MAX_VERSIONS, is_url, parse_address};
use crate::ids::{Hash, NodeId};
use crate::overlay::{Invalid, PEERS_MAX, list, text};

/// Longest name of a network in bytes.
const NETWORK_MAX: usize = 64;
/// Most entries of an identity log.
const LOG_MAX: u64 = crate::identity::MAX_ENTRIES as u64;

/// Body of HANDSHAKE and HANDSHAKE_ACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Versions of the overlay that the sender speaks, ≤ 8.
    pub versions: Vec<u64>,
    /// Name of the network, ≤ 64 bytes; nodes of different networks part.
    pub network: String,
    /// Wants no payloads but what it asks for.
    pub light: bool,
    /// Unix seconds of the sender's clock.
    pub now: u64,
    /// Peers that the sender knows, ≤ 32.
    pub peers: Vec<PeerEntry>,
}

/// How to reach a node, as somebody says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerEntry {
    /// Who.
    pub node_id: NodeId,
    /// Newest entry of its identity log that the sender knows.
    pub log_seq: u32,
    /// Hash of its newest descriptor that the sender knows.
    pub desc_hash: Hash,
    /// QUIC endpoint id, 32 bytes.
    pub endpoint_id: Option<[u8; 32]>,
    /// ≤ 8; not yet known to be global.
    pub addresses: Vec<SocketAddr>,
    /// URL of its QUIC relay, ≤ 255 bytes; of its HTTPS API where it has no endpoint id.
    pub quic_relay: Option<String>,
}

impl PeerEntry {
    /// The way that a descriptor shows. Who has no transport key is reached by the HTTPS API alone: its address stands
    /// where a relay's would.
    #[must_use]
    pub fn of(descriptor: &Descriptor) -> Self {
        let body = descriptor.body();
        let by_quic = body.transport_key.is_some();
        Self {
            node_id: body.node_id,
            log_seq: body.log_seq,
            desc_hash: descriptor.hash(),
            endpoint_id: body.transport_key,
            addresses: if by_quic { body.addresses.clone() } else { Vec::new() },
            quic_relay: if by_quic { body.quic_relay.clone() } else { body.api_url.clone() },
        }
    }

    /// Where the HTTPS API answers, of a node that has no transport key.
    #[must_use]
    pub fn api(&self) -> Option<&str> {
        if self.endpoint_id.is_some() { None } else { self.quic_relay.as_deref() }
    }
}

impl Greeting {
    pub(super) fn write(&self, w: &mut Writer) {
        w.array(5).array(self.versions.len());
        for version in &self.versions {
            w.uint(*version);
        }
        w.str(&self.network).uint(self.light.into()).uint(self.now);
        write_peers(w, &self.peers);
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Invalid> {
        r.array_of(5)?;
        Ok(Self {
            versions: list(r, MAX_VERSIONS, |r| Ok(r.uint()?))?,
            network: text(r, NETWORK_MAX)?.to_owned(),
            light: super::read::flag(r)?,
            now: r.uint()?,
            peers: read_peers(r)?,
        })
    }
}

pub(super) fn write_peers(w: &mut Writer, peers: &[PeerEntry]) {
    w.array(peers.len());
    peers.iter().for_each(|peer| peer.write(w));
}

pub(super) fn read_peers(r: &mut Reader<'_>) -> Result<Vec<PeerEntry>, Invalid> {
    list(r, PEERS_MAX, PeerEntry::read)
}

impl PeerEntry {
    fn write(&self, w: &mut Writer) {
        w.array(6).bin(&self.node_id.0).uint(self.log_seq.into()).bin(&self.desc_hash.0);
        w.bin_or_nil(self.endpoint_id.as_ref().map(<[u8; 32]>::as_slice)).array(self.addresses.len());
        for address in &self.addresses {
            w.str(&address.to_string());
        }
        w.str_or_nil(self.quic_relay.as_deref());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, Invalid> {
        r.array_of(6)?;
        let node_id = NodeId(r.bin_of()?);
        let log_seq = match r.uint()? {
            seq @ 0..LOG_MAX => seq as u32,
            _ => return Err(Invalid("log_seq")),
        };
        Ok(Self {
            node_id,
            log_seq,
            desc_hash: Hash(r.bin_of()?),
            endpoint_id: r.nil_or(Reader::bin_of)?,
            addresses: list(r, MAX_ADDRESSES, address)?,
            quic_relay: r.nil_or(relay)?,
        })
    }
}

fn address(r: &mut Reader<'_>) -> Result<SocketAddr, Invalid> {
    parse_address(r.str()?).ok_or(Invalid("address"))
}

fn relay(r: &mut Reader<'_>) -> Result<String, Invalid> {
    let url = text(r, MAX_URL)?;
    if is_url(url) { Ok(url.to_owned()) } else { Err(Invalid("relay")) }
}
