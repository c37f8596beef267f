//! Nodes with keys of their own. Must not know: HTTP.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::descriptor::{Descriptor, DescriptorBody};
use openred_core::identity::IdentityLog;
use openred_core::ids::{Id8, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;

use crate::Failure;

/// Somebody's node.
pub(crate) struct Person {
    pub(crate) signing: SigningKey,
    pub(crate) descriptor: Descriptor,
}

impl Person {
    pub(crate) fn new(username: &str, now: u64) -> Result<Self, Failure> {
        let signing = SigningKey::generate();
        let seed = RecoverySeed::generate();
        let log = IdentityLog::inception(&SigningKey::generate(), &signing, seed.commitment(1), now);
        let key = BoxSecret::generate(Suite::X25519).public().clone();
        let body = DescriptorBody {
            node_id: log.node_id(),
            log_seq: 0,
            log,
            seq: now * 1_000,
            incarnation: Id8(crate::random()),
            issued: now,
            expires: now + 86_400,
            username: username.to_owned(),
            display_name: "Somebody".to_owned(),
            noise_key: key.key.as_slice().try_into()?,
            grant_key: key.clone(),
            mail_key: key,
            transport_key: None,
            api_url: None,
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: Vec::new(),
            versions: vec![3],
        };
        let descriptor = Descriptor::sign(body, &signing)?;
        Ok(Self { signing, descriptor })
    }

    pub(crate) fn id(&self) -> NodeId {
        self.descriptor.node_id()
    }
}
