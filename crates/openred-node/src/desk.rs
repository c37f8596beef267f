//! For unit tests: a node in memory, and the owner's API over it without a listener. Knows no story.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use http_body_util::BodyExt as _;
use openred_core::{envelope::Party, ids::NodeId};
use openred_keeper::{client::Keeper, keyfile::KdfCost, vault::Vault};
use openred_service::{
    database::Database,
    http_client::{HttpClient, HttpClientConfig},
    lifecycle::{Clock, Lifecycle, ManualClock},
};
use serde_json::Value;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use crate::{
    api::{Api, Handles, Place},
    delivery::Wake,
    deps::{Deps, MeSlot},
    events::Events,
    keys::{Keys, Start},
    migrations::MIGRATIONS,
    modules::{
        auth::{Auth, cli_token::CliToken},
        chats::mls::LeafSlot,
        files::Files,
    },
    net::{Network, Reach},
    router,
    seal::{SealSlot, Sealer},
};

/// When the stories begin, unix ms.
const START_MS: u64 = 1_790_000_000_000;
/// Token of the command line.
pub(crate) const TOKEN: &str = "token of the command line";

/// The time of a story.
pub(crate) fn clock() -> (Clock, ManualClock) {
    Clock::manual(START_MS)
}

/// A keeper in process that holds no identity yet.
pub(crate) fn keys(clock: &Clock) -> Keys {
    let at = clock.clone();
    Keys::start(Start::Inline(Keeper::inline(Vault::new(None), move || at.now_ms()))).unwrap()
}

/// A node that nobody has set up.
pub(crate) fn empty(keys: Keys, clock: &Clock) -> Deps {
    Deps {
        db: Database::inline(MIGRATIONS),
        keys,
        seal: SealSlot::default(),
        leaf: LeafSlot::default(),
        clock: clock.clone(),
        tasks: Lifecycle::new(clock.clone()),
        events: Events::default(),
        me: MeSlot::default(),
        wake: Wake::default(),
        // Made when the first file comes; tests with files bring a folder of their own.
        files: Files::at(PathBuf::from("/nonexistent")),
    }
}

/// The node of somebody, unlocked.
pub(crate) fn unlocked(keys: Keys, clock: &Clock, node_id: NodeId, username: &str) -> Deps {
    let deps = empty(keys, clock);
    deps.seal.unlock(Sealer::new(&[7; 32], Zeroizing::new(node_id.0)));
    deps.me.set(Party { node_id, server_url: String::new(), username: username.to_owned() });
    deps
}

/// Ana's node, unlocked; her keeper signs nothing.
pub(crate) fn ana() -> (Deps, ManualClock) {
    let (clock, hands) = clock();
    (unlocked(keys(&clock), &clock, NodeId([1; 32]), "ana"), hands)
}

/// At home, behind nothing.
pub(crate) fn place() -> Place {
    Place {
        port: 7717,
        names: Vec::new(),
        api_url: None,
        behind_proxy: false,
        folder: None,
        kdf: KdfCost::light(),
        version: "0.0.0",
        started_ms: 0,
    }
}

/// The owner's API over these handles; the command line has [`TOKEN`].
pub(crate) fn api(deps: &Deps, place: Place) -> Api {
    let client = HttpClient::new(HttpClientConfig::default()).unwrap();
    let net = Network::new(deps.clone(), client, Reach::default());
    let auth = Auth::new(deps);
    auth.set_cli(CliToken::of(TOKEN));
    let (place, streams) = (Arc::new(place), Arc::new(Semaphore::new(2)));
    Api::from(Handles { deps: deps.clone(), net, auth, place, found: Default::default(), streams })
}

/// Somebody's API, as the command line calls it.
pub(crate) struct Desk {
    app: Router,
    /// The same network as the endpoints'.
    pub(crate) net: Network,
}

impl Desk {
    pub(crate) fn of(deps: &Deps) -> Self {
        let api = api(deps, place());
        Self { net: api.net.clone(), app: router::with(api) }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_with(method, path, body, None).await
    }

    /// With an `Idempotency-Key`.
    pub(crate) async fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "localhost:7717")
            .header("authorization", format!("Bearer {TOKEN}"))
            .extension(ConnectInfo::<SocketAddr>("127.0.0.1:4000".parse().unwrap()));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}
