//! The way of the machine's verbs to the task that dials: one mailbox per dial.

use openred_core::{
    hello::{TicketKind, WorkChallenge},
    ids::Hash,
};
use openred_proto::introduction::{Failure, StartId, Ticket};
use tokio::sync::mpsc;

use super::tables::Tables;

/// The machine says one thing per handshake at a time.
const MAILBOX: usize = 8;

/// What to do next for a begun handshake.
#[derive(Debug)]
pub(super) enum Step {
    /// Begin with this ticket.
    Start {
        kind: TicketKind,
        ticket: Ticket,
        /// Kind 1: the descriptors of the core (own, peer's).
        descriptors: Option<(Hash, Hash)>,
        rejoin: bool,
    },
    /// The same bytes once more.
    SendAgain,
    /// The same hello with the own descriptor.
    Attach,
    /// The same hello with this work done.
    Solve(WorkChallenge),
    /// Hold this descriptor against the pins.
    Learn(Vec<u8>),
    /// No session comes of it.
    Failed(Failure),
}

/// Where the machine's verbs go.
#[derive(Debug, Clone)]
pub(super) struct Mailbox(mpsc::Sender<(StartId, Step)>);

impl Mailbox {
    /// A dial that is gone, or does not look any more, gets nothing.
    pub(super) fn put(&self, start: StartId, step: Step) {
        let _ = self.0.try_send((start, step));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// The reader's end. Dropped, it gives up the handshake that was begun.
pub(super) struct Steps {
    tables: Tables,
    mailbox: Mailbox,
    steps: mpsc::Receiver<(StartId, Step)>,
    /// Came while only its coming was waited for.
    first: Option<(StartId, Step)>,
    begun: Option<StartId>,
}

impl Steps {
    pub(super) fn new(tables: Tables) -> Self {
        let (sender, steps) = mpsc::channel(MAILBOX);
        Self { tables, mailbox: Mailbox(sender), steps, first: None, begun: None }
    }

    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Resolves when the first verb is there.
    pub(super) async fn wait(&mut self) {
        if self.first.is_none() {
            self.first = self.steps.recv().await;
            self.begun = self.first.as_ref().map(|(start, _)| *start);
        }
    }

    /// The next verb; `None` never comes while the mailbox lives in `self`.
    pub(super) async fn next(&mut self) -> Option<(StartId, Step)> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let (start, step) = self.steps.recv().await?;
        self.begun = Some(start);
        Some((start, step))
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        // What came and was not read must not begin without a reader either.
        self.steps.close();
        while let Ok((start, _)) = self.steps.try_recv() {
            self.tables.give_up(start);
        }
        if let Some(start) = self.begun {
            self.tables.give_up(start);
        }
    }
}
