//! What is done with a piece of mail: the keeper opens the box, the sender's signature is checked under their newest log,
//! and the item goes the way of all items. Settled is what is on disk here, or never will be.

use std::collections::BTreeMap;

use openred_core::{
    frame::Item,
    ids::NodeId,
    mail::{Destination, Mail, OUTSIDE},
    sign::PublicKey,
};
use openred_keeper::{
    blob::Blob,
    ops::{Request, Response},
};
use tracing::debug;

use super::store::{QueueRow, STRANGERS};
use crate::{
    delivery::{
        inbox::{self, BAD_SIGNATURE, Checked},
        mail::store as owed,
    },
    error::NodeError,
    modules::contacts::{person::Person, store as people},
    net::{Network, conversation, dial},
};

/// Authors of what an item brings along who are looked up.
const AUTHORS_MAX: usize = 8;
/// Mail that nobody can tell what it is, is waited for so long, seconds: its sender lays it there again.
const UNDECIDED_S: u64 = 86_400;

/// What became of a piece of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is on disk, or is not for this node: the relay may drop it.
    Settled,
    /// Its sender cannot be found at the moment, or says too much: it stays at the relay.
    Later,
}

/// One piece of mail as a relay gave it.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// The own queue where it lay.
    pub(super) queue: &'a QueueRow,
    /// When the relay got it, unix seconds.
    pub(super) received: u64,
    /// The box.
    pub(super) content: &'a [u8],
}

/// Mail whose sender's signature holds.
struct Opened {
    person: Person,
    item: Item,
}

