//! Files on the disk: encrypted chunk by chunk, in a folder beside the database. Blocking: callers bring a thread.
//!
//! Must not know: the database, people, HTTP, who may read what.

mod chunks;
mod folder;
mod reading;
mod writing;

pub use chunks::{CHUNK, Cipher, PIECE_MAX, SIZE_MAX, sealed_len};
pub use folder::Folder;
pub use reading::Reading;
pub use writing::{WriteError, Writing, seal_anew};
