//! A person whose node is driven by hand over real HTTP: real keys and handshakes, and bodies as the test wants them.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use openred_core::{
    descriptor::Descriptor,
    envelope::{Envelope, MessageType, Party, Verified},
    frame::{Frame, FrameStream, Item, ItemKind},
    hello::HelloReply,
    ids::{Id8, Id16, NodeId},
    invitation::Invitation,
    payload::Payload,
    session_keys::{Chunk, HttpsBody, PLAIN_MAX, SessionKeys},
};
use openred_keeper::{
    blob::Blob,
    keyfile::KdfCost,
    ops::{DescriptorDraft, Finish, Request, Response, Start, Ticket},
    secret::Secret,
    vault::Vault,
};
use openred_node::modules::invitations;
use openred_service::{
    http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpRequest, HttpResponse},
    lifecycle::Clock,
};
use serde_json::{Value, json};
use url::Url;

use super::world::Node;

/// Stream of everything that the person says.
pub(crate) const STREAM: Id8 = Id8([0x51; 8]);

/// Somebody with keys and no node.
pub(crate) struct Peer {
    vault: Vault,
    clock: Clock,
    pub(crate) id: NodeId,
    name: String,
    http: HttpClient,
    /// The other end.
    to: Party,
    session: HttpsBody,
    keys: SessionKeys,
    sent: u64,
    heard: u64,
    incoming: FrameStream,
    seen: Vec<Frame>,
    /// What the node asked, to be answered by the next body.
    answers: Vec<Frame>,
}

impl Peer {
    /// Meets a node by an invitation of its owner, and is their friend as soon as the node has answered.
    pub(crate) async fn friend_of(node: &Node, name: &str) -> Self {
        let made = invitations::create(&node.deps, 1, true, None, node.net.routes()).await.unwrap();
        let invitation = invitations::read_link(&made.links.link, node.deps.clock.now_ms()).unwrap();
        let invite_id = invitation.invite_id;
        let mut peer = Self::met(node, name, &invitation).await;
        let wish = json!({"relationship": "friend", "note": "", "invite_id": invite_id});
        let wish = peer.signed(MessageType::FriendRequest, &wish);
        peer.say(1, &wish).await;
        node.until_person("they are friends", &peer.id, |p| p.is_friend()).await;
        peer
    }

    /// Meets a node by an invitation and says nothing.
    pub(crate) async fn stranger_to(node: &Node, name: &str) -> Self {
        let made = invitations::create(&node.deps, 1, false, None, node.net.routes()).await.unwrap();
        let invitation = invitations::read_link(&made.links.link, node.deps.clock.now_ms()).unwrap();
        Self::met(node, name, &invitation).await
    }

