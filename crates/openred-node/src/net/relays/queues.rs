//! The own queues: one for each contact at each relay, one for strangers, begun when they are needed and ended with the
//! relation. A queue is told to its contact with the message that needs it, or by a descriptor update.

use std::time::Duration;

use openred_core::{
    ids::B64,
    payload::{DescriptorUpdate, Routes, Secret32},
    sign::SigningKey,
};
use openred_relay::client::ClientError;
use openred_service::http_client::HttpError;
use tracing::debug;

use super::{
    Health, Known,
    fetching::Whose,
    in_words, lock,
    store::{self, QueueRow, RelayRow, STRANGERS, Secrets},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::contacts::{
        self,
        person::{Person, Status},
        store as people,
    },
    net::Network,
};

/// A relay must answer within this time, where a message waits for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Queues of this node in all: what is kept open per relay, and a bound on what strangers can make this node ask for.
const QUEUES_MAX: u64 = 5_000;
/// Queues ended by one look.
const END_BATCH: i64 = 64;
const PAGE: i64 = 200;

impl Network {
    /// Reads the table of relays, and starts a task for each that has none.
    pub async fn watch_relays(&self) -> Result<(), NodeError> {
        let rows = self.deps.db.read(store::relays).await?;
        let now = self.deps.clock.now_ms();
        let mut known = lock(&self.relays.known);
        known.retain(|url, _| rows.iter().any(|row| row.url == *url));
        for RelayRow { url, node_id } in &rows {
            known.entry(url.clone()).or_insert_with(|| Known {
                url: url.clone(),
                node_id: *node_id,
                health: Health::Off,
                since_at: now,
                detail: "not tried yet".to_owned(),
            });
        }
        drop(known);
        for RelayRow { url, .. } in rows {
            for whose in [Whose::Contacts, Whose::Strangers] {
                if lock(&self.relays.fetching).insert((url.clone(), whose)) {
                    self.deps.tasks.spawn_one_of_many("relay", self.clone().fetch_from(url.clone(), whose));
                }
            }
        }
        self.relays.look();
        self.deps.wake.mail();
        Ok(())
    }

    /// How a person may reach the owner: see [`crate::delivery::Carrier::routes`].
    pub(in super::super) async fn routes_for(&self, person: i64) -> Option<Routes> {
        let known = self.relays.all();
        for relay in &known {
            if let Err(error) = self.queue_for(person, relay).await {
                debug!(%error, "a queue was not begun");
            }
        }
        let rows = self.deps.read(move |w| Ok(store::queues_of(w.tx, w.seal, person)?)).await.ok()?;
        if known.is_empty() && rows.is_empty() {
            return None;
        }
        let own = self.own.current()?;
        let relays = rows.iter().map(QueueRow::route).take(4).collect();
        Some(Routes { addresses: own.body().addresses.clone(), api_url: own.body().api_url.clone(), relays })
    }

    /// Begins a queue for a person's mail unless there is one.
    async fn queue_for(&self, person: i64, relay: &Known) -> Result<(), NodeError> {
        let url = relay.url.clone();
        let held = move |w: &Work<'_, '_>| {
            let is_there = store::queues_of(w.tx, w.seal, person)?.iter().any(|queue| queue.relay == url);
            Ok((is_there, store::count(w.tx)?))
        };
        let (is_there, count) = self.deps.read(held).await?;
        if is_there {
            return Ok(());
        }
        if count >= QUEUES_MAX {
            return Err(NodeError::Refused("this node has as many queues as it may"));
        }
        let secrets = self.begin_queue(relay).await?;
        let url = relay.url.clone();
        self.deps.write(move |w| Ok(store::add_queue(w.tx, w.seal, &url, person, &secrets)?)).await?;
        self.relays.look();
        Ok(())
    }

