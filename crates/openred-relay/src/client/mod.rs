//! A relay, called: what a node does with its own mailboxes and with those of others.
//!
//! Every call goes through the checked client of `openred_service::http_client`: the same rules for addresses, TLS 1.3, no
//! redirect. At its first use the relay must say that it is the configured one. Must not know: what is in the mail, whose
//! mailboxes these are.

mod address;
mod bodies;
mod deposits;
mod error;
mod mail;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use openred_core::call::{ServerRole, WellKnown};
use openred_core::descriptor::Descriptor;
use openred_core::ids::{ClientId, DepositId, Hash, Id16, NodeId, QueueId, b64_encode};
use openred_core::payload::Secret32;
use openred_core::sign::SigningKey;
use openred_service::http_client::{HttpClient, HttpRequest, HttpResponse};
use openred_service::identity::random;
use openred_service::lifecycle::Clock;
use serde::Serialize;
use tokio::sync::OnceCell;
use url::Url;

pub use address::{AddressError, RelayAddress};
pub use deposits::{Answered, DepositStream};
pub use error::ClientError;
pub use mail::{MailStream, Received};

use bodies::{
    AckCall, ConnectionInfo, Discovered, RegisterCall, Registered, RelayCall, Relayed, Results, Revoked,
};

use crate::bounds::{MAX_BATCH_BODY, MAX_FETCH_WAIT_SECS, MAX_FETCHED, MAX_FETCHED_BYTES};
use crate::mailbox::{CapMac, DiscoverMac, Mail, OwnerAuth};
use crate::wire::{BATCH_HEAD, MAIL_HEAD, Offer, read_mail, write_deposit};

/// How long a call may take, beyond what it waits for mail.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A mailbox of one's own: everything the relay gave out. Whoever has it and the fetch key is its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Where others put mail, 16 bytes.
    pub deposit_id: DepositId,
    /// Where it is fetched, 16 bytes: for nobody else.
    pub queue_id: QueueId,
    /// What others need to put mail there, 32 bytes.
    pub cap: Secret32,
}

/// Somebody's mailbox as a depositor knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its address, 16 bytes.
    pub deposit_id: DepositId,
    /// Its capability, 32 bytes.
    pub cap: Secret32,
}

/// Whether the owner of a mailbox is at the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerPresence {
    /// Now.
    pub is_online: bool,
    /// Last time, unix seconds, to the hour.
    pub last_seen: u64,
}

/// One relay. Cheap to keep; connections are kept open between calls.
#[derive(Debug)]
pub struct RelayClient {
    http: HttpClient,
    address: RelayAddress,
    clock: Clock,
    checked: OnceCell<()>,
    api_key: Option<HeaderValue>,
}

impl RelayClient {
    /// A client of the relay at `address`, which calls the addresses that `http` may call.
    #[must_use]
    pub fn new(http: HttpClient, address: RelayAddress, clock: Clock) -> Self {
        Self { http, address, clock, checked: OnceCell::new(), api_key: None }
    }

    /// The same, as a service that shows this API key.
    ///
    /// # Errors
    /// [`ClientError::Malformed`]: the text cannot be sent.
    pub fn with_api_key(mut self, key: &str) -> Result<Self, ClientError> {
        let mut value = HeaderValue::from_str(key).map_err(|_| ClientError::Malformed)?;
        value.set_sensitive(true);
        self.api_key = Some(value);
        Ok(self)
    }

    /// Which relay this is.
    #[must_use]
    pub fn address(&self) -> &RelayAddress {
        &self.address
    }

