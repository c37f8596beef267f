//! What is known of the way by mail (PROTOCOL §5): where others take theirs, how much of what waits for them lies there,
//! and to whom receipts are owed. Must not know: relays' protocol, boxes, keys.

pub mod store;
#[cfg(test)]
mod tests;
