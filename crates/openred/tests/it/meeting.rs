//! Two nodes of the test's own, with keys of their own: they are introduced by a directory and so know every
//! secret that it gave them.

use std::time::Duration;

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::call::{Flags, PollAnswer, PollCall, RegisterCall, RequestCall};
use openred_core::descriptor::{Descriptor, DescriptorBody};
use openred_core::grant::{GrantFacts, OwnRequest, Request, SealedGrant, open_grant, unseal};
use openred_core::hello::PeerFacts;
use openred_core::identity::IdentityLog;
use openred_core::ids::{Id8, Id16, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use openred_service::http_client::{HttpClient, HttpRequest, HttpResponse};
use openred_service::lifecycle::Clock;
use serde::Serialize;

use crate::caller::client;

/// A directory seen by those who call it.
pub(crate) struct Called {
    url: String,
    dir_id: NodeId,
    descriptor: Descriptor,
    client: HttpClient,
}

/// Somebody's keys.
pub(crate) struct Stranger {
    signing: SigningKey,
    log: IdentityLog,
    grant_key: BoxSecret,
    other_key: BoxSecret,
    issued: u64,
    name: String,
}

/// What the two know after a meeting.
pub(crate) struct Met {
    pub(crate) secret: [u8; 32],
    pub(crate) tokens: [[u8; 32]; 2],
}

impl Called {
    pub(crate) async fn at(url: &str) -> Self {
        let client = client();
        let request = HttpRequest::get(format!("{url}/p2p/descriptor").parse().unwrap());
        let descriptor = Descriptor::parse(&client.send(request).await.unwrap().body).unwrap();
        Self { url: url.to_owned(), dir_id: descriptor.node_id(), descriptor, client }
    }

    /// A call with whatever answer it gets.
    async fn send(&self, path: &str, body: &impl Serialize) -> HttpResponse {
        let request = HttpRequest::post(format!("{}{path}", self.url).parse().unwrap());
        self.client.send(request.json(body).unwrap().timeout(Duration::from_secs(40))).await.unwrap()
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> HttpResponse {
        let answer = self.send(path, body).await;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        answer.success().expect(&said)
    }
}

impl Stranger {
    pub(crate) fn new(name: &str) -> Self {
        let (signing, seed) = (SigningKey::generate(), RecoverySeed::generate());
        let log =
            IdentityLog::inception(&SigningKey::generate(), &signing, seed.commitment(1), 1_700_000_000);
        let [grant_key, other_key] = [(); 2].map(|()| BoxSecret::generate(Suite::X25519));
        let issued = Clock::System.now_s();
        Self { signing, log, grant_key, other_key, issued, name: name.to_owned() }
    }

    pub(crate) async fn register(&self, directory: &Called) {
        let answer = self.tries_to_register(directory).await;
        assert!(answer.status.is_success(), "{}", String::from_utf8_lossy(&answer.body));
    }

    pub(crate) async fn tries_to_register(&self, directory: &Called) -> HttpResponse {
        let now = Clock::System.now_s();
        let call = RegisterCall::sign(&self.signing, &directory.dir_id, &self.descriptor(), Flags(0), now);
        directory.send("/api/v3/nodes/register", &call).await
    }

    /// The same bytes each time.
    fn descriptor(&self) -> Descriptor {
        let body = DescriptorBody {
            node_id: self.log.node_id(),
            log: self.log.clone(),
            log_seq: 0,
            seq: 1,
            incarnation: Id8([1; 8]),
            issued: self.issued,
            expires: self.issued + 86_400,
            username: self.name.clone(),
            display_name: self.name.clone(),
            noise_key: self.other_key.public().key.as_slice().try_into().unwrap(),
            grant_key: self.grant_key.public().clone(),
            mail_key: self.other_key.public().clone(),
            transport_key: None,
            api_url: None,
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: Vec::new(),
            versions: vec![3],
        };
        Descriptor::sign(body, &self.signing).unwrap()
    }

    async fn asks(&self, directory: &Called, target: NodeId, id: Id16) {
        let time = Clock::System.now_s();
        let request = Request::sign(&self.signing, &directory.dir_id, &target, id, time);
        let call = RequestCall::of(&request, self.log.node_id(), target);
        directory.post("/api/v3/tokens/request-connection", &call).await;
    }

    /// Long polls until one grant is there: the token of this side, and S.
    async fn waits(&self, directory: &Called, asked: Option<&OwnRequest>) -> ([u8; 32], [u8; 32]) {
        for _ in 0..5 {
            let (nonce, time) = (Id16(random()), Clock::System.now_s());
            let id = self.log.node_id();
            let call = PollCall::sign(&self.signing, &directory.dir_id, id, 20, nonce, time);
            let answer = directory.post("/api/v3/tokens/poll", &call).await;
            if answer.status.as_u16() == 204 {
                continue;
            }
            let grants = answer.json::<PollAnswer>().unwrap().grants;
            let sealed = SealedGrant::decode(&grants[0].0).unwrap();
            let unsealed = unseal(&self.grant_key, &directory.dir_id, &id, &sealed).unwrap();
            let facts = GrantFacts {
                dir_id: &directory.dir_id,
                dir_key: directory.descriptor.signing_key(),
                token_seed: None,
                own_id: &id,
                own_descriptors: &[self.descriptor().hash()],
                own_request: asked,
                peer: PeerFacts::default(),
                now: Clock::System.now_s(),
            };
            let opened = open_grant(unsealed, &facts).expect("the grant passes every check");
            return (*opened.half.token, *opened.secret);
        }
        panic!("{} never got a grant", self.name);
    }

    /// Is introduced to `other`.
    pub(crate) async fn meets(&self, directory: &Called, other: &Self) -> Met {
        let (id_b, grant_id) = (other.log.node_id(), Id16(random()));
        let asked = OwnRequest { grant_id, dir_id: directory.dir_id, id_b };
        let ((), (one, secret), (another, same)) = tokio::join!(
            self.asks(directory, id_b, grant_id),
            self.waits(directory, Some(&asked)),
            other.waits(directory, None)
        );
        assert_eq!(secret, same, "both hold the same S");
        assert_ne!(one, another, "by different tokens");
        Met { secret, tokens: [one, another] }
    }
}

/// A seed of a key that nobody uses has 32 bytes of the system's randomness.
fn random<const N: usize>() -> [u8; N] {
    SigningKey::generate().seed()[..N].try_into().unwrap()
}
