//! Directories over real HTTP that answer nonsense, lie, fail, or do not answer: the node goes on, says which is which,
//! and works with them again once they behave.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use openred_core::{
    call::{PollAnswer, RegisterAnswer, RegisterCall, ServerRole, WellKnown},
    descriptor::Descriptor,
    ids::{B64, Hash, Id16},
    token::Role,
};
use openred_node::{
    modules::{contacts::person::Person, invitations},
    net::{directories::Health, store},
};
use openred_service::{
    lifecycle::{Clock, Lifecycle, listen},
    server::{ServerLimits, serve},
};

use super::{directory::Forged, hand::Hand};
use crate::world::Node;

/// How a directory behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Honest,
    /// 200 and no JSON.
    Nonsense,
    /// JSON of another shape.
    OtherJson,
    /// Its descriptor is of somebody else.
    Impostor,
    /// A node that says so.
    NoDirectory,
    /// 500 for everything.
    Fails,
    /// Sixty-four megabytes of spaces.
    Huge,
    /// Says that it registered another descriptor.
    RegistersAnother,
    /// Polls bring what is no grant list.
    PollsNonsense,
    /// Polls bring a grant that somebody else signed.
    Forges,
    /// Nothing for a minute.
    Slow,
    /// Gives somebody else's descriptor for everybody.
    Swaps,
}

struct Evil {
    mode: Mutex<Mode>,
    hand: Hand,
    other: Hand,
    /// To whom it forges grants.
    registered: Mutex<Option<Descriptor>>,
    now: u64,
}

/// A running one.
struct Liar {
    evil: Arc<Evil>,
    url: String,
}

impl Liar {
    async fn start(tasks: &Lifecycle, number: u8, mode: Mode) -> Self {
        let now = tasks.clock().now_s();
        let (hand, other) = (Hand::at(number, now), Hand::at(0x30, now));
        let (mode, registered) = (Mutex::new(mode), Mutex::default());
        let evil = Arc::new(Evil { mode, hand, other, registered, now });
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        serve(
            tasks,
            listener,
            Router::new().fallback(answer).with_state(evil.clone()),
            ServerLimits::default(),
        );
        Self { evil, url }
    }

    fn behaves(&self, mode: Mode) {
        *self.evil.mode.lock().unwrap() = mode;
    }
}

async fn answer(State(evil): State<Arc<Evil>>, uri: Uri, body: Bytes) -> Response {
    let mode = *evil.mode.lock().unwrap();
    match mode {
        Mode::Nonsense => "<html>It works!</html>".into_response(),
        Mode::OtherJson => {
            Json(serde_json::json!({"grants": 7, "node_id": [], "role": "king"})).into_response()
        }
        Mode::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mode::Huge => " ".repeat(64 << 20).into_response(),
        Mode::Slow => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        _ => match uri.path() {
            "/.well-known/openred" => evil.well_known(mode),
            "/api/v3/nodes/register" => evil.register(mode, &body),
            "/api/v3/tokens/poll" => evil.poll(mode).await,
            path if path.ends_with("/descriptor") => evil.other.descriptor.bytes().to_vec().into_response(),
            _ => StatusCode::ACCEPTED.into_response(),
        },
    }
}

impl Evil {
    fn well_known(&self, mode: Mode) -> Response {
        let shown = if mode == Mode::Impostor { &self.other } else { &self.hand };
        let role = if mode == Mode::NoDirectory { ServerRole::Node } else { ServerRole::Directory };
        let descriptor = B64(shown.descriptor.bytes().to_vec());
        let (node_id, versions) = (self.hand.id(), vec![3]);
        Json(WellKnown { node_id, role, versions, descriptor, token_mode: Some(0), token_seed: None })
            .into_response()
    }

    fn register(&self, mode: Mode, body: &[u8]) -> Response {
        let call: RegisterCall = serde_json::from_slice(body).unwrap();
        let descriptor = Descriptor::parse(&call.descriptor.0).unwrap();
        let desc_hash = if mode == Mode::RegistersAnother { Hash([1; 32]) } else { descriptor.hash() };
        let answer = RegisterAnswer { node_id: descriptor.node_id(), desc_hash, expires: self.now + 86_400 };
        *self.registered.lock().unwrap() = Some(descriptor);
        Json(answer).into_response()
    }

