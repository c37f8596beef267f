//! The overlay as this node uses it: what of it is stored, what of it is acted on, what of one's own it carries, and
//! what the owner sees of it. Must not know: links, sessions, the machine.

pub mod heard;
pub mod http;
pub mod store;
pub mod tags;
#[cfg(test)]
mod tests;

use openred_core::{envelope::Envelope, overlay::Body, payload::Payload};

/// The body under which an own public thing travels: its envelope, and the hashtags of its text as topics.
pub fn body_of(envelope: &[u8]) -> Body {
    let topics = match Envelope::parse(envelope)
        .map(|one| Payload::parse(one.envelope().kind, &one.envelope().payload))
    {
        Ok(Ok(Payload::PostShare(said))) => tags::of(&said.text),
        Ok(Ok(Payload::Comment(said))) => tags::of(&said.text),
        _ => Vec::new(),
    };
    Body::Gossip { app: heard::APP.to_owned(), topics, bytes: envelope.to_vec() }
}
