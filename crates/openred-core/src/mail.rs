//! Sealed mail: one item for one person, signed for that person and one queue, sealed to the person's mail key and
//! padded to one of four sizes (PROTOCOL §5, Annex A.7).
//!
//! What a relay keeps of it is a box: whose it is, from whom and how long the item is are inside. Must not know relays,
//! queues or when mail is sent.

use crate::{
    boxes::{self, BoxError, BoxPublic, Suite},
    codec::{CodecError, Reader, Writer},
    frame::{Item, ItemKind},
    ids::{DepositId, Id8, NodeId},
    sign::{BadSignature, Label, PublicKey, Signature, SigningKey},
    token::kdf::sha256,
};

/// The sizes that a box of sealed mail has, bytes. The smallest is for [`Suite::X25519`] alone.
pub const SIZES: [usize; 4] = [1 << 10, 4 << 10, 16 << 10, 64 << 10];
/// Longest envelope that goes by mail, bytes; of a longer one the content is fetched.
pub const ENVELOPE_MAX: usize = 60_000;
/// The stream of what is outside every order: receipts by mail, with n and low 0.
pub const OUTSIDE: Id8 = Id8([0; 8]);

/// Bytes of the length before the fields.
const LENGTH: usize = 4;

/// Whom mail is for and in which queue it is laid: both are signed, and the box opens for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The recipient.
    pub to: NodeId,
    /// The queue's deposit id.
    pub deposit_id: DepositId,
}

/// One item with its sender's signature, as it stands inside a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The sender.
    pub from: NodeId,
    /// Entry of the sender's log whose key signed.
    pub log_seq: u32,
    /// What is said. A receipt has stream [`OUTSIDE`], n = 0 and low = 0, which no item of a session has.
    pub item: Item,
    /// Ed25519 by the sender over destination and item.
    pub sig: Signature,
}

/// Why mail cannot be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The item is longer than mail carries: its content is to be fetched.
    #[error("too long for mail")]
    TooLong,
    /// Not the one encoding of mail, or an item that cannot be: drop it.
    #[error("malformed mail")]
    Malformed,
    /// The recipient's mail key is unusable: get a newer descriptor.
    #[error("unusable mail key: {0}")]
    Key(BoxError),
}

impl From<CodecError> for MailError {
    fn from(_: CodecError) -> Self {
        Self::Malformed
    }
}

impl Destination {
    /// HPKE info of the box: "OpenRed/3 mail" ‖ the recipient's node id.
    #[must_use]
    pub fn info(&self) -> Vec<u8> {
        [b"OpenRed/3 mail".as_slice(), &self.to.0].concat()
    }

    /// Additional data of the box: the deposit id, 16 bytes.
    #[must_use]
    pub const fn aad(&self) -> &[u8] {
        &self.deposit_id.0
    }

    /// What the sender signs under [`Label::Mail`]: id_B ‖ deposit_id ‖ stream ‖ n:u64 ‖ low:u64 ‖ kind:u8 ‖
    /// SHA-256(body), 97 bytes.
    #[must_use]
    pub fn to_sign(&self, item: &Item) -> Vec<u8> {
        [
            self.to.0.as_slice(),
            &self.deposit_id.0,
            &item.stream.0,
            &item.n.to_be_bytes(),
            &item.low.to_be_bytes(),
            &[item.kind as u8],
            &sha256(&[&item.body]),
        ]
        .concat()
    }
}

/// Whether an item may go by mail: a place in a stream, or a receipt outside of all; a body where there is one to have.
fn is_sound(item: &Item) -> bool {
    let placed = item.stream != OUTSIDE && 1 <= item.low && item.low <= item.n;
    let outside = item.stream == OUTSIDE && (item.n, item.low) == (0, 0) && item.kind == ItemKind::Envelope;
    let body = match item.kind {
        ItemKind::Envelope => !item.body.is_empty() && item.body.len() <= ENVELOPE_MAX,
        ItemKind::Tombstone => item.body.is_empty(),
    };
    (placed || outside) && body
}

