//! The identity as its owner sees it: log, recovery words, rotation. Rules; keys are the keeper's; HTTP in `http`.

pub mod http;

use openred_core::{
    codec::{Reader, SignedObject, Writer},
    identity::IdentityLog,
    ids::Hash,
};
use openred_keeper::{
    ops::{AuditKind, PublicIdentity, UnlockWith, VaultState},
    secret::Secret,
};
use openred_service::database::{DbError, Tx};
use zeroize::Zeroizing;

use crate::{
    api::Api,
    deps::Deps,
    error::NodeError,
    modules::{
        audit,
        auth::{key_file, unlock},
    },
    net::own::KEY_STATE,
    net::store as net,
};

/// Name of the log in `network_state`: it is public and readable while locked.
pub const LOG: &str = "identity_log";
/// Words asked back before they leave this machine.
const ANSWERS: usize = 3;

/// The log as stored: a MessagePack array of entries.
pub fn log_bytes(identity: &PublicIdentity) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(identity.log.len());
    for entry in &identity.log {
        writer.bin(&entry.0);
    }
    writer.into_vec()
}

/// The own log; none before set-up.
pub fn log(tx: &Tx<'_>) -> Result<Option<IdentityLog>, DbError> {
    let Some(bytes) = net::state(tx, LOG)? else { return Ok(None) };
    let mut reader = Reader::new(&bytes);
    IdentityLog::read(&mut reader)
        .map(Some)
        .map_err(|e| DbError::Corrupt(format!("network_state: identity_log: {e}")))
}

/// An entry of the log, for the owner's eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 0.
    pub seq: u64,
    /// `created` or `rotated`.
    pub kind: &'static str,
    /// Unix ms.
    pub at: u64,
    /// Of the entry.
    pub hash: Hash,
}

/// The entries of a verified log.
pub fn entries(log: &IdentityLog) -> Vec<Entry> {
    let read = |(seq, bytes): (usize, &Vec<u8>)| {
        let object = SignedObject::decode(bytes, 2).ok()?;
        let mut reader = Reader::new(&object.inner);
        let fields = reader.array().ok()?;
        // Both kinds end with their time, unix seconds.
        let kind = if reader.uint().ok()? == 1 { "created" } else { "rotated" };
        for place in 1..fields - 1 {
            if kind == "rotated" && place == 2 {
                reader.uint().ok()?;
            } else {
                reader.bin().ok()?;
            }
        }
        Some(Entry { seq: seq as u64, kind, at: reader.uint().ok()? * 1_000, hash: object.hash() })
    };
    log.entries().iter().enumerate().filter_map(read).collect()
}

/// Whether the words were confirmed; none while locked.
pub async fn words_saved(deps: &Deps) -> Result<Option<bool>, NodeError> {
    match deps.keys.keeper().status().await?.state {
        VaultState::Unlocked { recovery_confirmed, .. } => Ok(Some(recovery_confirmed)),
        VaultState::Locked | VaultState::Damaged | VaultState::Empty => Ok(None),
    }
}

/// The 24 words, once more against the passphrase.
pub async fn words(api: &Api, passphrase: Secret) -> Result<Vec<Zeroizing<String>>, NodeError> {
    api.deps.seal.get()?;
    unlock::run(api, UnlockWith::Passphrase(passphrase)).await?;
    let words = own_words(&api.deps).await?;
    audit::note(&api.deps, AuditKind::Identity, None, "the recovery words were shown").await;
    Ok(words)
}

async fn own_words(deps: &Deps) -> Result<Vec<Zeroizing<String>>, NodeError> {
    let secret = deps.keys.keeper().recovery_words().await?;
    let text = secret.expose_text().ok_or_else(|| NodeError::Internal("words are no text".to_owned()))?;
    Ok(text.split_whitespace().map(|word| Zeroizing::new(word.to_owned())).collect())
}

/// Compares three words (place from 1, word); when they are right, the seed leaves this machine for good.
pub async fn confirm(deps: &Deps, answers: &[(usize, Zeroizing<String>)]) -> Result<(), NodeError> {
    let places: std::collections::BTreeSet<usize> = answers.iter().map(|a| a.0).collect();
    if places.len() != ANSWERS || answers.len() != ANSWERS {
        return Err(NodeError::invalid("answers", "three different words are asked back"));
    }
    let words = own_words(deps).await?;
    let right = answers.iter().all(|(place, word)| {
        let own = place.checked_sub(1).and_then(|at| words.get(at));
        own.is_some_and(|own| own.eq_ignore_ascii_case(word.trim()))
    });
    if !right {
        return Err(NodeError::invalid(
            "answers",
            "at least one of these words is not at that place: look again",
        ));
    }
    let bytes = deps.keys.keeper().confirm_recovery().await?;
    key_file::write(&deps.keys, bytes.into_vec()).await?;
    audit::keep(deps).await;
    Ok(())
}

/// Replaces the signing key by the words: the old one and everything it certified ends.
pub async fn rotate(api: &Api, words: Secret) -> Result<(), NodeError> {
    replace_key(&api.deps, words).await?;
    audit::keep(&api.deps).await;
    api.net.rotated().await
}

/// The keeper changes the key while nothing else is written: what the new key signs is stored, and so sent, after the log
/// that shows the new key. Peers who had the one without the other would refuse it for good.
///
/// # Errors
/// [`NodeError::Locked`], [`NodeError::WrongPassphrase`] for other words, and what the disk says.
pub async fn replace_key(deps: &Deps, words: Secret) -> Result<(), NodeError> {
    let (keys, mut words, mut rotated) = (deps.keys.clone(), Some(words), None);
    deps.write(move |work| {
        // A transaction may have to be run again; the key changes once.
        if let Some(words) = words.take() {
            let created = keys.keeper().rotate(words).wait()?;
            key_file::write_now(&keys, &created.key_file.0)?;
            rotated = Some(created);
        }
        let Some(created) = &rotated else { return Err(NodeError::Conflict("the key was not replaced")) };
        net::set_state(work.tx, KEY_STATE, &created.state.0, work.now)?;
        Ok(net::set_state(work.tx, LOG, &log_bytes(&created.identity), work.now)?)
    })
    .await
}

/// Of two nodes with this identity the owner uses this one: it begins a new incarnation and speaks again.
pub async fn use_this(api: &Api) -> Result<(), NodeError> {
    api.deps.seal.get()?;
    api.net.use_this().await?;
    audit::keep(&api.deps).await;
    Ok(())
}
