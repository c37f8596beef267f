//! `Noise_KKpsk2_25519_ChaChaPoly_BLAKE2s` (Noise rev 34): building the two sides and splitting. It must
//! not know tickets.

use openred_core::hello::{Context, NOISE_LEN, prologue, psk};
use openred_core::session_keys::SessionKeys;
use openred_core::token::Role;
use snow::{Builder, HandshakeState};
use zeroize::Zeroize;

use crate::ops::Refusal;

const PATTERN: &str = "Noise_KKpsk2_25519_ChaChaPoly_BLAKE2s";

/// What a side is built from.
pub(super) struct Side<'a> {
    pub(super) role: Role,
    pub(super) own: &'a [u8; 32],
    pub(super) peer: &'a [u8; 32],
    pub(super) secret: &'a [u8; 32],
    pub(super) context: &'a Context,
    pub(super) binding: &'a [u8; 32],
}

pub(super) fn build(side: &Side<'_>) -> Result<HandshakeState, Refusal> {
    let pattern = PATTERN.parse().map_err(|_| Refusal::Noise)?;
    let (prologue, psk) = (prologue(side.context, side.binding), psk(side.secret, side.context));
    let builder = Builder::new(pattern)
        .prologue(&prologue)
        .and_then(|builder| builder.local_private_key(side.own))
        .and_then(|builder| builder.remote_public_key(side.peer))
        .and_then(|builder| builder.psk(2, &psk));
    let built = builder.and_then(|builder| match side.role {
        Role::A => builder.build_initiator(),
        Role::B => builder.build_responder(),
    });
    built.map_err(|_| Refusal::Noise)
}

/// The next message of this side, with an empty payload.
pub(super) fn write(state: &mut HandshakeState) -> Result<[u8; NOISE_LEN], Refusal> {
    let mut message = [0u8; NOISE_LEN];
    match state.write_message(&[], &mut message) {
        Ok(NOISE_LEN) => Ok(message),
        _ => Err(Refusal::Noise),
    }
}

/// Reads the peer's message, whose payload must be empty.
pub(super) fn read(state: &mut HandshakeState, message: &[u8]) -> Result<(), Refusal> {
    let mut payload = [0u8; NOISE_LEN];
    match state.read_message(message, &mut payload) {
        Ok(0) => Ok(()),
        _ => Err(Refusal::Noise),
    }
}

/// Handshake hash and split keys as this side sees them.
pub(super) fn split(state: &mut HandshakeState, role: Role) -> Result<([u8; 32], SessionKeys), Refusal> {
    if !state.is_handshake_finished() {
        return Err(Refusal::Noise);
    }
    let h = state.get_handshake_hash().try_into().map_err(|_| Refusal::Noise)?;
    let (mut first, mut second) = state.dangerously_get_raw_split();
    let keys = match role {
        Role::A => SessionKeys::new(first, second),
        Role::B => SessionKeys::new(second, first),
    };
    first.zeroize();
    second.zeroize();
    Ok((h, keys))
}
