//! What was said in groups, and who has it: see `store`.

pub mod store;
