//! Signing by the keeper: the node builds an envelope, the keeper parses and signs it. Envelopes that wait at the same
//! time go to the keeper in one turn.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use openred_core::envelope::{Envelope, Verified};
use openred_keeper::{
    blob::Blob,
    client::KeeperError,
    ops::{MAX_BATCH, Refusal, Request, Response, SignedEnvelope},
};
use tokio::sync::{Semaphore, oneshot};

use crate::{error::NodeError, keys::Keys};

/// Turns under way: the keeper signs one while the node reads the answers of another.
const TURNS: usize = 2;
/// Envelopes of one turn, bytes: their signed forms must fit into a frame of the keeper too. A single envelope is
/// smaller.
const TURN_BYTES_MAX: usize = 96 << 10;

type Answer = Result<SignedEnvelope, KeeperError>;

/// Where envelopes wait for their signatures. Whoever waits and gets a turn takes all that wait along.
#[derive(Debug)]
pub(crate) struct Desk {
    waiting: Mutex<VecDeque<Waiting>>,
    turns: Semaphore,
}

#[derive(Debug)]
struct Waiting {
    unsigned: Blob,
    reply: oneshot::Sender<Answer>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turns: Semaphore::new(TURNS) }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sign(&self, keys: &Keys, unsigned: Blob) -> Result<SignedEnvelope, NodeError> {
        loop {
            let (reply, mut answer) = oneshot::channel();
            self.lock().push_back(Waiting { unsigned: unsigned.clone(), reply });
            let answered = loop {
                tokio::select! {
                    biased;
                    answered = &mut answer => break answered,
                    turn = self.turns.acquire() => {
                        let _turn = turn.map_err(|e| NodeError::Internal(e.to_string()))?;
                        self.take_turn(keys).await;
                    }
                }
            };
            // Whoever had taken it along hung up before the answer: it waits again.
            let Ok(answered) = answered else { continue };
            return Ok(answered?);
        }
    }

    /// Has signed what waits, as much as fits into one turn. One that the keeper refuses spoils no other.
    async fn take_turn(&self, keys: &Keys) {
        let turn = self.next();
        if turn.is_empty() {
            return;
        }
        let (unsigned, replies): (Vec<Blob>, Vec<_>) =
            turn.into_iter().map(|w| (w.unsigned, w.reply)).unzip();
        let answers = match batch(keys, Request::SignEnvelopes(unsigned.clone())).await {
            Ok(signed) => signed.into_iter().map(Ok).collect(),
            Err(KeeperError::Refused(_)) if unsigned.len() > 1 => one_by_one(keys, unsigned).await,
            Err(error) => vec![Err(error); replies.len()],
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            let _ = reply.send(answer);
        }
    }

    /// The first of those that wait, without those that nobody waits for any more.
    fn next(&self) -> Vec<Waiting> {
        let (mut turn, mut bytes) = (Vec::new(), 0);
        let mut waiting = self.lock();
        while let Some(first) = waiting.pop_front() {
            if first.reply.is_closed() {
                continue;
            }
            bytes += first.unsigned.len();
            if !turn.is_empty() && (bytes > TURN_BYTES_MAX || turn.len() == MAX_BATCH) {
                waiting.push_front(first);
                break;
            }
            turn.push(first);
        }
        turn
    }
}

async fn one_by_one(keys: &Keys, unsigned: Vec<Blob>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(unsigned.len());
    for one in unsigned {
        let signed = batch(keys, Request::SignEnvelopes(vec![one])).await;
        answers.push(signed.and_then(|mut signed| signed.pop().ok_or(KeeperError::Gone)));
    }
    answers
}

async fn batch(keys: &Keys, request: Request) -> Result<Vec<SignedEnvelope>, KeeperError> {
    match keys.keeper().ask(request).await? {
        Response::Signed(signed) => Ok(signed),
        _ => Err(KeeperError::Gone),
    }
}

/// Lets the keeper sign an envelope of the owner.
///
/// # Errors
/// [`NodeError::Locked`] until the owner logs in; [`NodeError::Invalid`] for what peers would refuse.
pub(crate) async fn envelope(keys: &Keys, envelope: &Envelope) -> Result<Verified, NodeError> {
    let signed = keys.desk().sign(keys, Blob(envelope.to_sign())).await?;
    Verified::from_trusted_store(&signed.canonical.0)
        .map_err(|e| NodeError::Internal(format!("the keeper's envelope does not parse: {e}")))
}

/// Lets the keeper sign again, under the present key, what an earlier key of the owner has signed: canonical envelopes
/// in the same order, none for what no key of the owner's has signed.
pub(crate) async fn again(keys: &Keys, held: &[Verified]) -> Result<Vec<Option<Vec<u8>>>, NodeError> {
    let mut signed = Vec::with_capacity(held.len());
    let mut rest = held;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |one: &&Verified| {
            bytes += one.canonical().len();
            bytes <= TURN_BYTES_MAX
        };
        let count = rest.iter().take(MAX_BATCH).take_while(fits).count().max(1);
        let (turn, left) = rest.split_at(count);
        signed.extend(turn_again(keys, turn).await?);
        rest = left;
    }
    Ok(signed)
}

async fn turn_again(keys: &Keys, turn: &[Verified]) -> Result<Vec<Option<Vec<u8>>>, NodeError> {
    let blobs = |some: &[Verified]| some.iter().map(|one| Blob(one.canonical().to_vec())).collect();
    match batch(keys, Request::SignAgain(blobs(turn))).await {
        Ok(signed) => return Ok(signed.into_iter().map(|one| Some(one.canonical.0)).collect()),
        Err(KeeperError::Refused(Refusal::NotOwn | Refusal::Malformed(_))) => {}
        Err(error) => return Err(error.into()),
    }
    let mut signed = Vec::with_capacity(turn.len());
    for one in turn {
        signed.push(match batch(keys, Request::SignAgain(blobs(std::slice::from_ref(one)))).await {
            Ok(mut one) => one.pop().map(|one| one.canonical.0),
            Err(KeeperError::Refused(Refusal::NotOwn | Refusal::Malformed(_))) => None,
            Err(error) => return Err(error.into()),
        });
    }
    Ok(signed)
}

/// A user name as envelopes want it: never empty.
pub(crate) fn user_name(name: &str) -> String {
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}
