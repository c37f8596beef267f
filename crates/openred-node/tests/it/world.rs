//! People with nodes, and a directory. Everything is real but the keeper's process: its vault is in this one.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{Arc, Once},
    time::Duration,
};

use openred_core::{envelope::Party, ids::NodeId, payload::Relationship as Asked};
use openred_directory::{Config, Directory, Running};
use openred_keeper::{
    client::Keeper,
    keyfile::KdfCost,
    ops::{Purpose, Request, Response},
    secret::Secret,
    vault::Vault,
};
use openred_node::{
    delivery::{self, Wake},
    deps::{Deps, MeSlot},
    error::NodeError,
    events::Events,
    keys::{Keys, Start},
    migrations::MIGRATIONS,
    modules::{
        chats::{self, mls::LeafSlot},
        contacts::{self, person::Person, store as people},
        files::{self, Files},
        identity, invitations, profile,
        settings::{self, Settings},
    },
    net::{
        Network, Reach, http, overlay::OverlayConfig, own, quic::QuicReach, relays::store as relays, store,
    },
    seal::{SealSlot, Sealer},
};
use openred_relay::quic::Allow;
use openred_service::{
    database::{Database, DatabaseUrl},
    http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpRequest},
    lifecycle::{Clock, Lifecycle},
    server::{ServerLimits, serve},
};
use tempfile::TempDir;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// With `RUST_LOG=openred_node=debug` the nodes say what they do, for who looks for a fault.
fn say_what_happens() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Ok(filter) = EnvFilter::try_from_default_env() {
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        }
    });
}

/// A directory on loopback.
pub(crate) struct Introducer {
    running: Running,
    _folder: TempDir,
}

impl Introducer {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.storage.data = folder.path().to_path_buf();
        config.network.allow_private = AllowPrivate::Loopback;
        let running = Directory::start(config).await.unwrap();
        Self { running, _folder: folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.addr)
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// A relay on loopback, with its store.
pub(crate) struct Post {
    running: openred_relay::Running,
    config: openred_relay::Config,
    _folder: TempDir,
}

impl Post {
    pub(crate) async fn start() -> Self {
        Self::start_for(None).await
    }

    /// One that carries QUIC, for these.
    pub(crate) async fn start_for(quic: Option<Allow>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = openred_relay::Config::default();
        config.quic.serve = quic.is_some();
        config.quic.allow = quic.unwrap_or_default();
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.storage.data = folder.path().to_path_buf();
        let running = openred_relay::Relay::start(config.clone()).await.unwrap();
        Self { running, config, _folder: folder }
    }

    /// Its owner carries QUIC for others from now on.
    pub(crate) async fn allow(&mut self, quic: Allow) {
        self.config.quic.allow = quic;
        self.running.reload(self.config.clone()).await;
    }

    /// How many nodes are there by QUIC, as it tells everybody.
    pub(crate) async fn quic_clients(&self) -> u64 {
        let config =
            HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
        let metrics = HttpRequest::get(format!("{}/metrics", self.url()).parse().unwrap());
        let told = HttpClient::new(config).unwrap().send(metrics).await.unwrap().body;
        let told = String::from_utf8(told.to_vec()).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix("openred_relay_quic_clients "));
        line.unwrap().parse().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.addr)
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// How a node is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    /// Not by HTTPS.
    pub(crate) no_api: bool,
    /// By QUIC.
    pub(crate) quic: bool,
    /// Only through this relay.
    pub(crate) relay: Option<String>,
    /// Neighbour of nobody.
    pub(crate) no_overlay: bool,
    /// Tells no address; friends in the local network, here this machine, are looked for.
    pub(crate) near: bool,
}

impl Ways {
    pub(crate) const BOTH: Self =
        Self { no_api: false, quic: true, relay: None, no_overlay: false, near: false };
    /// By nothing: no session with anybody can ever stand.
    pub(crate) const NONE: Self =
        Self { no_api: true, quic: false, relay: None, no_overlay: true, near: false };
    pub(crate) const QUIC: Self =
        Self { no_api: true, quic: true, relay: None, no_overlay: false, near: false };

    fn reach(&self, api_url: &str) -> Reach {
        // Where private addresses are admitted nowhere, none of this machine is told.
        let tells_none = self.relay.is_some() || self.near;
        let allow_private = if tells_none { AllowPrivate::Off } else { AllowPrivate::Loopback };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let quic = QuicReach { listen, relay: self.relay.clone(), allow_private, lan: self.near };
        Reach { api_url: (!self.no_api).then(|| api_url.to_owned()), quic: self.quic.then_some(quic) }
    }
}

