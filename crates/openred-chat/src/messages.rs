//! Speaking and listening in a group. Must not know what is said.

use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    Credential, MlsMessageBodyIn, MlsMessageIn, ProcessedMessage, ProcessedMessageContent, Proposal,
    QueuedProposal, Sender, StagedCommit,
};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use openred_core::ids::{Hash, Id16, NodeId};
use sha2::{Digest as _, Sha256};

use crate::applied::{Applied, Changed, Message, Snapshot};
use crate::chat::{Chat, Mls, Open};
use crate::error::ChatError;
use crate::head::{GroupHead, Head, Kind, MESSAGE_BYTES_MAX};
use crate::leaf::Leaf;
use crate::ledger::mark;
use crate::rules::Change;

/// Most bytes of application data in one message, so that its MLSMessage goes into 64 parts.
pub const CONTENT_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 1024;

impl Chat<'_> {
    /// Seals application data for the members of the present epoch: one MLSMessage for all of them. Send it from the
    /// rows of this very transaction.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] above 2,814,976 bytes; [`ChatError::LeafReplaced`].
    pub fn encrypt(&self, group: Id16, content: &[u8]) -> Result<Vec<u8>, ChatError> {
        if content.len() > CONTENT_BYTES_MAX {
            return Err(ChatError::Malformed("a message beyond 64 parts"));
        }
        self.call(|mls| {
            let mut open = mls.open(group)?;
            open.may_speak(mls)?;
            open.group.set_aad(mark(&open.group).to_vec());
            let message = open.group.create_message(mls, mls, content).map_err(ChatError::mls)?;
            message.to_bytes().map_err(ChatError::mls)
        })
    }

    /// Goes past the next `count` keys of the own ratchet, which no message gets any more: an epoch that is entered a second
    /// time is entered beyond all that was used there the first time.
    ///
    /// # Errors
    /// [`ChatError::NoGroup`].
    pub fn skip(&self, group: Id16, count: u64) -> Result<(), ChatError> {
        self.call(|mls| {
            let mut open = mls.open(group)?;
            for _ in 0..count {
                open.group.create_message(mls, &Nobody, &[]).map_err(ChatError::mls)?;
            }
            Ok(())
        })
    }

    /// Opens an MLSMessage of a group and applies what it brings; a commit is applied at once. `sent_s` is when it was
    /// sent, unix seconds, by the envelope that brought it: leaves that were good then are good, however late it comes.
    ///
    /// # Errors
    /// [`ChatError`] names what to do for each.
    pub fn process(&self, group: Id16, bytes: &[u8], sent_s: u64) -> Result<Applied, ChatError> {
        let Some(Head::Group(head)) = Head::read(bytes) else {
            return Err(ChatError::Malformed("a message of a group"));
        };
        if head.group != group {
            return Err(ChatError::Malformed("a message of another group"));
        }
        self.call(|mls| {
            let mut open = mls.open(group)?;
            let expected = open.expected(&head)?;
            let forked = head.data != expected;
            let before = if head.kind == Kind::Commit { Some(mls.snapshot(group)?) } else { None };
            let message = private_message(bytes)?;
            let processed = open.group.process_message(mls, message).map_err(|error| match error.into() {
                ChatError::Unreadable if forked => ChatError::Forked { epoch: head.epoch },
                other => other,
            })?;
            open.apply(mls, processed, Incoming { forked, before, sent_s, bytes })
        })
    }
}

/// Signs what nobody gets.
struct Nobody;

impl Signer for Nobody {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(vec![0; 64])
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

struct Incoming<'m> {
    forked: bool,
    before: Option<Snapshot>,
    sent_s: u64,
    bytes: &'m [u8],
}

impl Open {
    /// The mark of the epoch in which a message was sent.
    fn expected(&self, head: &GroupHead) -> Result<[u8; 8], ChatError> {
        let (epoch, present) = (head.epoch, self.group.epoch().as_u64());
        if epoch > present {
            return Err(ChatError::Ahead { epoch });
        }
        if epoch < present && head.kind != Kind::Application {
            return Err(ChatError::Past { epoch });
        }
        self.ledger.mark(epoch).ok_or(ChatError::Past { epoch })
    }

    fn apply(
        &mut self,
        mls: &Mls<'_>,
        processed: ProcessedMessage,
        incoming: Incoming<'_>,
    ) -> Result<Applied, ChatError> {
        let epoch = processed.epoch().as_u64();
        let sender = processed.sender().clone();
        let credential = processed.credential().clone();
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let (from, device) = who(&credential)?;
                let (content, forked) = (message.into_bytes(), incoming.forked);
                Ok(Applied::Message(Message { from, device, epoch, content, forked }))
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                let (by, _) = who(&credential)?;
                self.follow(mls, *staged, by, incoming).map(Applied::Commit)
            }
            ProcessedMessageContent::ProposalMessage(proposal) => {
                wants_to_leave(&proposal, &sender)?;
                who(&credential).map(|(from, _)| Applied::Leaves(from))
            }
            ProcessedMessageContent::OwnPrivateMessage => Err(ChatError::Own),
            _ => Err(ChatError::NotAllowed("a message that OpenRed does not send")),
        }
    }

    /// Applies the commit of somebody else.
    fn follow(
        &mut self,
        mls: &Mls<'_>,
        staged: StagedCommit,
        by: NodeId,
        incoming: Incoming<'_>,
    ) -> Result<Changed, ChatError> {
        let change = Change::read(&self.group, &staged, by)?;
        change.check(&self.settings()?)?;
        change.check_leaves(mls, incoming.sent_s)?;
        let before = incoming.before.ok_or(ChatError::Damaged)?;
        let (out, lost_pending) = (staged.self_removed(), self.ledger.pending.is_some());
        self.group.merge_staged_commit(mls, staged).map_err(ChatError::mls)?;
        if out {
            mls.forget(self.id)?;
        } else {
            self.entered(mls)?;
        }
        let hash = Hash(Sha256::digest(incoming.bytes).into());
        Ok(Changed { out, lost_pending, ..Changed::new(self, change, hash, before) })
    }
}

fn private_message(bytes: &[u8]) -> Result<openmls::prelude::PrivateMessageIn, ChatError> {
    let malformed = ChatError::Malformed("a message of a group");
    match MlsMessageIn::tls_deserialize_exact(bytes).map(MlsMessageIn::extract) {
        Ok(MlsMessageBodyIn::PrivateMessage(message)) => Ok(message),
        _ => Err(malformed),
    }
}

/// Whose credential this is. It was checked when its leaf came into the group.
fn who(credential: &Credential) -> Result<(NodeId, Id16), ChatError> {
    let leaf = Leaf::read(credential, &[0; 32])?;
    Ok((leaf.node_id, leaf.device))
}

/// The one proposal that OpenRed sends: of a member, to be removed.
fn wants_to_leave(proposal: &QueuedProposal, sender: &Sender) -> Result<(), ChatError> {
    match (proposal.proposal(), sender) {
        (Proposal::Remove(remove), Sender::Member(index)) if remove.removed() == *index => Ok(()),
        _ => Err(ChatError::NotAllowed("a proposal that OpenRed does not make")),
    }
}
