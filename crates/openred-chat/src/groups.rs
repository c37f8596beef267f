//! Making a group, looking at one, forgetting one. Must not know how a group changes.

use std::collections::BTreeMap;

use openmls::prelude::Member as MlsMember;
use openmls::prelude::{
    CredentialType, Extension, ExtensionType, Extensions, GroupContext, MlsGroup, MlsGroupCreateConfig,
    MlsGroupJoinConfig, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, RequiredCapabilitiesExtension,
    SenderRatchetConfiguration, UnknownExtension,
};
use openred_core::ids::{Hash, Id16, NodeId};

use crate::chat::{Chat, Mls, Open};
use crate::error::ChatError;
use crate::key_packages::{SETTINGS, capabilities, lifetime};
use crate::leaf::Leaf;
use crate::ledger::{Ledger, PAST_EPOCHS_MAX, mark};
use crate::settings::Settings;
use crate::storage::{group_prefix, mls_id};
use crate::suite::Suite;

/// Most installations in a group, for 500 people: a welcome carries the leaves of all.
pub const MEMBERS_MAX: usize = 512;

/// Messages of one sender that may still arrive after a later one: their keys are kept until then.
const LATE_MESSAGES_MAX: u32 = 16;
/// Messages of one sender that may be missing before the next one; each costs a hash.
const MISSING_MESSAGES_MAX: u32 = 1000;

/// How a group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: Id16,
    /// Its suite.
    pub suite: Suite,
    /// How often it was changed.
    pub epoch: u64,
    /// First 8 bytes of the hash of the epoch authenticator: who has another in the same epoch is on another branch.
    pub mark: [u8; 8],
    /// What the members agreed on.
    pub settings: Settings,
    /// The leaves of all members, in the order of the tree; a person has one for each installation.
    pub members: Vec<Leaf>,
    /// Whether the own leaf has the key and certificate that the keeper has now; if not, update it, or have it re-added
    /// when the key is another.
    pub own_is_current: bool,
    /// SHA-256 of the own commit that waits for its countersignature.
    pub pending: Option<Hash>,
}

impl Group {
    /// Who is in it, each person once, with the number of installations.
    #[must_use]
    pub fn people(&self) -> BTreeMap<NodeId, usize> {
        let mut people = BTreeMap::new();
        for leaf in &self.members {
            *people.entry(leaf.node_id).or_default() += 1;
        }
        people
    }
}

impl Chat<'_> {
    /// Makes a group with this installation alone in it; its id is drawn. Add the others with the next commit, which
    /// needs no countersignature: nobody else is there.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] for settings beyond their bounds; [`ChatError::Signing`] while the node is locked.
    pub fn create(&self, suite: Suite, settings: &Settings) -> Result<Group, ChatError> {
        self.call(|mls| {
            let mut id = Id16([0; 16]);
            mls.lent.random.fill(&mut id.0).map_err(ChatError::mls)?;
            let group = MlsGroup::new_with_group_id(
                mls,
                mls,
                &create_config(suite, settings)?,
                mls_id(id),
                mls.lent.own.credential(),
            )
            .map_err(ChatError::mls)?;
            let mut open = Open { id, group, ledger: Ledger::default() };
            open.entered(mls)?;
            open.look(mls)
        })
    }

    /// How a group stands.
    ///
    /// # Errors
    /// [`ChatError::NoGroup`].
    pub fn group(&self, id: Id16) -> Result<Group, ChatError> {
        self.call(|mls| mls.open(id)?.look(mls))
    }

    /// Drops the keys of epochs of this group that ended a day ago; whether there were any. Every other call on the
    /// group does the same: this one is for groups in which nothing happens.
    ///
    /// # Errors
    /// [`ChatError::NoGroup`].
    pub fn trim(&self, id: Id16) -> Result<bool, ChatError> {
        self.call(|mls| mls.load(id)?.trim(mls))
    }

    /// Forgets a group with all its keys.
    ///
    /// # Errors
    /// [`ChatError::Rows`]; a group that is not there is no error.
    pub fn forget(&self, id: Id16) -> Result<(), ChatError> {
        self.call(|mls| mls.forget(id))
    }
}

