//! Links into groups: whoever holds one may ask the node of its maker to come in, and is added by the ordinary order of
//! commits. Rules; SQL is in `store`, HTTP in `http`. Must not know how somebody is added.

pub mod http;
pub mod store;

use openred_core::{
    descriptor::Descriptor,
    ids::{Hash, Id16},
    invitation::{GroupInvitation, Invitation, Route, group as link_of},
    payload::{DirectMessage, NodeDiscovery, Order as Said, Payload},
};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use self::store::{Asking, Joining, Link};
use super::{
    PEOPLE_MAX, carrying, own,
    store::{self as groups, Group},
};
use crate::{
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::{
        chats::{changed, keys},
        contacts::{self, person::Person, store as people},
        invitations,
        notify::{self, Params, What},
    },
};

/// Links of one group that are good at once.
const OPEN_MAX: i64 = 16;
/// People who wait for the owner's answer, in one group.
const ASKING_MAX: i64 = 100;
/// Groups that the owner waits to come into.
const JOINS_MAX: i64 = 64;

/// The terms of a new link.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Life, days: 1 to 7.
    pub days: u64,
    /// How many people may come in by it: 1 to 499.
    pub uses: i64,
    /// Whether the owner is asked about each.
    pub approval: bool,
}

/// Makes a link into a group that the owner may change. `routes`: how this node is reached.
///
/// # Errors
/// [`NodeError::Invalid`], [`NodeError::Refused`], [`NodeError::Unknown`].
pub fn create(
    work: &Work<'_, '_>,
    id: Id16,
    terms: &Terms,
    host: Option<&str>,
    routes: Vec<Route>,
) -> Result<Link, NodeError> {
    if !(1..=invitations::DAYS_MAX).contains(&terms.days) {
        return Err(NodeError::invalid("days", "1 to 7 days"));
    }
    if !(1..PEOPLE_MAX as i64).contains(&terms.uses) {
        return Err(NodeError::invalid("uses", "1 to 499 people"));
    }
    let group = own::changeable(work, id)?;
    if store::open(work.tx, group.id, work.now)? >= OPEN_MAX {
        return Err(NodeError::Refused("too many open links into this group: revoke some first"));
    }
    let (mut link_id, mut secret) = (Id16([0; 16]), Zeroizing::new([0; 32]));
    getrandom::fill(&mut link_id.0)?;
    getrandom::fill(&mut *secret)?;
    let expires_at = work.now + terms.days * 86_400_000;
    let not_after = expires_at / 1_000;
    let node_id = work.me.node_id;
    let made = GroupInvitation {
        group: id,
        approval: terms.approval,
        name: cut(&group.facts.name),
        invitation: Invitation { node_id, invite_id: link_id, secret: secret.clone(), not_after, routes },
    };
    let text = |host| made.to_link(host).map_err(|e| NodeError::Internal(e.to_string()));
    let web_link = host.map(|host| text(Some(host))).transpose()?.map(|link| link.to_string());
    let texts = store::Texts { link: text(None)?.to_string(), web_link, secret: Hash(*secret) };
    let link = Link {
        link_id,
        group: group.id,
        texts,
        expires_at,
        uses: terms.uses,
        used: 0,
        approval: terms.approval,
        revoked: false,
        created_at: work.now,
    };
    store::add(work.tx, work.seal, &link)?;
    changed(work, group.partner())?;
    Ok(link)
}

