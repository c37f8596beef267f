//! Somebody who calls a node by QUIC by hand: real keys and handshakes, and pieces as the test wants them.

use std::{net::SocketAddr, time::Duration};

use iroh::endpoint::{Connection, RecvStream, SendStream};
use openred_core::{descriptor::Descriptor, frame::Frame, hello::HelloReply, ids::NodeId};
use openred_keeper::{
    blob::Blob,
    keyfile::KdfCost,
    ops::{DescriptorDraft, Finish, Request, Response, Start, Ticket},
    secret::Secret,
    vault::Vault,
};
use openred_node::{
    modules::invitations,
    net::quic::{
        Endpoint, EndpointConfig, Frames, binding,
        stream::{read_piece, write_frames, write_piece},
    },
};
use openred_service::{http_client::AllowPrivate, lifecycle::Clock};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::world::Node;

const PATIENCE: Duration = Duration::from_secs(10);
const PIECE_MAX: usize = 128 * 1024;

/// Somebody with keys, an endpoint and an invitation to Ana.
pub(super) struct Caller {
    vault: Vault,
    clock: Clock,
    pub(super) id: NodeId,
    own: Descriptor,
    theirs: Descriptor,
    ticket: Blob,
    pub(super) endpoint: Endpoint,
}

/// A hello that was made for a connection.
pub(super) struct Made {
    pub(super) text: Vec<u8>,
    handle: u64,
}

/// One connection to Ana.
pub(super) struct Wire {
    pub(super) connection: Connection,
    pub(super) send: SendStream,
    pub(super) recv: RecvStream,
}

impl Caller {
    /// `certified`: whether the descriptor names the endpoint's key.
    pub(super) async fn of(node: &Node, certified: bool) -> Self {
        let clock = node.deps.clock.clone();
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).unwrap();
        let config = EndpointConfig {
            secret,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            relay: None,
            allow_private: AllowPrivate::Loopback,
        };
        let endpoint = Endpoint::bind(config).await.unwrap();
        let mut vault = Vault::new(None);
        let mut ask = |request| vault.handle(clock.now_ms(), request).unwrap();
        let create = Request::Create { passphrase: Secret::text("correct horse"), cost: KdfCost::light() };
        let Response::Created(created) = ask(create) else { panic!("created") };
        let draft = DescriptorDraft {
            username: "chloe".to_owned(),
            display_name: "Chloé".to_owned(),
            transport_key: certified.then(|| endpoint.id()),
            lifetime_s: 7 * 86_400,
            ..DescriptorDraft::default()
        };
        let Response::Descriptor(signed) = ask(Request::SignDescriptor(draft)) else { panic!("signed") };
        let made = invitations::create(&node.deps, 1, true, None, node.net.routes()).await.unwrap();
        let invitation = invitations::read_link(&made.links.link, clock.now_ms()).unwrap();
        let take = Request::TakeInvitation {
            invite_id: invitation.invite_id,
            inviter: invitation.node_id,
            secret: Secret::bytes(&*invitation.secret),
        };
        let Response::Invited(invited) = ask(take) else { panic!("invited") };
        Self {
            vault,
            clock,
            id: created.identity.node_id,
            own: Descriptor::parse(&signed.descriptor).unwrap(),
            theirs: node.net.own_descriptor().unwrap(),
            ticket: invited.ticket,
            endpoint,
        }
    }

    fn ask(&mut self, request: Request) -> Response {
        self.vault.handle(self.clock.now_ms(), request).unwrap()
    }

    pub(super) async fn connect(&self, node: &Node) -> Wire {
        let connection = self.endpoint.dial(&node.net.quic_way().unwrap()).await.unwrap();
        let (send, recv) = connection.open_bi().await.unwrap();
        Wire { connection, send, recv }
    }

    /// A hello for a connection with this binding.
    pub(super) fn hello(&mut self, binding: [u8; 32]) -> Made {
        let start = Start {
            ticket: Ticket::Sealed(self.ticket.clone()),
            own_descriptor: Blob(self.own.bytes().to_vec()),
            peer_descriptor: Blob(self.theirs.bytes().to_vec()),
            binding,
            attach_descriptor: true,
            rejoin: false,
        };
        let Response::Started(started) = self.ask(Request::Start(start)) else { panic!("started") };
        Made { text: started.hello.0, handle: started.handle }
    }

    /// The own first frame in answer to message 2.
    pub(super) fn first(&mut self, made: &Made, answer: &Value) -> Vec<u8> {
        let reply: HelloReply = serde_json::from_value(answer.clone()).unwrap();
        let (handle, noise) = (made.handle, Blob(reply.noise.to_vec()));
        let finish = Finish { handle, noise, capabilities: Vec::new() };
        let Response::Finished(finished) = self.ask(Request::Finish(finish)) else { panic!("finished") };
        finished.first.0
    }

    /// A session that stands.
    pub(super) async fn session(&mut self, node: &Node) -> Wire {
        let mut wire = self.connect(node).await;
        let made = self.hello(binding(&wire.connection).unwrap());
        let answer = wire.ask(&made.text).await;
        assert_eq!(answer["status"], 200, "{answer}");
        let first = self.first(&made, &answer);
        let theirs = wire.exchange(&first).await.expect("ana's first frame");
        let complete = Request::Complete { handle: made.handle, first: Blob(theirs) };
        let Response::Session(session) = self.ask(complete) else { panic!("a session") };
        assert_eq!(session.peer, node.id);
        wire
    }
}

impl Wire {
    /// One piece and the one that answers it; none when the connection ends.
    pub(super) async fn exchange(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        write_piece(&mut self.send, piece).await.ok()?;
        let answer = tokio::time::timeout(PATIENCE, read_piece(&mut self.recv, PIECE_MAX)).await;
        answer.expect("an answer or an end").ok().flatten()
    }

    pub(super) async fn ask(&mut self, text: &[u8]) -> Value {
        serde_json::from_slice(&self.exchange(text).await.expect("an answer")).unwrap()
    }

    /// Waits until the node has closed the connection.
    pub(super) async fn is_closed(&self) {
        let closed = tokio::time::timeout(PATIENCE, self.connection.closed()).await;
        let reason = closed.expect("the node closes the connection");
        assert!(reason.to_string().contains("closed by peer"), "{reason}");
    }

    /// Sends frames on stream 0 of a session.
    pub(super) async fn say(&mut self, frames: &[Frame]) {
        write_frames(&mut self.send, frames).await.unwrap();
    }

    /// Reads stream 0 until the node's farewell, and says its code.
    pub(super) async fn farewell(self) -> String {
        let mut frames = Frames::new(self.recv);
        let reading = async {
            loop {
                for frame in frames.next().await.expect("a farewell before the end") {
                    if let Frame::Close { code, .. } = frame {
                        return code;
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("a farewell")
    }
}
