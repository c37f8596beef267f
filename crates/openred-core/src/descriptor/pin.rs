//! What one holds of another identity: its log and its newest descriptor (PROTOCOL §1, *first seen wins*).
//!
//! Plain value logic for node and directory. Must not know storage; forks are handed to the caller to keep and
//! show.

use super::Descriptor;
use crate::identity::{IdentityLog, LogOrder};
use crate::ids::NodeId;

/// What became of a descriptor that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinOutcome {
    /// It is newer and pinned now. When [`Pin::log_seq`] rose with it, everything the old key certified is void.
    New,
    /// It is the pinned one.
    Same,
    /// Not newer than what is pinned, or below the newest log entry known: kept out. Two descriptors of
    /// equal order are a fault of their owner; the first one seen stays.
    Older,
    /// Its log holds a second valid entry for a held seq: kept out; keep the proof and show it.
    Fork {
        /// The first seq at which the logs differ.
        seq: u32,
        /// The other entry, verbatim.
        entry: Vec<u8>,
    },
    /// More than a day ahead of the clock: kept out.
    TooFarAhead,
    /// Another identity's descriptor: kept out.
    Foreign,
}

/// The log and the newest descriptor held of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    node_id: NodeId,
    log: Option<IdentityLog>,
    descriptor: Option<Descriptor>,
}

impl Pin {
    /// Nothing is held yet of `node_id`.
    #[must_use]
    pub const fn new(node_id: NodeId) -> Self {
        Self { node_id, log: None, descriptor: None }
    }

    /// What a store held: a log, and a descriptor that was pinned under it.
    ///
    /// A descriptor that is not under the log's newest entry is left out.
    #[must_use]
    pub fn restore(log: IdentityLog, descriptor: Option<Descriptor>) -> Self {
        let descriptor = descriptor.filter(|descriptor| descriptor.body().log == log);
        Self { node_id: log.node_id(), log: Some(log), descriptor }
    }

    /// Takes a descriptor if it is the newest in time, and the log entries that it brings.
    pub fn accept(&mut self, descriptor: &Descriptor, now_ms: u64) -> PinOutcome {
        if descriptor.node_id() != self.node_id {
            return PinOutcome::Foreign;
        }
        let log = &descriptor.body().log;
        let order = self.log.as_ref().map_or(LogOrder::Grown, |held| held.compare(log));
        match order {
            LogOrder::Fork { seq, entry } => return PinOutcome::Fork { seq, entry },
            LogOrder::Foreign => return PinOutcome::Foreign,
            LogOrder::Older => return PinOutcome::Older,
            LogOrder::Same | LogOrder::Grown => {}
        }
        if self.descriptor.as_ref() == Some(descriptor) {
            return PinOutcome::Same;
        }
        if descriptor.check_time(now_ms).is_err() {
            return PinOutcome::TooFarAhead;
        }
        if self.descriptor.as_ref().is_some_and(|held| descriptor.order() <= held.order()) {
            return PinOutcome::Older;
        }
        self.accept_log(log);
        self.descriptor = Some(descriptor.clone());
        PinOutcome::New
    }

    /// Takes a log that arrived without a descriptor, if it continues the held one.
    ///
    /// After [`LogOrder::Grown`] the descriptor of the old key is void and gone.
    pub fn accept_log(&mut self, log: &IdentityLog) -> LogOrder {
        if log.node_id() != self.node_id {
            return LogOrder::Foreign;
        }
        let order = match &mut self.log {
            Some(held) => held.grow(log),
            None => {
                self.log = Some(log.clone());
                LogOrder::Grown
            }
        };
        if order == LogOrder::Grown {
            self.descriptor = None;
        }
        order
    }

    /// Whose log and descriptor these are.
    #[must_use]
    pub const fn node_id(&self) -> NodeId {
        self.node_id
    }

    /// The held log.
    #[must_use]
    pub const fn log(&self) -> Option<&IdentityLog> {
        self.log.as_ref()
    }

    /// seq of the newest log entry known.
    #[must_use]
    pub fn log_seq(&self) -> Option<u32> {
        self.log.as_ref().map(IdentityLog::head_seq)
    }

    /// The pinned descriptor, always under the newest log entry known; it may have expired.
    #[must_use]
    pub const fn descriptor(&self) -> Option<&Descriptor> {
        self.descriptor.as_ref()
    }
}
