//! The tables of `openred_proto::introduction` of this node: behind a lock, with those who wait for their verbs.
//! Decides nothing itself; what needs disk or keeper goes back to who put the input in.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openred_core::{
    descriptor::Descriptor,
    grant::OwnRequest,
    hello::{HelloRefusal, HelloReply},
    ids::{Hash, Id16, NodeId},
};
use openred_proto::introduction::{
    ConnId, Effect, Effects, GrantIn, Input, Introduction, Invitation, Now, Restored, StartId,
    bounds::GRANT_USABLE_MS,
};
use openred_service::lifecycle::{Clock, Lifecycle};
use tokio::sync::{Notify, oneshot};
use tracing::debug;

use super::{
    pool::Pool,
    steps::{Mailbox, Step, Steps},
};
use crate::error::NodeError;

/// How a hello is answered.
pub(super) type Outcome = Result<HelloReply, HelloRefusal>;

/// The tables. Clones share them; there are none before the first unlock.
#[derive(Clone)]
pub(super) struct Tables(Arc<Shared>);

struct Shared {
    clock: Clock,
    pool: Pool,
    inner: Mutex<Inner>,
    turned: Notify,
}

#[derive(Default)]
struct Inner {
    machine: Option<Introduction>,
    last_conn: u64,
    conns: BTreeMap<ConnId, oneshot::Sender<Outcome>>,
    /// Who waits for the grant of an own request.
    asked: BTreeMap<Id16, Mailbox>,
    /// Who carries out a begun handshake.
    starts: BTreeMap<StartId, Mailbox>,
    /// The other side's descriptor of grants that came: when (monotonic ms), which.
    introduced: BTreeMap<Id16, (u64, Descriptor)>,
    /// Invitations that the machine was told.
    invited: BTreeSet<Id16>,
    /// Invitations whose second taker the owner has heard of.
    told: BTreeSet<Id16>,
}

impl Tables {
    pub(super) fn new(clock: Clock, pool: Pool) -> Self {
        let (inner, turned) = (Mutex::default(), Notify::new());
        Self(Arc::new(Shared { clock, pool, inner, turned }))
    }

    /// Fills them with what was stored, once per process. True the first time.
    pub(super) fn open(&self, own: NodeId, restored: Restored) -> Result<bool, NodeError> {
        let mut inner = self.lock();
        if inner.machine.is_some() {
            return Ok(false);
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        inner.invited = restored.invitations.iter().map(|one| one.invite_id).collect();
        inner.machine = Some(Introduction::new(own, seed, restored));
        Ok(true)
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().machine.is_some()
    }

    /// One input. What the machine wants done by disk or keeper comes back, in order; the rest is done.
    pub(super) fn turn(&self, input: Input) -> Vec<Effect> {
        self.turn_for(input, None)
    }

    /// The same; a handshake that begins with this turn is carried out by `dialer`.
    pub(super) fn turn_for(&self, input: Input, dialer: Option<&Mailbox>) -> Vec<Effect> {
        let now = self.now();
        let mut inner = self.lock();
        let Some(machine) = inner.machine.as_mut() else { return Vec::new() };
        let mut fx = Effects::new();
        machine.handle(now, input, &mut fx);
        let rest =
            fx.take().into_iter().filter_map(|effect| inner.route(effect, dialer, &self.0.pool)).collect();
        drop(inner);
        self.0.turned.notify_one();
        rest
    }

    /// Ticks when the machine wants to be woken, until the node stops.
    pub(super) async fn run(self, tasks: Lifecycle) {
        let stop = tasks.soft().clone();
        loop {
            let due = self.lock().machine.as_ref().and_then(Introduction::next_wake);
            let pause = due.map(|at| Duration::from_millis(at.saturating_sub(self.now().mono_ms)));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.turned.notified() => {}
                () = tokio::time::sleep(pause.unwrap_or(Duration::MAX)), if pause.is_some() => {
                    self.turn(Input::Tick);
                }
            }
        }
    }

    /// A connection whose hello is about to be put in, and where its answer comes.
    pub(super) fn connection(&self) -> (ConnId, oneshot::Receiver<Outcome>) {
        let mut inner = self.lock();
        inner.last_conn += 1;
        let conn = ConnId(inner.last_conn);
        let (sender, answer) = oneshot::channel();
        inner.conns.retain(|_, waits| !waits.is_closed());
        inner.conns.insert(conn, sender);
        (conn, answer)
    }

    /// An own request is about to leave: its grant will be carried out by `dialer`.
    pub(super) fn ask(&self, request: OwnRequest, dialer: Mailbox) {
        self.turn(Input::Asked(request));
        let mut inner = self.lock();
        inner.asked.retain(|_, waits| !waits.is_closed());
        inner.asked.insert(request.grant_id, dialer);
    }