    async fn met(node: &Node, name: &str, invitation: &Invitation) -> Self {
        let clock = node.deps.clock.clone();
        let mut vault = Vault::new(None);
        let mut ask = |request| vault.handle(clock.now_ms(), request).unwrap();
        let create = Request::Create { passphrase: Secret::text("correct horse"), cost: KdfCost::light() };
        let Response::Created(created) = ask(create) else { panic!("created") };
        let draft = DescriptorDraft {
            username: name.to_owned(),
            display_name: name.to_owned(),
            lifetime_s: 7 * 86_400,
            ..DescriptorDraft::default()
        };
        let Response::Descriptor(signed) = ask(Request::SignDescriptor(draft)) else {
            panic!("a descriptor")
        };
        let own = Descriptor::parse(&signed.descriptor).unwrap();
        let theirs = node.net.own_descriptor().unwrap();
        let take = Request::TakeInvitation {
            invite_id: invitation.invite_id,
            inviter: invitation.node_id,
            secret: Secret::bytes(&*invitation.secret),
        };
        let Response::Invited(invited) = ask(take) else { panic!("invited") };
        let start = Start {
            ticket: Ticket::Sealed(invited.ticket),
            own_descriptor: Blob(own.bytes().to_vec()),
            peer_descriptor: Blob(theirs.bytes().to_vec()),
            binding: [0; 32],
            attach_descriptor: true,
            rejoin: false,
        };
        let Response::Started(started) = ask(Request::Start(start)) else { panic!("started") };
        let config =
            HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
        let http = HttpClient::new(config).unwrap();
        let at = |path: &str| Url::parse(&format!("{}{path}", node.api_url)).unwrap();
        let hello = HttpRequest::post(at("/p2p/handshake")).body("application/json", started.hello.0);
        let reply: HelloReply = http.send(hello).await.unwrap().success().unwrap().json().unwrap();
        let finish =
            Finish { handle: started.handle, noise: Blob(reply.noise.to_vec()), capabilities: Vec::new() };
        let Response::Finished(finished) = ask(Request::Finish(finish)) else { panic!("finished") };
        let chunks = vec![Chunk { n: 0, ciphertext: finished.first.0 }];
        let session_id = finished.session_id;
        let first = HttpsBody { session_id, chunks }.encode();
        let first = HttpRequest::post(at("/p2p/message")).body("application/octet-stream", first);
        let first = HttpsBody::decode(&http.send(first).await.unwrap().success().unwrap().body).unwrap();
        let first = Blob(first.chunks[0].ciphertext.clone());
        let complete = Request::Complete { handle: started.handle, first };
        let Response::Session(session) = ask(complete) else { panic!("a session") };
        let keys = SessionKeys::from_bytes(session.keys.expose().try_into().unwrap());
        let to = Party { node_id: node.id, server_url: node.api_url.clone(), username: "ana".to_owned() };
        Self {
            vault,
            clock: node.deps.clock.clone(),
            id: created.identity.node_id,
            name: name.to_owned(),
            http,
            to,
            session: HttpsBody { session_id, chunks: Vec::new() },
            keys,
            sent: 0,
            heard: 0,
            incoming: FrameStream::new(),
            seen: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// An envelope of this person to the other.
    pub(crate) fn signed(&mut self, kind: MessageType, payload: &Value) -> Verified {
        let to = self.to.clone();
        self.signed_to(kind, to, payload)
    }

    /// An envelope for this person's own wall.
    pub(crate) fn post(&mut self, text: &str) -> Verified {
        let to = self.party();
        let payload = json!({"visibility": "friends", "text": text, "media": [], "parents": []});
        self.signed_to(MessageType::PostShare, to, &payload)
    }

    fn party(&self) -> Party {
        Party { node_id: self.id, server_url: String::new(), username: self.name.to_lowercase() }
    }

    fn signed_to(&mut self, kind: MessageType, to: Party, payload: &Value) -> Verified {
        let payload =
            openred_core::json::parse(payload.to_string().as_bytes(), openred_core::json::Limits::ENVELOPE)
                .unwrap();
        Payload::parse(kind, &payload).unwrap();
        let envelope = Envelope { kind, from: self.party(), to, timestamp_ms: self.clock.now_ms(), payload };
        let sign = Request::SignEnvelopes(vec![Blob(envelope.to_sign())]);
        let Response::Signed(signed) = self.vault.handle(self.clock.now_ms(), sign).unwrap() else {
            panic!("signed")
        };
        Verified::from_trusted_store(&signed[0].canonical).unwrap()
    }

    /// A body with these frames, as the next message of the session.
    pub(crate) fn body(&mut self, frames: &[Frame]) -> Vec<u8> {
        let mut body = HttpsBody { session_id: self.session.session_id, chunks: Vec::new() };
        let answers = std::mem::take(&mut self.answers);
        let bytes: Vec<u8> = answers.iter().chain(frames).flat_map(Frame::encode).collect();
        let mut pieces: Vec<&[u8]> = bytes.chunks(PLAIN_MAX).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        for piece in pieces {
            self.sent += 1;
            let ciphertext = self.keys.seal(self.sent, piece).unwrap();
            body.chunks.push(Chunk { n: self.sent, ciphertext });
        }
        body.encode()
    }

    /// Posts bytes at a path; `media` says what they are.
    pub(crate) async fn post_bytes(&self, path: &str, media: &'static str, bytes: Vec<u8>) -> HttpResponse {
        let url = Url::parse(&format!("{}{path}", self.to.server_url)).unwrap();
        let wait = HeaderValue::from_static("wait=2");
        let request = HttpRequest::post(url)
            .body(media, Bytes::from(bytes))
            .header(HeaderName::from_static("prefer"), wait)
            .timeout(Duration::from_secs(70))
            .response_bytes_max(2 << 20);
        self.http.send(request).await.unwrap()
    }

    /// Reads the frames of an answer's body.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let body = HttpsBody::decode(bytes).unwrap();
        assert_eq!(body.session_id, self.session.session_id);
        let mut frames = Vec::new();
        for chunk in body.chunks {
            self.heard += 1;
            assert_eq!(chunk.n, self.heard, "answers come in order to who has one body under way");
            self.incoming.push(&self.keys.open(chunk.n, &chunk.ciphertext).unwrap());
            while let Some(frame) = self.incoming.next_frame().unwrap() {
                frames.push(frame);
            }
        }
        for frame in &frames {
            // This person knows nobody's log.
            if let Frame::Request { id, .. } = frame {
                let json = r#"{"status":404,"code":"unknown"}"#.to_owned();
                self.answers.push(Frame::Response { id: *id, status: 404, json });
            }
        }
        self.seen.extend(frames.iter().cloned());
        frames
    }

    /// One exchange at a path; refusals are a status and a problem.
    pub(crate) async fn exchange(
        &mut self,
        path: &str,
        frames: &[Frame],
    ) -> Result<Vec<Frame>, (u16, Value)> {
        let bytes = self.body(frames);
        let answer = self.post_bytes(path, "application/octet-stream", bytes).await;
        if answer.status != StatusCode::OK {
            return Err((answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap()));
        }
        Ok(self.read(&answer.body))
    }

    /// Says something with number n of the person's stream, and waits until the node has acknowledged up to there.
    pub(crate) async fn say(&mut self, n: u64, what: &Verified) -> u64 {
        let item = self.item(n, what);
        self.exchange("/p2p/message", &[item]).await.unwrap();
        self.until_acknowledged(n).await
    }

    /// An envelope as number n of the person's stream.
    pub(crate) fn item(&self, n: u64, what: &Verified) -> Frame {
        let body = what.canonical().to_vec();
        Frame::Item(Item { stream: STREAM, n, low: 1, kind: ItemKind::Envelope, body })
    }

    /// Waits until number n is acknowledged, and says up to where all is.
    pub(crate) async fn until_acknowledged(&mut self, n: u64) -> u64 {
        let is_there = |frame: &Frame| acknowledged(frame).is_some_and(|upto| upto >= n);
        let frame = self.until_heard("an acknowledgement", is_there).await;
        acknowledged(&frame).unwrap()
    }

    /// Signs a newer descriptor of this person, under another name.
    pub(crate) fn new_descriptor(&mut self, display_name: &str) -> Descriptor {
        let draft = DescriptorDraft {
            username: self.name.clone(),
            display_name: display_name.to_owned(),
            lifetime_s: 7 * 86_400,
            ..DescriptorDraft::default()
        };
        let now = self.clock.now_ms() + 1;
        let signed = self.vault.handle(now, Request::SignDescriptor(draft)).unwrap();
        let Response::Descriptor(signed) = signed else { panic!("a descriptor") };
        Descriptor::parse(&signed.descriptor).unwrap()
    }

    pub(crate) fn session_id(&self) -> Id16 {
        self.session.session_id
    }

    /// Asks at a path of its own (or at the one for all) and waits for the response.
    pub(crate) async fn ask_at(&mut self, at: &str, id: u32, path: &str, ask: &Value) -> (u16, Value) {
        let request = Frame::Request { id, path: path.to_owned(), json: ask.to_string() };
        self.exchange(at, &[request]).await.unwrap();
        let answers = |frame: &Frame| matches!(frame, Frame::Response { id: of, .. } if *of == id);
        let Frame::Response { status, json, .. } = self.until_heard("a response", answers).await else {
            panic!("a response")
        };
        (status, serde_json::from_str(&json).unwrap())
    }

    /// All frames that came, waiting until one fits.
    pub(crate) async fn until_heard(&mut self, what: &str, fits: impl Fn(&Frame) -> bool) -> Frame {
        for _ in 0..40 {
            if let Some(frame) = self.seen.iter().find(|frame| fits(frame)) {
                return frame.clone();
            }
            self.exchange("/p2p/message", &[]).await.unwrap();
        }
        panic!("never: {what}")
    }
}

/// How far the person's stream is acknowledged by this frame.
pub(crate) fn acknowledged(frame: &Frame) -> Option<u64> {
    let Frame::Ack(acks) = frame else { return None };
    acks.iter().find(|ack| ack.stream == STREAM).map(|ack| ack.upto)
}
