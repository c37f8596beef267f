//! Lays mail for people who are away in their queues: what waits for them in the outbox, and receipts for what came from
//! them by mail.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::join_all, stream};
use openred_core::{
    boxes::BoxPublic,
    envelope::{MessageType, Party},
    frame::{Item, ItemKind},
    ids::{ClientId, NodeId},
    mail::{Destination, ENVELOPE_MAX, Mail, OUTSIDE},
    payload::{Delivery, MessageStatus, Payload, RelayRoute},
};
use openred_keeper::{
    blob::Blob,
    ops::{MailDraft, Request, Response},
};
use openred_relay::client::{ClientError, Lane};
use tracing::debug;

use crate::{
    delivery::{
        inbox::store as inbox,
        mail::store::{self as mail, Owed},
        store as delivery,
    },
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::contacts::{person::Person, store as people},
    net::{Network, directories::random_id},
    sign,
};

/// Without any sign, the job looks again after this long.
const LOOK: Duration = Duration::from_secs(30);
/// People mailed at once.
const AT_ONCE: usize = 4;
/// People looked at by one read.
const PAGE: i64 = 256;
/// Items laid at once for one person: with the largest boxes two calls to a relay.
const BATCH: i64 = 64;
/// Relays of a person that are used at once.
const RELAYS_AT_ONCE: usize = 2;
/// First pause for a person whose relays took nothing; doubles to the longest.
const PAUSE_MS: u64 = 2_000;
const PAUSE_MAX_MS: u64 = 600_000;

