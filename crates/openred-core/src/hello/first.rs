//! The first frame of each side and what comes of it: established, pair secret, rejoin (PROTOCOL §4, Annex A.5).
//!
//! Must not know: which session waits for it, and whether the peer is a contact.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    checks,
    codec::{CodecError, Reader, Writer},
    frame::{Frame, FrameStream},
    ids::{Id16, NodeId},
    session_keys::{SessionKeys, TAG_LEN},
    sign::{Label, PublicKey, Signature, SigningKey},
    token::{Role, kdf::hkdf},
};

/// Body of FIRST: `[r, token|nil, established, [capability…]]`, and behind it the rejoin signature where there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct First {
    /// 32 random bytes of this side; both make the pair secret.
    pub r: Zeroizing<[u8; 32]>,
    /// This side's linked token, kind 1 only.
    pub token: Option<Zeroizing<[u8; 32]>>,
    /// A sends false, B sends true after `tokens_match`.
    pub established: bool,
    /// ≤ 32 names of `[a-z0-9_]{1,32}`; unknown ones are ignored.
    pub capabilities: Vec<String>,
    /// sign(`openred/rejoin`, …) where contacts meet again by kind 4.
    pub rejoin: Option<Signature>,
}

/// Why a first frame ends the handshake. The session never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FirstRefusal {
    /// It does not open under the transport key: the peer does not know the psk.
    #[error("first frame does not open")]
    Opens,
    /// What opened is not exactly one FIRST.
    #[error("malformed first frame")]
    Malformed,
    /// A said true or B said false.
    #[error("established flag of the wrong side")]
    Established,
    /// The token is missing or stands for another secret.
    #[error("tokens do not match")]
    TokensMatch,
}

impl FirstRefusal {
    /// Name of the check; `first/malformed` for bytes that are no FIRST.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opens => "first/opens",
            Self::Malformed => "first/malformed",
            Self::Established => "first/established",
            Self::TokensMatch => "first/tokens-match",
        }
    }
}

impl First {
    /// The MessagePack body, without type and length.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(if self.rejoin.is_some() { 5 } else { 4 }).bin(&*self.r);
        w.nil_or(self.token.as_ref(), |w, token| {
            w.bin(&**token);
        });
        w.bool(self.established).array(self.capabilities.len());
        for capability in &self.capabilities {
            w.str(capability);
        }
        if let Some(signature) = &self.rejoin {
            w.bin(&signature.0);
        }
        w.into_vec()
    }

    /// Reads the MessagePack body.
    ///
    /// # Errors
    /// [`CodecError`]: close as `malformed`.
    pub fn decode(body: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(body);
        let len = r.array()?;
        if !(4..=5).contains(&len) {
            return Err(CodecError::Length);
        }
        let first = Self {
            r: Zeroizing::new(r.bin_of()?),
            token: r.nil_or(|r| r.bin_of().map(Zeroizing::new))?,
            established: r.bool()?,
            capabilities: capabilities(&mut r)?,
            rejoin: if len == 5 { Some(Signature(r.bin_of()?)) } else { None },
        };
        r.end()?;
        Ok(first)
    }

    /// The Noise message that carries it: this side's message 0.
    ///
    /// # Errors
    /// Never for a [`First`] within its bounds.
    pub fn seal(self, keys: &SessionKeys) -> Result<Vec<u8>, crate::session_keys::SealError> {
        keys.seal(0, &Zeroizing::new(Frame::First(self).encode()))
    }
}

impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First")
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("established", &self.established)
            .field("capabilities", &self.capabilities)
            .field("rejoin", &self.rejoin)
            .finish_non_exhaustive()
    }
}

fn capabilities(r: &mut Reader<'_>) -> Result<Vec<String>, CodecError> {
    let count = r.array_max(32)?;
    (0..count)
        .map(|_| {
            let name = r.str()?;
            let legal = name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
            if legal && (1..=32).contains(&name.len()) {
                Ok(name.to_owned())
            } else {
                Err(CodecError::Length)
            }
        })
        .collect()
}