    /// Makes a new mailbox, whose owner is whoever holds `key`: made for it alone.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn register(&self, key: &SigningKey) -> Result<Mailbox, ClientError> {
        self.registered(key, String::new()).await
    }

    /// Says that the owner of the mailbox is here, and asks for what the relay knows of it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn refresh(&self, key: &SigningKey, deposit_id: DepositId) -> Result<Mailbox, ClientError> {
        self.registered(key, deposit_id.to_string()).await
    }

    async fn registered(&self, key: &SigningKey, address: String) -> Result<Mailbox, ClientError> {
        let call = RegisterCall {
            address,
            public_key: b64_encode(key.public().as_bytes()),
            connection_info: ConnectionInfo {},
        };
        let body = json(&call)?;
        let answer = self.signed(key, Method::POST, "/api/v1/peer/register", body, |call| call).await?;
        let Registered { address, queue_id, cap } = answer.json()?;
        Ok(Mailbox { deposit_id: address, queue_id, cap })
    }

    /// Puts sealed mail of 1, 4, 16 or 64 KiB into a mailbox. When it returns, the mail is on the relay's disk. The same
    /// `client_id` again, with the same bytes, is the same deposit for 32 days: after an error it may be sent again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deposit(&self, to: &Lane, client_id: ClientId, content: Bytes) -> Result<(), ClientError> {
        let offer = offer(to, client_id, content);
        let call = RelayCall {
            from_address: "",
            to_address: offer.deposit_id,
            encrypted_content: b64_encode(&offer.content),
            message_type: "sealed",
            client_id,
        };
        let request = self.request(Method::POST, "/api/v1/message/relay")?;
        let request = request.body("application/json", json(&call)?);
        let answer = self.send(authorized(request, &offer.mac.to_header())?).await?;
        let Relayed { stored } = answer.json()?;
        if stored { Ok(()) } else { Err(ClientError::Malformed) }
    }

    /// The same for many at once; as many answers, in their order. They go in bodies of at most 4 MiB: an error of the whole
    /// is the answer of those that were not taken.
    pub async fn deposit_batch(&self, deposits: &[(Lane, ClientId, Bytes)]) -> Vec<Result<(), ClientError>> {
        let mut answers = Vec::with_capacity(deposits.len());
        let mut rest = deposits;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|(_, _, content)| {
                bytes += BATCH_HEAD + content.len();
                bytes <= MAX_BATCH_BODY
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            rest = later;
            match self.batch(now).await {
                Ok(statuses) => answers.extend(statuses.into_iter().map(ClientError::of_status)),
                Err(error) => answers.extend(now.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn batch(&self, deposits: &[(Lane, ClientId, Bytes)]) -> Result<Vec<u16>, ClientError> {
        let mut body = Vec::new();
        for (to, client_id, content) in deposits {
            write_deposit(&mut body, &offer(to, *client_id, content.clone()));
        }
        let request = self.request(Method::POST, "/api/v1/message/batch")?;
        let answer = self.send(request.body("application/octet-stream", body)).await?;
        let Results { results } = answer.json()?;
        if results.len() == deposits.len() { Ok(results) } else { Err(ClientError::Malformed) }
    }

    /// Whether the owner of a mailbox is at the relay.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn presence(&self, of: &Lane) -> Result<PeerPresence, ClientError> {
        let mac = DiscoverMac::of(&of.cap, &of.deposit_id, self.clock.now_s());
        self.discover(of.deposit_id, Some(&mac.to_header())).await
    }

    /// The same without a capability, for a service with an API key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn presence_as_service(&self, of: DepositId) -> Result<PeerPresence, ClientError> {
        self.discover(of, None).await
    }

    async fn discover(&self, of: DepositId, proof: Option<&str>) -> Result<PeerPresence, ClientError> {
        let mut request = self.request(Method::GET, &format!("/api/v1/peers/discover?address={of}"))?;
        if let Some(proof) = proof {
            request = authorized(request, proof)?;
        }
        let Discovered { peers } = self.send(request).await?.json()?;
        let peer = peers.into_iter().find(|peer| peer.address == of).ok_or(ClientError::Malformed)?;
        Ok(PeerPresence { is_online: peer.is_online, last_seen: peer.last_seen })
    }

    /// The oldest mail with a seq above `after`, at most `max` pieces (100) and 4 MiB. When there is none it waits for some,
    /// up to `wait_secs` (25).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn fetch(
        &self,
        key: &SigningKey,
        queue: QueueId,
        after: u64,
        max: usize,
        wait_secs: u64,
    ) -> Result<Vec<Mail>, ClientError> {
        let (max, wait) = (max.clamp(1, MAX_FETCHED), wait_secs.min(MAX_FETCH_WAIT_SECS));
        let target = format!("/api/v1/queues/{queue}?after={after}&max={max}");
        let prefer = HeaderValue::from_str(&format!("wait={wait}")).map_err(|_| ClientError::Malformed)?;
        let answer = self.signed(key, Method::GET, &target, Vec::new(), |call| {
            call.header(HeaderName::from_static("prefer"), prefer)
                .timeout(TIMEOUT + Duration::from_secs(wait))
                .response_bytes_max(MAX_FETCHED_BYTES + MAX_FETCHED * MAIL_HEAD)
        });
        read_mail(&answer.await?.body).map_err(|_| ClientError::Malformed)
    }

    /// Drops mail up to and including `upto` at the relay: it is kept here.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ack(&self, key: &SigningKey, queue: QueueId, upto: u64) -> Result<(), ClientError> {
        let (target, body) = (format!("/api/v1/queues/{queue}/ack"), json(&AckCall { upto })?);
        self.signed(key, Method::POST, &target, body, |call| call).await.map(drop)
    }

    /// Replaces the capability, 32 bytes: who holds the old one deposits no more.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn revoke(&self, key: &SigningKey, queue: QueueId) -> Result<Secret32, ClientError> {
        let target = format!("/api/v1/queues/{queue}/revoke");
        let answer = self.signed(key, Method::POST, &target, b"{}".to_vec(), |call| call).await?;
        let Revoked { cap } = answer.json()?;
        Ok(cap)
    }

    /// Ends the mailbox, with its mail.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete(&self, key: &SigningKey, queue: QueueId) -> Result<(), ClientError> {
        let target = format!("/api/v1/queues/{queue}");
        self.signed(key, Method::DELETE, &target, Vec::new(), |call| call).await.map(drop)
    }

    /// Opens a stream of the mail of these queues, each with its fetch key. Mail that is not acknowledged comes again on the
    /// next stream.
    ///
    /// Queues that the relay does not know (any more) are left out: see [`MailStream::unknown`].
    ///
    /// # Errors
    /// [`ClientError`]; the first queue that is refused otherwise refuses the stream.
    pub async fn mail_stream(&self, queues: &[(QueueId, &SigningKey)]) -> Result<MailStream, ClientError> {
        self.check().await?;
        let proof = |queue: QueueId, key: &SigningKey| {
            let target = format!("/api/v1/queues/{queue}");
            let call = ("OPEN", target.as_str(), &Hash::of(&[]));
            OwnerAuth::sign(key, &self.address.node_id, call, Id16(random()), self.clock.now_s())
        };
        let opened: Vec<_> = queues.iter().map(|(queue, key)| (*queue, proof(*queue, key))).collect();
        MailStream::open(&self.http, self.url("/api/v1/stream")?, opened).await
    }

    /// Opens a stream for deposits: many under way at once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deposit_stream(&self) -> Result<DepositStream, ClientError> {
        self.check().await?;
        DepositStream::open(&self.http, self.url("/api/v1/stream")?).await
    }

    /// Sends a call that the owner of `key` signs.
    async fn signed(
        &self,
        key: &SigningKey,
        method: Method,
        target: &str,
        body: Vec<u8>,
        more: impl FnOnce(HttpRequest) -> HttpRequest,
    ) -> Result<HttpResponse, ClientError> {
        let url = self.url(target)?;
        let sent =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let call = (method.as_str(), sent.as_str(), &Hash::of(&[&body]));
        let auth = OwnerAuth::sign(key, &self.address.node_id, call, Id16(random()), self.clock.now_s());
        let mut request = self.request(method, target)?;
        if !body.is_empty() {
            request = request.body("application/json", body);
        }
        self.send(more(authorized(request, &auth.to_header())?)).await
    }

    fn request(&self, method: Method, target: &str) -> Result<HttpRequest, ClientError> {
        let request = HttpRequest::new(method, self.url(target)?);
        Ok(match &self.api_key {
            Some(key) => request.header(HeaderName::from_static("x-api-key"), key.clone()),
            None => request,
        })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ClientError> {
        self.check().await?;
        Ok(self.http.send(request).await?.success()?)
    }

    /// Whether the one that answers is the one that was meant: asked once.
    async fn check(&self) -> Result<(), ClientError> {
        let check = async || {
            let right = who(&self.http, &self.address.url).await? == self.address.node_id;
            if right { Ok(()) } else { Err(ClientError::OtherRelay) }
        };
        self.checked.get_or_try_init(check).await.copied()
    }

    fn url(&self, target: &str) -> Result<Url, ClientError> {
        url_at(&self.address.url, target)
    }
}

