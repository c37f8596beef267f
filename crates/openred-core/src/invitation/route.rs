//! The routes of an invitation, one type number each (PROTOCOL Annex A.6). Must not know how they are dialled.

use std::net::SocketAddr;

use super::InvitationError;
use crate::codec::{Reader, Writer};
use crate::descriptor::{Lane, is_url, parse_address};
use crate::ids::NodeId;

const API: u8 = 1;
const DIRECT: u8 = 2;
const RELAYED: u8 = 3;
const DIRECTORY: u8 = 4;
const LANE: u8 = 5;

/// A way to reach the inviter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Base URL of the node's HTTPS interface, at most 255 bytes.
    Api(String),
    /// QUIC at an address.
    Direct {
        /// QUIC endpoint id, 32 bytes.
        endpoint: [u8; 32],
        /// Where it listens.
        address: SocketAddr,
    },
    /// QUIC through a relay.
    Relayed {
        /// QUIC endpoint id, 32 bytes.
        endpoint: [u8; 32],
        /// URL of the QUIC relay, at most 255 bytes.
        relay: String,
    },
    /// A directory that knows the inviter, as `URL#node_id`.
    Directory {
        /// URL of the directory, at most 255 bytes.
        url: String,
        /// Its node id.
        node_id: NodeId,
    },
    /// A relay that keeps requests while the inviter is away.
    Lane(Lane),
}

impl Route {
    /// Type number and bytes.
    pub(super) fn encode(&self) -> Result<(u8, Vec<u8>), InvitationError> {
        let (kind, body) = match self {
            Self::Api(url) => (API, url.clone().into_bytes()),
            Self::Direct { endpoint, address } => (DIRECT, at_endpoint(endpoint, &address.to_string())),
            Self::Relayed { endpoint, relay } => (RELAYED, at_endpoint(endpoint, relay)),
            Self::Directory { url, node_id } => (DIRECTORY, format!("{url}#{node_id}").into_bytes()),
            Self::Lane(lane) => {
                let mut writer = Writer::new();
                lane.write(&mut writer);
                (LANE, writer.into_vec())
            }
        };
        if Self::decode(kind, &body)?.as_ref() == Some(self) {
            Ok((kind, body))
        } else {
            Err(InvitationError::Route)
        }
    }

    /// `None` for a type that this version does not know.
    pub(super) fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, InvitationError> {
        Ok(Some(match kind {
            API => Self::Api(url(body)?),
            DIRECT => {
                let (endpoint, address) = endpoint(body)?;
                let address = parse_address(text(address)?).ok_or(InvitationError::Route)?;
                Self::Direct { endpoint, address }
            }
            RELAYED => {
                let (endpoint, relay) = endpoint(body)?;
                Self::Relayed { endpoint, relay: url(relay)? }
            }
            DIRECTORY => {
                let (address, id) = text(body)?.rsplit_once('#').ok_or(InvitationError::Route)?;
                let node_id = id.parse().map_err(|_| InvitationError::Route)?;
                Self::Directory { url: url(address.as_bytes())?, node_id }
            }
            LANE => Self::Lane(lane(body)?),
            _ => return Ok(None),
        }))
    }
}

fn at_endpoint(endpoint: &[u8; 32], place: &str) -> Vec<u8> {
    [endpoint.as_slice(), place.as_bytes()].concat()
}

fn endpoint(body: &[u8]) -> Result<([u8; 32], &[u8]), InvitationError> {
    let (endpoint, place) = body.split_first_chunk().ok_or(InvitationError::Route)?;
    Ok((*endpoint, place))
}

fn text(bytes: &[u8]) -> Result<&str, InvitationError> {
    std::str::from_utf8(bytes).map_err(|_| InvitationError::Route)
}

fn url(bytes: &[u8]) -> Result<String, InvitationError> {
    let text = text(bytes)?;
    if is_url(text) { Ok(text.to_owned()) } else { Err(InvitationError::Route) }
}

fn lane(body: &[u8]) -> Result<Lane, InvitationError> {
    let mut reader = Reader::new(body);
    let lane = Lane::read(&mut reader).map_err(|_| InvitationError::Route)?;
    reader.end().map_err(|_| InvitationError::Route)?;
    if is_url(&lane.relay_url) { Ok(lane) } else { Err(InvitationError::Route) }
}