/// Check `first/opens`: the peer's message 0 opens under the Noise transport key and is exactly one FIRST. Before
/// this nothing of the session is believed. (With the check taken away the bytes are read as if in clear.)
///
/// # Errors
/// [`FirstRefusal::Opens`], [`FirstRefusal::Malformed`]: forget the handshake, close the connection.
pub fn open_first(keys: &SessionKeys, ciphertext: &[u8]) -> Result<First, FirstRefusal> {
    let opened = keys.open(0, ciphertext);
    if checks::failed("first/opens", opened.is_err()) {
        return Err(FirstRefusal::Opens);
    }
    let clear = || Zeroizing::new(ciphertext[..ciphertext.len().saturating_sub(TAG_LEN)].to_vec());
    let plain = opened.unwrap_or_else(|_| clear());
    let mut stream = FrameStream::new();
    stream.push(&plain);
    match stream.next_frame() {
        Ok(Some(Frame::First(first))) if stream.is_empty() => Ok(first),
        _ => Err(FirstRefusal::Malformed),
    }
}

/// Check `first/established`: `sender` A says false, B says true.
///
/// # Errors
/// [`FirstRefusal::Established`].
pub fn check_established(first: &First, sender: Role) -> Result<(), FirstRefusal> {
    let wrong = first.established != (sender == Role::B);
    if checks::failed("first/established", wrong) { Err(FirstRefusal::Established) } else { Ok(()) }
}

/// What two nodes that met share from then on.
#[derive(Clone)]
pub struct Pair {
    /// Names the secret in a hello of kind 2.
    pub id: Id16,
    /// Secret of kind 2, wiped on drop.
    pub secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair({:?}, …)", self.id)
    }
}

/// `pair = HKDF(r_A ‖ r_B, salt = h, info "OpenRed/3 pair")`; h is the 32-byte handshake hash.
#[must_use]
pub fn derive_pair(r_a: &[u8; 32], r_b: &[u8; 32], h: &[u8; 32]) -> Pair {
    let mut both = Zeroizing::new([0; 64]);
    both[..32].copy_from_slice(r_a);
    both[32..].copy_from_slice(r_b);
    let secret = hkdf(&*both, h, b"OpenRed/3 pair");
    Pair { id: pair_id(&secret), secret }
}

/// `HKDF(pair, info "id")[..16]`.
#[must_use]
pub fn pair_id(secret: &[u8; 32]) -> Id16 {
    Id16(*hkdf::<16>(secret, b"", b"id"))
}

/// `h ‖ id_A ‖ id_B ‖ role`, role of who signs: what `openred/rejoin` covers.
#[must_use]
pub fn rejoin_bytes(h: &[u8; 32], id_a: &NodeId, id_b: &NodeId, role: Role) -> [u8; 97] {
    let mut bytes = [0; 97];
    bytes[..32].copy_from_slice(h);
    bytes[32..64].copy_from_slice(&id_a.0);
    bytes[64..96].copy_from_slice(&id_b.0);
    bytes[96] = role.byte();
    bytes
}

/// This side's rejoin signature, by its current signing key.
#[must_use]
pub fn sign_rejoin(key: &SigningKey, h: &[u8; 32], id_a: &NodeId, id_b: &NodeId, role: Role) -> Signature {
    key.sign(Label::Rejoin, &rejoin_bytes(h, id_a, id_b, role))
}

/// Check `first/rejoin`: the peer (in the place `role`) signed this very handshake with the signing key of its
/// newest known log entry. False: the session stays in the request lane, also between contacts.
#[must_use]
pub fn rejoin_proven(
    first: &First,
    peer: &PublicKey,
    h: &[u8; 32],
    (id_a, id_b): (&NodeId, &NodeId),
    role: Role,
) -> bool {
    let bytes = rejoin_bytes(h, id_a, id_b, role);
    let proven = first.rejoin.is_some_and(|signature| peer.verify(Label::Rejoin, &bytes, &signature).is_ok());
    !checks::failed("first/rejoin", !proven)
}
