//! Signing the own descriptor: the node says how it can be reached, the keeper everything that counts
//! (DESIGN §4). It must not know addresses' worth.

use openred_core::descriptor::{Descriptor, DescriptorBody, Lane};
use openred_core::ids::{DepositId, NodeId};

use super::malformed;
use super::opened::Opened;
use crate::ops::{DescriptorDraft, LaneDraft, MAX_DESCRIPTOR_S, Refusal, SignedDescriptor};

/// Protocol versions that this build speaks.
const VERSIONS: [u64; 1] = [openred_core::descriptor::VERSION];

impl Opened {
    /// Keys of this keeper, its own seq, its own clock; due keys roll here.
    pub(super) fn sign_descriptor(
        &mut self,
        now_ms: u64,
        draft: DescriptorDraft,
    ) -> Result<SignedDescriptor, Refusal> {
        if draft.lifetime_s == 0 || draft.lifetime_s > MAX_DESCRIPTOR_S {
            return Err(malformed("a descriptor lives at most 30 days"));
        }
        let issued = now_ms / 1000;
        let expires = issued + draft.lifetime_s;
        let mut keys = self.keys.clone();
        if let Some(seen) = &draft.seen {
            let seen = self.own_descriptor(seen)?;
            seen.check_time(now_ms).map_err(malformed)?;
            keys.saw_seq(seen.body().seq);
        }
        let present = keys.roll(now_ms, expires.saturating_mul(1000))?;
        let body = DescriptorBody {
            node_id: self.node_id(),
            log: self.log.clone(),
            log_seq: self.log.head_seq(),
            seq: keys.next_seq(now_ms),
            incarnation: keys.incarnation(),
            issued,
            expires,
            username: draft.username,
            display_name: draft.display_name,
            noise_key: present.noise,
            grant_key: present.grant,
            mail_key: present.mail,
            transport_key: draft.transport_key,
            api_url: draft.api_url,
            addresses: draft.addresses,
            quic_relay: draft.quic_relay,
            lane: draft.lane.map(lane),
            capabilities: draft.capabilities,
            versions: VERSIONS.to_vec(),
        };
        let descriptor = Descriptor::sign(body, &self.signing).map_err(malformed)?;
        self.keys = keys;
        let state = self.sealed_keys()?.into();
        Ok(SignedDescriptor { descriptor: descriptor.bytes().into(), state })
    }

    /// Reads a descriptor of ours under the present log.
    pub(super) fn own_descriptor(&mut self, bytes: &[u8]) -> Result<Descriptor, Refusal> {
        let own = self.known.read(bytes)?;
        if own.node_id() != self.node_id() {
            return Err(Refusal::NotOwn);
        }
        if own.body().log_seq != self.log.head_seq() {
            return Err(Refusal::Stale);
        }
        Ok(own)
    }
}

fn lane(draft: LaneDraft) -> Lane {
    Lane {
        relay_url: draft.relay_url,
        relay_id: NodeId(draft.relay_id),
        deposit_id: DepositId(draft.deposit_id),
        cap: draft.cap,
    }
}
