//! Ana, ben and chloé: nodes that do what a directory's caller does, with keys of their own.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::call::{
    DiscoverAnswer, Flags, PollAnswer, PollCall, RegisterAnswer, RegisterCall, RequestCall, StaleAnswer,
};
use openred_core::descriptor::{Descriptor, DescriptorBody};
use openred_core::grant::{
    GrantFacts, OpenedGrant, OwnRequest, Request, SealedGrant, Unsealed, open_grant, unseal,
};
use openred_core::hello::PeerFacts;
use openred_core::identity::IdentityLog;
use openred_core::ids::{Id8, Id16, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use openred_service::http_client::HttpResponse;

use crate::stage::Stage;

/// Somebody's node.
pub(crate) struct Person {
    pub(crate) signing: SigningKey,
    pub(crate) log: IdentityLog,
    pub(crate) seed: RecoverySeed,
    pub(crate) grant_key: BoxSecret,
    other_key: BoxSecret,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) api_url: Option<String>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) seq: u64,
}

impl Person {
    pub(crate) fn new(username: &str, display_name: &str) -> Self {
        let signing = SigningKey::generate();
        let seed = RecoverySeed::generate();
        let log =
            IdentityLog::inception(&SigningKey::generate(), &signing, seed.commitment(1), 1_700_000_000);
        Self {
            signing,
            log,
            seed,
            grant_key: BoxSecret::generate(Suite::X25519),
            other_key: BoxSecret::generate(Suite::X25519),
            username: username.to_owned(),
            display_name: display_name.to_owned(),
            api_url: None,
            capabilities: Vec::new(),
            seq: 1,
        }
    }

    pub(crate) fn id(&self) -> NodeId {
        self.log.node_id()
    }

    /// A new signing key by the recovery words.
    pub(crate) fn rotate(&mut self) {
        let seq = self.log.head_seq() + 1;
        let signing = SigningKey::generate();
        let next = self.seed.commitment(seq + 1);
        self.log = self.log.rotate(&self.seed.rotation_key(seq), &signing, next, 1_700_000_100).unwrap();
        self.signing = signing;
    }

    pub(crate) fn descriptor_at(&self, issued: u64, expires: u64) -> Descriptor {
        let body = DescriptorBody {
            node_id: self.id(),
            log: self.log.clone(),
            log_seq: self.log.head_seq(),
            seq: self.seq,
            incarnation: Id8([1; 8]),
            issued,
            expires,
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            noise_key: self.other_key.public().key.as_slice().try_into().unwrap(),
            grant_key: self.grant_key.public().clone(),
            mail_key: self.other_key.public().clone(),
            transport_key: None,
            api_url: self.api_url.clone(),
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: self.capabilities.clone(),
            versions: vec![3],
        };
        Descriptor::sign(body, &self.signing).unwrap()
    }

    /// The same bytes each time, until something of it is changed.
    pub(crate) fn descriptor(&self, stage: &Stage) -> Descriptor {
        self.descriptor_at(stage.started, stage.started + 20 * 86_400)
    }

    pub(crate) fn register_call(&self, stage: &Stage, flags: u8, time: u64) -> RegisterCall {
        let descriptor = self.descriptor(stage);
        RegisterCall::sign(&self.signing, &stage.dir_id, &descriptor, Flags(flags), time)
    }

    pub(crate) async fn try_register(&self, stage: &Stage, flags: u8, time: u64) -> HttpResponse {
        stage.post("/api/v3/nodes/register", &self.register_call(stage, flags, time)).await
    }

    pub(crate) async fn register(&self, stage: &Stage, flags: u8) -> RegisterAnswer {
        let answer = self.try_register(stage, flags, stage.now()).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let answer: RegisterAnswer = answer.success().expect(&text).json().unwrap();
        assert_eq!(answer.node_id, self.id());
        answer
    }

    pub(crate) fn request(&self, stage: &Stage, target: &NodeId) -> RequestCall {
        let grant_id = Id16(random());
        let request = Request::sign(&self.signing, &stage.dir_id, target, grant_id, stage.now());
        RequestCall::of(&request, self.id(), *target)
    }

    pub(crate) async fn ask(&self, stage: &Stage, target: &NodeId) -> Id16 {
        let call = self.request(stage, target);
        let answer = stage.post("/api/v3/tokens/request-connection", &call).await;
        assert_eq!(answer.status.as_u16(), 202, "{}", String::from_utf8_lossy(&answer.body));
        call.grant_id
    }

    pub(crate) fn poll_call(&self, stage: &Stage, wait: u8) -> PollCall {
        PollCall::sign(&self.signing, &stage.dir_id, self.id(), wait, Id16(random()), stage.now())
    }

    pub(crate) async fn try_poll(&self, stage: &Stage, wait: u8) -> HttpResponse {
        stage.post("/api/v3/tokens/poll", &self.poll_call(stage, wait)).await
    }

    /// The grants of one poll, unsealed with the grant key.
    pub(crate) async fn poll(&self, stage: &Stage, wait: u8) -> Vec<Unsealed> {
        let answer = self.try_poll(stage, wait).await;
        if answer.status.as_u16() == 204 {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let answer: PollAnswer = answer.success().expect(&text).json().unwrap();
        answer.grants.iter().map(|grant| self.unseal(stage, &grant.0)).collect()
    }

    pub(crate) fn unseal(&self, stage: &Stage, grant: &[u8]) -> Unsealed {
        let sealed = SealedGrant::decode(grant).unwrap();
        unseal(&self.grant_key, &stage.dir_id, &self.id(), &sealed).unwrap()
    }

    /// Everything a node checks of a grant, with nothing held of the peer; `asked` for role A.
    pub(crate) fn open(&self, stage: &Stage, grant: Unsealed, asked: Option<(Id16, NodeId)>) -> OpenedGrant {
        let asked = asked.map(|(grant_id, id_b)| OwnRequest { grant_id, dir_id: stage.dir_id, id_b });
        let facts = GrantFacts {
            dir_id: &stage.dir_id,
            dir_key: stage.descriptor.signing_key(),
            token_seed: None,
            own_id: &self.id(),
            own_descriptors: &[self.descriptor(stage).hash()],
            own_request: asked.as_ref(),
            peer: PeerFacts::default(),
            now: stage.now(),
        };
        open_grant(grant, &facts).expect("the grant passes every check")
    }
}

/// A page of discover.
pub(crate) async fn discover(stage: &Stage, query: &str) -> DiscoverAnswer {
    let answer = stage.get(&format!("/api/v3/nodes/discover?{query}")).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    answer.success().expect(&text).json().unwrap()
}

/// What a 409 `stale` holds.
pub(crate) fn stale(answer: &HttpResponse) -> Descriptor {
    let held: StaleAnswer = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), held.code.as_str()), (409, "stale"));
    Descriptor::parse(&held.descriptor.0).unwrap()
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
