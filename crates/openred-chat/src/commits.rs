//! Own changes of a group. A commit waits until its sequencer has countersigned it; messages do not wait. Must not know
//! sequencers.

use openmls::prelude::{
    KeyPackage as MlsKeyPackage, LeafNodeIndex, LeafNodeParameters, OpenMlsProvider as _,
};
use openred_core::ids::{Hash, Id16, NodeId};
use sha2::{Digest as _, Sha256};

use crate::applied::Changed;
use crate::chat::{Chat, Mls, Open};
use crate::error::ChatError;
use crate::groups::{MEMBERS_MAX, extensions, leaf_of};
use crate::leaf::Leaf;
use crate::ledger::{Waiting, mark};
use crate::rules::Change;
use crate::settings::Settings;

/// An own commit, which is pending now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The MLSMessage for all members there were before it.
    pub bytes: Vec<u8>,
    /// The MLSMessage for all who are new; send it when the commit is confirmed.
    pub welcome: Option<Vec<u8>>,
    /// The epoch it ends: what the sequencer countersigns.
    pub epoch: u64,
    /// SHA-256 of `bytes`.
    pub hash: Hash,
}

/// Several changes in one commit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes<'c> {
    /// Key packages of whom it adds. The leaf of the same installation goes.
    pub add: &'c [&'c [u8]],
    /// Whom it removes, with all the installations that they had before it: who stands in both lists comes back.
    pub remove: &'c [NodeId],
    /// New name and roles.
    pub settings: Option<&'c Settings>,
}

/// What a commit is to do.
#[derive(Default)]
struct Draft {
    add: Vec<MlsKeyPackage>,
    remove: Vec<LeafNodeIndex>,
    settings: Option<Settings>,
}

impl Chat<'_> {
    /// Adds the installations that these key packages are of. Where the same installation is in the group already, its
    /// old leaf goes: so somebody comes back who lost their keys.
    ///
    /// # Errors
    /// [`ChatError::Leaf`] for a leaf that must not be added; [`ChatError::Pending`]; [`ChatError::NotAllowed`].
    pub fn add(&self, group: Id16, key_packages: &[&[u8]]) -> Result<Commit, ChatError> {
        self.commit(group, |mls, open| {
            let mut draft = Draft::default();
            for bytes in key_packages {
                draft.put(mls, open, bytes)?;
            }
            Ok(draft)
        })
    }

    /// Removes people with all their installations.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] when none of them is there, or it is oneself; [`ChatError::Pending`];
    /// [`ChatError::NotAllowed`].
    pub fn remove(&self, group: Id16, people: &[NodeId]) -> Result<Commit, ChatError> {
        self.commit(group, |mls, open| {
            if people.contains(&mls.lent.own.node_id) {
                return Err(ChatError::Malformed("nobody removes themselves: they leave"));
            }
            let remove = open.leaves(|leaf| people.contains(&leaf.node_id))?;
            if remove.is_empty() {
                return Err(ChatError::Malformed("nobody of these is in the group"));
            }
            Ok(Draft { remove, ..Draft::default() })
        })
    }

    /// Changes name and roles.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] for settings beyond their bounds; [`ChatError::Pending`]; [`ChatError::NotAllowed`].
    pub fn set(&self, group: Id16, settings: &Settings) -> Result<Commit, ChatError> {
        self.commit(group, |_, _| Ok(Draft { settings: Some(settings.clone()), ..Draft::default() }))
    }

    /// Makes several changes at once.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] for the removal of oneself, and settings beyond their bounds; [`ChatError::Leaf`] for a leaf
    /// that must not be added; [`ChatError::Pending`]; [`ChatError::NotAllowed`].
    pub fn change(&self, group: Id16, changes: &Changes<'_>) -> Result<Commit, ChatError> {
        self.commit(group, |mls, open| {
            if changes.remove.contains(&mls.lent.own.node_id) {
                return Err(ChatError::Malformed("nobody removes themselves: they leave"));
            }
            let remove = open.leaves(|leaf| changes.remove.contains(&leaf.node_id))?;
            let mut draft = Draft { remove, settings: changes.settings.cloned(), ..Draft::default() };
            for bytes in changes.add {
                draft.put(mls, open, bytes)?;
            }
            Ok(draft)
        })
    }

    /// Renews the own keys, and the certificate with them: daily where much is said, and before the certificate is over.
    ///
    /// # Errors
    /// [`ChatError::Pending`]; [`ChatError::LeafReplaced`].
    pub fn update(&self, group: Id16) -> Result<Commit, ChatError> {
        self.commit(group, |_, _| Ok(Draft::default()))
    }

    /// Asks the others to be removed: the MLSMessage for them. Whoever may remove does so when it arrives.
    ///
    /// # Errors
    /// [`ChatError::Pending`]: clear the own commit first.
    pub fn leave(&self, group: Id16) -> Result<Vec<u8>, ChatError> {
        self.call(|mls| {
            let mut open = mls.open(group)?;
            open.may_speak(mls)?;
            if open.ledger.pending.is_some() {
                return Err(ChatError::Pending);
            }
            open.group.set_aad(mark(&open.group).to_vec());
            let message = open.group.leave_group(mls, mls).map_err(ChatError::mls)?;
            // A proposal that is kept would close the own mouth: OpenMLS wants it committed before anything is said.
            open.group.clear_pending_proposals(&mls.storage)?;
            message.to_bytes().map_err(ChatError::mls)
        })
    }

    /// Applies the own commit: it is countersigned, or needs it not. What was kept for it is gone; `before` in the
    /// answer is the way back.
    ///
    /// # Errors
    /// [`ChatError::NothingPending`].
    pub fn confirm(&self, group: Id16) -> Result<Changed, ChatError> {
        self.call(|mls| {
            let mut open = mls.open(group)?;
            let waiting = open.ledger.pending.ok_or(ChatError::NothingPending)?;
            let staged = open.group.pending_commit().ok_or(ChatError::Damaged)?;
            let change = Change::read(&open.group, staged, mls.lent.own.node_id)?;
            let before = mls.snapshot(group)?;
            open.group.merge_pending_commit(mls).map_err(ChatError::mls)?;
            open.entered(mls)?;
            Ok(Changed::new(&open, change, waiting.hash(), before))
        })
    }

    /// Withdraws the own commit, which lost; whether there was one. Make it again on what won.
    ///
    /// # Errors
    /// [`ChatError::NoGroup`].
    pub fn clear_pending(&self, group: Id16) -> Result<bool, ChatError> {
        self.call(|mls| {
            let mut open = mls.open(group)?;
            open.group.clear_pending_commit(&mls.storage)?;
            let was = open.ledger.pending.take().is_some();
            open.ledger.save(&mls.storage, group)?;
            Ok(was)
        })
    }

    fn commit(
        &self,
        group: Id16,
        draft: impl FnOnce(&Mls<'_>, &Open) -> Result<Draft, ChatError>,
    ) -> Result<Commit, ChatError> {
        self.call(|mls| {
            let mut open = mls.open(group)?;
            open.may_speak(mls)?;
            if open.ledger.pending.is_some() {
                return Err(ChatError::Pending);
            }
            let draft = draft(mls, &open)?;
            open.stage(mls, draft)
        })
    }
}

