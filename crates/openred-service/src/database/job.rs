//! One piece of work of a caller, with its type removed so that it can wait in a queue. Knows no engine.

use tokio::sync::oneshot;

use super::error::DbError;
use super::tx::{Event, Tx};

/// Work for the writer; it may run several times and resolves once.
pub(super) trait WriteJob: Send {
    /// Runs the caller's function. `Err` asks for a rollback of its savepoint.
    fn run(&mut self, tx: Tx<'_>) -> Result<Vec<Event>, ()>;
    /// Answers the caller. `commit` is what became of the transaction; a job that failed keeps its own error.
    fn finish(self: Box<Self>, commit: Result<(), DbError>);
}

/// Work for a reader; it runs once.
pub(super) trait ReadJob: Send {
    fn run(self: Box<Self>, tx: Result<Tx<'_>, DbError>);
}

pub(super) struct Write<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

pub(super) struct Read<F, T, E> {
    work: F,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Write<F, T, E> {
    pub(super) fn new(work: F) -> (Box<Self>, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work, result: None, reply }), answer)
    }
}

impl<F, T, E> Read<F, T, E> {
    pub(super) fn new(work: F) -> (Box<Self>, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work, reply }), answer)
    }
}

impl<F, T, E> WriteJob for Write<F, T, E>
where
    F: FnMut(&Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: Tx<'_>) -> Result<Vec<Event>, ()> {
        self.result = None;
        let result = (self.work)(&tx);
        match (result, tx.end()) {
            (Ok(value), Ok(events)) => {
                self.result = Some(Ok(value));
                Ok(events)
            }
            (Ok(_), Err(failure)) => {
                self.result = Some(Err(E::from(failure)));
                Err(())
            }
            (Err(error), _) => {
                self.result = Some(Err(error));
                Err(())
            }
        }
    }

    fn finish(self: Box<Self>, commit: Result<(), DbError>) {
        let answer = match (commit, self.result) {
            (Err(failure), Some(Ok(_)) | None) => Err(E::from(failure)),
            (_, Some(result)) => result,
            (Ok(()), None) => Err(E::from(DbError::Gone)),
        };
        let _caller_may_have_left = self.reply.send(answer);
    }
}

impl<F, T, E> ReadJob for Read<F, T, E>
where
    F: FnOnce(&Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(self: Box<Self>, tx: Result<Tx<'_>, DbError>) {
        let answer = match tx {
            Ok(tx) => {
                let result = (self.work)(&tx);
                match (result, tx.end()) {
                    (Ok(_), Err(failure)) => Err(E::from(failure)),
                    (result, _) => result,
                }
            }
            Err(error) => Err(E::from(error)),
        };
        let _caller_may_have_left = self.reply.send(answer);
    }
}
