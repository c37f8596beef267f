//! The QUIC endpoint (iroh): one socket for all sessions, nobody's infrastructure but a relay of the owner's choice.
//!
//! Must not know: who a peer is. The transport key is an address, never an identity (PROTOCOL §4).

use std::{net::SocketAddr, time::Duration};

use iroh::{
    EndpointAddr, EndpointId, RelayMode, RelayUrl, SecretKey, Watcher,
    endpoint::{AckFrequencyConfig, Connection, QuicTransportConfig, VarInt, presets},
};
use openred_service::http_client::AllowPrivate;
use url::Url;
use zeroize::Zeroizing;

/// Protocol name of sessions (PROTOCOL §4).
pub const ALPN: &[u8] = b"openred/1";
/// A path that carries nothing for this long is given up.
const SILENCE: Duration = Duration::from_secs(30);
/// Keeps mappings of routers open, and finds out that a peer is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(8);
/// A dial that has no answer after this time failed.
const DIAL: Duration = Duration::from_secs(8);
/// Streams that a peer may hold open at once: control, overlay, and requests under way.
const STREAMS_MAX: u32 = 72;
/// Bytes of one stream that may have come and not been read.
const STREAM_UNREAD: u32 = 1 << 20;
/// Bytes of a whole connection that may have come and not been read.
const UNREAD: u32 = 4 << 20;
/// Packets that the other end may take in before it says so: below what a connection may send at its beginning, so that
/// nobody waits for it.
const UNACKNOWLEDGED: u32 = 5;
/// Addresses that a descriptor names at most.
const ADDRESSES_MAX: usize = 8;

/// What the endpoint is made of.
#[derive(Debug)]
pub struct EndpointConfig {
    /// Ed25519 seed of the transport key, 32 bytes.
    pub secret: Zeroizing<[u8; 32]>,
    /// UDP address to listen on.
    pub listen: SocketAddr,
    /// A relay that both can reach, `https://…`; none: direct paths only.
    pub relay: Option<String>,
    /// Which private addresses may be dialled and told.
    pub allow_private: AllowPrivate,
}

/// How to reach an endpoint, as a descriptor or an invitation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The transport key.
    pub endpoint_id: [u8; 32],
    /// Direct addresses.
    pub addresses: Vec<SocketAddr>,
    /// Addresses seen in the local network: dialled even where private ones are not admitted.
    pub near: Vec<SocketAddr>,
    /// Relay URL.
    pub relay: Option<String>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum QuicError {
    /// The socket could not be opened; the text says why. Another `listen` address helps.
    #[error("the QUIC socket {0} cannot be opened: {1}")]
    Bind(SocketAddr, String),
    /// The relay's URL is none.
    #[error("`{0}` is no relay URL")]
    RelayUrl(String),
    /// No address may be dialled: none given, or only such that `network.allow_private` refuses.
    #[error("no address that may be dialled")]
    NoAddress,
    /// Nobody answers there.
    #[error("no answer by QUIC: {0}")]
    Unreachable(String),
    /// The connection broke.
    #[error("the QUIC connection ended: {0}")]
    Broken(String),
    /// The peer said what nobody may say there.
    #[error("malformed: {0}")]
    Malformed(String),
}

/// The endpoint. Clones share it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    inner: iroh::Endpoint,
    listen: SocketAddr,
    allow: AllowPrivate,
    relay: Option<String>,
}

impl Endpoint {
    /// Opens the socket. Only a configured relay is ever contacted: no address lookup, no public relays.
    ///
    /// # Errors
    /// [`QuicError::Bind`], [`QuicError::RelayUrl`].
    pub async fn bind(config: EndpointConfig) -> Result<Self, QuicError> {
        let failed = |why: String| QuicError::Bind(config.listen, why);
        let relays = config.relay.iter().map(|url| relay_url(url)).collect::<Result<Vec<_>, _>>()?;
        let mode = if relays.is_empty() { RelayMode::Disabled } else { RelayMode::custom(relays) };
        let builder = iroh::Endpoint::builder(presets::Minimal)
            .secret_key(SecretKey::from_bytes(&config.secret))
            .alpns(vec![ALPN.to_vec()])
            .relay_mode(mode)
            .transport_config(transport())
            .clear_ip_transports()
            .bind_addr(config.listen)
            .map_err(|e| failed(format!("{e:?}")))?;
        let inner = builder.bind().await.map_err(|e| failed(format!("{e:?}")))?;
        Ok(Self { inner, listen: config.listen, allow: config.allow_private, relay: config.relay })
    }

    /// The transport key's public half.
    pub fn id(&self) -> [u8; 32] {
        *self.inner.id().as_bytes()
    }

    /// The relay of this endpoint.
    pub fn relay(&self) -> Option<&str> {
        self.relay.as_deref()
    }

