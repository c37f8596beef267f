//! What discover is asked and answers, without HTTP: searches, pages, cursors.
//!
//! Must not know: SQL, HTTP.

use openred_core::ids::{Hash, NodeId};

/// What to look for.
#[derive(Clone, Debug)]
pub(crate) enum Search {
    /// One id; every registered node answers to its id.
    Id(NodeId),
    /// An exact user name.
    Name(String),
    /// Beginnings of words, longest first, one at least.
    Text(Vec<String>),
    /// Who was seen last.
    Recent,
}

/// Where the next page begins. Text: `HOUR.NODE_ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// `last_seen` of the last node of the page before, unix seconds.
    pub(crate) hour: u64,
    /// Its id.
    pub(crate) node_id: NodeId,
}

/// One registered node as others may see it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// Its id.
    pub(crate) node_id: NodeId,
    /// User name, if shown.
    pub(crate) username: Option<String>,
    /// Display name, if shown.
    pub(crate) display_name: Option<String>,
    /// API URL, if it has one.
    pub(crate) api_url: Option<String>,
    /// Unix seconds, cut to the hour.
    pub(crate) last_seen: u64,
    /// Hash of its descriptor.
    pub(crate) desc_hash: Hash,
}

impl Cursor {
    /// The cursor behind `last`.
    pub(crate) fn behind(last: &Listed) -> Self {
        Self { hour: last.last_seen, node_id: last.node_id }
    }

    /// Reads the text form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (hour, node_id) = text.split_once('.')?;
        Some(Self { hour: hour.parse().ok()?, node_id: node_id.parse().ok()? })
    }

    /// The text form.
    pub(crate) fn to_text(self) -> String {
        format!("{}.{}", self.hour, self.node_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_their_text() {
        let cursor = Cursor { hour: 7_200, node_id: NodeId([3; 32]) };
        assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        for bad in ["", ".", "7200", "7200.", "-1.00", "x.y"] {
            assert_eq!(Cursor::parse(bad), None, "{bad:?}");
        }
    }
}