/// As much of a name as a link takes.
fn cut(name: &str) -> String {
    let mut end = name.len().min(link_of::NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

/// Takes a link back. Who came in by it stays.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn revoke(work: &Work<'_, '_>, id: Id16, link: Id16) -> Result<(), NodeError> {
    let group = own::known(work, id)?;
    if store::revoke(work.tx, group.id, link)? { changed(work, group.partner()) } else { Err(unknown()) }
}

const fn unknown() -> NodeError {
    NodeError::Unknown("this link")
}

/// Somebody asks to come in by a link of the owner's.
pub(super) fn on_join(
    work: &Work<'_, '_>,
    from: &Person,
    id: Id16,
    (link_id, proof): (Id16, Hash),
) -> Result<(), NodeError> {
    let group = own::known(work, id)?;
    if groups::is_in(work.tx, group.id, from.id)? {
        return Ok(());
    }
    let no = |gone: bool| carrying::say(work, from, id, Said::No { gone });
    let link = store::get(work.tx, work.seal, link_id)?.filter(|link| link.group == group.id);
    let Some(link) = link else { return no(true) };
    let due = link_of::proof(&link.texts.secret.0, (id, link_id), &work.me.node_id, &from.node_id);
    if !bool::from(due.0.ct_eq(&proof.0)) || !group.facts.may_change(&work.me.node_id) {
        return no(false);
    }
    match store::asking(work.tx, group.id, from.id)? {
        // They were let in by it, and have not heard of it: once more.
        Some((_, Asking::Comes)) => return let_in(work, group, from),
        Some((_, Asking::Waits)) => return carrying::say(work, from, id, Said::Wait {}),
        Some((_, Asking::Refused)) => return no(false),
        None => {}
    }
    let is_full = groups::count(work.tx, group.id)? >= PEOPLE_MAX as i64;
    if link.state(work.now) != "open" || is_full {
        return no(true);
    }
    if !link.approval {
        store::use_up(work.tx, link_id)?;
        store::ask(work.tx, (group.id, from.id), link_id, Asking::Comes, work.now)?;
        return let_in(work, group, from);
    }
    if store::count_waiting(work.tx, group.id)? >= ASKING_MAX {
        return Err(NodeError::SlowDown(86_400));
    }
    store::ask(work.tx, (group.id, from.id), link_id, Asking::Waits, work.now)?;
    let params = Params { chat: Some(id.to_string()), ..Params::words(&group.facts.name) };
    notify::add_with(work, What::GroupAsking, Some(from.id), None, &params)?;
    carrying::say(work, from, id, Said::Wait {})?;
    changed(work, group.partner())
}

fn let_in(work: &Work<'_, '_>, group: Group, person: &Person) -> Result<(), NodeError> {
    if own::coming(work, &group)?.contains(&person.node_id) {
        return Ok(());
    }
    own::put_in(work, group, std::slice::from_ref(person))
}

/// The owner lets somebody in who asked, or does not.
///
/// # Errors
/// [`NodeError::Unknown`] when they do not ask, [`NodeError::Refused`], [`NodeError::Gone`] when the link is used up.
pub fn answer(work: &Work<'_, '_>, id: Id16, who: &Person, yes: bool) -> Result<(), NodeError> {
    let group = own::changeable(work, id)?;
    let Some((link, Asking::Waits)) = store::asking(work.tx, group.id, who.id)? else {
        return Err(NodeError::Unknown("this wish to come in"));
    };
    if !yes {
        store::ask(work.tx, (group.id, who.id), link, Asking::Refused, work.now)?;
        carrying::say(work, who, id, Said::No { gone: false })?;
        return changed(work, group.partner());
    }
    if !store::use_up(work.tx, link)? {
        return Err(NodeError::Gone("as many people as this link was for are in already"));
    }
    store::ask(work.tx, (group.id, who.id), link, Asking::Comes, work.now)?;
    let partner = group.partner();
    let_in(work, group, who)?;
    changed(work, partner)
}

/// Reads a link that somebody gave to the owner.
///
/// # Errors
/// [`NodeError::Invalid`] for text that is none, [`NodeError::Gone`] for one that expired.
pub fn read(link: &str, now_ms: u64) -> Result<GroupInvitation, NodeError> {
    let read = GroupInvitation::from_link(link).map_err(|_| {
        NodeError::invalid("link", "this is no link into a group: it may have been cut when copied")
    })?;
    let time = read.invitation.check_time(now_ms / 1_000);
    time.map_err(|_| NodeError::Gone("this link has expired: ask for a new one"))?;
    Ok(read)
}

/// Asks the maker of a link to come into their group. The descriptor was fetched and verified before.
///
/// # Errors
/// [`NodeError::Refused`] for an own link or a person who is blocked, [`NodeError::Conflict`] who is in it already.
pub fn join(work: &Work<'_, '_>, link: &GroupInvitation, maker: &Descriptor) -> Result<Person, NodeError> {
    if link.invitation.node_id == work.me.node_id {
        return Err(NodeError::Refused("this link is your own: give it to somebody else"));
    }
    let known = groups::find(work.tx, work.seal, link.group)?;
    if known.is_some_and(|group| group.facts.member) {
        return Err(NodeError::Conflict("you are in this group already"));
    }
    if store::count_joins(work.tx)? >= JOINS_MAX {
        return Err(NodeError::Refused("you wait to come into many groups already"));
    }
    let mut person = people::ensure(work.tx, work.seal, &link.invitation.node_id, work.now)?;
    if person.is_blocked() {
        return Err(NodeError::Refused("you have blocked this person: unblock them first"));
    }
    contacts::adopt(work, &mut person, maker)?;
    contacts::changed(work, &person)?;
    store::join(work.tx, work.seal, (link.group, person.id), &link.name, work.now)?;
    let (id, proof) = (link.invitation.invite_id, link.proof(&work.me.node_id));
    carrying::say(work, &person, link.group, Said::Join { link: id, proof })?;
    keys::give(work, &person)?;
    Ok(person)
}

/// The maker of a link answers that their owner is to say, or no.
pub(super) fn on_answer(
    work: &Work<'_, '_>,
    from: &Person,
    id: Id16,
    answer: Joining,
) -> Result<(), NodeError> {
    if !is_asked_to_join(work, from, Some(id))? {
        return Err(NodeError::Unknown("this group"));
    }
    store::set_join(work.tx, id, answer, work.now)?;
    work.tell(Kind::Chat, json!({"id": id}));
    Ok(())
}

/// The owner is in a group that they asked to come into.
pub(super) fn is_in(work: &Work<'_, '_>, id: Id16) -> Result<(), NodeError> {
    Ok(store::joined(work.tx, id)?)
}

/// Whether the owner asked to come into a group by a link of this person's: into this one, or any.
pub(in super::super) fn is_asked_to_join(
    work: &Work<'_, '_>,
    of: &Person,
    group: Option<Id16>,
) -> Result<bool, NodeError> {
    let joins = store::joins_with(work.tx, of.id)?;
    Ok(joins.iter().any(|asked| group.is_none_or(|group| group == *asked)))
}

/// Whether this belongs to coming into a group by a link, so that it is taken from people who are no contacts.
pub(super) fn is_expected(work: &Work<'_, '_>, from: &Person, said: &Payload) -> Result<bool, NodeError> {
    match said {
        // Of who asks to come in: the keys that follow.
        Payload::DirectMessage(DirectMessage::Whole { group: keys::NO_GROUP, .. }) => {
            Ok(store::is_asking(work.tx, from.id)?)
        }
        Payload::DirectMessage(
            DirectMessage::Whole { group, .. }
            | DirectMessage::Part { group, .. }
            | DirectMessage::Order { group, .. },
        )
        | Payload::NodeDiscovery(NodeDiscovery::Give { group: Some(group), .. }) => {
            is_asked_to_join(work, from, Some(*group))
        }
        _ => Ok(false),
    }
}