impl Draft {
    /// Adds an installation by its key package.
    fn put(&mut self, mls: &Mls<'_>, open: &Open, bytes: &[u8]) -> Result<(), ChatError> {
        let (offered, package) = mls.read_key_package(bytes)?;
        let same = |leaf: &Leaf| leaf.node_id == offered.leaf.node_id && leaf.device == offered.leaf.device;
        for old in open.leaves(same)? {
            if !self.remove.contains(&old) {
                self.remove.push(old);
            }
        }
        self.add.push(package);
        Ok(())
    }
}

impl Open {
    /// The indices of the leaves of which this is true.
    fn leaves(&self, is: impl Fn(&Leaf) -> bool) -> Result<Vec<LeafNodeIndex>, ChatError> {
        let mut found = Vec::new();
        for member in self.group.members() {
            if is(&leaf_of(&member)?) {
                found.push(member.index);
            }
        }
        Ok(found)
    }

    /// Whether what the keeper signs now is what the others expect of the own leaf.
    pub(crate) fn may_speak(&self, mls: &Mls<'_>) -> Result<(), ChatError> {
        if !self.group.is_active() {
            return Err(ChatError::NoGroup);
        }
        let own = self.group.own_leaf_node().ok_or(ChatError::Damaged)?;
        let same = own.signature_key().as_slice() == mls.lent.own.key.as_slice();
        if same { Ok(()) } else { Err(ChatError::LeafReplaced) }
    }

    /// Makes the commit. It always renews the own leaf: new keys, and the certificate of today.
    fn stage(&mut self, mls: &Mls<'_>, draft: Draft) -> Result<Commit, ChatError> {
        let members = self.group.members().count() + draft.add.len() - draft.remove.len();
        if members > MEMBERS_MAX {
            return Err(ChatError::Malformed("a group has at most 512 members"));
        }
        let epoch = self.group.epoch().as_u64();
        self.group.set_aad(mark(&self.group).to_vec());
        let leaf = LeafNodeParameters::builder().with_credential_with_key(mls.lent.own.credential()).build();
        let mut builder = self
            .group
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(true)
            .leaf_node_parameters(leaf)
            .propose_removals(draft.remove)
            .propose_adds(draft.add);
        if let Some(settings) = &draft.settings {
            builder =
                builder.propose_group_context_extensions(extensions(settings)?).map_err(ChatError::mls)?;
        }
        let bundle = builder
            .load_psks(&mls.storage)
            .map_err(ChatError::mls)?
            .build(mls.rand(), mls.crypto(), mls, |_| true)
            .map_err(ChatError::mls)?
            .stage_commit(mls)
            .map_err(ChatError::mls)?;
        let (commit, welcome, _) = bundle.into_messages();
        let staged = self.group.pending_commit().ok_or(ChatError::Damaged)?;
        Change::read(&self.group, staged, mls.lent.own.node_id)?.check(&self.settings()?)?;
        let bytes = commit.to_bytes().map_err(ChatError::mls)?;
        let welcome = welcome.map(|one| one.to_bytes()).transpose().map_err(ChatError::mls)?;
        let hash = Hash(Sha256::digest(&bytes).into());
        self.ledger.pending = Some(Waiting { epoch, hash: hash.0 });
        self.ledger.save(&mls.storage, self.id)?;
        Ok(Commit { bytes, welcome, epoch, hash })
    }
}