/// A person and the node that serves them.
pub(crate) struct Node {
    pub(crate) deps: Deps,
    pub(crate) net: Network,
    pub(crate) id: NodeId,
    pub(crate) api_url: String,
    tasks: Lifecycle,
    _folder: TempDir,
}

impl Node {
    /// On SQLite, in a folder of its own.
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_by(name, &Ways::default()).await
    }

    /// By a clock that the test may hold, and without the overlay, whose neighbours never rest.
    pub(crate) async fn start_at(name: &str, clock: Clock) -> Self {
        Self::start_by_at(name, &Ways { no_overlay: true, ..Ways::default() }, clock).await
    }

    /// Reached by other ways than HTTPS alone.
    pub(crate) async fn start_by(name: &str, ways: &Ways) -> Self {
        Self::start_by_at(name, ways, Clock::System).await
    }

    /// The same by a clock that the test may hold.
    pub(crate) async fn start_by_at(name: &str, ways: &Ways, clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::file(folder.path().join("node.db"));
        Self::start_with(name, &url, folder, clock, ways).await
    }

    /// On any database.
    pub(crate) async fn start_on(name: &str, url: &DatabaseUrl, folder: TempDir) -> Self {
        Self::start_with(name, url, folder, Clock::System, &Ways::default()).await
    }

    async fn start_with(name: &str, url: &DatabaseUrl, folder: TempDir, clock: Clock, ways: &Ways) -> Self {
        say_what_happens();
        let tasks = Lifecycle::new(clock);
        let listener =
            openred_service::lifecycle::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let api_url = format!("http://{}", listener.local_addr().unwrap());
        let clock = tasks.clock().clone();
        let keeper = Keeper::inline(Vault::new(None), move || clock.now_ms());
        let deps = Deps {
            db: Database::open(url, MIGRATIONS).await.unwrap(),
            keys: Keys::start(Start::Inline(keeper)).unwrap(),
            seal: SealSlot::default(),
            leaf: LeafSlot::default(),
            clock: tasks.clock().clone(),
            tasks: tasks.clone(),
            events: Events::default(),
            me: MeSlot::default(),
            wake: Wake::default(),
            files: Files::at(folder.path().join("files")),
        };
        let config =
            HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
        let http_client = HttpClient::new(config).unwrap();
        let net = Network::new(deps.clone(), http_client, ways.reach(&api_url));
        net.overlay.configure(OverlayConfig { off: ways.no_overlay, ..net.overlay.config() });
        let id = set_up(&deps, name, &api_url).await;
        net.load().await.unwrap();
        net.unlocked(1 | 2 | 4).await.unwrap();
        serve(&tasks, listener, http::router(net.clone()), ServerLimits::default());
        let carrier = Arc::new(net.clone());
        tasks.spawn("downloads", files::downloads::run(deps.clone(), carrier.clone()));
        tasks.spawn("delivery", delivery::run(deps.clone(), carrier, tasks.soft().clone()));
        tasks.spawn("mail", net.clone().mail_loop());
        Self { deps, net, id, api_url, tasks, _folder: folder }
    }

    /// Has private conversations from now on, whose messages leave `undo_s` seconds after they were written.
    pub(crate) async fn talks(&self, undo_s: u8) {
        let set = self.deps.write_plain(move |tx| {
            let settings = Settings { undo_send_s: undo_s, ..settings::store::get(tx)? };
            settings::store::set(tx, &settings, 0)
        });
        set.await.unwrap();
        self.tasks.spawn("chats", chats::job::run(self.deps.clone(), self.tasks.soft().clone()));
    }

    /// Uses a directory from now on, and waits until it knows this node.
    pub(crate) async fn join(&self, directory: &Introducer) {
        self.join_at(directory.url()).await;
    }

    /// The same, by an address of the directory.
    pub(crate) async fn join_at(&self, url: String) {
        let added = url.clone();
        self.deps.write(move |w| Ok(store::add_directory(w.tx, &added, None, w.now)?)).await.unwrap();
        self.net.watch_directories().await.unwrap();
        self.until("the directory knows me", async || {
            self.net.directories.descriptor(&url, &self.id).await.is_ok()
        })
        .await;
    }

    /// Takes mail at a relay from now on, and waits until everybody can know it.
    pub(crate) async fn takes_mail_at(&self, post: &Post) {
        let url = post.url();
        self.deps.write(move |w| Ok(relays::add(w.tx, &url, None, w.now)?)).await.unwrap();
        self.net.watch_relays().await.unwrap();
        self.until("the descriptor says where requests may be left", async || {
            self.net.own_descriptor().is_some_and(|own| own.body().lane.is_some())
        })
        .await;
    }

    pub(crate) async fn ask(&self, other: &NodeId, note: &'static str) -> Person {
        let other = *other;
        self.deps.write(move |w| contacts::ask(w, &other, Asked::Friend, note)).await.unwrap()
    }

    pub(crate) async fn accept(&self, other: &NodeId) -> Result<Person, NodeError> {
        let other = *other;
        self.deps.write(move |w| contacts::accept(w, &other)).await
    }

    /// Makes friends of two by an invitation.
    pub(crate) async fn befriend(&self, other: &Self) {
        let made = invitations::create(&self.deps, 1, true, None, self.net.routes()).await.unwrap();
        other.net.redeem(&made.links.link).await.unwrap();
        self.until_person("they are friends", &other.id, Person::is_friend).await;
        other.until_person("so is the other", &self.id, Person::is_friend).await;
    }

    pub(crate) async fn person(&self, other: &NodeId) -> Option<Person> {
        let other = *other;
        self.deps.read(move |w| Ok(people::find(w.tx, w.seal, &other)?)).await.unwrap()
    }

    /// Waits until a condition about a person holds.
    pub(crate) async fn until_person(
        &self,
        what: &str,
        other: &NodeId,
        holds: impl Fn(&Person) -> bool,
    ) -> Person {
        self.until(what, async || self.person(other).await.is_some_and(|p| holds(&p))).await;
        self.person(other).await.unwrap()
    }

    /// Waits until a condition holds; panics with its words when it never does.
    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never: {what}");
    }

    /// Replaces the signing key by the recovery words, as the owner's API does.
    pub(crate) async fn rotate(&self) {
        let Response::Words(words) = self.deps.keys.ask(Request::RecoveryWords).await.unwrap() else {
            panic!("words")
        };
        identity::replace_key(&self.deps, words).await.unwrap();
        self.net.rotated().await.unwrap();
    }

    /// Closes what is sealed and ends the sessions, as the owner's app does. Returns what opens it again.
    pub(crate) fn lock(&self) -> Arc<Sealer> {
        self.net.lock();
        self.deps.seal.take().unwrap()
    }

    /// Opens it again.
    pub(crate) async fn unlock(&self, sealer: Arc<Sealer>) {
        self.deps.seal.put(sealer);
        self.net.unlocked(1 | 2 | 4).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.tasks.shut_down().await;
    }
}

