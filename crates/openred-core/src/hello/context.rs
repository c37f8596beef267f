//! What a handshake is bound to: ctx, and the three values derived from it and the ticket's secret (PROTOCOL §4).
//!
//! Must not know: Noise, tables. The secret comes in as bytes and is not kept.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Hello, NOISE_LEN, TicketKind};
use crate::{
    checks,
    grant::Core,
    ids::Id16,
    token::{
        Role,
        kdf::{hkdf, hmac, sha256},
    },
};

/// The secret of kind 4.
pub const OPEN_SECRET: [u8; 32] = [0; 32];
/// Channel binding on HTTPS. On QUIC it is the 32-byte TLS exporter "OpenRed/3 bind" with empty context.
pub const NO_BINDING: [u8; 32] = [0; 32];

/// ctx of one handshake: the grant's core for kind 1, else fields of the hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    bytes: Vec<u8>,
    hash: [u8; 32],
}

impl Context {
    /// Kind 1: the 284 bytes of the core.
    #[must_use]
    pub fn of_core(core: &Core) -> Self {
        Self::new(core.encode().to_vec())
    }

    /// Kinds 2–4: `kind ‖ ticket_id ‖ id_A ‖ id_B ‖ desc_A ‖ desc_B ‖ nonce ‖ time:u64`. For kind 1 the core
    /// counts; use [`Self::of_core`].
    #[must_use]
    pub fn of_hello(hello: &Hello) -> Self {
        debug_assert!(hello.kind != TicketKind::Grant, "the ctx of a grant is its core");
        let mut bytes = vec![hello.kind.byte()];
        bytes.extend_from_slice(&hello.ticket_id.0);
        bytes.extend_from_slice(&hello.id_a.0);
        bytes.extend_from_slice(&hello.id_b.0);
        bytes.extend_from_slice(&hello.desc_a.0);
        bytes.extend_from_slice(&hello.desc_b.0);
        bytes.extend_from_slice(&hello.nonce.0);
        bytes.extend_from_slice(&hello.time.to_be_bytes());
        Self::new(bytes)
    }

    fn new(bytes: Vec<u8>) -> Self {
        let hash = sha256(&[&bytes]);
        Self { bytes, hash }
    }

    /// ctx itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA256(ctx).
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// `HMAC(HKDF(secret, info "present"), role ‖ SHA256(ctx) ‖ msg1)[..16]`: who begins knows the secret.
#[must_use]
pub fn presentation(secret: &[u8; 32], role: Role, ctx: &Context, msg1: &[u8; NOISE_LEN]) -> Id16 {
    let key = hkdf::<32>(secret, b"", b"present");
    let mac = hmac(&*key, &[&[role.byte()], ctx.hash(), msg1]);
    Id16(std::array::from_fn(|i| mac[i]))
}

/// Check `handshake/mac`, in constant time: the hello was made by somebody who knows the ticket's secret.
/// False: answer 401 `bad_presentation`, do nothing else.
#[must_use]
pub fn presentation_matches(secret: &[u8; 32], ctx: &Context, hello: &Hello) -> bool {
    let right = presentation(secret, Role::A, ctx, &hello.noise);
    let equal = bool::from(right.0.ct_eq(&hello.token.0));
    !checks::failed("handshake/mac", !equal)
}

/// Noise prologue: `"OpenRed/3 p2p" ‖ SHA256(ctx) ‖ binding[32]`. (With the check `handshake/prologue` taken away:
/// only the name.)
#[must_use]
pub fn prologue(ctx: &Context, binding: &[u8; 32]) -> Vec<u8> {
    let mut bytes = b"OpenRed/3 p2p".to_vec();
    if checks::enabled("handshake/prologue") {
        bytes.extend_from_slice(ctx.hash());
        bytes.extend_from_slice(binding);
    }
    bytes
}

/// Noise psk: `HKDF(secret, salt = SHA256(ctx), info "OpenRed/3 psk")`, 32 bytes.
#[must_use]
pub fn psk(secret: &[u8; 32], ctx: &Context) -> Zeroizing<[u8; 32]> {
    hkdf(secret, ctx.hash(), b"OpenRed/3 psk")
}