    async fn poll(&self, mode: Mode) -> Response {
        match mode {
            Mode::PollsNonsense => Json(serde_json::json!({"grants": ["*"]})).into_response(),
            Mode::Forges => {
                let to = self.registered.lock().unwrap().clone().unwrap();
                let mut grant = Forged::at(self.now, &to, Role::B, &self.other, &self.hand, Id16([7; 16]));
                grant.signer = Some(self.other.clone());
                let grants = vec![B64(vec![0; 40]), B64(grant.seal(&to, &self.hand))];
                Json(PollAnswer { grants }).into_response()
            }
            _ => {
                tokio::time::sleep(Duration::from_secs(2)).await;
                StatusCode::NO_CONTENT.into_response()
            }
        }
    }
}

async fn use_directory(node: &Node, liar: &Liar) {
    let url = liar.url.clone();
    node.deps.write(move |w| Ok(store::add_directory(w.tx, &url, None, w.now)?)).await.unwrap();
    node.net.watch_directories().await.unwrap();
}

fn health(node: &Node, liar: &Liar) -> Option<Health> {
    node.net.directories.all().into_iter().find(|known| known.url == liar.url).map(|known| known.health)
}

/// Directories are tried again ever later, and given up after ten seconds: more patience than for people.
async fn until_health(node: &Node, liar: &Liar, what: &str, health: Health) {
    let waiting = async {
        while self::health(node, liar) != Some(health) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(seen.is_ok(), "never: {what}: {:?}", self::health(node, liar));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_goes_on_among_liars_and_says_who_lies() {
    let tasks = Lifecycle::new(Clock::System);
    let behaviours = [
        (Mode::Nonsense, Health::Lying),
        (Mode::OtherJson, Health::Lying),
        (Mode::Impostor, Health::Lying),
        (Mode::NoDirectory, Health::Lying),
        (Mode::Fails, Health::Down),
        (Mode::Huge, Health::Down),
        (Mode::RegistersAnother, Health::Lying),
        (Mode::PollsNonsense, Health::Lying),
        (Mode::Forges, Health::Lying),
    ];
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    let mut liars = Vec::new();
    for (number, (mode, said)) in (0x40..).step_by(8).zip(behaviours) {
        let liar = Liar::start(&tasks, number, mode).await;
        use_directory(&ana, &liar).await;
        liars.push((liar, mode, said));
    }
    for (liar, mode, said) in &liars {
        until_health(&ana, liar, &format!("{mode:?} is {said:?}"), *said).await;
        let known = ana.net.directories.all().into_iter().find(|known| known.url == liar.url).unwrap();
        assert!(!known.detail.is_empty(), "{mode:?} is explained in words");
    }
    let invitation = invitations::create(&ana.deps, 1, true, None, ana.net.routes()).await.unwrap();
    ben.net.redeem(&invitation.links.link).await.unwrap();
    ana.until_person("they meet in spite of all", &ben.id, Person::is_friend).await;
    for (liar, ..) in &liars {
        liar.behaves(Mode::Honest);
    }
    for (liar, mode, _) in &liars {
        until_health(&ana, liar, &format!("{mode:?} is forgiven"), Health::Ok).await;
    }
    ana.stop().await;
    ben.stop().await;
    tasks.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapped_descriptors_are_lies() {
    let tasks = Lifecycle::new(Clock::System);
    let ana = Node::start("Ana").await;
    let liar = Liar::start(&tasks, 0x40, Mode::Swaps).await;
    use_directory(&ana, &liar).await;
    until_health(&ana, &liar, "it is met", Health::Ok).await;
    let ben = Hand::at(0x10, liar.evil.now);
    assert!(ana.net.find_descriptor(&ben.id()).await.is_err(), "chloé's descriptor is not ben's");
    assert_eq!(health(&ana, &liar), Some(Health::Lying));
    assert!(ana.person(&ben.id()).await.is_none() && ana.person(&liar.evil.other.id()).await.is_none());
    ana.stop().await;
    tasks.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_does_not_answer_is_down() {
    let tasks = Lifecycle::new(Clock::System);
    let ana = Node::start("Ana").await;
    let liar = Liar::start(&tasks, 0x40, Mode::Slow).await;
    use_directory(&ana, &liar).await;
    until_health(&ana, &liar, "it is given up", Health::Down).await;
    ana.stop().await;
    tasks.stop_now();
}
