//! `direct_message`: one MLS message of a private conversation, a part of a large one, or what nodes say about the order of
//! its commits (PROTOCOL §8, A.9).

use serde::{Deserialize, Serialize};

use super::{Bounded, PayloadError, bound};
use crate::ids::{B64, Hash, Id8, Id16, NodeId};
use crate::sign::Signature;

/// Most bytes of MLS message in one envelope.
pub const MLS_BYTES_MAX: usize = 44_000;

/// Most parts of one MLS message.
const PARTS_MAX: u64 = 64;

/// `direct_message`. What it says is known to the conversation alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum DirectMessage {
    /// A whole MLSMessage of at most 44,000 bytes.
    Whole {
        /// The conversation.
        group: Id16,
        /// The MLSMessage (RFC 9420 §6).
        mls: B64,
    },
    /// A part of a larger one.
    Part {
        /// The conversation.
        group: Id16,
        /// The part.
        part: MlsPart,
    },
    /// About the order of its commits.
    Order {
        /// The conversation.
        group: Id16,
        /// What is said.
        order: Order,
    },
}

/// What nodes say to each other about the order of commits (docs/protocol.md §18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Order {
    /// To a sequencer: countersign this commit, or say which one won.
    Ask {
        /// The epoch in which it was made.
        epoch: u64,
        /// SHA-256 of its MLSMessage.
        commit: Hash,
    },
    /// A countersignature: the answer of a sequencer, or passed on with the commit.
    Signed {
        /// The epoch in which it was made.
        epoch: u64,
        /// SHA-256 of its MLSMessage: the commit of that epoch.
        commit: Hash,
        /// Which sequencer.
        by: NodeId,
        /// sign(`openred/mls-order`, group ‖ epoch:u64 ‖ commit).
        sig: Signature,
    },
    /// Of a sequencer: this epoch it orders no more.
    Gone {
        /// Which.
        epoch: u64,
    },
    /// Where the sender is.
    At {
        /// Its epoch.
        epoch: u64,
        /// Tag of that epoch; zeros when it cannot go on from there by itself.
        tag: Id8,
        /// It asks for the same, and for the commits of the other from this epoch on.
        #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
        since: Option<u64>,
    },
    /// A message of the recipient cannot be opened.
    Refused {
        /// Its epoch.
        epoch: u64,
    },
    /// The sender needs a key package of the recipient for a group of this suite, to add it again.
    Key {
        /// Number of the suite.
        suite: u64,
    },
    /// The sender asks the maker of a link into the group to come in. Key packages follow.
    Join {
        /// Which link.
        link: Id16,
        /// HMAC by its secret ([`crate::invitation::group::proof`]).
        proof: Hash,
    },
    /// To who asks to come in: the owner of this node is to say.
    Wait {},
    /// To who asks to come in: no.
    No {
        /// The link ran out, was used up, or was taken back; otherwise they are not wanted.
        gone: bool,
    },
}

/// A piece of an MLSMessage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlsPart {
    /// SHA-256 of the whole.
    pub hash: Hash,
    /// Which part, from 0.
    pub i: u64,
    /// How many, 1 to 64.
    pub of: u64,
    /// The piece, at most 44,000 bytes.
    pub bytes: B64,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    group: Id16,
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    mls: Option<B64>,
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    part: Option<MlsPart>,
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
}

impl TryFrom<Wire> for DirectMessage {
    type Error = PayloadError;

    fn try_from(wire: Wire) -> Result<Self, PayloadError> {
        match (wire.mls, wire.part, wire.order) {
            (Some(mls), None, None) => Ok(Self::Whole { group: wire.group, mls }),
            (None, Some(part), None) => Ok(Self::Part { group: wire.group, part }),
            (None, None, Some(order)) => Ok(Self::Order { group: wire.group, order }),
            _ => Err(PayloadError::Conflict("mls, part or order, exactly one")),
        }
    }
}

impl From<DirectMessage> for Wire {
    fn from(message: DirectMessage) -> Self {
        match message {
            DirectMessage::Whole { group, mls } => Self { group, mls: Some(mls), part: None, order: None },
            DirectMessage::Part { group, part } => Self { group, mls: None, part: Some(part), order: None },
            DirectMessage::Order { group, order } => {
                Self { group, mls: None, part: None, order: Some(order) }
            }
        }
    }
}

impl Bounded for DirectMessage {
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::Whole { mls, .. } => bound::bytes("mls", &mls.0, MLS_BYTES_MAX),
            Self::Part { part, .. } => {
                bound::range("of", part.of, 1, PARTS_MAX)?;
                bound::range("i", part.i, 0, part.of - 1)?;
                bound::bytes("bytes", &part.bytes.0, MLS_BYTES_MAX)
            }
            Self::Order { order, .. } => order.check(),
        }
    }
}

impl Bounded for Order {
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::Ask { epoch, .. }
            | Self::Signed { epoch, .. }
            | Self::Gone { epoch }
            | Self::Refused { epoch } => bound::int("epoch", *epoch),
            Self::At { epoch, since, .. } => {
                bound::int("epoch", *epoch)?;
                since.map_or(Ok(()), |since| bound::int("since", since))
            }
            Self::Key { suite } => bound::range("suite", *suite, 1, u64::from(u16::MAX)),
            Self::Join { .. } | Self::Wait {} | Self::No { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    fn read(text: &str) -> Result<DirectMessage, PayloadError> {
        super::super::read(&parse(text.as_bytes(), Limits::ENVELOPE).unwrap())
    }

    #[test]
    fn what_is_said_of_the_order_has_one_form_each() {
        let group = Id16([1; 16]);
        let (commit, by) = (Hash([2; 32]), NodeId([3; 32]));
        let (epoch, tag, sig) = (7, Id8([4; 8]), Signature([5; 64]));
        for order in [
            Order::Ask { epoch, commit },
            Order::Signed { epoch, commit, by, sig },
            Order::Gone { epoch },
            Order::At { epoch, tag, since: None },
            Order::At { epoch, tag, since: Some(3) },
            Order::Refused { epoch },
            Order::Key { suite: 1 },
            Order::Join { link: Id16([6; 16]), proof: Hash([7; 32]) },
            Order::Wait {},
            Order::No { gone: true },
        ] {
            let message = DirectMessage::Order { group, order };
            let text = super::super::write(&message).unwrap();
            assert_eq!(super::super::read(&text), Ok(message));
        }
    }

    #[test]
    fn a_message_is_one_of_three_and_has_bounds() {
        let group = r#""group":"AQEBAQEBAQEBAQEBAQEBAQ""#;
        assert!(read(&format!(r#"{{{group},"mls":"AA"}}"#)).is_ok());
        assert!(read(&format!(r#"{{{group},"order":{{"op":"gone","epoch":1}}}}"#)).is_ok());
        for bad in [
            String::new(),
            r#","mls":"AA","order":{"op":"gone","epoch":1}"#.to_owned(),
            r#","order":{"op":"gone"}"#.to_owned(),
            r#","order":{"op":"sing","epoch":1}"#.to_owned(),
            r#","order":{"op":"key","suite":65536}"#.to_owned(),
            r#","order":{"op":"at","epoch":1,"tag":"AA"}"#.to_owned(),
            r#","order":{"op":"at","epoch":1,"tag":"0404040404040404","since":null}"#.to_owned(),
        ] {
            assert!(read(&format!("{{{group}{bad}}}")).is_err(), "{bad}");
        }
    }
}
