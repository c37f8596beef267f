//! The two ends of an envelope: exactly `node_id`, `server_url`, `username` (PROTOCOL A.2).

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;

/// Longest `server_url` in bytes (A.1).
const URL_BYTES_MAX: usize = 255;

/// Longest `username` in bytes, which match `[a-z0-9_]{1,32}` (A.1).
const USERNAME_BYTES_MAX: usize = 32;

/// Who an envelope is from or for. Only `node_id` names somebody; the rest is what that person said about
/// itself when the envelope was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The identity, 64 hex digits.
    pub node_id: NodeId,
    /// Public API URL, `http://…` or `https://…`, or `""` for none.
    pub server_url: String,
    /// `[a-z0-9_]{1,32}`.
    pub username: String,
}

impl Party {
    /// The first field that breaks a rule, by name.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if !self.server_url.is_empty() && !is_url(&self.server_url) {
            return Some("server_url");
        }
        (!is_username(&self.username)).then_some("username")
    }
}

/// A URL as far as core looks at it: http or https, printable ASCII, bounded. Who dials it checks the rest.
pub(crate) fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty())
        && text.len() <= URL_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_username(text: &str) -> bool {
    (1..=USERNAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
