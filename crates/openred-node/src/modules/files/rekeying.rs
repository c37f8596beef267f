//! A file whose upload broke off goes on under another key.
//!
//! Chunks that were sealed and never answered may have been lost, and may come again with other bytes. Sealed under the same
//! key they would have the same nonce, and who saw the disk at both moments could compare the two. So what was answered is
//! sealed anew before anything follows it.

use super::{
    WHAT, disk, fresh_id, fresh_key, known, on_disk,
    store::{self, Stored},
};
use crate::{deps::Deps, error::NodeError};

/// Gives a file whose upload broke off its next key. Who calls writes this file alone, and has not opened its part.
///
/// The next key stands in the row before anything is sealed under it, and the part takes its name at once: whichever of the
/// two keys opens the part after a crash says how far this came.
pub(super) async fn again(deps: &Deps, file: Stored) -> Result<Stored, NodeError> {
    let (id, drawn) = (file.file_id, fresh_key()?);
    let file = deps
        .write(move |w| {
            let mut file = known(w, &id)?;
            if file.about.next_key.is_none() {
                file.about.next_key = Some(drawn.clone());
                store::set_about(w.tx, w.seal, file.id, &file.about)?;
            }
            Ok(file)
        })
        .await?;
    let next = file.about.next_key.clone().ok_or(NodeError::Unknown(WHAT))?;
    let (folder, about, spare) = (deps.files.folder().clone(), file.about, fresh_id()?);
    on_disk(move || {
        let keys = (about.key.as_bytes(), next.as_bytes());
        disk::seal_anew(&folder, (&id, &spare), keys, about.size).inspect_err(|_| folder.drop_part(&spare))
    })
    .await?;
    deps.write(move |w| {
        let mut file = known(w, &id)?;
        if let Some(next) = file.about.next_key.take() {
            file.about.key = next;
            file.about.open = false;
            store::set_about(w.tx, w.seal, file.id, &file.about)?;
        }
        Ok(file)
    })
    .await
}
