//! A reply whose kind is known. It must not know how replies travel.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::reply::Outcome;
use super::{KeeperError, Reply};
use crate::ops::Response;

/// The typed answer to one request: await it, or [`Answer::wait`] on a thread that may block.
#[derive(Debug)]
#[must_use = "nothing is known before the answer"]
pub struct Answer<T> {
    reply: Reply,
    read: fn(Response) -> Option<T>,
}

impl<T> Answer<T> {
    pub(super) const fn new(reply: Reply, read: fn(Response) -> Option<T>) -> Self {
        Self { reply, read }
    }

    /// Blocks until the answer is there.
    pub fn wait(self) -> Result<T, KeeperError> {
        typed(self.reply.wait(), self.read)
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, KeeperError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let read = self.read;
        Pin::new(&mut self.reply).poll(context).map(|outcome| typed(outcome, read))
    }
}

/// An answer of another kind is one of another version, which the version query excludes.
fn typed<T>(outcome: Outcome, read: fn(Response) -> Option<T>) -> Result<T, KeeperError> {
    read(outcome?).ok_or(KeeperError::Gone)
}
