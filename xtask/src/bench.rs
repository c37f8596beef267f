//! The parts of the benches: a stage of release builds, what is measured on it, and the table; and the comparisons of
//! overlays, and of relays with stores of messages.

pub(crate) mod baseline;
pub(crate) mod cold;
pub(crate) mod crowd;
pub(crate) mod directory;
pub(crate) mod feed;
pub(crate) mod harness;
pub(crate) mod meeting;
pub(crate) mod overlay;
pub(crate) mod posting;
pub(crate) mod private;
pub(crate) mod relay;
pub(crate) mod stage;
pub(crate) mod table;
pub(crate) mod wire;
