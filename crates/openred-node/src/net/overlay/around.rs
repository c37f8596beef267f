//! Tells the machine what goes on around it: the owner's people, ways to nodes, the own descriptor. Looks when something
//! changed, and every ten seconds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use openred_core::{
    descriptor::Descriptor,
    ids::{Hash, NodeId},
    overlay::PeerEntry,
};
use openred_proto::overlay::{Acquaintance, Input, Source, peers::PeerState};
use tracing::debug;

use super::{Handle, OverlayGone};
use crate::{
    error::NodeError,
    modules::contacts::store as people,
    net::{Network, dial, https as api},
};

const LOOK: Duration = Duration::from_secs(10);
/// Friends with whom a link is wanted always: those known longest.
const PINNED: usize = 24;
/// People told to the machine; those known longest first.
const PEOPLE_MAX: i64 = 2_000;
/// Pause between two attempts at the bootstrap list while there is no neighbour, milliseconds.
const BOOTSTRAP_MS: u64 = 60_000;
/// Pause between two questions to directories while there are few neighbours, milliseconds.
const DIRECTORIES_MS: u64 = 600_000;
/// So many neighbours need no directory.
const ENOUGH: usize = 4;
/// Nodes taken from one directory at a time.
const LISTED: usize = 16;

/// What was told.
struct Around {
    net: Network,
    handle: Handle,
    log_seq: u32,
    told_own: Option<Hash>,
    told_people: Vec<(NodeId, bool, bool, bool)>,
    told_ways: BTreeSet<NodeId>,
    bootstrap_at: u64,
    directories_at: u64,
}

/// Runs until the node stops.
pub(super) async fn run(net: Network, handle: Handle, log_seq: u32) {
    let stop = net.deps.tasks.soft().clone();
    let mut around = Around {
        net,
        handle,
        log_seq,
        told_own: None,
        told_people: Vec::new(),
        told_ways: BTreeSet::new(),
        bootstrap_at: 0,
        directories_at: 0,
    };
    loop {
        match around.look().await {
            Ok(()) | Err(NodeError::Locked | NodeError::NotSetUp) => {}
            Err(error) => debug!(%error, "the overlay was not told everything"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
            () = around.net.overlay.looked_for() => {}
        }
    }
}

impl From<OverlayGone> for NodeError {
    fn from(gone: OverlayGone) -> Self {
        Self::Internal(gone.to_string())
    }
}

impl Around {
    async fn look(&mut self) -> Result<(), NodeError> {
        self.net.deps.seal.get()?;
        self.tell_own().await?;
        self.tell_people().await?;
        let active = self.handle.read(|machine, now| {
            machine.peers(now).iter().filter(|peer| peer.state == PeerState::Active).count()
        });
        let (active, now) = (active.await?, self.net.deps.clock.monotonic_ms());
        if active == 0 && now >= self.bootstrap_at {
            self.bootstrap_at = now + BOOTSTRAP_MS;
            self.bootstrap().await?;
        }
        if active < ENOUGH && now >= self.directories_at {
            self.directories_at = now + DIRECTORIES_MS;
            self.ask_directories().await?;
        }
        Ok(())
    }

    async fn tell_own(&mut self) -> Result<(), NodeError> {
        let Some(own) = self.net.own.current() else { return Ok(()) };
        if self.told_own == Some(own.hash()) {
            return Ok(());
        }
        if own.body().log_seq > self.log_seq {
            self.log_seq = own.body().log_seq;
            self.handle.input(Input::Rotated { log: Arc::new(own.body().log.clone()) }).await?;
        }
        self.handle.input(Input::Descriptor { signed: own.bytes().to_vec() }).await?;
        self.told_own = Some(own.hash());
        Ok(())
    }

    /// Friends and followed people; ways to those who are new among them.
    async fn tell_people(&mut self) -> Result<(), NodeError> {
        let found = self.net.deps.read(|w| {
            let list = |which| people::list(w.tx, w.seal, which, 0, PEOPLE_MAX);
            let mut found: BTreeMap<NodeId, Acquaintance> = BTreeMap::new();
            for (at, friend) in list(people::List::Friends)?.iter().enumerate() {
                let (node_id, pinned) = (friend.node_id, at < PINNED);
                found.insert(node_id, Acquaintance { node_id, contact: true, followed: true, pinned });
            }
            for followed in list(people::List::Following)? {
                let node_id = followed.node_id;
                let new = Acquaintance { node_id, contact: false, followed: true, pinned: false };
                found.entry(node_id).or_insert(new);
            }
            Ok(found.into_values().collect::<Vec<_>>())
        });
        let found = found.await?;
        for id in found.iter().filter(|one| one.contact).map(|one| one.node_id) {
            if !self.told_ways.contains(&id)
                && let Some(pinned) = dial::held(&self.net, id).await
            {
                self.know(&pinned, Source::Own).await?;
                self.told_ways.insert(id);
            }
        }
        let told = found.iter().map(|one| (one.node_id, one.contact, one.followed, one.pinned)).collect();
        if self.told_people != told {
            self.told_people = told;
            self.handle.input(Input::People(found)).await?;
        }
        Ok(())
    }

    async fn know(&self, descriptor: &Descriptor, source: Source) -> Result<(), NodeError> {
        Ok(self.handle.input(Input::Known { entry: PeerEntry::of(descriptor), source }).await?)
    }

    /// The list in the configuration.
    async fn bootstrap(&self) -> Result<(), NodeError> {
        for one in self.net.overlay.config().bootstrap {
            match api::descriptor_of(&self.net.http, &one.url, &one.node_id).await {
                Ok(found) => self.know(&found, Source::Bootstrap).await?,
                Err(error) => debug!(%error, "a node to begin with does not answer"),
            }
        }
        Ok(())
    }

    /// Nodes that directories have seen of late and that let themselves be listed.
    async fn ask_directories(&self) -> Result<(), NodeError> {
        for known in self.net.directories.all() {
            let Some(dir_id) = known.node_id else { continue };
            let Ok(listed) = self.net.directories.discover(&known.url, "recent", "1").await else { continue };
            for one in listed.nodes.into_iter().take(LISTED) {
                if let Ok(found) = self.net.directories.descriptor(&known.url, &one.node_id).await {
                    self.know(&found, Source::Directory(dir_id)).await?;
                }
            }
        }
        Ok(())
    }
}
