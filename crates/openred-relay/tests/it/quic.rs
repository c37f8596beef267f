//! The relay carries QUIC: who is admitted, what is carried, how many and how fast.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use iroh::SecretKey;
use iroh::dns::DnsResolver;
use iroh_relay::client::{Client, ClientBuilder, ConnectError};
use iroh_relay::protos::relay::{ClientToRelayMsg, Datagrams, RelayToClientMsg};
use iroh_relay::tls::{CaTlsConfig, default_provider};
use openred_core::boxes::{BoxSecret, Suite};
use openred_core::descriptor::{Descriptor, DescriptorBody};
use openred_core::identity::IdentityLog;
use openred_core::ids::{Id8, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use openred_relay::quic::Allow;
use openred_service::lifecycle::Clock;

use super::stage::{Stage, refusal};

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);
const PATH: &str = "/api/v1/quic/endpoint";

/// Somebody with a node and its endpoint.
struct Person {
    signing: SigningKey,
    endpoint: SecretKey,
}

impl Person {
    fn new(n: u8) -> Self {
        Self { signing: SigningKey::from_seed([n; 32]), endpoint: SecretKey::from_bytes(&[n ^ 0xff; 32]) }
    }

    fn log(&self) -> IdentityLog {
        let words = RecoverySeed::from_bytes([1; 32]);
        IdentityLog::inception(&self.signing, &self.signing, words.commitment(1), 1_700_000_000)
    }

    fn id(&self) -> NodeId {
        self.log().node_id()
    }

    /// Her descriptor number `seq` of this moment, which names `endpoint`.
    fn descriptor(&self, stage: &Stage, seq: u64, endpoint: &SecretKey) -> Vec<u8> {
        let key = BoxSecret::from_seed(Suite::X25519, [3; 32]).public().clone();
        let (log, now) = (self.log(), stage.now());
        let body = DescriptorBody {
            node_id: log.node_id(),
            log_seq: log.head_seq(),
            log,
            seq,
            incarnation: Id8([1; 8]),
            issued: now,
            expires: now + 86_400,
            username: "ana".to_owned(),
            display_name: "Ana".to_owned(),
            noise_key: [2; 32],
            grant_key: key.clone(),
            mail_key: key,
            transport_key: Some(*endpoint.public().as_bytes()),
            api_url: None,
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: Vec::new(),
            versions: vec![3],
        };
        Descriptor::sign(body, &self.signing).unwrap().bytes().to_vec()
    }
}

async fn connect(stage: &Stage, endpoint: &SecretKey) -> Result<Client, ConnectError> {
    let url: iroh::RelayUrl = stage.url.parse().unwrap();
    let tls = CaTlsConfig::default().client_config(default_provider()).unwrap();
    let client = ClientBuilder::new(url, endpoint.clone(), DnsResolver::new()).tls_client_config(tls);
    tokio::time::timeout(PATIENCE, client.connect()).await.unwrap()
}

/// What the relay answers an endpoint that it does not admit.
async fn refused(stage: &Stage, endpoint: &SecretKey) -> String {
    connect(stage, endpoint).await.map(|_| ()).unwrap_err().to_string()
}

async fn send(from: &mut Client, to: &SecretKey, bytes: &[u8]) {
    let datagrams = Datagrams::from(bytes);
    from.send(ClientToRelayMsg::Datagrams { dst_endpoint_id: to.public(), datagrams }).await.unwrap();
}

