//! What changed, told to the owner's open apps: the source of `GET /api/v1/events`. Bounded; who is slow
//! misses events and reloads. Knows no HTTP.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;

/// Events kept for a client that comes back with its last id.
const HISTORY: usize = 256;

/// What kind of thing changed; the SSE event name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A post came, changed or went.
    Post,
    /// A comment likewise; `post` names its post.
    Comment,
    /// Reactions of `id` changed.
    Reaction,
    /// A person's relation or profile changed.
    Person,
    /// A notification came.
    Notification,
    /// The node's state changed.
    Status,
    /// A delivery changed state.
    Outbox,
    /// The owner's profile changed.
    Profile,
    /// A contact asks the owner to confirm something, or asks no longer.
    Challenge,
    /// A file, an offer or a link changed; `have` and `size` tell how far a copy is.
    File,
    /// Something in the conversation `id` changed: a person's, who is `node_id` too, or a group's.
    Chat,
    /// The owner's circle `id` was made, changed or deleted.
    Circle,
}

impl Kind {
    /// The SSE event name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Comment => "comment",
            Self::Reaction => "reaction",
            Self::Person => "person",
            Self::Notification => "notification",
            Self::Status => "status",
            Self::Outbox => "outbox",
            Self::Profile => "profile",
            Self::Challenge => "challenge",
            Self::File => "file",
            Self::Chat => "chat",
            Self::Circle => "circle",
        }
    }
}

/// One event. Data is a small JSON object: `{id?, node_id?, post?, newest?}`.
#[derive(Debug, Clone)]
pub struct Event {
    /// Rises by one; the SSE id.
    pub id: u64,
    /// See [`Kind`].
    pub kind: Kind,
    /// JSON object.
    pub data: serde_json::Value,
}

/// The bus. Clones share it.
#[derive(Debug, Clone)]
pub struct Events(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: broadcast::Sender<Event>,
    history: Mutex<VecDeque<Event>>,
}

impl Default for Events {
    fn default() -> Self {
        let (live, _) = broadcast::channel(HISTORY);
        Self(Arc::new(Inner { live, history: Mutex::new(VecDeque::new()) }))
    }
}

impl Events {
    /// Tells everybody who listens.
    pub fn send(&self, kind: Kind, data: serde_json::Value) {
        let mut history = self.0.history.lock().unwrap_or_else(PoisonError::into_inner);
        let id = history.back().map_or(1, |e| e.id + 1);
        let event = Event { id, kind, data };
        if history.len() == HISTORY {
            history.pop_front();
        }
        history.push_back(event.clone());
        // Nobody listening is no error.
        let _ = self.0.live.send(event);
    }

    /// Tells everybody who listens now; who comes back later does not hear of it.
    pub fn pass(&self, kind: Kind, data: serde_json::Value) {
        let history = self.0.history.lock().unwrap_or_else(PoisonError::into_inner);
        let id = history.back().map_or(0, |e| e.id);
        let _ = self.0.live.send(Event { id, kind, data });
    }

    /// Listens from now on, together with what came after `last` as far as it is remembered.
    pub fn listen(&self, last: Option<u64>) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let history = self.0.history.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.0.live.subscribe();
        let missed =
            last.map_or_else(Vec::new, |last| history.iter().filter(|e| e.id > last).cloned().collect());
        (missed, live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_back_gets_what_it_missed() {
        let events = Events::default();
        events.send(Kind::Post, serde_json::json!({"id": "a"}));
        events.send(Kind::Post, serde_json::json!({"id": "b"}));
        let (missed, mut live) = events.listen(Some(1));
        assert_eq!(missed.len(), 1, "only what came after event 1");
        events.send(Kind::Status, serde_json::json!({}));
        assert_eq!(live.try_recv().unwrap().id, 3);
    }
}
