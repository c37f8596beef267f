//! Takes mail from one relay as it comes, and acknowledges it when it is on disk here. Strangers' mail has a task of its
//! own: looking up who they are must not hold up that of contacts.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{FutureExt as _, future::select_all};
use openred_core::{ids::QueueId, sign::SigningKey};
use openred_relay::{
    bounds::MAX_STREAM_QUEUES,
    client::{MailStream, Received, RelayClient},
};
use tokio::sync::watch;
use tracing::{debug, warn};

use super::{
    Health, Known, in_words, lock,
    opening::{self, Outcome, Piece},
    store::{self, QueueRow, STRANGERS},
};
use crate::{error::NodeError, net::Network};

/// First pause after a relay failed; doubles to the longest.
const PAUSE_MS: u64 = 1_000;
const PAUSE_MAX_MS: u64 = 60_000;
/// Pieces taken at once: they share a flush.
const SLICE: usize = 64;
/// Queues that could not be begun are asked for again after this long.
const AGAIN: Duration = Duration::from_secs(60);
/// Mail that could not be settled is looked at again after this long.
const LATER: Duration = Duration::from_secs(300);

/// Whose mail a task takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// Of people with a queue of their own.
    Contacts,
    /// Of everybody else.
    Strangers,
}

impl Network {
    /// Takes mail until the relay is removed or the node stops.
    pub(super) async fn fetch_from(self, url: String, whose: Whose) {
        let stop = self.deps.tasks.soft().clone();
        let (mut pause, mut changed) = (PAUSE_MS, self.relays.changed.subscribe());
        while let Some(known) = self.relays.get(&url) {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = self.fetch(&known, whose, &mut changed) => turn,
            };
            match turn {
                Ok(()) => {
                    pause = PAUSE_MS;
                    continue;
                }
                Err(NodeError::Locked | NodeError::NotSetUp) => {
                    self.note_relay(&url, Health::Off, "waits until you log in".to_owned());
                    pause = PAUSE_MS;
                }
                Err(error) => {
                    debug!(%error, "a relay failed");
                    self.note_relay(&url, Health::Down, error.to_string());
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(pause)) => {}
                Ok(()) = changed.changed() => {}
            }
            pause = (pause * 2).min(PAUSE_MAX_MS);
        }
        lock(&self.relays.fetching).remove(&(url, whose));
    }

    /// Meets the relay, sees to the queues and takes mail until they change or the connection ends.
    async fn fetch(
        &self,
        known: &Known,
        whose: Whose,
        changed: &mut watch::Receiver<()>,
    ) -> Result<(), NodeError> {
        self.deps.seal.get()?;
        if self.is_silent() {
            return Err(NodeError::Refused("this identity is in use on another node"));
        }
        let known = self.meet_relay(known).await?;
        let Some(id) = known.node_id else { return Err(NodeError::Unknown("this relay")) };
        changed.mark_unchanged();
        let begun = match whose {
            Whose::Contacts => self.begin_queues(&known).await,
            Whose::Strangers => self.begin_lane(&known).await,
        };
        // A relay gives out so many queues at once and no more: those that are there are followed meanwhile.
        let again = match begun {
            Ok(()) => None,
            Err(error @ NodeError::Locked) => return Err(error),
            Err(error) => {
                debug!(%error, "not all queues were begun yet");
                Some(AGAIN)
            }
        };
        let client = self.relay(&known.url, id)?;
        let rows = self.queues_at(&known.url, whose).await?;
        self.note_relay(&known.url, Health::Ok, String::new());
        if rows.is_empty() {
            let _sender_is_here = tokio::time::timeout(again.unwrap_or(LATER), changed.changed()).await;
            return Ok(());
        }
        // A stream takes so many queues; the first that ends ends all, and they are opened anew.
        let mut rows: Vec<_> = rows.into_iter().collect();
        let mut streams = Vec::new();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(MAX_STREAM_QUEUES));
            let group = std::mem::replace(&mut rows, rest).into_iter().collect();
            streams.push(self.follow(&client, group, (changed.clone(), again)).boxed());
        }
        select_all(streams).await.0
    }

    async fn queues_at(&self, url: &str, whose: Whose) -> Result<BTreeMap<QueueId, QueueRow>, NodeError> {
        let url = url.to_owned();
        let rows = self.deps.read(move |w| Ok(store::queues_at(w.tx, w.seal, &url)?)).await?;
        let is_lane = whose == Whose::Strangers;
        let rows = rows.into_iter().filter(|row| (row.person == STRANGERS) == is_lane);
        Ok(rows.map(|row| (row.secrets.queue_id, row)).collect())
    }

    /// Takes what comes until the queues change, or are to be looked at again.
    async fn follow(
        &self,
        client: &RelayClient,
        rows: BTreeMap<QueueId, QueueRow>,
        (mut changed, mut again): (watch::Receiver<()>, Option<Duration>),
    ) -> Result<(), NodeError> {
        let keys: Vec<_> =
            rows.values().map(|row| SigningKey::from_seed(*row.secrets.key.as_bytes())).collect();
        let queues: Vec<_> = rows.keys().copied().zip(&keys).collect();
        let mut stream = client.mail_stream(&queues).await.map_err(|error| in_words(&error))?;
        if !stream.unknown().is_empty() {
            return self.lost(&rows, stream.unknown()).await;
        }
        let mut waits = Waits::default();
        let mut over = std::pin::pin!(after(again));
        loop {
            let first = tokio::select! {
                arrived = stream.next() => arrived.map_err(|error| in_words(&error))?,
                _ = changed.changed() => return Ok(()),
                () = &mut over => return Ok(()),
            };
            let mut arrived = vec![first];
            while arrived.len() < SLICE {
                let Some(next) = stream.next().now_or_never() else { break };
                arrived.push(next.map_err(|error| in_words(&error))?);
            }
            self.settle(&mut stream, &rows, &arrived, &mut waits).await?;
            if waits.any() && again.is_none() {
                again = Some(LATER);
                over.set(after(again));
            }
        }
    }

    /// The relay does not know these queues any more: others take their place, and contacts are told.
    async fn lost(&self, rows: &BTreeMap<QueueId, QueueRow>, unknown: &[QueueId]) -> Result<(), NodeError> {
        warn!(queues = unknown.len(), "a relay has lost queues; new ones are begun");
        let ids: Vec<_> = unknown.iter().filter_map(|queue| rows.get(queue)).map(|row| row.id).collect();
        self.deps.write_plain(move |tx| ids.iter().try_for_each(|id| store::forget(tx, *id))).await
    }

    /// Takes pieces, and lets the relay drop what is settled.
    async fn settle(
        &self,
        stream: &mut MailStream,
        rows: &BTreeMap<QueueId, QueueRow>,
        arrived: &[Received],
        waits: &mut Waits,
    ) -> Result<(), NodeError> {
        let known = arrived.iter().filter_map(|one| Some((one, rows.get(&one.queue)?)));
        let pieces: Vec<Piece<'_>> = known
            .clone()
            .map(|(one, queue)| Piece { queue, received: one.mail.received, content: &one.mail.content })
            .collect();
        let outcomes = opening::take(self, &pieces).await?;
        let mut upto = BTreeMap::new();
        for ((arrived, _), outcome) in known.zip(outcomes) {
            if outcome == Outcome::Later {
                waits.from(arrived.queue, arrived.mail.seq);
            }
            if !waits.holds(arrived.queue, arrived.mail.seq) {
                upto.insert(arrived.queue, arrived.mail.seq);
            }
        }
        for (queue_id, upto) in upto {
            stream.ack(queue_id, upto).await.map_err(|error| in_words(&error))?;
        }
        Ok(())
    }
}

/// Resolves after this long, or never.
async fn after(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Where mail that could not be settled begins: it and what is behind it stay at the relay.
#[derive(Debug, Default)]
struct Waits(BTreeMap<QueueId, u64>);

impl Waits {
    fn from(&mut self, queue: QueueId, seq: u64) {
        self.0.entry(queue).or_insert(seq);
    }

    fn holds(&self, queue: QueueId, seq: u64) -> bool {
        self.0.get(&queue).is_some_and(|from| *from <= seq)
    }

    fn any(&self) -> bool {
        !self.0.is_empty()
    }
}
