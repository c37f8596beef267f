//! The network side of a node: directories, meeting, sessions. Files by source: `https` calls out, `http` is called,
//! `directories` introduce. Drives `openred_proto`; holds no rule about what people may do.

mod accept;
mod confirm;
mod conversation;
mod dial;
pub mod directories;
mod elsewhere;
mod finding;
mod grants;
pub mod http;
mod https;
mod inflow;
mod lan;
mod live;
pub mod overlay;
pub mod own;
mod pool;
pub mod quic;
pub mod relays;
mod requests;
mod shake;
mod steps;
pub mod store;
mod tables;
mod wall;
mod watching;
mod window;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use openred_core::{
    descriptor::Descriptor,
    frame::close,
    ids::{Id16, NodeId},
    payload::{Heartbeat, Payload, Routes},
};
use openred_keeper::ops::Session;
use openred_proto::{introduction::Input, overlay::Via};
use openred_service::{http_client::HttpClient, limits::SlowDown};
use tokio::sync::Semaphore;
use tracing::debug;

use self::{
    accept::HalfOpen,
    directories::Directories,
    inflow::Inflow,
    lan::Near,
    overlay::Overlay,
    own::Own,
    pool::Pool,
    quic::{
        Endpoint, Way,
        socket::{Socket, way_to},
    },
    relays::Relays,
    requests::Answers,
    tables::Tables,
};
pub use self::{confirm::Confirmation, elsewhere::Other, live::Live, own::Reach, requests::Answer};
use crate::{
    delivery::{self, Carrier},
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        challenge::Challenges,
        chats,
        contacts::{self, person::Person, store as people},
        feed,
        notify::{self, What},
    },
};

/// Who is not reached within this time may be away: a directory that is asked takes its time to say so.
const SOON: Duration = Duration::from_secs(2);
/// Attempts to reach people at once.
const DIALS_MAX: usize = 32;
/// Handshakes between message 2 and the first frame.
const HALF_OPEN_MAX: usize = 256;
/// A node that begins says so by a new descriptor, unless the present one is younger: so an older copy of it is known.
const BEGUN_MS: u64 = 600_000;
/// Addresses that change are told after this pause: several change at once.
const ADDRESSES: Duration = Duration::from_secs(5);
/// Time for sessions to say goodbye before their endpoint closes.
const FAREWELL: Duration = Duration::from_secs(2);
/// The descriptor is looked at this often.
const REFRESH: Duration = Duration::from_secs(600);

/// The network. Clones share it.
#[derive(Clone)]
pub struct Network {
    deps: Deps,
    http: HttpClient,
    pool: Pool,
    own: Own,
    socket: Socket,
    /// The directories of this node.
    pub directories: Directories,
    tables: Tables,
    answers: Arc<dyn Answers>,
    inflow: Inflow,
    near: Near,
    relays: Relays,
    /// What contacts ask this node's owner to confirm.
    pub challenges: Challenges,
    /// What travels from neighbour to neighbour.
    pub overlay: Overlay,
    shared: Arc<Shared>,
}

/// How many sessions each transport carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct SessionsBy {
    /// QUIC between the two nodes.
    pub quic: usize,
    /// QUIC through a relay.
    pub quic_relayed: usize,
    /// HTTPS.
    pub https: usize,
}

struct Shared {
    half_open: Mutex<BTreeMap<Id16, HalfOpen>>,
    dialing: Mutex<BTreeSet<i64>>,
    dials: Semaphore,
    reach: RwLock<Reach>,
    flags: Mutex<u8>,
    polled: Mutex<BTreeSet<String>>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Network(…)")
    }
}

