//! From locked to open and back: what the keeper is asked, and what the node holds while it is open.

use hmac::{Hmac, KeyInit as _, Mac as _};
use openred_keeper::{
    blob::Blob,
    ops::{Purpose, Unlock, UnlockWith},
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key_file;
use crate::{
    api::Api,
    deps::Deps,
    error::NodeError,
    events::Kind,
    modules::{audit, chats, identity, settings},
    net::own::KEY_STATE,
    net::store as net,
    seal::Sealer,
};

/// Opens the keeper (or only checks the secret, when it is open), and the node with it.
pub async fn run(api: &Api, with: UnlockWith) -> Result<(), NodeError> {
    let _alone = api.auth.0.door.lock().await;
    check(&api.deps, with).await?;
    if api.deps.seal.get().is_err() {
        effects(api).await?;
    }
    Ok(())
}

/// Asks the keeper whether this secret opens the key file. It is open afterwards.
pub async fn check(deps: &Deps, with: UnlockWith) -> Result<(), NodeError> {
    // What the keeper noted and nobody has fetched would be forgotten by opening again.
    audit::keep(deps).await;
    let (state, tail) =
        deps.db.read(|tx| Ok::<_, NodeError>((net::state(tx, KEY_STATE)?, audit::store::last(tx)?))).await?;
    let unlock = Unlock { with, state: state.map(Blob), audit_tail: tail.map(Blob) };
    let unlocked = deps.keys.keeper().unlock(unlock).await?;
    let (new_state, log) = (unlocked.new_state.map(Blob::into_vec), identity::log_bytes(&unlocked.identity));
    let now = deps.clock.now_ms();
    deps.write_plain(move |tx| {
        if let Some(state) = &new_state {
            net::set_state(tx, KEY_STATE, state, now)?;
        }
        net::set_state(tx, identity::LOG, &log, now)
    })
    .await
}

/// Fills in what only an open node holds: column keys, the key of access tokens; then wakes the network.
pub async fn effects(api: &Api) -> Result<(), NodeError> {
    unlocked(&api.deps, &api.auth).await?;
    audit::keep(&api.deps).await;
    if let Err(error) = chats::certify(&api.deps).await {
        tracing::warn!(%error, "conversations did not open at once; it is tried again");
    }
    if let Err(error) = network(api).await {
        tracing::warn!(%error, "the network did not start at once and tries again");
    }
    api.deps.events.send(Kind::Status, serde_json::json!({}));
    Ok(())
}

/// Starts the network with the present names and settings, or tells it that they changed.
pub async fn network(api: &Api) -> Result<(), NodeError> {
    let settings = api.deps.db.read(settings::store::get).await?;
    api.net.unlocked(settings.discoverable.flags()).await
}

/// Asks the open keeper for the data keys and puts them where the modules look.
pub async fn unlocked(deps: &Deps, auth: &super::Auth) -> Result<(), NodeError> {
    let keeper = deps.keys.keeper();
    let short = || NodeError::Internal("a data key has 32 bytes".to_owned());
    let columns = keeper.data_key(Purpose::Columns).await?.expose_key().ok_or_else(short)?;
    let login = keeper.data_key(Purpose::Login).await?.expose_key().ok_or_else(short)?;
    deps.seal.unlock(Sealer::new(&columns, lookup_key(&columns)));
    auth.set_signing(Some(login));
    deps.wake.ring();
    Ok(())
}

/// Key of the keyed hashes by which rows of people are found. The text is frozen: rows are stored under it.
fn lookup_key(columns: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(columns).expect("any key length");
    mac.update(b"openred/lookup of node ids");
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Closes the node: signs the end of the audit log into the key file, wipes keys here and in the keeper.
pub async fn lock(api: &Api) -> Result<(), NodeError> {
    let _alone = api.auth.0.door.lock().await;
    api.deps.seal.get()?;
    checkpoint(&api.deps).await?;
    api.net.lock();
    let last = api.deps.keys.keeper().lock().await?;
    audit::append(&api.deps, last).await;
    api.deps.seal.lock();
    api.deps.leaf.lock();
    api.auth.set_signing(None);
    api.deps.events.send(Kind::Status, serde_json::json!({}));
    Ok(())
}

/// Waits for the end of the program and signs the end of the audit log into the key file.
pub async fn checkpoint_at_stop(deps: Deps) {
    deps.tasks.soft().clone().cancelled().await;
    match checkpoint(&deps).await {
        Ok(()) | Err(NodeError::Locked | NodeError::NotSetUp) => {}
        Err(error) => tracing::warn!(%error, "the end of the audit log was not signed"),
    }
}

/// Signs the end of the audit log into the key file.
pub async fn checkpoint(deps: &Deps) -> Result<(), NodeError> {
    audit::keep(deps).await;
    let bytes = deps.keys.keeper().checkpoint_audit().await?;
    key_file::write(&deps.keys, bytes.into_vec()).await
}