/// What set-up does, without the app.
async fn set_up(deps: &Deps, name: &str, api_url: &str) -> NodeId {
    let create = Request::Create { passphrase: Secret::text("correct horse"), cost: KdfCost::light() };
    let Response::Created(created) = deps.keys.ask(create).await.unwrap() else { panic!("created") };
    let Response::Key(columns) = deps.keys.ask(Request::DataKey(Purpose::Columns)).await.unwrap() else {
        panic!("a data key")
    };
    let (id, log) = (created.identity.node_id, identity::log_bytes(&created.identity));
    let (username, display_name, state) = (profile::username_from(name), name.to_owned(), created.state.0);
    deps.seal.unlock(Sealer::new(&columns.expose_key().unwrap(), Zeroizing::new([3; 32])));
    let (server_url, node_id) = (api_url.to_owned(), id.to_string());
    deps.me.set(Party { node_id: id, server_url, username: username.clone() });
    deps.write(move |w| {
        store::set_state(w.tx, own::KEY_STATE, &state, w.now)?;
        store::set_state(w.tx, identity::LOG, &log, w.now)?;
        Ok(profile::store::create(w.tx, &node_id, &username, &display_name, w.now)?)
    })
    .await
    .unwrap();
    id
}

/// Says, visibly, that this machine cannot run the test.
pub(crate) fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not a print macro: the test harness would swallow it.
    let _terminal_may_be_closed = writeln!(std::io::stderr(), "SKIPPED ({why}): {test}");
}

/// Ana and ben, whom nobody can call, with a relay for their mail and a directory that knows both.
pub(crate) async fn two_by_mail_alone() -> (Introducer, Post, [Node; 2]) {
    let (directory, post) = (Introducer::start().await, Post::start().await);
    let nodes = [Node::start_by("Ana", &Ways::NONE).await, Node::start_by("Ben", &Ways::NONE).await];
    for node in &nodes {
        node.takes_mail_at(&post).await;
        node.join(&directory).await;
    }
    (directory, post, nodes)
}
