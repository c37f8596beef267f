//! Signing for private conversations: only RFC 9420 SignContent under an `MLS 1.0 ` label, by a key that
//! signs nothing else (DESIGN §4), and the order of commits by the identity. It must not know groups.

use ed25519_dalek::{Signer, SigningKey as LeafKey};
use openred_core::ids::Id16;
use openred_core::sign::{Label, Signature};

use super::malformed;
use super::opened::Opened;
use crate::ops::{CommitOrder, MAX_DESCRIPTOR_S, MlsLeaf, Refusal};
use crate::seal;

const LABEL: &[u8] = b"MLS 1.0 ";

impl Opened {
    /// The leaf key, certified for `lifetime_s` seconds.
    pub(super) fn mls_leaf(&self, now_ms: u64, lifetime_s: u64) -> Result<MlsLeaf, Refusal> {
        if lifetime_s == 0 || lifetime_s > MAX_DESCRIPTOR_S {
            return Err(malformed("a leaf is certified for at most 30 days"));
        }
        let not_after = now_ms / 1000 + lifetime_s;
        let key = self.leaf_key().verifying_key().to_bytes();
        let device = self.device();
        let signed = [key.as_slice(), &device.0, &not_after.to_be_bytes()].concat();
        let certificate = self.signing.sign(Label::MlsLeaf, &signed);
        Ok(MlsLeaf { key, device, not_after, log_seq: self.log.head_seq(), certificate })
    }

    /// Signs SignContent as RFC 9420 §5.1.2 has it, and nothing else.
    pub(super) fn sign_mls(&self, content: &[u8]) -> Result<Signature, Refusal> {
        check_sign_content(content).ok_or_else(|| malformed("not SignContent under an MLS 1.0 label"))?;
        Ok(Signature(self.leaf_key().sign(content).to_bytes()))
    }

    /// Countersigns the commit of an epoch: `group ‖ epoch:u64 ‖ commit`. Which one that is the node remembers.
    pub(super) fn sign_order(&self, order: &CommitOrder) -> Signature {
        let signed = [order.group.0.as_slice(), &order.epoch.to_be_bytes(), &order.commit.0].concat();
        self.signing.sign(Label::MlsOrder, &signed)
    }

    /// Derived, so that it needs no place in the key state: a new incarnation is a new leaf.
    fn leaf_key(&self) -> LeafKey {
        let seed = seal::hkdf(self.master.derive("mls-leaf").as_slice(), &self.keys.incarnation().0, "leaf");
        LeafKey::from_bytes(&seed)
    }

    fn device(&self) -> Id16 {
        let name =
            seal::hkdf(self.master.derive("mls-leaf").as_slice(), &self.keys.incarnation().0, "device");
        let mut device = [0u8; 16];
        device.copy_from_slice(&name[..16]);
        Id16(device)
    }
}

/// `opaque label<V>; opaque content<V>`, nothing before, between or after.
fn check_sign_content(bytes: &[u8]) -> Option<()> {
    let (label, rest) = opaque(bytes)?;
    let (_, rest) = opaque(rest)?;
    (label.starts_with(LABEL) && label.len() > LABEL.len() && rest.is_empty()).then_some(())
}

/// A vector with a variable-size length (RFC 9420 §2.1.2), in its shortest form.
fn opaque(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *bytes.first()?;
    let width = match first >> 6 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return None,
    };
    let (head, rest) = bytes.split_at_checked(width)?;
    let length = head.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
    let length = length & ((1 << (8 * width - 2)) - 1);
    let shortest = match width {
        1 => true,
        2 => length >= 1 << 6,
        _ => length >= 1 << 14,
    };
    if shortest { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(label: &[u8], body: &[u8]) -> Vec<u8> {
        [&[label.len() as u8], label, &[body.len() as u8], body].concat()
    }

    #[test]
    fn only_labelled_sign_content_passes() {
        assert!(check_sign_content(&content(b"MLS 1.0 FramedContentTBS", b"body")).is_some());
        let long = [&[10][..], b"MLS 1.0 Xy", &[0x40, 64], &[0; 64]].concat();
        assert!(check_sign_content(&long).is_some(), "a length of two bytes");
        for refused in [
            content(b"MLS 1.0 ", b"body"),
            content(b"openred/descriptor", b"body"),
            content(b"MLS 1.1 FramedContentTBS", b"body"),
            [content(b"MLS 1.0 X", b"body"), vec![0]].concat(),
            content(b"MLS 1.0 X", b"body")[..12].to_vec(),
            [&[9][..], b"MLS 1.0 X", &[0x40, 4], b"body"].concat(),
            vec![0xff; 20],
            Vec::new(),
        ] {
            assert!(check_sign_content(&refused).is_none(), "{refused:?}");
        }
    }
}
