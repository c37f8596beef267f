//! What OpenMLS keeps, as rows of a [`Draft`]. Values are MessagePack with names, so that fields OpenMLS adds later find
//! their defaults. Must not know what the values mean.

mod row;

pub(crate) use row::{decode, encode, group_prefix, ledger_key, mls_id};

use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::rows::{Draft, RowsFailed};
use row::{KEY_PACKAGE, KEY_PAIR, Part, group_key, key, part_key};

/// The rows of OpenMLS.
pub(crate) struct Storage<'t>(pub(crate) Draft<'t>);

impl Storage<'_> {
    pub(crate) fn put(&self, key: Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<(), RowsFailed> {
        let value = rmp_serde::to_vec_named(value).map_err(|error| self.0.failed(error.into()))?;
        self.0.write(&key, value);
        Ok(())
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, RowsFailed> {
        let Some(value) = self.0.read(key)? else { return Ok(None) };
        rmp_serde::from_slice(&value).map(Some).map_err(|error| self.0.failed(error.into()))
    }

    fn forget(&self, key: &[u8]) -> Result<(), RowsFailed> {
        self.0.delete(key);
        Ok(())
    }

    fn get_list(&self, key: &[u8]) -> Result<Vec<Zeroizing<Vec<u8>>>, RowsFailed> {
        let list: Option<Vec<Vec<u8>>> = self.get(key)?;
        Ok(list.unwrap_or_default().into_iter().map(Zeroizing::new).collect())
    }

    fn put_list(&self, key: Vec<u8>, list: &[Zeroizing<Vec<u8>>]) -> Result<(), RowsFailed> {
        let list: Vec<&[u8]> = list.iter().map(|one| one.as_slice()).collect();
        self.put(key, &list)
    }

    fn append(&self, key: Vec<u8>, value: &impl Serialize) -> Result<(), RowsFailed> {
        let mut list = self.get_list(&key)?;
        list.push(Zeroizing::new(encode(value)?));
        self.put_list(key, &list)
    }

    fn parse_list<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Vec<T>, RowsFailed> {
        self.get_list(key)?.iter().map(|one| decode(one)).collect()
    }
}

/// Write, read and delete of a row that a group has once.
macro_rules! once {
    ($write:ident $read:ident $delete:ident $entity:ident $part:ident) => {
        fn $write<G: traits::GroupId<V>, E: traits::$entity<V>>(
            &self,
            group: &G,
            value: &E,
        ) -> Result<(), RowsFailed> {
            self.put(group_key(group, Part::$part)?, value)
        }

        fn $read<G: traits::GroupId<V>, E: traits::$entity<V>>(
            &self,
            group: &G,
        ) -> Result<Option<E>, RowsFailed> {
            self.get(&group_key(group, Part::$part)?)
        }

        fn $delete<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), RowsFailed> {
            self.forget(&group_key(group, Part::$part)?)
        }
    };
}

/// Write, read and delete of what is kept by a name of its own.
macro_rules! named {
    ($write:ident $delete:ident $name:ident $entity:ident $first:ident) => {
        fn $write<K: traits::$name<V>, E: traits::$entity<V>>(
            &self,
            name: &K,
            value: &E,
        ) -> Result<(), RowsFailed> {
            self.put(key($first, name)?, value)
        }

        fn $delete<K: traits::$name<V>>(&self, name: &K) -> Result<(), RowsFailed> {
            self.forget(&key($first, name)?)
        }
    };
}

/// What a node never has here: signing keys are the keeper's, and no group uses pre-shared keys.
macro_rules! never {
    ($write:ident $delete:ident $name:ident $entity:ident) => {
        fn $write<K: traits::$name<V>, E: traits::$entity<V>>(&self, _: &K, _: &E) -> Result<(), RowsFailed> {
            Err(self.0.failed("not kept here".into()))
        }

        fn $delete<K: traits::$name<V>>(&self, _: &K) -> Result<(), RowsFailed> {
            Ok(())
        }
    };
}

