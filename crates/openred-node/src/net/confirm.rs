//! Asking a contact's owner to confirm that it is really them (`/p2p/auth/challenge`, PROTOCOL §4), and believing the
//! answer only as their present key signed it: for this session, this question and this minute.

use std::time::Duration;

use openred_core::{
    call::{ChallengeAnswer, ChallengeCall, Factor, verify_challenge},
    ids::NodeId,
};
use serde_json::json;

use super::{Answer, Live, Network};
use crate::{error::NodeError, modules::contacts::store as people};

/// Their owner has a little less; then an answer would not count any more.
const WAIT: Duration = Duration::from_secs(58);

/// What a contact's owner said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Confirmed by hand, and signed.
    Confirmed {
        /// Unix seconds, by their clock.
        time: u64,
    },
    /// They said no, or their node does not let this node ask.
    Refused,
    /// Nobody decided in time.
    Unanswered,
}

impl Network {
    /// Asks a contact's owner to confirm; waits up to 58 s. `reason` is shown to them: one line, at most 200 characters.
    ///
    /// # Errors
    /// [`NodeError::Refused`] for who is no contact, [`NodeError::SlowDown`] when their node was asked too often,
    /// [`NodeError::Peer`] when it is not reached or what it answers does not verify.
    pub async fn confirm(&self, id: &NodeId, reason: String) -> Result<Confirmation, NodeError> {
        let id = *id;
        let person = self.deps.read(move |w| Ok(people::find(w.tx, w.seal, &id)?)).await?;
        let person = person.ok_or(NodeError::Unknown("this person"))?;
        if !person.is_contact() {
            return Err(NodeError::Refused("only contacts can be asked to confirm"));
        }
        let mut challenge = [0; 32];
        getrandom::fill(&mut challenge)?;
        let call = ChallengeCall { challenge, method: Factor::Confirm, reason };
        let live = self.session(person.id).await?;
        let text = serde_json::to_string(&call).map_err(|e| NodeError::Internal(e.to_string()))?;
        match tokio::time::timeout(WAIT, live.ask("/p2p/auth/challenge", text)).await {
            Ok(answer) => self.judge(&live, &call, &answer?).await,
            Err(_) => Ok(Confirmation::Unanswered),
        }
    }

    async fn judge(
        &self,
        live: &Live,
        call: &ChallengeCall,
        answer: &Answer,
    ) -> Result<Confirmation, NodeError> {
        match answer.status {
            200 => {}
            403 => return Ok(Confirmation::Refused),
            410 => return Ok(Confirmation::Unanswered),
            429 => return Err(NodeError::SlowDown(retry_after(&answer.json))),
            503 => return Err(NodeError::Peer("their node is locked".to_owned())),
            _ => return Err(NodeError::Peer("their node cannot be asked this".to_owned())),
        }
        let said: ChallengeAnswer = serde_json::from_str(&answer.json)
            .map_err(|_| NodeError::Peer("their node answered something else".to_owned()))?;
        let person = live.person;
        let key = self.deps.read(move |w| {
            let peer = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
            let pin = people::pin_of(w.tx, w.seal, &peer)?;
            Ok(pin.log().map(|log| *log.current_key()))
        });
        let key = key.await?.ok_or(NodeError::Unknown("this person's key"))?;
        verify_challenge(&key, &live.session_id, call, &said, self.deps.clock.now_s())
            .map_err(|refusal| NodeError::Peer(format!("their answer does not count: {refusal}")))?;
        Ok(Confirmation::Confirmed { time: said.time })
    }
}

fn retry_after(problem: &str) -> u64 {
    let problem: serde_json::Value = serde_json::from_str(problem).unwrap_or_else(|_| json!({}));
    problem["retry_after"].as_u64().unwrap_or(60).clamp(1, 3_600)
}
