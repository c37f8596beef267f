//! Who may call the first version of the API: OAuth 2.0 client credentials of nodes (RFC 6749 §4.4, RFC 7523).
//!
//! Nobody is given an id or a secret here: the client id is the node id, and a node proves itself by its own signing
//! key. Must not know: HTTP, what the calls do.

mod access;
mod assertion;
mod keyring;
mod scope;
mod store;

use std::sync::Arc;

use openred_core::descriptor::Descriptor;
use openred_core::identity::{IdentityLog, LogOrder};
use openred_core::ids::{Hash, NodeId};
use openred_service::database::DbError;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use self::access::Access;
use self::assertion::{Assertion, AssertionRefusal};
use self::keyring::Ring;
use crate::bounds::ACCESS_TOKEN_SECS;
use crate::counters::Counters;
use crate::gate::{Call, Gate};
use crate::nodes::{Node, Nodes};

pub(crate) use self::keyring::{Keyring, TokenKey};
pub(crate) use self::scope::{SCOPES, Scope};
pub(crate) use self::store::TOKEN_KEYS;

/// Gives tokens and looks at them.
#[derive(Debug)]
pub(crate) struct Guard {
    own: Arc<Own>,
    keyring: Keyring,
    nodes: Arc<Nodes>,
    gate: Arc<Gate>,
    counters: Arc<Counters>,
}

/// What a node asks a token with.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// The JWT that it signed.
    pub(crate) assertion: &'a str,
    /// `client_id`, if it says it besides.
    pub(crate) client: Option<NodeId>,
    /// Its descriptor, if the directory does not know it, or not yet its newest key.
    pub(crate) descriptor: Option<Descriptor>,
    /// The scopes it wants; all it may have if it does not say.
    pub(crate) scope: Option<&'a str>,
}

/// A token that was given.
#[derive(Debug)]
pub(crate) struct Given {
    /// The token.
    pub(crate) token: String,
    /// What it allows.
    pub(crate) scope: String,
}

/// Why no token is given.
#[derive(Debug)]
pub(crate) enum TokenRefusal {
    /// The assertion proves nothing.
    Assertion(AssertionRefusal),
    /// Nobody is registered under this id, and no descriptor came with it.
    Unknown,
    /// The descriptor has ended, is another's, or its log is not the newest one known.
    Descriptor,
    /// This jti was here already.
    Used,
    /// More than this client may have.
    Scope,
    /// Too often, too early after the start, or the database does not answer.
    Problem(Problem),
}

/// Who calls with a token.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The client.
    pub(crate) node_id: NodeId,
    /// The head of its identity log when it got the token.
    pub(crate) log_head: Hash,
}

/// Why a token opens nothing.
#[derive(Debug)]
pub(crate) enum AccessRefusal {
    /// Not a token of this directory that is good now.
    Invalid,
    /// It does not allow this.
    Scope(Scope),
    /// The database does not answer.
    Database(DbError),
}

impl Guard {
    /// With keys of its own.
    pub(crate) fn new(
        own: Arc<Own>,
        keyring: Keyring,
        nodes: Arc<Nodes>,
        gate: Arc<Gate>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { own, keyring, nodes, gate, counters }
    }

    /// A token for who proves to be a node. Who is not registered, or not with this key, may but register.
    pub(crate) async fn give(&self, asked: &Asked<'_>) -> Result<Given, TokenRefusal> {
        let given = self.try_give(asked).await;
        let counter = if given.is_ok() { &self.counters.tokens } else { &self.counters.tokens_refused };
        counter.add();
        given
    }

    async fn try_give(&self, asked: &Asked<'_>) -> Result<Given, TokenRefusal> {
        let (at, dir_id) = (self.gate.now(), self.own.node_id());
        let assertion = Assertion::read(asked.assertion, &dir_id, at.unix_secs)?;
        let client = assertion.client();
        if asked.client.is_some_and(|said| said != client) {
            return Err(AssertionRefusal::Subject.into());
        }
        let node; // lives as long as the log that is borrowed from it
        let (log, allowed): (&IdentityLog, &[Scope]) = if let Some(descriptor) = &asked.descriptor {
            self.check_newcomer(descriptor, &client, at.unix_secs).await?;
            (&descriptor.body().log, &[Scope::Register])
        } else {
            node = self.nodes.get(&client, at.unix_secs).await?.ok_or(TokenRefusal::Unknown)?;
            (&node.descriptor.body().log, &SCOPES)
        };
        assertion.verify(log.current_key())?;
        self.gate.by_node(at, Call::Token, &client).map_err(TokenRefusal::Problem)?;
        let first = self.gate.once_by_jti(at, &client, assertion.jti(), assertion.ends()).await;
        if !first.map_err(TokenRefusal::Problem)? {
            return Err(TokenRefusal::Used);
        }
        let scope = scope::granted(asked.scope, allowed).ok_or(TokenRefusal::Scope)?;
        let ends = at.unix_secs + ACCESS_TOKEN_SECS;
        let access = Access::new(dir_id, client, log.head(), scope.clone(), (at.unix_secs, ends));
        let ring = self.keyring.at(at.unix_secs).await?;
        let token = access.signed(&ring).ok_or_else(|| TokenRefusal::Problem(Problem::internal()))?;
        Ok(Given { token, scope })
    }

    /// Who calls with `token`, if it allows `scope`. Nobody has looked whether it is registered.
    pub(crate) async fn admit(&self, token: &str, scope: Scope) -> Result<Caller, AccessRefusal> {
        let now = self.gate.now().unix_secs;
        let ring = self.keyring.at(now).await?;
        let access = Access::read(token, &ring, &self.own.node_id(), now).ok_or(AccessRefusal::Invalid)?;
        if !access.allows(scope) {
            return Err(AccessRefusal::Scope(scope));
        }
        Ok(Caller { node_id: access.sub, log_head: access.log_head })
    }

    /// The registered node behind `token`, whose key is still the one that the token was given to; it counts as seen.
    pub(crate) async fn admit_node(&self, token: &str, scope: Scope) -> Result<Arc<Node>, AccessRefusal> {
        let caller = self.admit(token, scope).await?;
        let at = self.gate.now();
        let node = self.nodes.get(&caller.node_id, at.unix_secs).await?;
        let node = node.filter(|node| node.descriptor.body().log.head() == caller.log_head);
        let node = node.ok_or(AccessRefusal::Invalid)?;
        self.nodes.seen(&node, at.unix_secs, at.mono_ms);
        Ok(node)
    }

    /// The keys whose tokens are good now.
    pub(crate) async fn keys(&self) -> Result<Arc<Ring>, DbError> {
        self.keyring.at(self.gate.now().unix_secs).await
    }

    /// Its own id, in force, and no older or other history of keys than the one held: else a stolen key that its owner
    /// has replaced would still open something.
    async fn check_newcomer(
        &self,
        descriptor: &Descriptor,
        client: &NodeId,
        now: u64,
    ) -> Result<(), TokenRefusal> {
        let held = self.nodes.log(client).await?;
        let log = &descriptor.body().log;
        let newest = held.is_none_or(|held| matches!(held.compare(log), LogOrder::Same | LogOrder::Grown));
        let good = descriptor.node_id() == *client && !descriptor.is_expired(now * 1_000) && newest;
        if good { Ok(()) } else { Err(TokenRefusal::Descriptor) }
    }
}

impl From<AssertionRefusal> for TokenRefusal {
    fn from(refusal: AssertionRefusal) -> Self {
        Self::Assertion(refusal)
    }
}

impl From<DbError> for TokenRefusal {
    fn from(error: DbError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<DbError> for AccessRefusal {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}
