//! Invitations: a link or a QR code that lets one person meet the owner without a directory (PROTOCOL §4, A.6).
//! Rules; SQL is in `store`, HTTP in `http`.

pub mod http;
pub mod store;

use openred_core::{
    ids::Id16,
    invitation::{Invitation, Route},
    payload::{FriendRequest, Payload, Relationship as Asked},
};
use openred_keeper::{
    ops::{Request, Response},
    secret::Secret,
};
use zeroize::Zeroizing;

use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        contacts::{
            self,
            person::{Person, Relationship, Status},
            store as people,
        },
        notify::{self, What},
    },
};

/// Longest life of a link: seven days.
pub const DAYS_MAX: u64 = 7;
/// Open links at once.
const OPEN_MAX: i64 = 256;

/// Makes a link that is good for `days` (1 to 7). `routes`: how to reach this node, at most 8.
pub async fn create(
    deps: &Deps,
    days: u64,
    auto_accept: bool,
    host: Option<String>,
    routes: Vec<Route>,
) -> Result<store::Row, NodeError> {
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(NodeError::invalid("days", "1 to 7 days"));
    }
    let Response::Invited(invited) = deps.keys.ask(Request::DrawInvitation).await? else {
        return Err(NodeError::Internal("the keeper drew no invitation".to_owned()));
    };
    let expires_at = deps.clock.now_ms() + days * 86_400_000;
    let secret = invited.secret.expose_key();
    let invitation = Invitation {
        node_id: deps.me.get()?.node_id,
        invite_id: invited.invite_id,
        secret: secret.ok_or_else(|| NodeError::Internal("an invitation's secret is 32 bytes".to_owned()))?,
        not_after: expires_at / 1_000,
        routes,
    };
    let link = invitation.to_link(None).map_err(|e| NodeError::Internal(e.to_string()))?;
    let web_link = host.map(|host| invitation.to_link(Some(&host)));
    let web_link = web_link.transpose().map_err(|e| NodeError::Internal(e.to_string()))?;
    let links = store::Links { link: link.to_string(), web_link: web_link.map(|l| l.to_string()) };
    deps.write(move |w| {
        if store::count_open(w.tx, w.now)? >= OPEN_MAX {
            return Err(NodeError::Refused("too many open invitations: revoke some first"));
        }
        store::add(
            w.tx,
            w.seal,
            &invited.invite_id,
            &invited.ticket.0,
            &links,
            (expires_at, auto_accept),
            w.now,
        )?;
        store::get(w.tx, w.seal, &invited.invite_id)?.ok_or(NodeError::Unknown("this invitation"))
    })
    .await
}

/// Reads a link somebody gave to the owner.
///
/// # Errors
/// [`NodeError::Invalid`] for text that is no invitation, [`NodeError::Gone`] for one that expired.
pub fn read_link(link: &str, now_ms: u64) -> Result<Invitation, NodeError> {
    let invitation = Invitation::from_link(link.trim()).map_err(|_| {
        NodeError::invalid("link", "this is not an invitation link: it may have been cut when copied")
    })?;
    invitation
        .check_time(now_ms / 1_000)
        .map_err(|_| NodeError::Gone("this invitation has expired: ask for a new one"))?;
    Ok(invitation)
}

/// Keeps the link's secret; [`ask`] follows once it was presented. The descriptor was fetched and verified before.
/// Returns the maker's `connections.id`.
pub async fn take(
    deps: &Deps,
    invitation: Invitation,
    descriptor: openred_core::descriptor::Descriptor,
) -> Result<i64, NodeError> {
    let me = deps.me.get()?.node_id;
    if invitation.node_id == me {
        return Err(NodeError::Refused("this invitation is your own: give it to somebody else"));
    }
    let (invite_id, not_after) = (invitation.invite_id, invitation.not_after);
    let secret = Secret::bytes(Zeroizing::new(*invitation.secret).as_slice());
    let Response::Invited(taken) =
        deps.keys.ask(Request::TakeInvitation { invite_id, inviter: invitation.node_id, secret }).await?
    else {
        return Err(NodeError::Internal("the keeper took no invitation".to_owned()));
    };
    deps.write(move |w| {
        let mut person = people::ensure(w.tx, w.seal, &invitation.node_id, w.now)?;
        if person.is_friend() {
            return Err(NodeError::Conflict("you are friends already"));
        }
        contacts::adopt(w, &mut person, &descriptor)?;
        store::keep_redeemed(w.tx, person.id, &invite_id, &taken.ticket.0, not_after * 1_000)?;
        contacts::changed(w, &person)?;
        Ok(person.id)
    })
    .await
}

/// Asks to become friends, naming the invitation that was taken.
pub async fn ask(deps: &Deps, person: i64, invite_id: Id16) -> Result<(), NodeError> {
    deps.write(move |w| {
        let person = people::get(w.tx, w.seal, person)?;
        let mut person = person.ok_or(NodeError::Unknown("this person"))?;
        person.relationship = Relationship::Friend;
        person.status = Status::PendingOut;
        let (note, routes) = (String::new(), None);
        let ask = FriendRequest { relationship: Asked::Friend, note, invite_id: Some(invite_id), routes };
        contacts::say(w, &person, Payload::from(ask))?;
        contacts::changed(w, &person)
    })
    .await
}

/// Whether an invitation of the owner says yes to this request. Tells the owner that the link was used.
pub fn welcomes(work: &Work<'_, '_>, peer: &Person, invite: Option<&Id16>) -> Result<bool, NodeError> {
    let Some(invite) = invite else { return Ok(false) };
    let Some(row) = store::get(work.tx, work.seal, invite)? else { return Ok(false) };
    if row.bound_person != Some(peer.id) || row.revoked {
        return Ok(false);
    }
    notify::add(work, What::InvitationUsed, Some(peer.id), None, "")?;
    Ok(row.auto_accept)
}