    /// Asks a relay for a queue with a key of its own.
    async fn begin_queue(&self, relay: &Known) -> Result<Secrets, NodeError> {
        let relay_id =
            relay.node_id.ok_or_else(|| NodeError::Peer("the relay was not met yet".to_owned()))?;
        if self.rests(&relay.url) {
            return Err(NodeError::Peer("the relay failed a moment ago".to_owned()));
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let key = SigningKey::from_seed(seed);
        let client = self.relay(&relay.url, relay_id)?;
        let begun = tokio::time::timeout(PATIENCE, client.register(&key)).await;
        let begun = begun.unwrap_or(Err(ClientError::Unreachable(HttpError::Timeout)));
        let begun = begun.map_err(|error| {
            self.rest(&relay.url, &error);
            in_words(&error)
        })?;
        let (queue_id, deposit_id, cap) = (begun.queue_id, begun.deposit_id, begun.cap);
        Ok(Secrets { relay_id, queue_id, deposit_id, cap, key: Secret32::new(seed) })
    }

    /// The lane of strangers, at the first relay that answers: the descriptor names one.
    pub(super) async fn begin_lane(&self, relay: &Known) -> Result<(), NodeError> {
        let lanes = self.deps.read(|w| Ok(store::queues_of(w.tx, w.seal, STRANGERS)?)).await?;
        if lanes.is_empty() {
            self.queue_for(STRANGERS, relay).await?;
            self.refresh(false).await?;
            self.announce().await?;
        }
        Ok(())
    }

    /// Every contact gets a queue at this relay and is told of it.
    pub(super) async fn begin_queues(&self, relay: &Known) -> Result<(), NodeError> {
        for list in
            [people::List::Friends, people::List::Following, people::List::Followers, people::List::Requests]
        {
            let mut after = 0;
            loop {
                let page =
                    self.deps.read(move |w| Ok(people::list(w.tx, w.seal, list, after, PAGE)?)).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                for person in page.into_iter().filter(takes_mail) {
                    self.tell_queue(&person, relay).await?;
                }
            }
        }
        Ok(())
    }

    async fn tell_queue(&self, person: &Person, relay: &Known) -> Result<(), NodeError> {
        let (id, url) = (person.id, relay.url.clone());
        let queues = self.deps.read(move |w| Ok(store::queues_of(w.tx, w.seal, id)?)).await?;
        if queues.iter().any(|queue| queue.relay == relay.url) {
            return Ok(());
        }
        let Some(own) = self.own.current() else { return Ok(()) };
        let secrets = self.begin_queue(relay).await?;
        let (person, descriptor) = (person.clone(), B64(own.bytes().to_vec()));
        self.deps
            .write(move |w| {
                // A message that was signed meanwhile may have begun one, and tells it.
                if !store::add_queue(w.tx, w.seal, &url, person.id, &secrets)? {
                    return Ok(());
                }
                let update = DescriptorUpdate { descriptor: descriptor.clone(), routes: None };
                contacts::say(w, &person, update.into())
            })
            .await?;
        self.relays.look();
        Ok(())
    }

    /// Ends queues at their relays that are not used any more.
    pub(super) async fn end_queues(&self) -> Result<(), NodeError> {
        let rows = self.deps.read(|w| Ok(store::ended(w.tx, w.seal, END_BATCH)?)).await?;
        for row in rows {
            if self.rests(&row.relay) {
                continue;
            }
            let key = SigningKey::from_seed(*row.secrets.key.as_bytes());
            let client = self.relay(&row.relay, row.secrets.relay_id)?;
            match client.delete(&key, row.secrets.queue_id).await {
                Ok(()) | Err(ClientError::Unknown) => {
                    self.deps.write_plain(move |tx| store::forget(tx, row.id)).await?;
                }
                Err(error) => {
                    debug!(%error, "a queue was not ended yet");
                    self.rest(&row.relay, &error);
                }
            }
        }
        Ok(())
    }
}

/// Whether a person has something to say to the owner: a contact, or one of the two asked.
fn takes_mail(person: &Person) -> bool {
    person.is_contact() || person.status == Status::PendingOut
}