impl StorageProvider<V> for Storage<'_> {
    type Error = RowsFailed;

    once!(write_mls_join_config mls_group_join_config delete_group_config MlsGroupJoinConfig JoinConfig);
    once!(write_tree tree delete_tree TreeSync Tree);
    once!(write_context group_context delete_context GroupContext Context);
    once!(write_interim_transcript_hash interim_transcript_hash delete_interim_transcript_hash InterimTranscriptHash Transcript);
    once!(write_confirmation_tag confirmation_tag delete_confirmation_tag ConfirmationTag Confirmation);
    once!(write_message_secrets message_secrets delete_message_secrets MessageSecrets Secrets);
    once!(write_resumption_psk_store resumption_psk_store delete_all_resumption_psk_secrets ResumptionPskStore Resumption);
    once!(write_own_leaf_index own_leaf_index delete_own_leaf_index LeafNodeIndex OwnIndex);
    once!(write_group_epoch_secrets group_epoch_secrets delete_group_epoch_secrets GroupEpochSecrets EpochSecrets);

    named!(write_key_package delete_key_package HashReference KeyPackage KEY_PACKAGE);
    named!(write_encryption_key_pair delete_encryption_key_pair EncryptionKey HpkeKeyPair KEY_PAIR);

    never!(write_signature_key_pair delete_signature_key_pair SignaturePublicKey SignatureKeyPair);
    never!(write_psk delete_psk PskId PskBundle);

    fn key_package<K: traits::HashReference<V>, E: traits::KeyPackage<V>>(
        &self,
        name: &K,
    ) -> Result<Option<E>, RowsFailed> {
        self.get(&key(KEY_PACKAGE, name)?)
    }

    fn encryption_key_pair<E: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        name: &K,
    ) -> Result<Option<E>, RowsFailed> {
        self.get(&key(KEY_PAIR, name)?)
    }

    fn signature_key_pair<K: traits::SignaturePublicKey<V>, E: traits::SignatureKeyPair<V>>(
        &self,
        _: &K,
    ) -> Result<Option<E>, RowsFailed> {
        Ok(None)
    }

    fn psk<E: traits::PskBundle<V>, K: traits::PskId<V>>(&self, _: &K) -> Result<Option<E>, RowsFailed> {
        Ok(None)
    }

    fn write_group_state<E: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
        value: &E,
    ) -> Result<(), RowsFailed> {
        self.put(group_key(group, Part::State)?, value)
    }

    fn group_state<E: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
    ) -> Result<Option<E>, RowsFailed> {
        self.get(&group_key(group, Part::State)?)
    }

    fn delete_group_state<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), RowsFailed> {
        self.forget(&group_key(group, Part::State)?)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, E: traits::LeafNode<V>>(
        &self,
        group: &G,
        leaf: &E,
    ) -> Result<(), RowsFailed> {
        self.append(group_key(group, Part::OwnLeaves)?, leaf)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, E: traits::LeafNode<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<E>, RowsFailed> {
        self.parse_list(&group_key(group, Part::OwnLeaves)?)
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), RowsFailed> {
        self.forget(&group_key(group, Part::OwnLeaves)?)
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, E: traits::QueuedProposal<V>>(
        &self,
        group: &G,
        name: &R,
        proposal: &E,
    ) -> Result<(), RowsFailed> {
        self.put(part_key(group, Part::Proposal, name)?, proposal)?;
        self.append(group_key(group, Part::Proposals)?, name)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<R>, RowsFailed> {
        self.parse_list(&group_key(group, Part::Proposals)?)
    }

    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, E: traits::QueuedProposal<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<(R, E)>, RowsFailed> {
        let names: Vec<R> = self.queued_proposal_refs(group)?;
        let mut proposals = Vec::with_capacity(names.len());
        for name in names {
            if let Some(proposal) = self.get(&part_key(group, Part::Proposal, &name)?)? {
                proposals.push((name, proposal));
            }
        }
        Ok(proposals)
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
        name: &R,
    ) -> Result<(), RowsFailed> {
        let (list, gone) = (group_key(group, Part::Proposals)?, encode(name)?);
        let mut names = self.get_list(&list)?;
        names.retain(|one| **one != gone);
        self.put_list(list, &names)?;
        self.forget(&part_key(group, Part::Proposal, name)?)
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<(), RowsFailed> {
        for name in self.queued_proposal_refs::<G, R>(group)? {
            self.forget(&part_key(group, Part::Proposal, &name)?)?;
        }
        self.forget(&group_key(group, Part::Proposals)?)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        K: traits::EpochKey<V>,
        E: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &K,
        leaf: u32,
        pairs: &[E],
    ) -> Result<(), RowsFailed> {
        self.put(part_key(group, Part::EpochKeys, &(epoch, leaf))?, pairs)
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        K: traits::EpochKey<V>,
        E: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &K,
        leaf: u32,
    ) -> Result<Vec<E>, RowsFailed> {
        Ok(self.get(&part_key(group, Part::EpochKeys, &(epoch, leaf))?)?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, K: traits::EpochKey<V>>(
        &self,
        group: &G,
        epoch: &K,
        leaf: u32,
    ) -> Result<(), RowsFailed> {
        self.forget(&part_key(group, Part::EpochKeys, &(epoch, leaf))?)
    }
}
