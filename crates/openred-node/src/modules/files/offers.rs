//! Offers: the owner lets a person fetch a file, a person lets the owner. An offer names the file for one person alone, so
//! that what a node asks for shows whether it was offered to it.

use openred_core::{
    ids::{Hash, Id16, NodeId},
    payload::{FileOffer, Payload},
};
use openred_service::database::DbError;

use super::{
    WHAT, erase, fresh_id, known, room,
    store::{self, About, OWN, Stored, offers as rows},
    talk, told,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::{
        contacts::{self, person::Person},
        notify::{self, Params, What},
    },
};

/// Offers of one person that the owner has not decided about.
const OPEN_MAX: i64 = 256;
/// Longest life of an offer that has an end: a year.
const EXPIRES_S_MAX: u64 = 366 * 86_400;

/// Offers a whole file of the owner to a contact, and tells them. Offered again, it is told again.
///
/// # Errors
/// `Conflict` before the file is whole, `Refused` for who is no contact.
pub async fn share(
    deps: &Deps,
    file_id: Id16,
    to: NodeId,
    expires_s: Option<u64>,
) -> Result<rows::Offered, NodeError> {
    if expires_s.is_some_and(|s| s == 0 || s > EXPIRES_S_MAX) {
        return Err(NodeError::invalid("expires_s", "1 second to 366 days"));
    }
    let offer_id = fresh_id()?;
    deps.write(move |w| {
        let file = known(w, &file_id)?;
        if file.person != OWN {
            return Err(NodeError::Refused("this is a copy of somebody's file: let them offer it"));
        }
        let hash = file.hash.filter(|_| file.whole);
        let hash = hash.ok_or(NodeError::Conflict("this file is not whole yet"))?;
        let person = contacts::known(w, &to)?;
        if !person.is_contact() {
            return Err(NodeError::Refused("files are offered to friends and followers"));
        }
        let expires = expires_s.map(|s| w.now / 1_000 + s);
        let before = rows::of_file(w.tx, w.seal, file.id)?;
        let before = before
            .into_iter()
            .find(|one| one.person == person.id && one.chat.is_none() && !one.is_over(w.now));
        let name =
            before.filter(|one| one.offer.expires == expires).map_or(offer_id, |one| one.offer.file_id);
        let offer = file.about.offer(name, hash, expires);
        rows::add(w.tx, w.seal, (person.id, true), Some(file.id), &offer, w.now)?;
        contacts::say(w, &person, Payload::from(offer))?;
        told(w, &file_id);
        rows::find(w.tx, w.seal, (person.id, true), &name)?.ok_or(NodeError::Unknown(WHAT))
    })
    .await
}

/// Takes a file back from a person: it is not given out any more.
pub fn take_back(work: &Work<'_, '_>, file_id: &Id16, from: &NodeId) -> Result<(), NodeError> {
    let (file, person) = (known(work, file_id)?, contacts::known(work, from)?);
    let offers = rows::of_file(work.tx, work.seal, file.id)?;
    let theirs: Vec<_> = offers.into_iter().filter(|offer| offer.person == person.id).collect();
    if theirs.is_empty() {
        return Err(NodeError::Unknown("an offer of this file to this person"));
    }
    for offer in theirs {
        rows::end(work.tx, offer.id)?;
    }
    told(work, file_id);
    Ok(())
}

/// A contact offers a file. Taken down for the owner to decide; nothing is fetched.
///
/// # Errors
/// `Refused` when too many wait, `Gone` when its time is over.
pub fn on_offer(work: &Work<'_, '_>, peer: &Person, offer: &FileOffer) -> Result<(), NodeError> {
    if offer.expires.is_some_and(|at| at.saturating_mul(1_000) <= work.now) {
        return Err(NodeError::Gone("this offer is over"));
    }
    if offer.size > super::SIZE_MAX {
        return Err(NodeError::TooLarge("larger than files can be here"));
    }
    if rows::count_open(work.tx, peer.id)? >= OPEN_MAX {
        return Err(NodeError::Refused("too many offers wait already"));
    }
    if rows::add(work.tx, work.seal, (peer.id, false), None, offer, work.now)? {
        let number = rows::find(work.tx, work.seal, (peer.id, false), &offer.file_id)?.map(|made| made.id);
        let number = number.ok_or(DbError::Gone)?;
        let params = Params { offer: Some(number), ..Params::words(&offer.name) };
        notify::renew(work, (What::FileOffer, number), Some(peer.id), &params)?;
        work.tell(Kind::File, serde_json::json!({"node_id": peer.node_id}));
    }
    Ok(())
}

/// What a peer may fetch by an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Names the ciphertext.
    pub hash: Hash,
    /// Bytes of ciphertext.
    pub bytes: u64,
    /// Unix seconds.
    pub expires: Option<u64>,
}