impl Mail {
    /// Signs an item for a destination.
    ///
    /// # Errors
    /// [`MailError::TooLong`], or [`MailError::Malformed`] for an item that is neither in a stream nor a receipt.
    pub fn sign(
        key: &SigningKey,
        (from, log_seq): (NodeId, u32),
        destination: &Destination,
        item: Item,
    ) -> Result<Self, MailError> {
        if item.body.len() > ENVELOPE_MAX {
            return Err(MailError::TooLong);
        }
        if !is_sound(&item) {
            return Err(MailError::Malformed);
        }
        let sig = key.sign(Label::Mail, &destination.to_sign(&item));
        Ok(Self { from, log_seq, item, sig })
    }

    /// Checks the signature by the sender's key of `log_seq`.
    ///
    /// # Errors
    /// [`BadSignature`]: drop it; it was made by another, or for another recipient or queue.
    pub fn verify(&self, key: &PublicKey, destination: &Destination) -> Result<(), BadSignature> {
        key.verify(Label::Mail, &destination.to_sign(&self.item), &self.sig)
    }

    /// Seals it to the recipient's mail key: exactly one of [`SIZES`].
    ///
    /// # Errors
    /// [`MailError::TooLong`], [`MailError::Key`].
    pub fn seal(&self, mail_key: &BoxPublic, destination: &Destination) -> Result<Vec<u8>, MailError> {
        let plain = self.padded(mail_key.suite)?;
        boxes::seal(mail_key, &destination.info(), destination.aad(), &plain).map_err(MailError::Key)
    }

    /// Reads what was in a box.
    ///
    /// # Errors
    /// [`MailError::Malformed`].
    pub fn read(plain: &[u8]) -> Result<Self, MailError> {
        let (len, rest) = plain.split_first_chunk::<LENGTH>().ok_or(MailError::Malformed)?;
        let (fields, zeros) =
            rest.split_at_checked(u32::from_be_bytes(*len) as usize).ok_or(MailError::Malformed)?;
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(MailError::Malformed);
        }
        let mut r = Reader::new(fields);
        r.array_of(8)?;
        let from = NodeId(r.bin_of()?);
        let log_seq = u32::try_from(r.uint()?).map_err(|_| MailError::Malformed)?;
        let stream = Id8(r.bin_of()?);
        let (n, low) = (r.uint()?, r.uint()?);
        let kind = ItemKind::from_number(r.uint()?).ok_or(MailError::Malformed)?;
        let item = Item { stream, n, low, kind, body: r.bin()?.to_vec() };
        let sig = Signature(r.bin_of()?);
        r.end()?;
        if is_sound(&item) { Ok(Self { from, log_seq, item, sig }) } else { Err(MailError::Malformed) }
    }

    fn fields(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.item.body.len() + 160);
        w.array(8).bin(&self.from.0).uint(u64::from(self.log_seq)).bin(&self.item.stream.0);
        w.uint(self.item.n).uint(self.item.low).uint(self.item.kind as u64);
        w.bin(&self.item.body).bin(&self.sig.0).into_vec()
    }

    /// What the box holds: len:u32 ‖ fields ‖ zeros, so long that a box of `suite` has one of the sizes.
    ///
    /// # Errors
    /// [`MailError::TooLong`].
    pub fn padded(&self, suite: Suite) -> Result<Vec<u8>, MailError> {
        let fields = self.fields();
        let least = LENGTH + fields.len() + suite.overhead();
        let size = sizes_of(suite).iter().find(|size| **size >= least).ok_or(MailError::TooLong)?;
        let mut plain = Vec::with_capacity(size - suite.overhead());
        plain.extend_from_slice(&(fields.len() as u32).to_be_bytes());
        plain.extend_from_slice(&fields);
        plain.resize(size - suite.overhead(), 0);
        Ok(plain)
    }
}

/// The sizes that boxes of a suite have, bytes: one of 1 KiB would not hold the key of X-Wing.
const fn sizes_of(suite: Suite) -> &'static [usize] {
    match suite {
        Suite::X25519 => &SIZES,
        Suite::XWing => SIZES.split_at(1).1,
    }
}
