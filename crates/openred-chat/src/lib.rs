//! Private conversations (PROTOCOL §8, A.9): MLS, RFC 9420, over the rows of a transaction.
//!
//! OpenMLS stays inside: nothing of it stands in what is public here. A caller lends a [`Chat`] what one transaction has
//! ([`Lent`]) and makes its calls; each loads the group from the rows, does its work, writes the rows and drops the group.
//! So the ratchet, the message and the outbox row that sends it are written together, or not at all.
//!
//! What this crate must not know: SQL, networks, clocks (`now_s` is an argument), nodes, and what messages say. Private
//! halves of leaf keys are the keeper's: [`Lent::sign`] asks it.

mod applied;
mod chat;
mod commits;
mod crypto;
mod error;
mod groups;
mod head;
mod joining;
mod key_packages;
mod leaf;
mod ledger;
mod messages;
mod parts;
mod random;
mod rows;
mod rules;
mod settings;
mod snapshot;
mod storage;
mod suite;
#[cfg(test)]
mod vectors;

pub use applied::{Applied, Changed, Message, Snapshot};
pub use chat::{Chat, Lent, Sign};
pub use commits::{Changes, Commit};
pub use error::ChatError;
pub use groups::{Group, MEMBERS_MAX};
pub use head::{GroupHead, Head, Kind, MESSAGE_BYTES_MAX};
pub use joining::Joined;
pub use key_packages::{KEY_PACKAGE_BYTES_MAX, KEY_PACKAGES_MAX, KeyPackage, Offered};
pub use leaf::{LEAF_S_MAX, Leaf, LeafRefusal, LogKey, Logs};
pub use ledger::{PAST_EPOCH_S_MAX, PAST_EPOCHS_MAX};
pub use messages::CONTENT_BYTES_MAX;
pub use parts::{PART_S_MAX, split};
pub use random::Randomness;
pub use rows::{Cause, MemoryRows, Row, Rows};
pub use settings::{ADMINS_MAX, BadSettings, NAME_CHARS_MAX, SEQUENCERS_MAX, Settings};
pub use suite::{HYBRID_MEMBERS_MAX, Suite, UnknownSuite};
