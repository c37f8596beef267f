//! What became of things that this node sent: acknowledgements of sessions, and `message_status`.

use openred_core::{
    frame::Ack,
    ids::Hash,
    payload::{Delivery, MessageStatus},
};
use serde_json::json;

use crate::{
    delivery::store,
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::{
        chats,
        contacts::{person::Person, store as people},
    },
};

/// What became of things that this node sent.
pub(super) fn on_status(work: &Work<'_, '_>, peer: &Person, status: &MessageStatus) -> Result<(), NodeError> {
    if store::stream_of(work.tx, peer.id)? != Some(status.stream) {
        return Ok(());
    }
    match status.status {
        Delivery::Delivered | Delivery::Read => {
            let ids = store::delivered(work.tx, peer.id, status.upto, &status.also, work.now)?;
            tell_delivered(work, &ids)?;
        }
        Delivery::Failed => {
            let code = status.code.as_deref().unwrap_or("refused");
            for &n in &status.also {
                if store::fail(work.tx, peer.id, n, code, work.now)? && code == super::UNREADABLE {
                    chats::unreadable_there(work, peer, n)?;
                }
            }
            work.tell(Kind::Outbox, json!({"node_id": peer.node_id}));
        }
    }
    Ok(())
}

/// Acknowledgements of a session, written down.
pub async fn acknowledged(deps: &Deps, person: i64, acks: Vec<Ack>) -> Result<(), NodeError> {
    deps.write(move |w| {
        let Some(stream) = store::stream_of(w.tx, person)? else { return Ok(()) };
        for ack in acks.iter().filter(|ack| ack.stream == stream) {
            let ids = store::delivered(w.tx, person, ack.upto, &ack.also, w.now)?;
            tell_delivered(w, &ids)?;
        }
        Ok(people::seen(w.tx, person, w.now)?)
    })
    .await
}

fn tell_delivered(work: &Work<'_, '_>, ids: &[Hash]) -> Result<(), NodeError> {
    if ids.is_empty() {
        return Ok(());
    }
    work.tell(Kind::Outbox, json!({"ids": ids}));
    chats::delivered(work, ids)
}
