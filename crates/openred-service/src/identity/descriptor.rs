//! A service's own descriptor: signed anew each week, and when what it says has changed.
//!
//! A service takes no handshake, grant or mail of its own, so nobody can ever need the private halves of those three
//! keys: they are drawn for the descriptor's sake and wiped. Must not know: HTTP, SQL.

use std::path::Path;

use openred_core::boxes::{BoxPublic, BoxSecret, Suite};
use openred_core::call::ServerRole;
use openred_core::descriptor::{Descriptor, DescriptorBody};

use super::key_file::KeyFileError;
use super::{Keys, file};

const LIFE_SECS: u64 = 30 * 86_400;
const RENEW_AFTER_SECS: u64 = 7 * 86_400;

/// What the owner lets the descriptor say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// As what it answers: also its username and only capability, and the beginning of its files' names.
    pub role: ServerRole,
    /// Display name, at most 64 characters.
    pub name: String,
    /// URL of the service, if it is known.
    pub public_url: Option<String>,
}

/// The descriptor in `data` if it still holds, else a new one, written before it is returned.
pub(super) fn current(
    data: &Path,
    keys: &Keys,
    shown: &Shown,
    now_ms: u64,
) -> Result<Descriptor, KeyFileError> {
    let path = data.join(format!("{}.descriptor", shown.role.name()));
    let bytes = file::read(&path).map_err(|error| KeyFileError::file(&path, error))?;
    let held = bytes.and_then(|bytes| Descriptor::parse(&bytes).ok());
    let held = held.filter(|held| held.node_id() == keys.log.node_id());
    if let Some(held) = &held
        && still_true(held, keys, shown, now_ms / 1_000)
    {
        return Ok(held.clone());
    }
    let seq = held.map_or(0, |held| held.body().seq + 1).max(now_ms);
    let descriptor = Descriptor::sign(body(keys, shown, seq, now_ms / 1_000), &keys.signing)
        .map_err(|error| KeyFileError::Shown(error.to_string()))?;
    file::replace(&path, descriptor.bytes()).map_err(|error| KeyFileError::file(&path, error))?;
    Ok(descriptor)
}

fn still_true(held: &Descriptor, keys: &Keys, shown: &Shown, now: u64) -> bool {
    let body = held.body();
    body.log == keys.log
        && body.incarnation == keys.incarnation
        && body.display_name == shown.name
        && body.api_url == shown.public_url
        && now.abs_diff(body.issued) < RENEW_AFTER_SECS
}

fn body(keys: &Keys, shown: &Shown, seq: u64, now: u64) -> DescriptorBody {
    let noise = nobodys_key();
    let mut noise_key = [0; 32];
    noise_key.copy_from_slice(&noise.key);
    DescriptorBody {
        node_id: keys.log.node_id(),
        log: keys.log.clone(),
        log_seq: keys.log.head_seq(),
        seq,
        incarnation: keys.incarnation,
        issued: now,
        expires: now + LIFE_SECS,
        username: shown.role.name().to_owned(),
        display_name: shown.name.clone(),
        noise_key,
        grant_key: nobodys_key(),
        mail_key: nobodys_key(),
        transport_key: None,
        api_url: shown.public_url.clone(),
        addresses: Vec::new(),
        quic_relay: None,
        lane: None,
        capabilities: vec![shown.role.name().to_owned()],
        versions: vec![3],
    }
}

/// The public half of an X25519 key whose private half is wiped here.
fn nobodys_key() -> BoxPublic {
    BoxSecret::generate(Suite::X25519).public().clone()
}