/// What this peer may fetch under this name.
///
/// # Errors
/// `Unknown` for what was not offered to this peer, `Gone` for what was taken back, deleted or is over, `Refused` for who is
/// no contact any more.
pub fn serve(work: &Work<'_, '_>, peer: &Person, offer_id: &Id16) -> Result<Served, NodeError> {
    if peer.is_blocked() {
        return Err(NodeError::Unknown(WHAT));
    }
    let offer = rows::find(work.tx, work.seal, (peer.id, true), offer_id)?;
    let offer = offer.ok_or(NodeError::Unknown(WHAT))?;
    if !peer.is_contact() && offer.chat.is_none() {
        return Err(NodeError::Refused("this is not for you any more"));
    }
    let file = match offer.file {
        Some(file) if !offer.ended && !offer.is_over(work.now) => store::get(work.tx, work.seal, file)?,
        _ => None,
    };
    let file = file.filter(|file| file.whole).ok_or(NodeError::Gone("this file is not offered any more"))?;
    let hash = file.hash.ok_or(NodeError::Unknown(WHAT))?;
    Ok(Served { hash, bytes: super::sealed_len(file.about.size), expires: offer.offer.expires })
}

/// The owner wants what was offered: it is fetched from now on until it is whole. Wanted again, it is tried again at once.
///
/// # Errors
/// `Unknown`, `Gone`; 507 where the disk or the budget has no room for it.
pub async fn want(deps: &Deps, offer: i64) -> Result<Stored, NodeError> {
    let wanted = deps.read(move |w| open(w, offer)).await?;
    if wanted.file.is_none() {
        room::for_copy(deps, super::sealed_len(wanted.offer.size)).await?;
    }
    let file_id = fresh_id()?;
    let file = deps
        .write(move |w| {
            let wanted = open(w, offer)?;
            let file = match wanted.file {
                Some(file) => file,
                None => {
                    let said = &wanted.offer;
                    let about = About {
                        key: said.key.clone(),
                        name: said.name.clone(),
                        media_type: said.media_type.clone(),
                        size: said.size,
                        clean: false,
                        open: false,
                        next_key: None,
                    };
                    let bytes = (super::sealed_len(said.size), Some(said.hash));
                    let file = store::add(w.tx, w.seal, (&file_id, wanted.person), &about, bytes, w.now)?;
                    rows::set_file(w.tx, offer, Some(file))?;
                    file
                }
            };
            let file = store::get(w.tx, w.seal, file)?.ok_or(NodeError::Unknown(WHAT))?;
            if !file.whole {
                store::start(w.tx, file.id, offer, w.now)?;
            }
            notify::gone(w, (What::FileOffer, offer))?;
            told(w, &file.file_id);
            talk::told(w, file.id)?;
            Ok(file)
        })
        .await?;
    deps.files.ring();
    Ok(file)
}

/// The owner does not want it (any more): what came of it is removed.
pub async fn decline(deps: &Deps, offer: i64) -> Result<(), NodeError> {
    let gone = deps
        .write(move |w| {
            let found = rows::get(w.tx, w.seal, offer)?.filter(|offer| !offer.own);
            let found = found.ok_or(NodeError::Unknown("this offer"))?;
            rows::end(w.tx, offer)?;
            notify::gone(w, (What::FileOffer, offer))?;
            w.tell(Kind::File, serde_json::json!({"offer": offer}));
            Ok(match found.file {
                Some(file) => store::remove(w.tx, file)?,
                None => None,
            })
        })
        .await?;
    erase(deps, gone.into_iter().collect()).await
}

fn open(work: &Work<'_, '_>, offer: i64) -> Result<rows::Offered, NodeError> {
    let found = rows::get(work.tx, work.seal, offer)?.filter(|offer| !offer.own);
    let found = found.ok_or(NodeError::Unknown("this offer"))?;
    // What is on its way, or here, stays the owner's to have.
    if found.file.is_none() && (found.ended || found.is_over(work.now)) {
        return Err(NodeError::Gone("this offer is over"));
    }
    Ok(found)
}

/// A piece of the ciphertext of a file that is served.
pub(crate) async fn piece(
    deps: &Deps,
    served: &Served,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>, NodeError> {
    let _place = deps.files.0.serving.acquire().await.map_err(|e| NodeError::Internal(e.to_string()))?;
    if offset > served.bytes {
        return Err(NodeError::invalid("offset", "within the file"));
    }
    let (folder, hash) = (deps.files.folder().clone(), served.hash);
    let bytes = super::on_disk(move || folder.sealed(&hash, offset, length)).await?;
    if bytes.is_empty() && offset < served.bytes {
        return Err(DbError::Corrupt("a file is shorter than its row says".to_owned()).into());
    }
    Ok(bytes)
}
