//! From a session to a link, and what neighbours are asked. Must not know: transports, the machine's rules.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use iroh::endpoint::Connection;
use openred_core::{
    descriptor::Descriptor,
    identity::IdentityLog,
    ids::{B64, NodeId},
    overlay::PeerEntry,
};
use openred_keeper::ops::Session;
use openred_proto::overlay::{Group, Input, Source, Via, peers::PeerState};
use serde::Deserialize;
use url::{Host, Url};

use super::{Incoming, Linked, Outgoing};
use crate::{
    error::NodeError,
    modules::contacts::store as people,
    net::{Answer, Network, dial, https as api, quic::seen_at, requests::log_in},
};

/// Told in the first frame by who carries OVERLAY frames.
pub(in crate::net) const CAPABILITY: &str = "overlay";
/// A neighbour that does not answer within this time does not know.
const ANSWER: Duration = Duration::from_secs(8);
/// Neighbours asked for somebody at once.
const ASKED: usize = 8;
/// Group of all who called over HTTPS and are nobody's contact: what address they come from is a proxy's word.
const CALLERS: &str = "https callers";

/// Whether the other end of a session carries the overlay.
pub(in crate::net) fn is_able(session: &Session) -> bool {
    session.capabilities.iter().any(|one| one == CAPABILITY)
}

/// The overlay's two directions of a session over QUIC, before the session begins; none when one of both does not carry
/// it.
pub(in crate::net) async fn on_connection(
    net: &Network,
    session: &Session,
    connection: &Connection,
    outbound: bool,
) -> Option<(Outgoing, Incoming)> {
    let (group, via) = seen_at(connection);
    net.link(session, outbound, group, via).await
}

#[derive(Deserialize)]
struct DescriptorAnswer {
    descriptor: B64,
}

impl Network {
    /// The overlay's two directions of a session whose first frames have opened; none when one of both does not carry
    /// it. `group`: of the address at the other end, where the transport knows it.
    pub(in crate::net) async fn link(
        &self,
        session: &Session,
        outbound: bool,
        group: Option<Group>,
        via: Via,
    ) -> Option<(Outgoing, Incoming)> {
        if is_able(session) { self.link_with(session.peer, outbound, group, via).await } else { None }
    }

    pub(super) async fn link_with(
        &self,
        peer: NodeId,
        outbound: bool,
        group: Option<Group>,
        via: Via,
    ) -> Option<(Outgoing, Incoming)> {
        let handle = self.overlay.handle()?;
        let descriptor = dial::held(self, peer).await?;
        let log = Some(Arc::new(descriptor.body().log.clone()));
        handle.input(Input::LogFetched { origin: peer, log }).await.ok()?;
        let group = match group {
            Some(group) => group,
            None => self.group_of(&descriptor, outbound).await,
        };
        let linked = handle.link(Linked { peer, outbound, group, via }).await.ok()?;
        // Told after the link, so that nobody is dialled who is here.
        handle
            .input(Input::Known { entry: PeerEntry::of(&descriptor), source: Source::Session })
            .await
            .ok()?;
        self.overlay.look();
        Some(linked)
    }

    /// By the address of the other's API, which was dialled, or which a contact says.
    async fn group_of(&self, descriptor: &Descriptor, outbound: bool) -> Group {
        let id = descriptor.node_id();
        let is_contact = self
            .deps
            .read(move |w| Ok(people::find(w.tx, w.seal, &id)?.is_some_and(|person| person.is_contact())));
        let api = descriptor.body().api_url.as_deref();
        let believed = outbound || is_contact.await.unwrap_or(false);
        let group = api.filter(|_| believed).and_then(group_of_url);
        group.unwrap_or_else(|| Group::Relay(CALLERS.into()))
    }

    /// Asks a neighbour for somebody's identity log: the id proves it.
    pub(super) async fn log_from(&self, from: NodeId, origin: NodeId) -> Result<IdentityLog, NodeError> {
        log_in(&self.ask_neighbour(from, "log", origin).await?, origin)
    }

    async fn descriptor_from(&self, from: NodeId, of: NodeId) -> Result<Descriptor, NodeError> {
        let answer = self.ask_neighbour(from, "descriptor", of).await?;
        let found: DescriptorAnswer =
            serde_json::from_str(&answer.json).map_err(|_| NodeError::Unknown("this node"))?;
        api::descriptor_in(&found.descriptor.0, &of)
    }

    async fn ask_neighbour(&self, neighbour: NodeId, path: &str, about: NodeId) -> Result<Answer, NodeError> {
        let live = self.session_with(&neighbour).ok_or(NodeError::Unknown("this neighbour"))?;
        let asked = live.ask(path, serde_json::json!({"node_id": about}).to_string());
        let answer = tokio::time::timeout(ANSWER, asked).await;
        answer.map_err(|_| NodeError::Peer("no answer".to_owned()))?
    }

    /// The newest descriptor of a node that was announced, or that a neighbour holds: no directory is needed.
    pub(in crate::net) async fn descriptor_by_overlay(&self, id: &NodeId) -> Option<Descriptor> {
        let id = *id;
        if let Some(held) = self.announced(id).await {
            return Some(held);
        }
        let handle = self.overlay.handle()?;
        handle.input(Input::Find { node_id: id }).await.ok()?;
        let active = handle.read(|machine, now| {
            let active = machine.peers(now).into_iter().filter(|peer| peer.state == PeerState::Active);
            active.map(|peer| peer.node_id).take(ASKED).collect::<Vec<_>>()
        });
        let active = active.await.ok()?;
        if active.is_empty() {
            return None;
        }
        let asked = active.into_iter().map(|from| Box::pin(self.descriptor_from(from, id)));
        match futures_util::future::select_ok(asked).await {
            Ok((found, _)) => Some(found),
            Err(_) => self.announced(id).await,
        }
    }

    /// What the overlay holds of a node.
    pub(in crate::net) async fn announced(&self, id: NodeId) -> Option<Descriptor> {
        let held =
            self.overlay.read(move |machine, _| machine.find(&id).map(<[u8]>::to_vec)).await.ok()??;
        Descriptor::parse(&held).ok().filter(|found| !found.is_expired(self.deps.clock.now_ms()))
    }
}

fn group_of_url(url: &str) -> Option<Group> {
    let parsed = Url::parse(url).ok()?;
    let port = parsed.port_or_known_default()?;
    match parsed.host()? {
        Host::Ipv4(ip) => Group::of(&SocketAddr::new(ip.into(), port)),
        Host::Ipv6(ip) => Group::of(&SocketAddr::new(ip.into(), port)),
        Host::Domain(_) => Group::of_relay(url),
    }
}