/// Takes pieces in order and says of each what became of it. Resolves after what was taken is on disk.
///
/// # Errors
/// The keeper or the database failed: nothing is settled, all of it comes again.
pub(super) async fn take(net: &Network, pieces: &[Piece<'_>]) -> Result<Vec<Outcome>, NodeError> {
    let mut outcomes = Vec::with_capacity(pieces.len());
    let mut by_person = BTreeMap::<i64, (bool, Vec<(Item, Checked)>)>::new();
    for piece in pieces {
        let (outcome, opened) = open(net, piece).await?;
        outcomes.push(outcome);
        let Some(Opened { person, item }) = opened else { continue };
        let checked = check(net, &item).await?;
        if item.stream == OUTSIDE {
            alone(net, &person, checked).await?;
        } else {
            by_person.entry(person.id).or_insert((!person.is_contact(), Vec::new())).1.push((item, checked));
        }
    }
    for (person, (is_stranger, items)) in by_person {
        if !is_stranger {
            net.inflow.admit(person, false, items.len()).await;
        }
        metrics::counter!("openred_node_mail_received_total").increment(items.len() as u64);
        let acks = inbox::apply(&net.deps, person, false, items).await?;
        net.deps
            .write(move |w| acks.iter().try_for_each(|ack| Ok(owed::owe(w.tx, person, &ack.stream, w.now)?)))
            .await?;
        net.deps.wake.mail();
    }
    Ok(outcomes)
}

/// Opens a box and checks who sealed it. Without an opened piece there is nothing to apply.
async fn open(net: &Network, piece: &Piece<'_>) -> Result<(Outcome, Option<Opened>), NodeError> {
    const DROPPED: (Outcome, Option<Opened>) = (Outcome::Settled, None);
    let me = net.deps.me.get()?.node_id;
    let destination = Destination { to: me, deposit_id: piece.queue.secrets.deposit_id };
    let Some(mail) = unsealed(net, &destination, piece.content).await? else {
        return Ok(dropped("it does not open"));
    };
    if mail.from == me {
        return Ok(dropped("it says to be from here"));
    }
    let Some(person) = sender(net, &mail, &destination, piece.queue.person == STRANGERS).await? else {
        let now = net.deps.clock.now_s();
        if piece.received + UNDECIDED_S < now {
            return Ok(dropped("its sender was not found"));
        }
        return Ok((Outcome::Later, None));
    };
    if person.is_blocked() {
        return Ok(DROPPED);
    }
    if piece.queue.person != STRANGERS && piece.queue.person != person.id {
        return Ok(dropped("it is not from whom the queue is for"));
    }
    if !person.is_contact() && net.inflow.take(person.id, true, 1).is_err() {
        return Ok((Outcome::Later, None));
    }
    Ok((Outcome::Settled, Some(Opened { person, item: mail.item })))
}

fn dropped(why: &'static str) -> (Outcome, Option<Opened>) {
    debug!(why, "a piece of mail is dropped");
    metrics::counter!("openred_node_mail_dropped_total").increment(1);
    (Outcome::Settled, None)
}

/// What is in a box; none when it is not for this node's key or is no mail.
async fn unsealed(
    net: &Network,
    destination: &Destination,
    content: &[u8],
) -> Result<Option<Mail>, NodeError> {
    let request = Request::OpenBox {
        info: Blob(destination.info()),
        aad: Blob(destination.aad().to_vec()),
        boxed: Blob(content.to_vec()),
    };
    match net.deps.keys.ask(request).await {
        Ok(Response::Opened(plain)) => Ok(Mail::read(plain.expose()).ok()),
        Ok(_) => Err(NodeError::Internal("the keeper opened no box".to_owned())),
        Err(error @ (NodeError::Locked | NodeError::Keeper(_))) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The person whose signature the mail bears, looked up once when it does not verify under what is held.
async fn sender(
    net: &Network,
    mail: &Mail,
    destination: &Destination,
    may_be_new: bool,
) -> Result<Option<Person>, NodeError> {
    let signs = |key: Option<PublicKey>| key.is_some_and(|key| mail.verify(&key, destination).is_ok());
    if !signs(key_of(net, mail.from).await?) {
        let Ok(found) = net.find_descriptor(&mail.from).await else { return Ok(None) };
        let known = known(net, mail.from).await?;
        let proves = mail.verify(found.body().log.current_key(), destination).is_ok();
        // Nobody is written down for a signature that does not hold.
        if !proves || (known.is_none() && !may_be_new) {
            return Ok(None);
        }
        dial::adopt(net, mail.from, &found).await;
        if !signs(key_of(net, mail.from).await?) {
            return Ok(None);
        }
    }
    known(net, mail.from).await
}

async fn key_of(net: &Network, id: NodeId) -> Result<Option<PublicKey>, NodeError> {
    net.deps.read(move |w| inbox::key_of(w, &id)).await
}

async fn known(net: &Network, id: NodeId) -> Result<Option<Person>, NodeError> {
    net.deps.read(move |w| Ok(people::find(w.tx, w.seal, &id)?)).await
}

/// Verifies an item and what it brings along; authors that are not known, or whose signature does not hold, are looked up
/// once.
async fn check(net: &Network, item: &Item) -> Result<Checked, NodeError> {
    let authors = conversation::signers(item);
    let keys = conversation::keys(&net.deps, authors.clone()).await?;
    let checked = inbox::check(item, |id| keys.get(id).copied());
    let missing = authors.iter().filter(|id| !keys.contains_key(id));
    if missing.clone().next().is_none() && !matches!(checked, Checked::Bad(BAD_SIGNATURE)) {
        return Ok(checked);
    }
    for id in missing.chain(&authors).take(AUTHORS_MAX) {
        if let Ok(found) = net.find_descriptor(id).await {
            dial::adopt(net, *id, &found).await;
        }
    }
    let keys = conversation::keys(&net.deps, authors).await?;
    Ok(inbox::check(item, |id| keys.get(id).copied()))
}

/// Acts on a receipt, which has no place in a stream.
async fn alone(net: &Network, person: &Person, checked: Checked) -> Result<(), NodeError> {
    let Checked::Good(item) = checked else { return Ok(()) };
    match inbox::take_alone(&net.deps, person.id, !person.is_contact(), *item).await {
        Err(NodeError::ItemRefused { code, .. }) => {
            debug!(code, "a receipt by mail is refused");
            Ok(())
        }
        done => done,
    }
}
