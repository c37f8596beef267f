//! Sessions over QUIC: the endpoint, and pieces on its streams (PROTOCOL §4).
//!
//! Must not know: what people may do; who a peer is before its first frame has opened.

pub mod endpoint;
pub mod link;
pub mod stream;

pub use endpoint::{ALPN, Endpoint, EndpointConfig, QuicError, Way, binding};