/// The next datagram and who sent it.
async fn receive(client: &mut Client) -> ([u8; 32], Vec<u8>) {
    let next = async {
        loop {
            match client.next().await.unwrap().unwrap() {
                RelayToClientMsg::Datagrams { remote_endpoint_id, datagrams } => {
                    break (*remote_endpoint_id.as_bytes(), datagrams.contents.to_vec());
                }
                RelayToClientMsg::Ping(data) => client.send(ClientToRelayMsg::Pong(data)).await.unwrap(),
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.unwrap()
}

/// Waits until the relay has ended the connection.
async fn ends(client: &mut Client) {
    let ended = async { while let Some(Ok(_)) = client.next().await {} };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
}

async fn until(stage: &Stage, metric: &str, value: u64) {
    let waiting = async {
        while stage.metric(metric).await != value {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{metric} never is {value}");
}

#[tokio::test]
async fn datagrams_go_to_the_endpoint_they_are_for() {
    let stage = Stage::with(|config| config.quic.serve = true).await;
    let (ana, ben, eve) = (Person::new(1), Person::new(2), Person::new(3));
    let mut by_ana = connect(&stage, &ana.endpoint).await.unwrap();
    let mut by_ben = connect(&stage, &ben.endpoint).await.unwrap();
    let mut by_eve = connect(&stage, &eve.endpoint).await.unwrap();
    assert_eq!(stage.metric("quic_clients").await, 3);
    send(&mut by_ana, &ben.endpoint, b"for ben").await;
    assert_eq!(receive(&mut by_ben).await, (*ana.endpoint.public().as_bytes(), b"for ben".to_vec()));
    send(&mut by_ben, &eve.endpoint, b"for eve").await;
    let to_eve = receive(&mut by_eve).await;
    assert_eq!(to_eve, (*ben.endpoint.public().as_bytes(), b"for eve".to_vec()), "and nothing before it");
    assert_eq!(stage.metric("quic_received_bytes_total").await, 14);
    drop(by_eve);
    until(&stage, "quic_clients", 2).await;
    // Who is connected does not keep the relay from stopping.
    assert!(stage.stop().await);
    ends(&mut by_ana).await;
}

#[tokio::test]
async fn a_relay_that_carries_no_quic_says_so() {
    let stage = Stage::new().await;
    for (method, path) in [("GET", "/relay"), ("GET", "/ping"), ("POST", PATH)] {
        assert_eq!(refusal(&stage.call(method, path, &[], "").await), (404, "unknown".to_owned()), "{path}");
    }
    assert!(connect(&stage, &Person::new(1).endpoint).await.is_err());
    let stage = Stage::with(|config| config.quic.serve = true).await;
    assert_eq!(stage.call("GET", "/ping", &[], "").await.status, 200);
    assert_eq!(refusal(&stage.call("GET", "/relay", &[], "").await), (400, "malformed".to_owned()));
}

#[tokio::test]
async fn a_relay_for_named_nodes_admits_the_endpoints_that_their_descriptors_name() {
    let (ana, eve) = (Person::new(1), Person::new(9));
    let named = ana.id();
    let mut stage = Stage::with(|config| {
        config.quic.serve = true;
        config.quic.allow = Allow::Nodes([named].into());
    })
    .await;
    let why = refused(&stage, &ana.endpoint).await;
    assert!(
        why.contains("no valid descriptor"),
        "her node is named, and nothing says that this is hers: {why}"
    );

    let of_eve = eve.descriptor(&stage, 1, &eve.endpoint);
    assert_eq!(refusal(&stage.call("POST", PATH, &[], of_eve).await), (403, "refused".to_owned()));
    refused(&stage, &eve.endpoint).await;
    let mut forged = ana.descriptor(&stage, 1, &eve.endpoint);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(&stage.call("POST", PATH, &[], forged).await), (400, "malformed".to_owned()));
    refused(&stage, &eve.endpoint).await;

    let of_ana = ana.descriptor(&stage, 1, &ana.endpoint);
    assert_eq!(stage.call("POST", PATH, &[], of_ana.clone()).await.status, 204);
    let mut by_ana = connect(&stage, &ana.endpoint).await.unwrap();
    refused(&stage, &eve.endpoint).await;
    assert_eq!(stage.metric("quic_refused_total").await, 4);

    // She changes her transport key: the old endpoint is hers no longer.
    let new = SecretKey::from_bytes(&[77; 32]);
    assert_eq!(stage.call("POST", PATH, &[], ana.descriptor(&stage, 2, &new)).await.status, 204);
    ends(&mut by_ana).await;
    assert_eq!(refusal(&stage.call("POST", PATH, &[], of_ana).await), (409, "stale".to_owned()));
    let mut by_ana = connect(&stage, &new).await.unwrap();

    // The owner of the relay strikes her out, by SIGHUP.
    let mut config = stage.config.clone();
    config.quic.allow = Allow::Nodes([eve.id()].into());
    stage.running.as_mut().unwrap().reload(config).await;
    ends(&mut by_ana).await;
    refused(&stage, &new).await;
}

#[tokio::test]
async fn no_more_clients_are_served_than_the_owner_says() {
    let stage = Stage::with(|config| {
        config.quic.serve = true;
        config.quic.clients = 1;
    })
    .await;
    let (ana, ben) = (Person::new(1), Person::new(2));
    let by_ana = connect(&stage, &ana.endpoint).await.unwrap();
    let answer = connect(&stage, &ben.endpoint).await.map(|_| ()).unwrap_err();
    let said = format!("{answer:?}");
    assert!(said.contains("got status code 503"), "{said}");
    drop(by_ana);
    until(&stage, "quic_clients", 0).await;
    connect(&stage, &ben.endpoint).await.unwrap();
}

#[tokio::test]
async fn a_client_is_read_no_faster_than_the_owner_says() {
    const PER_SECOND: u32 = 50_000;
    let stage = Stage::with(|config| {
        config.quic.serve = true;
        config.quic.bytes_per_second = PER_SECOND;
    })
    .await;
    let (ana, ben) = (Person::new(1), Person::new(2));
    let mut by_ana = connect(&stage, &ana.endpoint).await.unwrap();
    let mut by_ben = connect(&stage, &ben.endpoint).await.unwrap();
    let (begin_ms, piece) = (Clock::System.monotonic_ms(), [5; 1_000]);
    let sending = async {
        for _ in 0..150 {
            send(&mut by_ana, &ben.endpoint, &piece).await;
        }
    };
    let receiving = async {
        for _ in 0..150 {
            assert_eq!(receive(&mut by_ben).await.1, piece, "what is held back is not lost");
        }
    };
    tokio::join!(sending, receiving);
    // The first second's worth comes at once.
    let took_ms = Clock::System.monotonic_ms() - begin_ms;
    assert!(took_ms > 1_800, "{took_ms} ms");
}
