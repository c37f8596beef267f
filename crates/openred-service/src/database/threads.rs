//! The threads of a database: one that writes, some that read, and their bounded queues. Knows jobs, no engine.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::error::DbError;
use super::group_commit;
use super::job::{ReadJob, WriteJob};
use super::tx::Session;

/// Jobs that may wait; a caller who finds the queue full waits up to `QUEUE_WAIT_MAX`, then gets `Busy`.
const QUEUE_JOBS_MAX: usize = 1024;
const QUEUE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Jobs of one commit: bounds what a rollback repeats.
const GROUP_JOBS_MAX: usize = 512;

/// What a thread can be asked for.
pub(super) enum Order {
    Write(Box<dyn WriteJob>),
    Read(Box<dyn ReadJob>),
    Synchronous(oneshot::Sender<Result<String, DbError>>),
    /// Stop after what was ordered before; the answer comes when the session is closed.
    Close(oneshot::Sender<()>),
}

/// The queue of one or several threads.
pub(super) struct Queue {
    orders: mpsc::Sender<Order>,
    threads: usize,
    closed: AtomicBool,
}

impl Queue {
    fn new(orders: mpsc::Sender<Order>, threads: usize) -> Self {
        Self { orders, threads, closed: AtomicBool::new(false) }
    }

    pub(super) fn waiting(&self) -> usize {
        self.orders.max_capacity() - self.orders.capacity()
    }

    pub(super) async fn order(&self, order: Order) -> Result<(), DbError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(DbError::Gone);
        }
        self.send(order).await
    }

    /// Lets the threads finish what was ordered before, and waits for their end.
    pub(super) async fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        for _ in 0..self.threads {
            let (reply, closed) = oneshot::channel();
            if self.send(Order::Close(reply)).await.is_ok() {
                let _closed_or_gone = closed.await;
            }
        }
    }

    async fn send(&self, order: Order) -> Result<(), DbError> {
        match self.orders.send_timeout(order, QUEUE_WAIT_MAX).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(DbError::Busy),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(DbError::Gone),
        }
    }
}

/// Starts the writer.
pub(super) fn writer(session: Box<dyn Session>) -> io::Result<Queue> {
    let (queue, orders) = mpsc::channel(QUEUE_JOBS_MAX);
    thread::Builder::new().name("db-writer".to_owned()).spawn(move || write_loop(session, orders))?;
    Ok(Queue::new(queue, 1))
}

/// Starts one reader per session, all fed by one queue.
pub(super) fn readers(sessions: Vec<Box<dyn Session>>) -> io::Result<Queue> {
    let (queue, orders) = mpsc::channel(QUEUE_JOBS_MAX);
    let threads = sessions.len();
    let orders = Arc::new(Mutex::new(orders));
    for session in sessions {
        let orders = Arc::clone(&orders);
        thread::Builder::new().name("db-reader".to_owned()).spawn(move || read_loop(session, &orders))?;
    }
    Ok(Queue::new(queue, threads))
}

fn write_loop(mut session: Box<dyn Session>, mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.blocking_recv() {
        let mut jobs = Vec::new();
        let mut next = Some(order);
        while let Some(Order::Write(job)) = next {
            jobs.push(job);
            next = if jobs.len() < GROUP_JOBS_MAX { orders.try_recv().ok() } else { None };
        }
        group_commit::write(session.as_mut(), jobs);
        if let Some(other) = next
            && serve(session.as_mut(), other)
        {
            break;
        }
    }
    session.close();
}

fn read_loop(mut session: Box<dyn Session>, orders: &Mutex<mpsc::Receiver<Order>>) {
    loop {
        let order = orders.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(order) = order else { return };
        if serve(session.as_mut(), order) {
            return;
        }
    }
}

/// Serves an order that is not a write; `true` means: stop.
fn serve(session: &mut dyn Session, order: Order) -> bool {
    match order {
        Order::Write(job) => group_commit::write(session, vec![job]),
        Order::Read(job) => group_commit::read(session, job),
        Order::Synchronous(reply) => {
            let _caller_may_have_left = reply.send(session.synchronous());
        }
        Order::Close(reply) => {
            session.close();
            let _caller_may_have_left = reply.send(());
            return true;
        }
    }
    false
}
