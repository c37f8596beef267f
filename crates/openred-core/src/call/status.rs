//! `GET /api/v1/nodes/{id}/status`: what a directory says about a node, signed so that it can be shown to others.
//!
//! Must not know: how the directory knows. The signature is over the canonical JSON of all members but `sig`, so
//! that members of later versions are covered too.

use serde::{Deserialize, Serialize};

use super::ListedStatus;
use crate::grant::within_window;
use crate::ids::{Hash, NodeId};
use crate::json::{JsonError, Limits, Value, canonical, parse};
use crate::sign::{Label, PublicKey, Signature, SigningKey};

/// Longest answer, bytes.
const STATUS_BYTES_MAX: usize = 16 * 1024;

/// A node as a directory knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Who says so.
    pub dir_id: NodeId,
    /// About whom.
    pub node_id: NodeId,
    /// From the descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Unix seconds, whole hours.
    pub last_seen: u64,
    /// Whether it called lately.
    pub status: ListedStatus,
    /// Which keys it has, and until when.
    pub certificate: Certificate,
    /// When this was said, unix seconds.
    pub time: u64,
}

/// What S1 calls a certificate: the head of the identity log says which key speaks for the id, the descriptor how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Whether anything speaks against it.
    pub state: CertificateState,
    /// Place of the newest log entry; 0 is the inception, each rotation adds one.
    pub log_seq: u32,
    /// SHA-256 of that entry's inner bytes.
    pub log_head: Hash,
    /// The descriptor that `…/descriptor` gives.
    pub desc_hash: Hash,
    /// When the descriptor was made, unix seconds.
    pub issued: u64,
    /// When it ends, unix seconds.
    pub expires: u64,
}

/// What speaks against a certificate. One that has ended or was removed has no status at all: 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CertificateState {
    /// Nothing: verified, newest, in force.
    Valid,
    /// In force, but a second valid entry for one place of its log was presented here; the first one seen holds.
    Contested,
}

/// Why a status is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusRefusal {
    /// No status by its form.
    #[error("not a status: {0}")]
    Malformed(#[from] JsonError),
    /// Not signed by this directory's key, or about somebody else, or in another directory's name.
    #[error("bad signature")]
    Signature,
    /// Said more than 10 minutes from now.
    #[error("time more than 10 minutes off")]
    Time,
}

impl NodeStatus {
    /// The answer as it travels: all members and `sig`. Refuses what JSON here cannot say ([`JsonError`]).
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, JsonError> {
        let Value::Object(mut members) = Value::from_serde(self)? else {
            return Err(JsonError::Shape("an object".to_owned()));
        };
        let sig = key.sign(Label::Status, &canonical(&Value::Object(members.clone())));
        members.insert("sig".to_owned(), Value::Str(sig.to_string()));
        Ok(canonical(&Value::Object(members)))
    }
}

/// Reads a status of `node_id` that the directory `dir_id`, whose current key is `key`, gave within ten minutes of `now`
/// (unix seconds). Refused as [`StatusRefusal`] says.
pub fn verify_status(
    text: &[u8],
    key: &PublicKey,
    (dir_id, node_id): (&NodeId, &NodeId),
    now: u64,
) -> Result<NodeStatus, StatusRefusal> {
    let Value::Object(mut members) = parse(text, Limits::bytes(STATUS_BYTES_MAX))? else {
        return Err(JsonError::Shape("an object".to_owned()).into());
    };
    let sig = members.remove("sig").ok_or(StatusRefusal::Signature)?;
    let sig: Signature = sig.to()?;
    let said = Value::Object(members);
    key.verify(Label::Status, &canonical(&said), &sig).map_err(|_| StatusRefusal::Signature)?;
    let status: NodeStatus = said.to()?;
    if (&status.dir_id, &status.node_id) != (dir_id, node_id) {
        return Err(StatusRefusal::Signature);
    }
    if within_window(now, status.time) { Ok(status) } else { Err(StatusRefusal::Time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const IDS: (&NodeId, &NodeId) = (&NodeId([1; 32]), &NodeId([2; 32]));

    fn status() -> NodeStatus {
        NodeStatus {
            dir_id: *IDS.0,
            node_id: *IDS.1,
            api_url: Some("https://ana.example".to_owned()),
            last_seen: NOW - NOW % 3_600,
            status: ListedStatus::Active,
            certificate: Certificate {
                state: CertificateState::Valid,
                log_seq: 1,
                log_head: Hash([3; 32]),
                desc_hash: Hash([4; 32]),
                issued: NOW - 10,
                expires: NOW + 86_400,
            },
            time: NOW,
        }
    }

    #[test]
    fn a_status_is_believed_of_its_directory_about_its_node_and_for_ten_minutes() {
        let key = SigningKey::from_seed([7; 32]);
        let text = status().sign(&key).unwrap();
        let believed = |key: &SigningKey, ids, now| verify_status(&text, &key.public(), ids, now);
        assert_eq!(believed(&key, IDS, NOW + 600), Ok(status()));
        assert_eq!(believed(&key, IDS, NOW + 601), Err(StatusRefusal::Time));
        assert_eq!(believed(&key, (IDS.0, IDS.0), NOW), Err(StatusRefusal::Signature), "somebody else");
        assert_eq!(believed(&key, (IDS.1, IDS.1), NOW), Err(StatusRefusal::Signature), "in another's name");
        assert_eq!(believed(&SigningKey::from_seed([8; 32]), IDS, NOW), Err(StatusRefusal::Signature));
    }

    #[test]
    fn every_changed_added_or_removed_member_is_noticed() {
        let key = SigningKey::from_seed([7; 32]);
        let Value::Object(members) = parse(&status().sign(&key).unwrap(), Limits::bytes(9_999)).unwrap()
        else {
            panic!("an object");
        };
        let refused = |members| {
            verify_status(&canonical(&Value::Object(members)), &key.public(), IDS, NOW).unwrap_err()
        };
        for name in members.keys() {
            let mut less = members.clone();
            less.remove(name);
            assert_eq!(refused(less), StatusRefusal::Signature, "without {name}");
        }
        let mut more = members.clone();
        more.insert("revoked".to_owned(), Value::Bool(false));
        assert_eq!(refused(more), StatusRefusal::Signature);
        let mut changed = members;
        changed.insert("status".to_owned(), Value::Str("away".to_owned()));
        assert_eq!(refused(changed), StatusRefusal::Signature);
    }
}
