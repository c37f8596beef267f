//! A relay of a test's own, and how it is called.

use bytes::Bytes;
use openred_core::ids::{ClientId, DepositId, Hash, Id16, NodeId, QueueId};
use openred_core::sign::SigningKey;
use openred_relay::client::{Lane, Mailbox, RelayAddress, RelayClient};
use openred_relay::mailbox::{CapMac, OwnerAuth};
use openred_relay::{Config, Relay, Running};
use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpRequest, HttpResponse};
use openred_service::lifecycle::{Clock, Lifecycle};
use tempfile::TempDir;

/// A running relay and a client.
pub(crate) struct Stage {
    pub(crate) running: Option<Running>,
    pub(crate) config: Config,
    pub(crate) client: RelayClient,
    pub(crate) http: HttpClient,
    pub(crate) url: String,
    pub(crate) relay_id: NodeId,
    pub(crate) clock: Clock,
    _folder: TempDir,
}

/// Somebody with a mailbox.
pub(crate) struct Owner {
    pub(crate) key: SigningKey,
    pub(crate) mailbox: Mailbox,
}

impl Owner {
    pub(crate) fn lane(&self) -> Lane {
        self.mailbox.lane()
    }

    pub(crate) fn queue(&self) -> QueueId {
        self.mailbox.queue_id
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start(change, Clock::System).await
    }

    /// By the test's clock.
    pub(crate) async fn start(change: impl FnOnce(&mut Config), clock: Clock) -> Self {
        let folder = super::people::folder();
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.storage.data = folder.path().join("relay");
        config.limits.calls_per_prefix = 1_000_000;
        config.limits.registers_per_prefix = 10_000;
        config.limits.deposits_per_mailbox = 100_000;
        change(&mut config);
        let running = Relay::start_with(config.clone(), Lifecycle::new(clock.clone())).await.unwrap();
        assert!(running.first_words.is_some(), "a new identity shows its words");
        let stage = Self::of(running);
        let client = client(&stage.url, stage.relay_id, &clock);
        Self { config, client, clock, _folder: folder, ..stage }
    }

    /// A relay that was started elsewhere, by a clock that is the system's for the client.
    pub(crate) fn of(running: Running) -> Self {
        let relay_id = running.node_id;
        let url = format!("http://{}", running.addr);
        let client = client(&url, relay_id, &Clock::System);
        let http = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
        let http = HttpClient::new(HttpClientConfig { response_bytes_max: 8 << 20, ..http }).unwrap();
        let (config, clock, folder) = (Config::default(), Clock::System, super::people::folder());
        Self { running: Some(running), config, client, http, url, relay_id, clock, _folder: folder }
    }

    /// Stops the relay; whether everything ended in time.
    pub(crate) async fn stop(mut self) -> bool {
        self.running.take().unwrap().stop().await
    }

    /// Stops the relay and starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        assert!(self.running.take().unwrap().stop().await, "everything ends in time");
        let lifecycle = Lifecycle::new(self.clock.clone());
        let running = Relay::start_with(self.config.clone(), lifecycle).await.unwrap();
        assert!(running.first_words.is_none(), "words are shown once");
        assert_eq!(running.node_id, self.relay_id, "the identity stays");
        self.url = format!("http://{}", running.addr);
        self.client = client(&self.url, self.relay_id, &self.clock);
        self.running = Some(running);
    }

    pub(crate) async fn owner(&self) -> Owner {
        let key = SigningKey::generate();
        let mailbox = self.client.register(&key).await.unwrap();
        Owner { key, mailbox }
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now_s()
    }

    /// A call as written here, with these headers.
    pub(crate) async fn call(
        &self,
        method: &str,
        target: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Bytes>,
    ) -> HttpResponse {
        let url = format!("{}{target}", self.url).parse().unwrap();
        let mut request = HttpRequest::new(method.parse().unwrap(), url);
        let body = body.into();
        if !body.is_empty() {
            request = request.body("application/octet-stream", body);
        }
        for (name, value) in headers {
            request = request.header(http::HeaderName::from_static(name), value.parse().unwrap());
        }
        self.http.send(request).await.unwrap()
    }

    /// The proof of an owner for a call, at `time`.
    pub(crate) fn proof(
        &self,
        key: &SigningKey,
        (method, target, body): (&str, &str, &[u8]),
        nonce: u8,
        time: u64,
    ) -> String {
        let call = (method, target, &Hash::of(&[body]));
        OwnerAuth::sign(key, &self.relay_id, call, Id16([nonce; 16]), time).to_header()
    }

    /// What the relay shows under a name at `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let text = self.call("GET", "/metrics", &[], "").await.body;
        let text = String::from_utf8(text.to_vec()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("openred_relay_{name} ")));
        line.unwrap_or_else(|| panic!("{name} is shown")).parse().unwrap()
    }
}

pub(crate) fn client(url: &str, relay_id: NodeId, clock: &Clock) -> RelayClient {
    let address = RelayAddress { url: url.parse().unwrap(), node_id: relay_id };
    RelayClient::new(http_client(), address, clock.clone())
}

/// Sealed mail of one kibibyte that `n` decides.
pub(crate) fn sealed(n: u8) -> Bytes {
    Bytes::from(vec![n; 1_024])
}

/// A depositor's name.
pub(crate) fn name(n: u32) -> ClientId {
    let mut name = [0; 16];
    name[..4].copy_from_slice(&n.to_be_bytes());
    ClientId(name)
}

/// The header of a depositor.
pub(crate) fn cap_mac(lane: &Lane, client_id: ClientId, content: &[u8]) -> String {
    CapMac::of(&lane.cap, &lane.deposit_id, &client_id, &Hash::of(&[content])).to_header()
}

/// The body of a deposit.
pub(crate) fn relay_body(to: DepositId, client_id: ClientId, content: &[u8]) -> serde_json::Value {
    serde_json::json!({
        "from_address": "",
        "to_address": to,
        "encrypted_content": openred_core::ids::b64_encode(content),
        "message_type": "sealed",
        "client_id": client_id,
    })
}

/// Status and code of a refusal, checked to be a problem document.
pub(crate) fn refusal(response: &HttpResponse) -> (u16, String) {
    assert_eq!(response.headers["content-type"], "application/problem+json");
    (response.status.as_u16(), response.code().unwrap())
}

/// Calls this machine alone.
pub(crate) fn http_client() -> HttpClient {
    let config = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
    HttpClient::new(config).unwrap()
}
