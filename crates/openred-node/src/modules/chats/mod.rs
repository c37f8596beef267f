//! Private conversations: what the owner does in them (`own`), what comes (`heard`), what leaves (`sending`). Rules only;
//! MLS is behind `mls`, SQL in `store` files, HTTP in `http`.
//!
//! Everything is one transaction: the ratchet, the message and the row that sends it (DESIGN §6).

mod heard;
pub mod http;
pub mod job;
pub mod keys;
pub mod messages;
pub mod mls;
pub mod own;
mod sending;
pub mod store;
pub mod view;

pub use heard::on_direct;
pub use sending::delivered;

use serde_json::json;

use crate::{
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::contacts::store as people,
};

/// Has the keeper certify the leaf of this installation, and looks through the key packages that hang on it: at unlock, daily,
/// and after a rotation.
///
/// # Errors
/// [`NodeError::Locked`], [`NodeError::NotSetUp`], and what the tables say.
pub async fn certify(deps: &Deps) -> Result<(), NodeError> {
    mls::certify(deps).await?;
    keys::renew(deps).await?;
    deps.wake.chat();
    Ok(())
}

/// Tells the owner's apps that something in a conversation changed.
fn changed(work: &Work<'_, '_>, person: i64) -> Result<(), NodeError> {
    if let Some(person) = people::get(work.tx, work.seal, person)? {
        work.tell(Kind::Chat, json!({"node_id": person.node_id}));
    }
    Ok(())
}
