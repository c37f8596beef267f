//! Ways to people that are no friends yet: the routes of an invitation, given and redeemed, and descriptors by id. Must
//! not know: how a session begins.

use openred_core::{
    descriptor::Descriptor,
    ids::{Id16, NodeId},
    invitation::{Invitation, Route},
};

use super::{
    Network, dial, https,
    quic::{
        Way,
        call::{self, Call},
    },
    store,
};
use crate::{
    error::NodeError,
    modules::{chats::groups::links, invitations},
};

/// Addresses of an invitation.
const ROUTES_DIRECT: usize = 3;

impl Network {
    /// How this node is reached, for an invitation.
    pub fn routes(&self) -> Vec<Route> {
        let api = self.reach().api_url.map(Route::Api);
        let quic = self.socket.way().map(quic_routes).unwrap_or_default();
        let directories =
            self.directories.all().into_iter().filter_map(|known| {
                Some(Route::Directory { url: known.url.clone(), node_id: known.node_id? })
            });
        api.into_iter().chain(quic).chain(directories).take(8).collect()
    }

    /// Redeems an invitation link: fetches the inviter's descriptor over a route of the link and asks to become friends.
    /// Returns the inviter and `sent` or `waiting`.
    pub async fn redeem(&self, link: &str) -> Result<(NodeId, &'static str), NodeError> {
        let invitation = invitations::read_link(link, self.deps.clock.now_ms())?;
        let id = invitation.node_id;
        let descriptor = self.maker_of(&invitation).await?;
        let invite_id = invitation.invite_id;
        let person = invitations::take(&self.deps, invitation, descriptor).await?;
        dial::present(self, person).await;
        invitations::ask(&self.deps, person, invite_id).await?;
        Ok((id, "sent"))
    }

    /// Asks the maker of a link into a group to come in. Returns the group.
    pub async fn join_group(&self, link: &str) -> Result<Id16, NodeError> {
        let link = links::read(link, self.deps.clock.now_ms())?;
        let maker = self.maker_of(&link.invitation).await?;
        let group = link.group;
        self.deps.write(move |w| links::join(w, &link, &maker)).await?;
        Ok(group)
    }

    /// The descriptor of who made an invitation, by a route of it. The directories that it names are used from now on.
    async fn maker_of(&self, invitation: &Invitation) -> Result<Descriptor, NodeError> {
        for route in &invitation.routes {
            if let Route::Directory { url, node_id } = route {
                let (url, node_id) = (url.clone(), *node_id);
                self.deps
                    .write(move |w| Ok(store::add_directory(w.tx, &url, Some(&node_id), w.now)?))
                    .await?;
            }
        }
        self.watch_directories().await?;
        self.descriptor_by(invitation).await
    }

    async fn descriptor_by(&self, invitation: &Invitation) -> Result<Descriptor, NodeError> {
        let mut last = NodeError::Peer("this invitation names no way to reach its maker".to_owned());
        for route in &invitation.routes {
            let found = match route {
                Route::Api(url) => https::descriptor_of(&self.http, url, &invitation.node_id).await,
                Route::Directory { url, .. } => self.directories.descriptor(url, &invitation.node_id).await,
                Route::Direct { endpoint, address } => {
                    let way = Way {
                        endpoint_id: *endpoint,
                        addresses: vec![*address],
                        near: Vec::new(),
                        relay: None,
                    };
                    self.descriptor_at(&way, &invitation.node_id).await
                }
                Route::Relayed { endpoint, relay } => {
                    let relay = Some(relay.clone());
                    let way = Way { endpoint_id: *endpoint, addresses: Vec::new(), near: Vec::new(), relay };
                    self.descriptor_at(&way, &invitation.node_id).await
                }
                Route::Lane(_) => continue,
            };
            match found {
                Ok(descriptor) => return Ok(descriptor),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(super) async fn descriptor_at(&self, way: &Way, id: &NodeId) -> Result<Descriptor, NodeError> {
        let endpoint = self.socket.endpoint();
        let endpoint = endpoint.ok_or_else(|| NodeError::Peer("QUIC is off on this node".to_owned()))?;
        Call::dial(&endpoint, way).await.map_err(call::unreachable)?.descriptor(id).await
    }

    /// Looks somebody up by id, at the directories and among the neighbours.
    pub async fn find_descriptor(&self, id: &NodeId) -> Result<Descriptor, NodeError> {
        let mut last = NodeError::Unknown("this node");
        for known in self.directories.all() {
            match self.directories.descriptor(&known.url, id).await {
                Ok(descriptor) => return Ok(descriptor),
                Err(error) => last = error,
            }
        }
        if let Some(found) = self.descriptor_by_overlay(id).await {
            return Ok(found);
        }
        Err(last)
    }
}

/// The ways by QUIC that an invitation names.
fn quic_routes(way: Way) -> Vec<Route> {
    let endpoint = way.endpoint_id;
    let direct = way.addresses.into_iter().take(ROUTES_DIRECT);
    let direct = direct.map(|address| Route::Direct { endpoint, address });
    direct.chain(way.relay.map(|relay| Route::Relayed { endpoint, relay })).collect()
}
