//! What a peer could not take yet: a type that its version does not know is kept and tried again daily, until it is older
//! than stored mail is good for (PROTOCOL §2). A retry takes a new place in the stream: the old one is passed.

pub mod store;
#[cfg(test)]
mod tests;
