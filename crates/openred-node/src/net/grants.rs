//! From a sealed grant to the tables: the keeper opens it with every check that bytes decide (PROTOCOL §3.2).

use openred_core::{descriptor::Descriptor, grant::Core, ids::NodeId, token::Role};
use openred_keeper::{
    blob::Blob,
    client::KeeperError,
    ops::{GrantOpened, OpenGrant, PeekGrant, PeerPinned, Refusal, Request, Response},
};
use openred_proto::introduction::{Change, Effect, GrantIn, Input};

use tracing::debug;

use super::{Network, directories::Known, shake::other_answer, store};
use crate::{
    error::NodeError,
    modules::contacts::{person::Person, store as people},
};

/// Why [`receive`] refuses a grant that no honest directory writes.
pub(super) const A_LIE: &str = "the directory wrote a grant that cannot be true";
/// Checks that late answers, restarts and old descriptors never fail: whoever wrote such a grant lies.
const LIES: &[&str] = &[
    "grant/box-names-grant",
    "grant/directory-pinned",
    "grant/method",
    "grant/own-id",
    "grant/own-role",
    "grant/peer-descriptor-hash",
    "grant/peer-descriptor-id",
    "grant/request-names-grant",
    "grant/request-signature",
    "grant/secret-committed",
    "grant/signature",
    "grant/two-ids",
];

/// A sealed grant of a pinned directory came.
pub(super) async fn receive(net: &Network, directory: &Known, sealed: Vec<u8>) -> Result<(), NodeError> {
    let dir_id = directory.node_id.ok_or(NodeError::Unknown("this directory"))?;
    let dir_log = directory.descriptor.as_ref().map(|d| d.body().log.entries().to_vec());
    let dir_log = dir_log.ok_or(NodeError::Unknown("this directory"))?;
    let peek = PeekGrant { dir_id, sealed: Blob(sealed.clone()) };
    let Response::GrantPeeked(peeked) = net.deps.keys.ask(Request::PeekGrant(peek)).await? else {
        return Err(other_answer());
    };
    let (person, peer_log, peer_pinned) = held(net, peeked.peer).await?;
    if person.as_ref().is_some_and(Person::is_blocked) {
        return Err(NodeError::Refused("a grant for somebody blocked"));
    }
    let own_request = net.tables.own_request(&peeked.grant_id).filter(|asked| asked.dir_id == dir_id);
    let open = OpenGrant {
        dir_id,
        dir_log: dir_log.into_iter().map(Blob).collect(),
        token_seed: directory.token_seed,
        sealed: Blob(sealed),
        own_descriptors: net.tables.own_descriptors(),
        own_request: own_request.map(|asked| asked.id_b),
        peer_log,
        peer_pinned,
    };
    let opened = match net.deps.keys.keeper().ask(Request::OpenGrant(open)).await {
        Ok(Response::Grant(opened)) => opened,
        Ok(_) => return Err(other_answer()),
        Err(KeeperError::Refused(Refusal::Check(name))) if LIES.contains(&name.as_str()) => {
            debug!(%dir_id, check = name, "a grant cannot be true");
            return Err(NodeError::Refused(A_LIE));
        }
        Err(error) => return Err(error.into()),
    };
    admit(net, opened, person.is_some_and(|p| p.is_contact())).await
}

async fn held(
    net: &Network,
    peer: NodeId,
) -> Result<(Option<Person>, Vec<Blob>, Option<PeerPinned>), NodeError> {
    net.deps
        .read(move |w| {
            let Some(person) = people::find(w.tx, w.seal, &peer)? else {
                return Ok((None, Vec::new(), None));
            };
            let pin = people::pin_of(w.tx, w.seal, &person)?;
            let log = pin.log().map(|log| log.entries().iter().cloned().map(Blob).collect());
            let pinned = pin.descriptor().map(|d| PeerPinned { order: d.order(), hash: d.hash() });
            Ok((Some(person), log.unwrap_or_default(), pinned))
        })
        .await
}

/// The tables take or drop it. A grant that answers an own request is burnt before its dial begins.
async fn admit(net: &Network, opened: GrantOpened, contact: bool) -> Result<(), NodeError> {
    let core = opened.core.0.as_slice().try_into().ok().and_then(Core::decode);
    let core = core.ok_or_else(|| NodeError::Internal("the keeper gave no core".to_owned()))?;
    let peer = Descriptor::parse(&opened.peer_descriptor.0)
        .map_err(|_| NodeError::Internal("the keeper gave no descriptor".to_owned()))?;
    let grant_id = core.grant_id;
    let role = if opened.asked { Role::A } else { Role::B };
    let effects = net.tables.grant(GrantIn { core, role, contact, ticket: opened.ticket.0 }, peer);
    for effect in effects {
        let Effect::Store { store: Some(store), change: Change::Used { grant_id: id, until } } = effect
        else {
            continue;
        };
        let burnt = net.deps.write_plain(move |tx| store::burn_grant(tx, &id, until * 1_000)).await;
        let asker = net.tables.asker(&grant_id);
        let input = match burnt {
            Ok(true) if asker.is_some() => Input::Stored { store },
            _ => Input::StoreFailed { store },
        };
        net.tables.turn_for(input, asker.as_ref());
    }
    Ok(())
}
