//! Descriptors that were verified lately. A handshake shows the same two at each of its steps, a busy node the same
//! few all day, and their signatures are most of what a step costs. It must not know whose they are.

use std::collections::VecDeque;

use openred_core::descriptor::Descriptor;

use super::malformed;
use crate::ops::Refusal;

/// The own one, and those of the people whose handshakes are under way.
const MAX_HELD: usize = 64;

/// The latest ones first.
#[derive(Default)]
pub(super) struct Known(VecDeque<Descriptor>);

impl Known {
    /// Reads a descriptor; verifies it unless these very bytes were verified before.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Descriptor, Refusal> {
        let held = self.0.iter().position(|known| known.bytes() == bytes).and_then(|i| self.0.remove(i));
        let descriptor = held.map_or_else(|| Descriptor::parse(bytes).map_err(malformed), Ok)?;
        self.0.push_front(descriptor.clone());
        self.0.truncate(MAX_HELD);
        Ok(descriptor)
    }
}

#[cfg(test)]
mod tests {
    use openred_core::boxes::{BoxSecret, Suite};
    use openred_core::descriptor::{DescriptorBody, VERSION};
    use openred_core::identity::IdentityLog;
    use openred_core::ids::Id8;
    use openred_core::seed::RecoverySeed;
    use openred_core::sign::SigningKey;

    use super::*;

    fn descriptor(seq: u64) -> Descriptor {
        let key = |n| SigningKey::from_seed([n; 32]);
        let next = RecoverySeed::from_bytes([9; 32]).commitment(1);
        let log = IdentityLog::inception(&key(1), &key(2), next, 1_700_000_000);
        let boxed = |n| BoxSecret::from_seed(Suite::X25519, [n; 32]).public().clone();
        let body = DescriptorBody {
            node_id: log.node_id(),
            log_seq: log.head_seq(),
            log,
            seq,
            incarnation: Id8([1; 8]),
            issued: 1_700_000_000,
            expires: 1_700_086_400,
            username: "ben".to_owned(),
            display_name: "Ben".to_owned(),
            noise_key: [3; 32],
            grant_key: boxed(4),
            mail_key: boxed(5),
            transport_key: None,
            api_url: None,
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: Vec::new(),
            versions: vec![VERSION],
        };
        Descriptor::sign(body, &key(2)).expect("a good descriptor")
    }

    #[test]
    fn only_the_very_bytes_that_were_verified_are_believed() {
        let (mut known, ben) = (Known::default(), descriptor(1));
        let mut forged = ben.bytes().to_vec();
        *forged.last_mut().expect("bytes") ^= 1;
        assert!(known.read(&forged).is_err());
        assert_eq!(known.read(ben.bytes()), Ok(ben.clone()));
        assert!(known.read(&forged).is_err(), "not by the other's name either");
        assert_eq!(known.read(ben.bytes()), Ok(ben));
    }

    #[test]
    fn the_one_used_longest_ago_makes_room() {
        let mut known = Known::default();
        let first = descriptor(0);
        for seq in 0..=MAX_HELD as u64 {
            known.read(first.bytes()).expect("kept by its use");
            known.read(descriptor(seq).bytes()).expect("good");
        }
        assert_eq!(known.0.len(), MAX_HELD);
        assert!(known.0.contains(&first) && !known.0.contains(&descriptor(1)));
    }
}
