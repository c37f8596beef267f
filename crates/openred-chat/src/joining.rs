//! Coming into a group by an invitation, a Welcome of RFC 9420. Must not know who carries it.

use openmls::group::WelcomeError;
use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    KeyPackageRef, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _, StagedWelcome, Welcome,
};
use openred_core::ids::Id16;

use crate::chat::{Chat, Mls, Open};
use crate::error::ChatError;
use crate::groups::{Group, MEMBERS_MAX, join_config, leaf_of, settings_of};
use crate::head::Head;
use crate::leaf::{Leaf, LeafRefusal, Standing};
use crate::ledger::Ledger;
use crate::rows::RowsFailed;

/// A group that this installation has come into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// How it stands.
    pub group: Group,
    /// Who invited. Compare with the person whose envelope brought it.
    pub by: Leaf,
}

impl Chat<'_> {
    /// Comes into a group. The key package is used up, but for the last resort. `sent_s` is when the invitation was
    /// sent, unix seconds, by the envelope that brought it.
    ///
    /// # Errors
    /// [`ChatError::NotForUs`] when the key package is gone; [`ChatError::Exists`] for a group that is there: see
    /// [`Chat::rejoin`]; [`ChatError::Leaf`].
    pub fn join(&self, welcome: &[u8], sent_s: u64) -> Result<Joined, ChatError> {
        self.call(|mls| mls.join(welcome, sent_s, false))
    }

    /// Into which group and epoch an invitation leads. Nothing is used up.
    ///
    /// # Errors
    /// [`ChatError::NotForUs`] when the key package is gone.
    pub fn look_at_welcome(&self, welcome: &[u8]) -> Result<(Id16, u64), ChatError> {
        self.look(|mls| {
            let builder =
                StagedWelcome::build_from_welcome(mls, &join_config(), read(welcome)?).map_err(refused)?;
            let info = builder.processed_welcome().unverified_group_info();
            Ok((group_id(info.group_id().as_slice())?, info.epoch().as_u64()))
        })
    }

    /// As [`Chat::join`], in the place of what is kept of the same group: for a member who was on the wrong branch and
    /// was added anew. Who invites must have been in the group as it is kept here.
    ///
    /// # Errors
    /// As [`Chat::join`]; [`ChatError::NotAllowed`] for a stranger to the group.
    pub fn rejoin(&self, welcome: &[u8], sent_s: u64) -> Result<Joined, ChatError> {
        self.call(|mls| mls.join(welcome, sent_s, true))
    }
}

impl Mls<'_> {
    fn join(&self, welcome: &[u8], sent_s: u64, anew: bool) -> Result<Joined, ChatError> {
        let welcome = read(welcome)?;
        let builder = StagedWelcome::build_from_welcome(self, &join_config(), welcome).map_err(refused)?;
        let processed = builder.processed_welcome();
        let id = group_id(processed.unverified_group_info().group_id().as_slice())?;
        let own = processed.own_key_package().ok_or(ChatError::Damaged)?;
        let used = own.hash_ref(self.crypto()).map_err(ChatError::mls)?;
        let known = if anew { self.make_room(id)? } else { None };
        let staged = builder.skip_lifetime_validation().build().map_err(refused)?;
        let by = self.check(&staged, sent_s)?;
        if known.is_some_and(|people| !people.contains(&by.node_id)) {
            return Err(ChatError::NotAllowed("an invitation by somebody who was not in the group"));
        }
        self.enter(staged, id, &used).map(|group| Joined { group, by })
    }

    fn enter(&self, staged: StagedWelcome, id: Id16, used: &KeyPackageRef) -> Result<Group, ChatError> {
        let group = staged.into_group(self).map_err(refused)?;
        self.drop_used_key_package(used)?;
        let mut open = Open { id, group, ledger: Ledger::default() };
        open.entered(self)?;
        open.look(self)
    }

    /// Forgets the group as it is; who was in it, where it was there.
    fn make_room(&self, id: Id16) -> Result<Option<Vec<openred_core::ids::NodeId>>, ChatError> {
        let open = match self.open(id) {
            Ok(open) => open,
            Err(ChatError::NoGroup) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut people = Vec::new();
        for member in open.group.members() {
            people.push(leaf_of(&member)?.node_id);
        }
        self.forget(id)?;
        Ok(Some(people))
    }

    /// The inviter's leaf must be good, and may invite. The others were checked by members when they came in, and may
    /// be over by now: they must still be what they say.
    fn check(&self, staged: &StagedWelcome, sent_s: u64) -> Result<Leaf, ChatError> {
        let settings = settings_of(staged.group_context().extensions())?;
        if staged.members().count() > MEMBERS_MAX {
            return Err(ChatError::NotAllowed("a group has at most 512 members"));
        }
        let sender = staged.welcome_sender().map_err(ChatError::mls)?;
        let by = Leaf::read(sender.credential(), sender.signature_key().as_slice())?;
        by.check(self.lent.logs, Standing::New(sent_s))?;
        let own = self.lent.own.node_id;
        let comes_back = settings.admins == [own];
        if !settings.may_change(&by.node_id) && by.node_id != own && !comes_back {
            return Err(ChatError::NotAllowed("only administrators invite into this group"));
        }
        for member in staged.members() {
            let leaf = leaf_of(&member)?;
            if member.index != staged.own_leaf_index() {
                leaf.check(self.lent.logs, Standing::Old)?;
            } else if leaf.node_id != self.lent.own.node_id {
                return Err(LeafRefusal::AnotherPerson.into());
            }
        }
        Ok(by)
    }
}

fn group_id(bytes: &[u8]) -> Result<Id16, ChatError> {
    bytes.try_into().map(Id16).map_err(|_| ChatError::Malformed("a group id"))
}

fn read(bytes: &[u8]) -> Result<Welcome, ChatError> {
    let malformed = ChatError::Malformed("an invitation");
    if Head::read(bytes) != Some(Head::Welcome) {
        return Err(malformed);
    }
    match MlsMessageIn::tls_deserialize_exact(bytes).map(MlsMessageIn::extract) {
        Ok(MlsMessageBodyIn::Welcome(welcome)) => Ok(welcome),
        _ => Err(malformed),
    }
}

fn refused(error: WelcomeError<RowsFailed>) -> ChatError {
    match error {
        WelcomeError::NoMatchingKeyPackage => ChatError::NotForUs,
        WelcomeError::GroupAlreadyExists => ChatError::Exists,
        other => ChatError::mls(other),
    }
}
