//! The answer that is still to come: wait for it on a thread, or await it on any executor. It must not
//! know what was asked.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::KeeperError;
use crate::ops::{Refusal, Response};

/// What comes of a request.
pub(super) type Outcome = Result<Response, KeeperError>;

/// Answer to one request: a future, or [`Reply::wait`]. Dropping it lets the request happen unheard.
#[derive(Debug)]
pub struct Reply(Arc<Place>);

/// The side that answers; dropped without an answer it says that the keeper is gone.
#[derive(Debug)]
pub(super) struct Promise(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Debug, Default)]
struct State {
    answered: bool,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// A promise and the reply it keeps.
pub(super) fn pair() -> (Promise, Reply) {
    let place = Arc::new(Place::default());
    (Promise(Arc::clone(&place)), Reply(place))
}

impl Promise {
    pub(super) fn keep(self, answer: Result<Response, Refusal>) {
        self.0.fill(answer.map_err(KeeperError::Refused));
    }

    pub(super) fn fail(self, error: KeeperError) {
        self.0.fill(Err(error));
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.0.fill(Err(KeeperError::Gone));
    }
}

impl Reply {
    /// Blocks this thread until the answer is there.
    pub fn wait(self) -> Outcome {
        let mut state = self.0.lock();
        loop {
            if let Some(outcome) = state.outcome.take() {
                return outcome;
            }
            state = self.0.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Reply {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut state = self.0.lock();
        if let Some(outcome) = state.outcome.take() {
            return Poll::Ready(outcome);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first outcome stays.
    fn fill(&self, outcome: Outcome) {
        let mut state = self.lock();
        if state.answered {
            return;
        }
        state.answered = true;
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.came.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reaches_the_waiting_thread_once() {
        let (promise, reply) = pair();
        let waiting = std::thread::spawn(move || reply.wait());
        promise.keep(Ok(Response::Done));
        assert!(matches!(waiting.join().expect("no panic"), Ok(Response::Done)));
    }

    #[test]
    fn a_broken_promise_says_that_the_keeper_is_gone() {
        let (promise, reply) = pair();
        drop(promise);
        assert!(matches!(reply.wait(), Err(KeeperError::Gone)));
    }
}