/// Which relay answers at an address, which must not be known before.
///
/// # Errors
/// [`ClientError::OtherRelay`]: none does.
pub async fn who(http: &HttpClient, at: &Url) -> Result<NodeId, ClientError> {
    let request = HttpRequest::get(url_at(at, "/.well-known/openred")?);
    let told: WellKnown = http.send(request).await?.success()?.json()?;
    let descriptor = Descriptor::parse(&told.descriptor.0).map_err(|_| ClientError::OtherRelay)?;
    let sound = told.role == ServerRole::Relay && descriptor.node_id() == told.node_id;
    if sound { Ok(told.node_id) } else { Err(ClientError::OtherRelay) }
}

fn url_at(relay: &Url, target: &str) -> Result<Url, ClientError> {
    let text = format!("{}{target}", relay.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|_| ClientError::Malformed)
}

impl Mailbox {
    /// What a depositor is told of it.
    #[must_use]
    pub fn lane(&self) -> Lane {
        Lane { deposit_id: self.deposit_id, cap: self.cap.clone() }
    }
}

fn offer(to: &Lane, client_id: ClientId, content: Bytes) -> Offer {
    let mac = CapMac::of(&to.cap, &to.deposit_id, &client_id, &Hash::of(&[&content]));
    Offer { deposit_id: to.deposit_id, client_id, mac, content }
}

fn authorized(request: HttpRequest, proof: &str) -> Result<HttpRequest, ClientError> {
    let value = HeaderValue::from_str(proof).map_err(|_| ClientError::Malformed)?;
    Ok(request.header(header::AUTHORIZATION, value))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(value).map_err(|_| ClientError::Malformed)
}
