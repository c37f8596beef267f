//! An envelope that comes by a request of its own (`/p2p/message/send`) and not in a stream: the same rules, once.

use openred_core::{envelope::Verified, ids::Id8};

use super::{act, store::Place};
use crate::{deps::Deps, error::NodeError, modules::contacts::store as people};

/// Stands for "in no stream"; n from 1 as everywhere.
const NO_STREAM: Id8 = Id8([0; 8]);

/// Acts on an envelope of a person (`connections.id`) unless it was acted on before. Resolves after the rows are on disk.
///
/// # Errors
/// [`NodeError::ItemRefused`] with the code for the sender; nothing of it was done then.
pub async fn take_alone(
    deps: &Deps,
    person: i64,
    request_lane: bool,
    item: Verified,
) -> Result<(), NodeError> {
    deps.write(move |w| {
        let peer = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
        let at = Place { person, stream: NO_STREAM, n: 1 };
        match act::once(w, &peer, request_lane, &at, &item)? {
            Some(code) => Err(NodeError::ItemRefused { n: at.n, code }),
            None => Ok(()),
        }
    })
    .await
}