/// Runs until the node stops.
pub(in super::super) async fn run(net: Network) {
    let stop = net.deps.tasks.soft().clone();
    let mut pauses = Pauses::default();
    loop {
        match turn(&net, &mut pauses).await {
            Ok(()) | Err(NodeError::Locked | NodeError::NotSetUp) => {}
            Err(error) => debug!(%error, "mail waits"),
        }
        let wait =
            pauses.next(net.deps.clock.monotonic_ms()).map_or(LOOK, |ms| LOOK.min(Duration::from_millis(ms)));
        tokio::select! {
            () = stop.cancelled() => return,
            () = net.deps.wake.to_mail() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// People whose relays took nothing, and when they are tried again (monotonic ms).
#[derive(Debug, Default)]
struct Pauses(BTreeMap<i64, (u32, u64)>);

impl Pauses {
    fn is_over(&self, person: i64, now: u64) -> bool {
        self.0.get(&person).is_none_or(|(_, until)| *until <= now)
    }

    fn failed(&mut self, person: i64, now: u64) {
        let (tries, until) = self.0.entry(person).or_default();
        *until = now + (PAUSE_MS << (*tries).min(16)).min(PAUSE_MAX_MS);
        *tries += 1;
    }

    /// In how many ms the next pause ends.
    fn next(&self, now: u64) -> Option<u64> {
        self.0.values().filter_map(|(_, until)| until.checked_sub(now)).filter(|ms| *ms > 0).min()
    }

    /// Forgets whose pause was over long ago: nothing waits for them any more.
    fn forget(&mut self, now: u64) {
        self.0.retain(|_, (_, until)| now < until.saturating_add(PAUSE_MAX_MS));
    }
}

async fn turn(net: &Network, pauses: &mut Pauses) -> Result<(), NodeError> {
    net.deps.seal.get()?;
    if net.is_silent() {
        return Ok(());
    }
    pauses.forget(net.deps.clock.monotonic_ms());
    net.end_queues().await?;
    let receipts = net.deps.read(|w| Ok(mail::owed(w.tx, PAGE)?)).await?;
    each(net, pauses, receipts, |owed| owed.person, give).await?;
    let mut after = 0;
    loop {
        let page = net.deps.read(move |w| Ok(mail::to_mail(w.tx, after, PAGE)?)).await?;
        let Some(&last) = page.last() else { return Ok(()) };
        after = last;
        each(net, pauses, page, |person| *person, mail_to).await?;
    }
}

/// Does this for all whose pause is over, a few at once. What failed pauses.
async fn each<'a, T, F>(
    net: &'a Network,
    pauses: &mut Pauses,
    all: Vec<T>,
    person: impl Fn(&T) -> i64,
    act: impl Fn(&'a Network, T) -> F,
) -> Result<(), NodeError>
where
    F: Future<Output = Result<bool, NodeError>>,
{
    let now = net.deps.clock.monotonic_ms();
    let due = all.into_iter().filter(|one| pauses.is_over(person(one), now));
    let due = due.map(|one| {
        let (id, done) = (person(&one), act(net, one));
        async move { (id, done.await) }
    });
    let done: Vec<_> = stream::iter(due.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).collect().await;
    for (person, done) in done {
        match done {
            Ok(true) => {
                pauses.0.remove(&person);
            }
            Ok(false) => pauses.failed(person, now),
            Err(error @ NodeError::Locked) => return Err(error),
            Err(error) => {
                debug!(%error, "a person's mail waits");
                pauses.failed(person, now);
            }
        }
    }
    Ok(())
}

/// A person, and where mail for them goes.
struct Recipient {
    person: Person,
    mail_key: BoxPublic,
    relays: Vec<RelayRoute>,
}

/// None: there is no way by mail.
fn recipient(w: &Work<'_, '_>, person: i64) -> Result<Option<Recipient>, NodeError> {
    let Some(routes) = mail::routes(w.tx, w.seal, person)? else { return Ok(None) };
    let Some(person) = people::get(w.tx, w.seal, person)? else { return Ok(None) };
    let pin = people::pin_of(w.tx, w.seal, &person)?;
    let Some(mail_key) = pin.descriptor().map(|held| held.body().mail_key.clone()) else { return Ok(None) };
    Ok(Some(Recipient { person, mail_key, relays: routes.relays }))
}

/// Lays what waits for a person at their relays. False when not all of it lies there now.
async fn mail_to(net: &Network, person: i64) -> Result<bool, NodeError> {
    loop {
        let read = net.deps.read(move |w| {
            let Some(to) = recipient(w, person)? else { return Ok(None) };
            let Some(stream) = delivery::stream_of(w.tx, person)? else { return Ok(None) };
            let (from, low) = (mail::mailed_to(w.tx, person)?, delivery::low(w.tx, person)?);
            let waiting = delivery::waiting(w.tx, w.seal, person, from + 1, BATCH)?;
            let item = |w: delivery::Waiting| {
                let kind = if w.kind == 1 { ItemKind::Envelope } else { ItemKind::Tombstone };
                Item { stream, n: w.n, low: low.min(w.n).max(1), kind, body: w.body }
            };
            Ok(Some((to, from, waiting.into_iter().map(item).collect::<Vec<_>>())))
        });
        let Some((to, from, items)) = read.await? else { return Ok(true) };
        let Some(last) = items.last().map(|item| item.n) else { return Ok(true) };
        // What is too long for mail waits for a session, and what is behind it too.
        let short: Vec<Item> = items.into_iter().take_while(|item| item.body.len() <= ENVELOPE_MAX).collect();
        let laid = lay(net, &to, &short).await?;
        let Some(upto) = laid.checked_sub(1).and_then(|at| short.get(at)).map(|item| item.n) else {
            return Ok(false);
        };
        net.deps
            .write(move |w| {
                mail::mailed(w.tx, person, from, upto, w.now)?;
                w.tell(Kind::Outbox, serde_json::json!({}));
                Ok(())
            })
            .await?;
        if upto < last {
            return Ok(false);
        }
    }
}

/// Gives a receipt for what came by mail.
async fn give(net: &Network, owed: Owed) -> Result<bool, NodeError> {
    let (to, upto) = net
        .deps
        .read(move |w| Ok((recipient(w, owed.person)?, inbox::upto(w.tx, owed.person, &owed.stream)?)))
        .await?;
    if let Some(to) = to.filter(|to| !to.person.is_blocked()) {
        let status = MessageStatus {
            stream: owed.stream,
            upto,
            also: Vec::new(),
            status: Delivery::Delivered,
            code: None,
        };
        let party = Party {
            node_id: to.person.node_id,
            server_url: to.person.server_url.clone(),
            username: sign::user_name(&to.person.username),
        };
        let payload = Payload::from(status).to_value()?;
        let receipt = net.deps.sign(MessageType::MessageStatus, party, payload).await?;
        let body = receipt.canonical().to_vec();
        let item = Item { stream: OUTSIDE, n: 0, low: 0, kind: ItemKind::Envelope, body };
        if lay(net, &to, &[item]).await? == 0 {
            return Ok(false);
        }
    }
    net.deps.write_plain(move |tx| mail::given(tx, &owed)).await?;
    Ok(true)
}

/// Lays items at up to two relays of a person. Returns how many of the first lie at one of them at least.
async fn lay(net: &Network, to: &Recipient, items: &[Item]) -> Result<usize, NodeError> {
    let relays = to.relays.iter().filter(|relay| !net.rests(&relay.url)).take(RELAYS_AT_ONCE);
    let laid = join_all(relays.map(|relay| lay_at(net, to, relay, items))).await;
    let laid = laid.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(laid.into_iter().max().unwrap_or_default())
}

/// Lays items at one relay. Returns how many of the first lie there.
async fn lay_at(
    net: &Network,
    to: &Recipient,
    relay: &RelayRoute,
    items: &[Item],
) -> Result<usize, NodeError> {
    let contents = sealed(net, to, relay, items).await?;
    let client = net.relay(&relay.url, relay.relay_id)?;
    let lane = Lane { deposit_id: relay.deposit_id, cap: relay.cap.clone() };
    let name = |content| Ok((lane.clone(), ClientId(random_id()?.0), content));
    let deposits = contents.into_iter().map(name).collect::<Result<Vec<_>, NodeError>>()?;
    let results = client.deposit_batch(&deposits).await;
    let taken = results.iter().take_while(|result| result.is_ok()).count();
    metrics::counter!("openred_node_mail_sent_total").increment(taken as u64);
    match results.get(taken) {
        Some(Err(ClientError::Unknown)) => {
            let (person, relay) = (to.person.id, relay.clone());
            net.deps.write(move |w| Ok(mail::drop_route(w.tx, w.seal, person, &relay)?)).await?;
        }
        Some(Err(error)) => {
            debug!(%error, taken, "a relay took not all mail");
            net.rest(&relay.url, error);
        }
        Some(Ok(())) | None => {}
    }
    Ok(taken)
}

/// Signs items for one queue and seals each to the person.
async fn sealed(
    net: &Network,
    to: &Recipient,
    relay: &RelayRoute,
    items: &[Item],
) -> Result<Vec<Bytes>, NodeError> {
    let destination = Destination { to: to.person.node_id, deposit_id: relay.deposit_id };
    let drafts = items.iter().map(|item| MailDraft {
        to: destination.to,
        deposit_id: destination.deposit_id,
        stream: item.stream,
        n: item.n,
        low: item.low,
        envelope: (item.kind == ItemKind::Envelope).then(|| Blob(item.body.clone())),
    });
    let from: NodeId = net.deps.me.get()?.node_id;
    let mut contents = Vec::with_capacity(items.len());
    // The keeper takes what fits into one frame of its pipe.
    let mut drafts: Vec<_> = drafts.collect();
    let mut rest = items;
    while !drafts.is_empty() {
        let later = drafts.split_off(fitting(&drafts));
        let now = std::mem::replace(&mut drafts, later);
        let count = now.len();
        let Response::MailSigned(signed) = net.deps.keys.ask(Request::SignMail(now)).await? else {
            return Err(NodeError::Internal("the keeper signed no mail".to_owned()));
        };
        let (signing, after) = rest.split_at(count);
        rest = after;
        for (item, sig) in signing.iter().zip(signed.sigs) {
            let mail = Mail { from, log_seq: signed.log_seq, item: item.clone(), sig };
            let content = mail.seal(&to.mail_key, &destination).map_err(|error| {
                NodeError::Peer(format!("no mail can be sealed for this person: {error}"))
            })?;
            contents.push(content.into());
        }
    }
    Ok(contents)
}

/// How many drafts the keeper takes at once, at least one.
fn fitting(drafts: &[MailDraft]) -> usize {
    const BYTES_MAX: usize = 128 << 10;
    let mut bytes = 0;
    let fits = drafts.iter().take_while(|draft| {
        bytes += draft.envelope.as_ref().map_or(0, |envelope| envelope.0.len()) + 128;
        bytes <= BYTES_MAX
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_end_and_are_forgotten() {
        let mut pauses = Pauses::default();
        assert!(pauses.is_over(7, 0) && pauses.next(0).is_none());
        pauses.failed(7, 0);
        assert!(
            !pauses.is_over(7, PAUSE_MS - 1) && pauses.is_over(8, 0),
            "one person's pause is nobody else's"
        );
        assert_eq!(pauses.next(500), Some(PAUSE_MS - 500));
        assert!(pauses.is_over(7, PAUSE_MS));
        assert_eq!(pauses.next(PAUSE_MS), None, "what is over wakes nobody");
        pauses.failed(7, PAUSE_MS);
        assert_eq!(pauses.next(PAUSE_MS), Some(2 * PAUSE_MS));
        for _ in 0..40 {
            pauses.failed(7, 0);
        }
        assert_eq!(pauses.next(0), Some(PAUSE_MAX_MS), "never longer");
        pauses.forget(2 * PAUSE_MAX_MS);
        assert!(pauses.0.is_empty());
    }

    #[test]
    fn the_keeper_gets_what_fits_and_at_least_one() {
        let draft = |bytes: usize| MailDraft {
            to: NodeId([1; 32]),
            deposit_id: openred_core::ids::DepositId([2; 16]),
            stream: openred_core::ids::Id8([3; 8]),
            n: 1,
            low: 1,
            envelope: Some(Blob(vec![0; bytes])),
        };
        assert_eq!(fitting(&[draft(ENVELOPE_MAX), draft(ENVELOPE_MAX), draft(ENVELOPE_MAX)]), 2);
        assert_eq!(fitting(&[draft(1 << 20), draft(1)]), 1);
        assert_eq!(fitting(&vec![draft(900); 64]), 64);
    }
}
