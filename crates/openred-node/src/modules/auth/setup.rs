//! First run: one key, printed once, makes the identity and its owner. Also the repair of a first run that ended
//! between key file and tables.

use std::sync::PoisonError;

use openred_core::envelope::Party;
use openred_keeper::{
    client::KeeperError,
    ops::{Created, PublicIdentity, Refusal, Unlock, UnlockWith},
    secret::Secret,
};
use openred_service::lifecycle::Clock;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{hash_of, key_file, unlock};
use crate::{
    api::Api,
    error::NodeError,
    modules::{identity, profile},
    net::own::KEY_STATE,
    net::store as net,
};

/// A set-up key is good for this long.
const SETUP_MS: u64 = 10 * 60_000;
/// Shortest passphrase, in characters.
pub const PASSPHRASE_CHARS_MIN: usize = 10;
/// Longest display name, in characters (Annex A.1).
const NAME_CHARS_MAX: usize = 64;

/// What is kept of the set-up key: its hash and its end.
pub struct SetupKey {
    hash: [u8; 32],
    until_ms: u64,
}

impl std::fmt::Debug for SetupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupKey(…)")
    }
}

/// A new key of 256 bits for ten minutes, and its text for the link `http://localhost:PORT/#k=TEXT`. The text is
/// shown to the owner once and never logged.
pub fn fresh(clock: &Clock) -> (SetupKey, Zeroizing<String>) {
    #[expect(clippy::expect_used, reason = "without the system's random source nothing may start")]
    let text = super::secret_text().expect("the system's random source answers");
    (SetupKey { hash: hash_of(&text), until_ms: clock.monotonic_ms() + SETUP_MS }, text)
}

impl SetupKey {
    /// Whether `text` is the key, and in time.
    ///
    /// # Errors
    /// [`NodeError::Refused`] for another key, [`NodeError::Gone`] after ten minutes.
    pub fn check(&self, text: &str, clock: &Clock) -> Result<(), NodeError> {
        if !bool::from(self.hash.ct_eq(&hash_of(text))) {
            return Err(NodeError::Refused(
                "this is not the set-up link of this node: use the one it printed last",
            ));
        }
        if clock.monotonic_ms() >= self.until_ms {
            return Err(NodeError::Gone(
                "this set-up link is older than ten minutes: restart OpenRed for a new one",
            ));
        }
        Ok(())
    }
}

/// Who was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// 64 hex digits.
    pub node_id: String,
    /// Of the display name.
    pub username: String,
}

/// Uses the set-up key and makes the owner. A refusal leaves the key as it was.
pub async fn run(api: &Api, key: &str, display_name: &str, passphrase: &Secret) -> Result<Made, NodeError> {
    let _alone = api.auth.0.door.lock().await;
    if api.deps.db.read(profile::store::names).await?.is_some() {
        return Err(NodeError::Gone("this set-up link was used already: log in"));
    }
    check_key(api, key)?;
    let name = check_name(display_name)?;
    check_passphrase("passphrase", passphrase)?;
    let made = make(api, name, passphrase).await?;
    *api.auth.0.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(made)
}

fn check_key(api: &Api, key: &str) -> Result<(), NodeError> {
    let slot = api.auth.0.setup.lock().unwrap_or_else(PoisonError::into_inner);
    let held =
        slot.as_ref().ok_or(NodeError::Refused("this node gave no set-up link: restart OpenRed for one"))?;
    held.check(key, &api.deps.clock)
}

/// A name of 1 to 64 characters, without the spaces around it.
pub fn check_name(name: &str) -> Result<String, NodeError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
        return Err(NodeError::invalid("display_name", "a name has 1 to 64 characters"));
    }
    Ok(name.to_owned())
}

/// At least ten characters; the keeper refuses more than 1024 bytes.
pub fn check_passphrase(field: &'static str, passphrase: &Secret) -> Result<(), NodeError> {
    let long_enough = passphrase.expose_text().is_some_and(|t| t.chars().count() >= PASSPHRASE_CHARS_MIN);
    if !long_enough || passphrase.expose().len() > openred_keeper::ops::MAX_PASSPHRASE {
        return Err(NodeError::invalid(
            field,
            "a passphrase has at least 10 characters (and at most 1024 bytes)",
        ));
    }
    Ok(())
}

async fn make(api: &Api, display_name: String, passphrase: &Secret) -> Result<Made, NodeError> {
    let deps = &api.deps;
    let (who, state) = keys(api, passphrase).await?;
    let (node_id, username) = (who.node_id, profile::username_from(&display_name));
    let (id, user, now) = (node_id.to_string(), username.clone(), deps.clock.now_ms());
    let log = identity::log_bytes(&who);
    deps.write_plain(move |tx| {
        profile::store::create(tx, &id, &user, &display_name, now)?;
        if let Some(state) = &state {
            net::set_state(tx, KEY_STATE, state, now)?;
        }
        net::set_state(tx, identity::LOG, &log, now)
    })
    .await?;
    let server_url = api.place.api_url.clone().unwrap_or_default();
    deps.me.set(Party { node_id, server_url, username: username.clone() });
    unlock::effects(api).await?;
    Ok(Made { node_id: node_id.to_string(), username })
}

/// A new identity; or, when a first run ended before its tables were written, the one that its passphrase opens.
async fn keys(api: &Api, passphrase: &Secret) -> Result<(PublicIdentity, Option<Vec<u8>>), NodeError> {
    let keeper = api.deps.keys.keeper();
    match keeper.create(passphrase.clone(), api.place.kdf).await {
        Ok(Created { identity, key_file: bytes, state }) => {
            key_file::write(&api.deps.keys, bytes.into_vec()).await?;
            Ok((identity, Some(state.into_vec())))
        }
        Err(KeeperError::Refused(Refusal::Exists)) => {
            let with = UnlockWith::Passphrase(passphrase.clone());
            let unlocked = keeper.unlock(Unlock { with, state: None, audit_tail: None }).await?;
            Ok((unlocked.identity, unlocked.new_state.map(|s| s.into_vec())))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_key_is_good_for_ten_minutes_and_only_itself() {
        let (clock, hands) = Clock::manual(1_000);
        let (key, text) = fresh(&clock);
        assert_eq!(text.len(), 43);
        assert!(key.check(&text, &clock).is_ok());
        assert!(matches!(key.check("another", &clock), Err(NodeError::Refused(_))));
        hands.advance(SETUP_MS);
        assert!(matches!(key.check(&text, &clock), Err(NodeError::Gone(_))));
        assert_eq!(format!("{key:?}"), "SetupKey(…)");
    }
}
