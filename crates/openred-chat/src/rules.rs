//! Who may change what in a group. Every member decides alike, from the group's state and the commit alone: a rule that
//! needs to have seen another message would split the group. Must not know who asks.

use std::collections::BTreeSet;

use openmls::prelude::{MlsGroup, Proposal, StagedCommit};
use openred_core::ids::NodeId;

use crate::chat::Mls;
use crate::error::ChatError;
use crate::groups::{MEMBERS_MAX, leaf_of, settings_of};
use crate::leaf::{Leaf, LeafRefusal, Standing};
use crate::settings::Settings;

/// What a commit does.
pub(crate) struct Change {
    pub(crate) by: NodeId,
    pub(crate) added: Vec<Leaf>,
    pub(crate) removed: Vec<Leaf>,
    pub(crate) settings: Option<Settings>,
    /// The committer's leaf behind the commit.
    own: Option<Leaf>,
    /// Installations there are then.
    members: usize,
}

impl Change {
    /// Reads a staged commit of this person; a commit that does anything else than OpenRed's do is refused.
    pub(crate) fn read(group: &MlsGroup, staged: &StagedCommit, by: NodeId) -> Result<Self, ChatError> {
        let own = staged.update_path_leaf_node();
        let own =
            own.map(|leaf| Leaf::read(leaf.credential(), leaf.signature_key().as_slice())).transpose()?;
        let (mut added, mut removed, mut settings) = (Vec::new(), Vec::new(), None);
        for proposal in staged.queued_proposals() {
            match proposal.proposal() {
                Proposal::Add(add) => {
                    let leaf = add.key_package().leaf_node();
                    added.push(Leaf::read(leaf.credential(), leaf.signature_key().as_slice())?);
                }
                Proposal::Remove(remove) => {
                    let member =
                        group.member_at(remove.removed()).ok_or(ChatError::Malformed("a removal"))?;
                    removed.push(leaf_of(&member)?);
                }
                Proposal::GroupContextExtensions(new) => settings = Some(settings_of(new.extensions())?),
                _ => return Err(ChatError::NotAllowed("a proposal that OpenRed does not make")),
            }
        }
        let members = group.members().count() + added.len() - removed.len();
        Ok(Self { by, added, removed, settings, own, members })
    }

    /// Whether the settings before it allow it.
    pub(crate) fn check(&self, before: &Settings) -> Result<(), ChatError> {
        if self.members > MEMBERS_MAX {
            return Err(ChatError::NotAllowed("a group has at most 512 members"));
        }
        let others = self.added.iter().chain(&self.removed).any(|leaf| leaf.node_id != self.by);
        let is_allowed = before.may_change(&self.by) || self.restores(before);
        if (others || self.settings.is_some()) && !is_allowed {
            return Err(ChatError::NotAllowed("only administrators change this group"));
        }
        if self.settings.as_ref().is_some_and(|after| !stays(before, after)) {
            return Err(ChatError::NotAllowed("a circle stays one, and its owner's"));
        }
        Ok(())
    }

    /// Whether it does nothing but let the only administrator in with another key: nobody else could.
    fn restores(&self, before: &Settings) -> bool {
        let ids = |leaves: &[Leaf]| -> BTreeSet<NodeId> { leaves.iter().map(|leaf| leaf.node_id).collect() };
        let [only] = before.admins.as_slice() else { return false };
        let alone = BTreeSet::from([*only]);
        self.settings.is_none() && ids(&self.added) == alone && ids(&self.removed) == alone
    }

    /// Whether the leaves it brings were good at this time.
    pub(crate) fn check_leaves(&self, mls: &Mls<'_>, sent_s: u64) -> Result<(), ChatError> {
        let own = self.own.as_ref().ok_or(ChatError::NotAllowed("a commit without a new leaf"))?;
        if own.node_id != self.by {
            return Err(LeafRefusal::AnotherPerson.into());
        }
        for leaf in self.added.iter().chain([own]) {
            leaf.check(mls.lent.logs, Standing::New(sent_s))?;
        }
        Ok(())
    }
}

/// A circle is no conversation afterwards, nor somebody else's; and no conversation becomes one.
fn stays(before: &Settings, after: &Settings) -> bool {
    before.circle == after.circle && (!before.circle || before.admins == after.admins)
}

#[cfg(test)]
mod tests;