impl Network {
    /// The network of a node that answers at `reach`.
    pub fn new(deps: Deps, http: HttpClient, reach: Reach) -> Self {
        let (own, pool) = (Own::default(), Pool::default());
        let (inflow, challenges) = (Inflow::new(deps.clock.clone()), Challenges::default());
        let overlay = Overlay::default();
        Self {
            directories: Directories::new(deps.clone(), http.clone(), own.clone()),
            answers: requests::answers(&deps, &challenges, &inflow, &overlay, &own),
            inflow,
            near: Near::default(),
            relays: Relays::default(),
            challenges,
            overlay,
            tables: Tables::new(deps.clock.clone(), pool.clone()),
            pool,
            own,
            socket: Socket::default(),
            http,
            deps,
            shared: Arc::new(Shared {
                half_open: Mutex::default(),
                dialing: Mutex::default(),
                dials: Semaphore::new(DIALS_MAX),
                reach: RwLock::new(reach),
                flags: Mutex::new(0),
                polled: Mutex::default(),
            }),
        }
    }

    /// Reads what an earlier run stored. Call before serving.
    pub async fn load(&self) -> Result<(), NodeError> {
        self.own.load(&self.deps).await?;
        self.directories.load().await.map(drop)
    }

    /// Starts what runs while the node is unlocked: descriptor, registration, polls.
    pub async fn unlocked(&self, flags: u8) -> Result<(), NodeError> {
        self.set_flags(flags);
        // Before anything is said: another copy of this node may speak for the owner.
        let seen = self.look_for_myself().await?;
        let begins = !self.tables.is_open();
        self.open_tables().await?;
        // A node that never described itself, or was restored, begins with a key of its own.
        self.open_socket(self.own.current().is_none()).await?;
        if !self.is_silent() {
            self.refresh_after(seen.as_ref(), begins && self.own.is_older_than(BEGUN_MS, &self.deps)).await?;
        }
        self.overlay.start(self).await?;
        self.overlay.look();
        self.near.look();
        self.sign_wall_again().await?;
        self.watch_directories().await?;
        self.watch_relays().await?;
        self.greet().await?;
        self.deps.wake.ring();
        Ok(())
    }

    /// Fills the tables with what was stored, once per process: who met whom is readable only now.
    async fn open_tables(&self) -> Result<(), NodeError> {
        if self.tables.is_open() {
            return Ok(());
        }
        let mut restored = self.deps.write(|w| store::restored(w.tx, w.seal, w.now)).await?;
        restored.replaced = self.own.replaced();
        if self.tables.open(self.deps.me.get()?.node_id, restored)? {
            self.tell_own();
            self.deps.tasks.spawn("tables", self.tables.clone().run(self.deps.tasks.clone()));
        }
        Ok(())
    }

    /// A new own descriptor when it is due; the tables hear of it.
    async fn refresh(&self, force: bool) -> Result<(), NodeError> {
        if self.is_silent() { Ok(()) } else { self.refresh_after(None, force).await }
    }

    /// The same, after one of the own id that was made elsewhere.
    async fn refresh_after(&self, seen: Option<&Descriptor>, force: bool) -> Result<(), NodeError> {
        let (api_url, way) = (self.reach().api_url, self.socket.way());
        let reached = (api_url.as_deref(), way.as_ref());
        if self.own.refresh(&self.deps, reached, seen, force).await? {
            self.tell_own();
        }
        Ok(())
    }

