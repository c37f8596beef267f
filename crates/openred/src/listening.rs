//! What changes on the node, as it tells its owner's apps (server-sent events, HTML living standard).
//!
//! Must not know: what is listened for.

use serde_json::Value;

/// Bytes of one event, at most: they are a few hundred.
const EVENT_MAX: usize = 64 << 10;

/// Something changed.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// Its kind, such as `chat`.
    pub(crate) kind: String,
    /// What it is about.
    pub(crate) data: Value,
}

/// Puts events together of bytes as they come.
#[derive(Debug, Default)]
pub(crate) struct Events {
    held: Vec<u8>,
}

impl Events {
    /// Takes bytes that came; returns the events that are whole now. What is longer than events are is dropped.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.extend_from_slice(bytes);
        let mut whole = Vec::new();
        while let Some(end) = self.held.windows(2).position(|pair| pair == b"\n\n") {
            let lines: Vec<u8> = self.held.drain(..end + 2).collect();
            whole.extend(event(&String::from_utf8_lossy(&lines)));
        }
        if self.held.len() > EVENT_MAX {
            self.held.clear();
        }
        whole
    }
}

/// One event; none for a line that keeps the connection.
fn event(lines: &str) -> Option<Event> {
    let field = |name: &str| {
        lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim_start))
    };
    Some(Event { kind: field("event")?.to_owned(), data: serde_json::from_str(field("data")?).ok()? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_come_in_any_pieces() {
        let bytes =
            b": ping\n\nid: 7\nevent: chat\ndata: {\"id\":\"a\"}\n\nid: 8\nevent: post\ndata: {}\n\nid: 9\n";
        let expected = [("chat", json!({"id": "a"})), ("post", json!({}))];
        for size in 1..bytes.len() {
            let mut events = Events::default();
            let all: Vec<Event> = bytes.chunks(size).flat_map(|piece| events.take(piece)).collect();
            let all: Vec<_> = all.into_iter().map(|event| (event.kind, event.data)).collect();
            assert!(
                all.iter().map(|(kind, data)| (kind.as_str(), data.clone())).eq(expected.clone()),
                "{size}"
            );
        }
    }
}