    /// Whoever waits for the grant of this request. A request that nobody waits for any more counts as none.
    pub(super) fn asker(&self, grant_id: &Id16) -> Option<Mailbox> {
        self.lock().asked.get(grant_id).filter(|waits| !waits.is_closed()).cloned()
    }

    /// The own request that waits under this grant id, a fact for opening the grant.
    pub(super) fn own_request(&self, grant_id: &Id16) -> Option<OwnRequest> {
        let inner = self.lock();
        inner.asked.get(grant_id).filter(|waits| !waits.is_closed())?;
        inner.machine.as_ref()?.own_request(grant_id).copied()
    }

    /// Hashes of the own descriptors that count.
    pub(super) fn own_descriptors(&self) -> Vec<Hash> {
        let now = self.now();
        self.lock().machine.as_ref().map(|machine| machine.own_descriptors(now)).unwrap_or_default()
    }

    /// A grant that passed the keeper, with the other side's descriptor.
    pub(super) fn grant(&self, grant: GrantIn, peer: Descriptor) -> Vec<Effect> {
        let now = self.now().mono_ms;
        let grant_id = grant.core.grant_id;
        let mut inner = self.lock();
        inner.introduced.retain(|_, (came, _)| now.saturating_sub(*came) <= GRANT_USABLE_MS);
        // The first of an id stays: the machine refuses a second.
        inner.introduced.entry(grant_id).or_insert((now, peer));
        drop(inner);
        self.turn(Input::Grant(grant))
    }

    /// The other side's descriptor that came with a grant.
    pub(super) fn introduced(&self, grant_id: &Id16) -> Option<Descriptor> {
        self.lock().introduced.get(grant_id).map(|(_, peer)| peer.clone())
    }

    /// Tells the machine what the table of invitations says of one: made, or taken back.
    pub(super) fn invitation(&self, invite_id: Id16, row: Option<Invitation>) {
        let is_known = self.lock().invited.contains(&invite_id);
        match row {
            Some(invitation) if !is_known => {
                self.turn(Input::Invitation(invitation));
                self.lock().invited.insert(invite_id);
            }
            None if is_known => {
                self.turn(Input::Withdrawn { invite_id });
                self.lock().invited.remove(&invite_id);
            }
            Some(_) | None => {}
        }
    }

    /// True the first time that somebody else tries a bound invitation: it is told once.
    pub(super) fn is_first_second_try(&self, invite_id: Id16) -> bool {
        self.lock().told.insert(invite_id)
    }

    /// Nobody carries out this handshake any more.
    pub(super) fn give_up(&self, start: StartId) {
        if self.lock().starts.contains_key(&start) {
            self.turn(Input::Answered { start, outcome: None });
        }
        self.lock().starts.remove(&start);
    }

    /// A place for the steps of one dial.
    pub(super) fn steps(&self) -> Steps {
        Steps::new(self.clone())
    }

    fn now(&self) -> Now {
        Now { mono_ms: self.0.clock.monotonic_ms(), unix_ms: self.0.clock.now_ms() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Does what needs neither disk nor keeper.
    fn route(&mut self, effect: Effect, dialer: Option<&Mailbox>, pool: &Pool) -> Option<Effect> {
        match effect {
            Effect::Answer(answer) => {
                debug!(note = ?answer.note, is_refused = answer.outcome.is_err(), "a hello was answered");
                if let Some(waits) = self.conns.remove(&answer.conn) {
                    let _ = waits.send(answer.outcome);
                }
            }
            Effect::Start { start, kind, ticket, descriptors, rejoin, .. } => {
                if let Some(dialer) = dialer {
                    self.starts.entry(start).or_insert_with(|| dialer.clone());
                }
                self.step(start, Step::Start { kind, ticket, descriptors, rejoin });
            }
            Effect::SendAgain { start } => self.step(start, Step::SendAgain),
            Effect::AttachDescriptor { start } => self.step(start, Step::Attach),
            Effect::Solve { start, challenge } => self.step(start, Step::Solve(challenge)),
            Effect::Learn { start, signed, .. } => self.step(start, Step::Learn(signed)),
            Effect::Failed { start, why, .. } => {
                if let Some(mailbox) = self.starts.remove(&start).as_ref().or(dialer) {
                    mailbox.put(start, Step::Failed(why));
                }
            }
            Effect::GrantDropped { dir_id, grant_id, name } => {
                debug!(%dir_id, %grant_id, check = name, "a grant was dropped");
            }
            Effect::Close { session_id, code } => pool.close_named(&session_id, code),
            Effect::Drain { session_id } => pool.drain(&session_id),
            Effect::Check { .. }
            | Effect::Accept { .. }
            | Effect::Forget { .. }
            | Effect::Store { .. }
            | Effect::InvitationTriedAgain { .. } => return Some(effect),
        }
        None
    }

    fn step(&mut self, start: StartId, step: Step) {
        if let Some(mailbox) = self.starts.get(&start) {
            mailbox.put(start, step);
        }
    }
}
