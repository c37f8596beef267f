//! What all members of a conversation have agreed on: its name and who may change it. Lies in the group context, so that
//! every epoch proves it. Must not know OpenMLS's groups.

use openred_core::codec::{CodecError, Reader, Writer};
use openred_core::ids::{Id16, NodeId};

/// Longest name of a conversation in characters.
pub const NAME_CHARS_MAX: usize = 120;
/// Most administrators: their ids stand in every welcome.
pub const ADMINS_MAX: usize = 32;

/// Most sequencers: a fourth would be asked when three are away.
pub const SEQUENCERS_MAX: usize = 3;

/// Of a pair, which has no sequencers; of a group; of a circle, which is written like a group.
const PAIR: u64 = 1;
const GROUP: u64 = 2;
const CIRCLE: u64 = 3;

/// Name and roles of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its name, one line of at most 120 characters; empty for a pair.
    pub name: String,
    /// Who may add and remove others and change the settings; nobody named: every member may. One who is alone on the
    /// list is let in again, with a new key, by every member. In order, each once, at most 32. An administrator who is to leave is taken off this list first.
    pub admins: Vec<NodeId>,
    /// The group that this one continues, when it had to be made anew.
    pub continues: Option<Id16>,
    /// Whose nodes put commits in order, the first to be asked first; at most three, each once. None: a pair.
    pub sequencers: Vec<NodeId>,
    /// It is no conversation, but those for whom some posts of its one administrator are. It has no name, and stays what it is.
    pub circle: bool,
}

/// Settings that break a bound, or bytes that are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings of a conversation: {0}")]
pub struct BadSettings(&'static str);

impl From<CodecError> for BadSettings {
    fn from(_: CodecError) -> Self {
        Self("not in their form")
    }
}

impl Settings {
    /// Whether this person may add and remove others and change the settings.
    #[must_use]
    pub fn may_change(&self, node_id: &NodeId) -> bool {
        self.admins.is_empty() || self.admins.contains(node_id)
    }

    /// `[1, name, [node_id…], continues|nil]`, with sequencers `[2, name, [node_id…], continues|nil, [node_id…]]`, of a
    /// circle with 3 in place of 2.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, BadSettings> {
        self.check()?;
        let mut writer = Writer::new();
        let more = usize::from(!self.sequencers.is_empty());
        let version = match (self.circle, more) {
            (true, _) => CIRCLE,
            (false, 0) => PAIR,
            (false, _) => GROUP,
        };
        writer.array(4 + more).uint(version).str(&self.name);
        list(&mut writer, &self.admins);
        writer.bin_or_nil(self.continues.as_ref().map(|id| id.0.as_slice()));
        if more == 1 {
            list(&mut writer, &self.sequencers);
        }
        Ok(writer.into_vec())
    }

    /// Reads what [`Settings::to_bytes`] wrote, and nothing else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, BadSettings> {
        let mut reader = Reader::new(bytes);
        let more = reader.array_max(5)?.wrapping_sub(4);
        let circle = match (more, reader.uint()?) {
            (0, PAIR) | (1, GROUP) => false,
            (1, CIRCLE) => true,
            _ => return Err(BadSettings("of another version")),
        };
        let name = reader.str()?.to_owned();
        let admins = ids(&mut reader, ADMINS_MAX)?;
        let continues = reader.nil_or(|r| r.bin_of().map(Id16))?;
        let sequencers = if more == 1 { ids(&mut reader, SEQUENCERS_MAX)? } else { Vec::new() };
        reader.end()?;
        if more == 1 && sequencers.is_empty() {
            return Err(BadSettings("of another version"));
        }
        let settings = Self { name, admins, continues, sequencers, circle };
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), BadSettings> {
        if self.name.chars().count() > NAME_CHARS_MAX || self.name.chars().any(char::is_control) {
            return Err(BadSettings("a name is one line of at most 120 characters"));
        }
        if self.admins.len() > ADMINS_MAX || !self.admins.is_sorted_by(|a, b| a < b) {
            return Err(BadSettings("administrators stand in order, each once, at most 32"));
        }
        let listed = &self.sequencers;
        let twice = listed.iter().enumerate().any(|(at, one)| listed[..at].contains(one));
        if listed.len() > SEQUENCERS_MAX || twice {
            return Err(BadSettings("sequencers stand each once, at most 3"));
        }
        if self.circle && (!self.name.is_empty() || self.admins.len() != 1 || listed.is_empty()) {
            return Err(BadSettings("a circle has one administrator, sequencers, and no name"));
        }
        Ok(())
    }
}

fn list(writer: &mut Writer, ids: &[NodeId]) {
    writer.array(ids.len());
    for id in ids {
        writer.bin(&id.0);
    }
}

fn ids(reader: &mut Reader<'_>, max: usize) -> Result<Vec<NodeId>, CodecError> {
    let count = reader.array_max(max)?;
    (0..count).map(|_| reader.bin_of().map(NodeId)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_back_and_have_one_form() {
        let settings = Settings {
            name: "Fête de Ben".to_owned(),
            admins: vec![NodeId([1; 32]), NodeId([2; 32])],
            continues: Some(Id16([3; 16])),
            sequencers: vec![NodeId([2; 32]), NodeId([1; 32])],
            circle: false,
        };
        let bytes = settings.to_bytes().unwrap();
        let (name, admins) = (String::new(), vec![NodeId([1; 32])]);
        let circle = Settings { name, admins, circle: true, ..settings.clone() };
        assert_eq!(Settings::from_bytes(&circle.to_bytes().unwrap()), Ok(circle));
        assert_eq!(Settings::from_bytes(&bytes), Ok(settings.clone()));
        assert_eq!(Settings::from_bytes(&Settings::default().to_bytes().unwrap()), Ok(Settings::default()));
        for len in 0..bytes.len() {
            assert!(Settings::from_bytes(&bytes[..len]).is_err(), "cut after {len} bytes");
        }
        assert!(Settings::from_bytes(&[bytes, vec![0]].concat()).is_err(), "bytes behind it");
    }

    #[test]
    fn settings_have_bounds() {
        let long = Settings { name: "é".repeat(NAME_CHARS_MAX + 1), ..Settings::default() };
        let lines = Settings { name: "a\nb".to_owned(), ..Settings::default() };
        let twice = Settings { admins: vec![NodeId([1; 32]); 2], ..Settings::default() };
        let many = Settings {
            admins: (0..=ADMINS_MAX).map(|i| NodeId([i as u8; 32])).collect(),
            ..Settings::default()
        };
        let one = Settings {
            admins: vec![NodeId([1; 32])],
            sequencers: vec![NodeId([1; 32])],
            circle: true,
            ..Settings::default()
        };
        assert!(one.to_bytes().is_ok());
        let named = Settings { name: "Family".to_owned(), ..one.clone() };
        let nobodys = Settings { admins: Vec::new(), ..one.clone() };
        let without_order = Settings { sequencers: Vec::new(), ..one };
        for bad in [long, lines, twice, many, named, nobodys, without_order] {
            assert!(bad.to_bytes().is_err(), "{bad:?}");
        }
    }
}
