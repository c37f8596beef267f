//! The settings' value in `network_state`. The only access to it.

use openred_service::database::{DbError, Tx};

use super::Settings;
use crate::net::store as state;

const KEY: &str = "settings";

/// The settings; defaults before anything was set.
pub fn get(tx: &Tx<'_>) -> Result<Settings, DbError> {
    let Some(bytes) = state::state(tx, KEY)? else { return Ok(Settings::default()) };
    serde_json::from_slice(&bytes).map_err(|_| DbError::Corrupt("network_state: settings".to_owned()))
}

/// Writes them.
pub fn set(tx: &Tx<'_>, settings: &Settings, now: u64) -> Result<(), DbError> {
    state::set_state(tx, KEY, &serde_json::to_vec(settings).unwrap_or_default(), now)
}