    /// Addresses that may be told to everybody: global ones, and private ones only where they are admitted.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let seen = self.inner.addr();
        let bound = self.inner.bound_sockets();
        let mut all: Vec<SocketAddr> = seen.ip_addrs().copied().chain(bound).collect();
        all.retain(|a| !a.ip().is_unspecified() && a.port() != 0 && self.allow.admits(a.ip()));
        all.sort_unstable();
        all.dedup();
        all.truncate(ADDRESSES_MAX);
        all
    }

    /// Where the socket is bound.
    pub fn sockets(&self) -> Vec<SocketAddr> {
        self.inner.bound_sockets()
    }

    /// Connects; the other side has proven its transport key then, nothing else.
    ///
    /// # Errors
    /// [`QuicError::NoAddress`], [`QuicError::Unreachable`], [`QuicError::RelayUrl`].
    pub async fn dial(&self, way: &Way) -> Result<Connection, QuicError> {
        let id =
            EndpointId::from_bytes(&way.endpoint_id).map_err(|e| QuicError::Unreachable(format!("{e:?}")))?;
        let told = way.addresses.iter().filter(|a| self.allow.admits(a.ip()));
        let direct = way.near.iter().chain(told).filter(|a| self.reaches(a));
        let mut address = direct.fold(EndpointAddr::new(id), |address, direct| address.with_ip_addr(*direct));
        if let Some(relay) = &way.relay
            && self.may_use(relay).await
        {
            address = address.with_relay_url(relay_url(relay)?);
        }
        if address.is_empty() {
            return Err(QuicError::NoAddress);
        }
        match tokio::time::timeout(DIAL, self.inner.connect(address, ALPN)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(QuicError::Unreachable(error.to_string())),
            Err(_) => Err(QuicError::Unreachable("no answer in time".to_owned())),
        }
    }

    /// From a socket on this machine's own address nothing else is reached: no use in waiting for it.
    fn reaches(&self, address: &SocketAddr) -> bool {
        !self.listen.ip().is_loopback() || address.ip().is_loopback()
    }

    /// Whether a relay that somebody names may be called: the own one, and with an own one others that are public.
    async fn may_use(&self, relay: &str) -> bool {
        let Some(own) = &self.relay else { return false };
        if own == relay {
            return true;
        }
        let Ok(url) = Url::parse(relay) else { return false };
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
        let mut found: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
        let is_private = |address: &SocketAddr| !AllowPrivate::Off.admits(address.ip());
        if url.scheme() != "https" {
            found.retain(is_private);
        }
        !found.is_empty() && found.iter().all(|address| self.allow.admits(address.ip()))
    }

    /// The next connection of somebody else; `None` once the endpoint is closed. Awaiting the result runs the TLS
    /// handshake: do it in a task of its own.
    pub async fn accept(&self) -> Option<iroh::endpoint::Incoming> {
        self.inner.accept().await
    }

    /// Resolves when the addresses or the relay have changed since this was called.
    pub async fn changed(&self) {
        let _ = self.inner.watch_addr().updated().await;
    }

    /// Resolves when the relay has refused this endpoint's id: at once, while it stands refused.
    pub async fn refused_by_relay(&self) {
        let mut relays = self.inner.home_relay_status();
        while !relays.get().iter().any(|relay| relay.auth_denied_reason().is_some()) {
            if relays.updated().await.is_err() {
                // Nothing will ever be heard of it again.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Resolves when the endpoint is closed.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.inner.close().await;
    }
}

/// 32 bytes that both ends of this very TLS connection share, and nobody between them (PROTOCOL §4: exporter
/// `OpenRed/3 bind`, empty context).
///
/// # Errors
/// [`QuicError::Broken`] when the connection is over.
pub fn binding(connection: &Connection) -> Result<[u8; 32], QuicError> {
    let mut bytes = [0; 32];
    connection
        .export_keying_material(&mut bytes, b"OpenRed/3 bind", b"")
        .map_err(|_| QuicError::Broken("no keying material".to_owned()))?;
    Ok(bytes)
}

fn relay_url(text: &str) -> Result<RelayUrl, QuicError> {
    text.parse().map_err(|_| QuicError::RelayUrl(text.to_owned()))
}

fn transport() -> QuicTransportConfig {
    let mut acknowledged = AckFrequencyConfig::default();
    acknowledged.ack_eliciting_threshold(VarInt::from_u32(UNACKNOWLEDGED));
    QuicTransportConfig::builder()
        .ack_frequency_config(Some(acknowledged))
        .max_idle_timeout(SILENCE.try_into().ok())
        .keep_alive_interval(KEEP_ALIVE)
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(STREAM_UNREAD))
        .receive_window(VarInt::from_u32(UNREAD))
        .build()
}