impl Mls<'_> {
    pub(crate) fn forget(&self, id: Id16) -> Result<(), ChatError> {
        for key in self.storage.0.list(&group_prefix(&mls_id(id))?)?.into_keys() {
            self.storage.0.delete(&key);
        }
        Ok(())
    }
}

impl Open {
    pub(crate) fn look(&self, mls: &Mls<'_>) -> Result<Group, ChatError> {
        let own = self.group.own_leaf_node().ok_or(ChatError::Damaged)?;
        let own = Leaf::read(own.credential(), own.signature_key().as_slice())?;
        Ok(Group {
            id: self.id,
            suite: Suite::of_mls(self.group.ciphersuite()).ok_or(ChatError::Damaged)?,
            epoch: self.group.epoch().as_u64(),
            mark: mark(&self.group),
            settings: self.settings()?,
            members: self.group.members().map(|one| leaf_of(&one)).collect::<Result<_, _>>()?,
            own_is_current: own == *mls.lent.own,
            pending: self.ledger.pending.as_ref().map(crate::ledger::Waiting::hash),
        })
    }

    /// What the members agreed on.
    pub(crate) fn settings(&self) -> Result<Settings, ChatError> {
        settings_of(self.group.extensions())
    }
}

/// The leaf of a member.
pub(crate) fn leaf_of(member: &MlsMember) -> Result<Leaf, ChatError> {
    Ok(Leaf::read(&member.credential, &member.signature_key)?)
}

/// The settings in a group context, which must hold nothing else but the capabilities they need.
pub(crate) fn settings_of(extensions: &Extensions<GroupContext>) -> Result<Settings, ChatError> {
    if extensions.iter().count() != 2 || !required(extensions) {
        return Err(ChatError::Malformed("extensions of a group"));
    }
    let UnknownExtension(bytes) =
        extensions.unknown(SETTINGS).ok_or(ChatError::Malformed("extensions of a group"))?;
    Settings::from_bytes(bytes).map_err(|_| ChatError::Malformed("settings of a group"))
}

fn required(extensions: &Extensions<GroupContext>) -> bool {
    extensions.required_capabilities().is_some_and(|one| *one == required_capabilities())
}

fn required_capabilities() -> RequiredCapabilitiesExtension {
    RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(SETTINGS)], &[], &[CredentialType::Basic])
}

/// The extensions that hold these settings.
pub(crate) fn extensions(settings: &Settings) -> Result<Extensions<GroupContext>, ChatError> {
    let bytes = settings.to_bytes().map_err(|_| ChatError::Malformed("settings of a group"))?;
    let extensions = vec![
        Extension::RequiredCapabilities(required_capabilities()),
        Extension::Unknown(SETTINGS, UnknownExtension(bytes)),
    ];
    Extensions::from_vec(extensions).map_err(ChatError::mls)
}

fn create_config(suite: Suite, settings: &Settings) -> Result<MlsGroupCreateConfig, ChatError> {
    Ok(MlsGroupCreateConfig::builder()
        .ciphersuite(suite.mls())
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(PAST_EPOCHS_MAX)
        .number_of_resumption_psks(0)
        .sender_ratchet_configuration(ratchets())
        .use_ratchet_tree_extension(true)
        .lifetime(lifetime())
        .capabilities(capabilities())
        .with_group_context_extensions(extensions(settings)?)
        .build())
}

/// How this installation takes part in a group that somebody else made.
pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(PAST_EPOCHS_MAX)
        .number_of_resumption_psks(0)
        .sender_ratchet_configuration(ratchets())
        .use_ratchet_tree_extension(true)
        .build()
}

fn ratchets() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(LATE_MESSAGES_MAX, MISSING_MESSAGES_MAX)
}