    fn reach(&self) -> Reach {
        self.shared.reach.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens the QUIC endpoint, if there is to be one, and answers at it.
    async fn open_socket(&self, with_new_key: bool) -> Result<(), NodeError> {
        let Some(reach) = self.reach().quic else { return Ok(()) };
        if let Some(endpoint) = self.socket.open(&self.deps, &reach, with_new_key).await? {
            if reach.lan {
                self.deps.tasks.spawn_one_of_many("local network", lan::run(self.clone(), endpoint.clone()));
            }
            self.deps.tasks.spawn_one_of_many("quic", quic::door::serve(self.clone(), endpoint.clone()));
            if endpoint.relay().is_some() {
                let presenting = quic::presenting::run(self.clone(), endpoint.clone());
                self.deps.tasks.spawn_one_of_many("quic relay", presenting);
            }
            self.deps.tasks.spawn_one_of_many("quic addresses", self.clone().tell_addresses(endpoint));
        }
        Ok(())
    }

    /// Renews the descriptor when the addresses of this endpoint change; closes it when the node stops.
    async fn tell_addresses(self, endpoint: Endpoint) {
        let stop = self.deps.tasks.soft().clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = endpoint.closed() => return,
                () = endpoint.changed() => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(ADDRESSES) => {}
            }
            if let Err(error) = self.refresh(false).await {
                debug!(%error, "the descriptor was not renewed");
            }
        }
        Self::farewell(&self.pool.peers()).await;
        endpoint.close().await;
    }

    /// Waits a little for sessions that are about to end.
    async fn farewell(sessions: &[Live]) {
        let ended = futures_util::future::join_all(sessions.iter().map(Live::ended));
        let _ = tokio::time::timeout(FAREWELL, ended).await;
    }

    /// Ends all sessions and opens the endpoint under another transport key.
    async fn renew_socket(&self) -> Result<(), NodeError> {
        if self.socket.endpoint().is_none() {
            return Ok(());
        }
        let sessions = self.pool.peers();
        self.pool.close_all(close::SUPERSEDED);
        Self::farewell(&sessions).await;
        self.socket.close().await;
        self.open_socket(true).await
    }

    fn tell_own(&self) {
        if let Some(own) = self.own.current() {
            self.tables.turn(Input::OwnDescriptor { signed: own.bytes().to_vec(), hash: own.hash() });
        }
    }

    /// Directory flags of the owner's settings (Annex A.3); registered again at the next turn.
    pub fn set_flags(&self, flags: u8) {
        *self.shared.flags.lock().unwrap_or_else(PoisonError::into_inner) = flags;
    }

    /// Ends all sessions: the owner locks the node.
    pub fn lock(&self) {
        self.pool.close_all(close::LOCKED);
        self.near.look();
        self.relays.look();
    }

    /// The identity changed: everything certified by the old key is void.
    pub async fn rotated(&self) -> Result<(), NodeError> {
        self.deps.write(|w| Ok(store::drop_pairs(w.tx, None)?)).await?;
        // The leaf of conversations is another one now.
        chats::certify(&self.deps).await?;
        self.renew_socket().await?;
        self.refresh(true).await?;
        delivery::sign_again(&self.deps).await?;
        self.sign_wall_again().await?;
        self.pool.close_all(close::SUPERSEDED);
        self.announce().await
    }

    /// What is on walls is to be signed by the newest key, if it is not yet.
    async fn sign_wall_again(&self) -> Result<(), NodeError> {
        match self.own.current() {
            Some(own) => feed::again::begin(&self.deps, own.body().log_seq).await,
            None => Ok(()),
        }
    }

    /// Sends mail until the node stops.
    pub async fn mail_loop(self) {
        relays::run(self).await;
    }

    /// Tells friends the present descriptor, and how they reach the owner beside it.
    pub async fn announce(&self) -> Result<(), NodeError> {
        let Some(own) = self.own.current() else { return Ok(()) };
        let descriptor = openred_core::ids::B64(own.bytes().to_vec());
        let update = openred_core::payload::DescriptorUpdate { descriptor, routes: None };
        self.deps
            .write(move |w| each_friend(w, |friend| contacts::say(w, friend, update.clone().into())))
            .await
    }

    /// Renews the descriptor and the registrations, until the node stops.
    pub async fn refresh_loop(self) {
        let stop = self.deps.tasks.soft().clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(REFRESH) => {}
            }
            self.look_again().await;
            if let Err(error) = self.refresh(false).await {
                debug!(%error, "the descriptor was not renewed");
            }
        }
    }

    /// A handshake is done: the person's row, the pin, the pair secret. Returns `connections.id`.
    async fn met(&self, session: &Session, peer: &Descriptor, rejoin: bool) -> Result<i64, NodeError> {
        let (session, peer) = (session.clone(), peer.clone());
        self.deps
            .write(move |w| {
                let mut person = people::ensure(w.tx, w.seal, &session.peer, w.now)?;
                contacts::adopt(w, &mut person, &peer)?;
                person.details.name_confirmed = true;
                store::keep_pair(w.tx, person.id, &session.pair_id, &session.pair_ticket.0, w.now)?;
                people::seen(w.tx, person.id, w.now)?;
                delivery::store::hasten(w.tx, person.id, w.now)?;
                if rejoin && session.rejoined {
                    notify::add(w, What::MetAgain, Some(person.id), None, "")?;
                }
                contacts::changed(w, &person)?;
                Ok(person.id)
            })
            .await
    }

    /// How a descriptor's node is reached by QUIC from here, also in the local network.
    fn way_to(&self, descriptor: &Descriptor) -> Option<Way> {
        way_to(descriptor, self.near.of(&descriptor.node_id()))
    }

    fn half_open(&self, session_id: Id16, half: HalfOpen) {
        let now = self.deps.clock.monotonic_ms();
        let mut all = self.shared.half_open.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, half| !half.is_over(now));
        if all.len() < HALF_OPEN_MAX {
            all.insert(session_id, half);
        }
    }

    /// The handshake whose first frame comes by a connection with this binding. Another connection takes nothing.
    fn take_half_open(&self, session_id: &Id16, binding: &[u8; 32]) -> Option<HalfOpen> {
        let mut all = self.shared.half_open.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(session_id).filter(|half| half.is_of(binding))?;
        all.remove(session_id)
    }

    /// The open session with a person, or a new one.
    async fn session(&self, person: i64) -> Result<Live, NodeError> {
        if self.is_silent() {
            return Err(NodeError::Refused("this identity is in use on another node: say which one you use"));
        }
        let node_id = self
            .deps
            .read(move |w| Ok(people::get(w.tx, w.seal, person)?.map(|p| p.node_id)))
            .await?
            .ok_or(NodeError::Unknown("this person"))?;
        if let Some(live) = self.pool.with(&node_id) {
            return Ok(live);
        }
        // Before the first unlock is through, a dial would wait for tables that nobody has opened.
        if !self.tables.is_open() {
            return Err(NodeError::Locked);
        }
        let _permit = self.shared.dials.acquire().await.map_err(|e| NodeError::Internal(e.to_string()))?;
        if let Some(live) = self.pool.with(&node_id) {
            return Ok(live);
        }
        // Somebody who is away is asked for at directories for some seconds: a node that stops does not wait for that.
        tokio::select! {
            () = self.deps.tasks.soft().cancelled() => Err(NodeError::Refused("this node stops")),
            live = dial::dial(self, person) => live.map_err(|why| NodeError::Peer(why.0.to_owned())),
        }
    }

    /// Asks a person's node in a session, opening one when there is none.
    pub async fn request(&self, person: i64, path: &str, json: String) -> Result<Answer, NodeError> {
        self.session(person).await?.ask(path, json).await
    }

    /// Without an address of its own this node is reached only by the sessions it keeps.
    fn must_keep_open(&self) -> bool {
        let by_quic = self.socket.way().is_some_and(|way| !way.addresses.is_empty() || way.relay.is_some());
        self.reach().api_url.is_none() && !by_quic
    }

    /// Says hello to all friends: what waits on either side goes at once. A friend for whom something waits already
    /// is met by that.
    async fn greet(&self) -> Result<(), NodeError> {
        if self.is_silent() {
            return Ok(());
        }
        let hello = || Payload::from(Heartbeat { active: true, until: None });
        self.deps
            .write(move |w| {
                each_friend(w, |friend| match delivery::store::hasten(w.tx, friend.id, w.now)? {
                    0 => contacts::say(w, friend, hello()),
                    _ => Ok(()),
                })
            })
            .await
    }

    /// Whether anybody may look at a link of a file now.
    pub(crate) fn admit_link(&self) -> Result<(), SlowDown> {
        self.inflow.link()
    }

    /// Whether a session with this node is open.
    pub fn is_connected(&self, id: &NodeId) -> bool {
        self.pool.with(id).is_some()
    }

    /// The open session with a node.
    pub fn session_with(&self, id: &NodeId) -> Option<Live> {
        self.pool.with(id)
    }

    /// Open sessions.
    pub fn sessions(&self) -> usize {
        self.pool.peers().len()
    }

    /// Open sessions by what carries them.
    pub fn sessions_by(&self) -> SessionsBy {
        let mut by = SessionsBy::default();
        for live in self.pool.peers() {
            match live.via() {
                Via::Direct => by.quic += 1,
                Via::Relay => by.quic_relayed += 1,
                Via::Https => by.https += 1,
            }
        }
        by
    }

    /// Whether a friend's node was seen in the local network.
    pub fn is_near(&self, id: &NodeId) -> bool {
        !self.near.of(id).is_empty()
    }

    /// Where the QUIC endpoint answers; none when it is off or not open yet.
    pub fn quic_way(&self) -> Option<Way> {
        self.socket.way()
    }

    /// Ends the sessions with a node (blocked).
    pub fn disconnect(&self, id: &NodeId) {
        self.pool.close(id, close::REPLACED);
    }

    /// The own descriptor.
    pub fn own_descriptor(&self) -> Option<Descriptor> {
        self.own.current()
    }

    /// The session with a person; who is not reached soon gets mail meanwhile.
    async fn session_or_mail(&self, person: i64) -> Result<Live, NodeError> {
        let mut session = std::pin::pin!(self.session(person));
        tokio::select! {
            session = &mut session => return session,
            () = tokio::time::sleep(SOON) => {}
        }
        if let Err(error) = delivery::doubtful(&self.deps, person).await {
            debug!(%error, "mail waits");
        }
        session.await
    }

    async fn carry_to(self, person: i64) {
        match self.session_or_mail(person).await {
            Ok(live) => {
                metrics::counter!("openred_node_dials_total", "outcome" => "reached").increment(1);
                live.carry();
            }
            Err(NodeError::Peer(reason)) => {
                let reason = reason_code(&reason);
                metrics::counter!("openred_node_dials_total", "outcome" => reason).increment(1);
                // A locked node still gives out what is public.
                if reason == "peer_locked"
                    && let Err(error) = wall::read(&self, person).await
                {
                    debug!(%error, "a wall could not be read");
                }
                if let Err(error) = delivery::unreachable(&self.deps, person, reason).await {
                    debug!(%error, "a delivery could not be postponed");
                }
            }
            Err(error) => debug!(%error, "a delivery waits"),
        }
        self.shared.dialing.lock().unwrap_or_else(PoisonError::into_inner).remove(&person);
    }
}

/// Does this for every friend, in pages.
fn each_friend(
    w: &Work<'_, '_>,
    mut act: impl FnMut(&Person) -> Result<(), NodeError>,
) -> Result<(), NodeError> {
    let mut after = 0;
    loop {
        let page = people::list(w.tx, w.seal, people::List::Friends, after, 200)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        page.iter().try_for_each(&mut act)?;
    }
}

/// The stable codes of [`dial`]; anything else counts as away.
fn reason_code(reason: &str) -> &'static str {
    ["no_route", "peer_locked", "refused", "slow_down", "internal"]
        .into_iter()
        .find(|code| *code == reason)
        .unwrap_or("peer_away")
}

impl Carrier for Network {
    fn carry(&self, person: i64) {
        if self.is_silent() {
            return;
        }
        if let Some(live) = self.pool.of_person(person) {
            live.carry();
            return;
        }
        if self.shared.dialing.lock().unwrap_or_else(PoisonError::into_inner).insert(person) {
            self.deps.tasks.spawn_one_of_many("dial", self.clone().carry_to(person));
        }
    }

    fn routes(&self, person: i64) -> BoxFuture<'_, Option<Routes>> {
        self.routes_for(person).boxed()
    }
}
