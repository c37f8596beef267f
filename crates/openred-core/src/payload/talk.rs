//! What is said in a private conversation: the application data of its MLS messages (PROTOCOL A.9). It is never in an
//! envelope, and has the bounds of its siblings that are. Must not know groups.

use serde::{Deserialize, Serialize};

use super::{Bounded, FileOffer, PayloadError, bound};
use crate::ids::{B64, Id16, NodeId};
use crate::json::{JsonError, Limits, Value, canonical, parse};

/// Most bytes of one such JSON text: it fits into an envelope.
pub const TALK_BYTES_MAX: usize = 40_000;

/// Longest text in characters.
const TEXT_CHARS_MAX: usize = 8_000;
/// Longest reaction in bytes.
const REACTION_BYTES_MAX: usize = 16;
/// Longest time after which messages disappear, seconds: a year.
const TIMER_S_MAX: u64 = 366 * 86_400;
/// Most people named in one text.
pub const MENTIONS_MAX: usize = 32;
/// Longest recording, milliseconds: an hour.
const VOICE_MS_MAX: u64 = 3_600_000;
/// Most levels of a recording.
const LEVELS_MAX: usize = 64;

/// What sort of thing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TalkKind {
    /// `text`, perhaps in answer to `reply_to`.
    Text,
    /// `text` is a reaction of at most 16 bytes to `target`; empty withdraws it.
    Reaction,
    /// `text` takes the place of that of `target`.
    Edit,
    /// `target` is withdrawn.
    Delete,
    /// `file`, with or without `text`.
    File,
    /// `text` on the wall of the group.
    Post,
    /// `text` under the post `target`.
    Comment,
    /// Messages disappear after `seconds`; 0: they stay.
    Timer,
    /// Somebody is writing.
    Typing,
    /// Everything up to `target` was read.
    Read,
    /// The sender is on another branch of the group: exchange commits.
    Fork,
    /// `item` for the wall of a circle: an envelope that its sender signed.
    Wall,
    /// The sender takes messages of the recipient, who is no friend, from now on.
    Accept,
}

/// Somebody who is named in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Where the name begins in the text, in characters (Unicode scalar values).
    pub at: u64,
    /// How long it is, in characters, at least 1.
    pub len: u64,
    /// Who.
    pub who: NodeId,
}

/// What is said of a recording, so that it can be shown before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// How long it is, milliseconds, at most an hour.
    pub ms: u64,
    /// How loud it is from its beginning to its end, 0 to 255 each, at most 64.
    pub levels: B64,
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Its name in the conversation, 16 random bytes; the same when it is sent again.
    pub id: Id16,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: TalkKind,
    /// What it answers.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Id16>,
    /// What it is about.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub target: Option<Id16>,
    /// At most 8,000 characters.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A file that lies on the sender's node.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub file: Option<FileOffer>,
    /// Seconds of a timer; of what is said under one, how long it stays.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Who is named in the text, in its order, at most 32.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<Mention>>,
    /// The file is a recording of somebody who speaks.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub voice: Option<Voice>,
    /// Canonical envelope of a `post_share`, `comment` or `post_reaction`.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub item: Option<B64>,
    /// When it was written, unix ms: in a group later than what its author wrote there before. The same when it is sent again.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

/// Fields besides `id` and `type`.
const REPLY_TO: u16 = 1;
const TARGET: u16 = 2;
const TEXT: u16 = 4;
const FILE: u16 = 8;
const SECONDS: u16 = 16;
const MENTIONS: u16 = 32;
const VOICE: u16 = 64;
const ITEM: u16 = 128;
const AT: u16 = 256;

impl TalkKind {
    /// Fields that must be there, and those that may be.
    const fn fields(self) -> (u16, u16) {
        match self {
            Self::Text | Self::Post => (TEXT, REPLY_TO | FILE | SECONDS | MENTIONS | VOICE | AT),
            Self::Edit => (TARGET | TEXT, MENTIONS),
            Self::Reaction => (TARGET | TEXT, 0),
            Self::Delete | Self::Read => (TARGET, 0),
            Self::File => (FILE, TEXT | REPLY_TO | SECONDS | VOICE | AT),
            Self::Comment => (TARGET | TEXT, REPLY_TO | SECONDS | MENTIONS),
            Self::Timer => (SECONDS, 0),
            Self::Typing | Self::Fork | Self::Accept => (0, 0),
            Self::Wall => (ITEM, 0),
        }
    }
}

impl Talk {
    /// One with nothing but its name and sort.
    #[must_use]
    pub const fn new(id: Id16, kind: TalkKind) -> Self {
        Self {
            id,
            kind,
            reply_to: None,
            target: None,
            text: None,
            file: None,
            seconds: None,
            mentions: None,
            voice: None,
            item: None,
            at: None,
        }
    }

    /// Reads it. Names that are not known are ignored; a sort that is not known is refused.
    ///
    /// # Errors
    /// [`PayloadError`] names the field: show that something came which this version cannot show.
    pub fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let value = parse(bytes, Limits::bytes(TALK_BYTES_MAX)).map_err(|error| match error {
            JsonError::TooLarge => PayloadError::TooLong("message"),
            other => PayloadError::Shape(other.to_string()),
        })?;
        super::read(&value)
    }

    /// Its JSON text.
    ///
    /// # Errors
    /// [`PayloadError`] for what [`Talk::parse`] would refuse.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PayloadError> {
        let value: Value = super::write(self)?;
        let bytes = canonical(&value);
        bound::bytes("message", &bytes, TALK_BYTES_MAX)?;
        Ok(bytes)
    }

    fn there(&self) -> u16 {
        let bit = |there: bool, bit: u16| if there { bit } else { 0 };
        bit(self.reply_to.is_some(), REPLY_TO)
            | bit(self.target.is_some(), TARGET)
            | bit(self.text.is_some(), TEXT)
            | bit(self.file.is_some(), FILE)
            | bit(self.seconds.is_some(), SECONDS)
            | bit(self.mentions.is_some(), MENTIONS)
            | bit(self.voice.is_some(), VOICE)
            | bit(self.item.is_some(), ITEM)
            | bit(self.at.is_some(), AT)
    }
}

impl Bounded for Talk {
    fn check(&self) -> Result<(), PayloadError> {
        let ((must, may), there) = (self.kind.fields(), self.there());
        if there & must != must || there & !(must | may) != 0 {
            return Err(PayloadError::Conflict("fields that this type of message does not have"));
        }
        if self.voice.is_some() && self.file.is_none() {
            return Err(PayloadError::Conflict("a recording without its file"));
        }
        self.voice.as_ref().map_or(Ok(()), Bounded::check)?;
        let (text, mentions) = (self.text.as_deref(), self.mentions.as_deref());
        mentions_check(text.unwrap_or_default(), mentions.unwrap_or_default())?;
        if let Some(text) = &self.text {
            bound::text("text", text, TEXT_CHARS_MAX)?;
            if self.kind == TalkKind::Reaction {
                bound::bytes("text", text.as_bytes(), REACTION_BYTES_MAX)?;
            }
        }
        self.file.as_ref().map_or(Ok(()), Bounded::check)?;
        self.seconds.map_or(Ok(()), |seconds| bound::range("seconds", seconds, 0, TIMER_S_MAX))
    }
}

impl Bounded for Voice {
    fn check(&self) -> Result<(), PayloadError> {
        bound::range("ms", self.ms, 1, VOICE_MS_MAX)?;
        bound::bytes("levels", &self.levels.0, LEVELS_MAX)
    }
}

/// Names stand in the text, in its order, and none in another.
fn mentions_check(text: &str, mentions: &[Mention]) -> Result<(), PayloadError> {
    bound::list("mentions", mentions, MENTIONS_MAX)?;
    let (chars, mut end) = (text.chars().count() as u64, 0);
    for one in mentions {
        bound::range("mentions", one.at, end, chars)?;
        bound::range("mentions", one.len, 1, chars - one.at)?;
        end = one.at + one.len;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AQEBAQEBAQEBAQEBAQEBAQ";

    fn parsed(rest: &str) -> Result<Talk, PayloadError> {
        Talk::parse(format!(r#"{{"id":"{ID}",{rest}}}"#).as_bytes())
    }

    #[test]
    fn each_type_has_its_fields_and_no_other() {
        let good = [
            r#""type":"text","text":"hello""#.to_owned(),
            format!(r#""type":"text","text":"hello","reply_to":"{ID}""#),
            r#""type":"text","text":"hello","seconds":3600"#.to_owned(),
            r#""type":"text","text":"hello","at":1790000000123"#.to_owned(),
            format!(r#""type":"reaction","target":"{ID}","text":"👍""#),
            format!(r#""type":"reaction","target":"{ID}","text":"""#),
            format!(r#""type":"edit","target":"{ID}","text":"hello""#),
            format!(r#""type":"delete","target":"{ID}""#),
            r#""type":"post","text":"hello""#.to_owned(),
            format!(r#""type":"comment","target":"{ID}","text":"hello""#),
            r#""type":"timer","seconds":0"#.to_owned(),
            r#""type":"typing""#.to_owned(),
            format!(r#""type":"read","target":"{ID}""#),
            r#""type":"fork""#.to_owned(),
            r#""type":"wall","item":"e30""#.to_owned(),
        ];
        for text in &good {
            let talk = parsed(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(Talk::parse(&talk.to_bytes().unwrap()), Ok(talk), "{text}");
        }
        for text in [
            r#""type":"text""#,
            r#""type":"text","text":null"#,
            r#""type":"edit","text":"hello","seconds":1"#,
            r#""type":"delete""#,
            r#""type":"fork","at":1"#,
            r#""type":"text","text":"hello","at":-1"#,
            r#""type":"typing","text":"hello""#,
            r#""type":"wall""#,
            r#""type":"wall","item":"e30","text":"hello""#,
            r#""type":"text","text":"hello","item":"e30""#,
            r#""type":"timer","seconds":31622401"#,
            r#""type":"file","text":"no file""#,
            r#""type":"song","text":"la""#,
            r#""text":"no type""#,
        ] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn texts_and_messages_have_bounds() {
        let text =
            |len: usize| Talk { text: Some("é".repeat(len)), ..Talk::new(Id16([1; 16]), TalkKind::Text) };
        assert!(text(TEXT_CHARS_MAX).to_bytes().is_ok());
        assert_eq!(text(TEXT_CHARS_MAX + 1).to_bytes(), Err(PayloadError::TooLong("text")));
        let long = format!(r#""type":"typing","unknown":"{}""#, "x".repeat(TALK_BYTES_MAX));
        assert_eq!(parsed(&long), Err(PayloadError::TooLong("message")));
        assert!(parsed(r#""type":"typing","unknown":{"deep":[1]}"#).is_ok(), "what is not known is ignored");
        let reaction = format!(r#""type":"reaction","target":"{ID}","text":"{}""#, "👍".repeat(5));
        assert_eq!(parsed(&reaction), Err(PayloadError::TooLong("text")));
    }

    #[test]
    fn names_stand_in_the_text_in_its_order() {
        let who = "01".repeat(32);
        let named = |places: &[(u64, u64)]| {
            let one = |(at, len): &(u64, u64)| format!(r#"{{"at":{at},"len":{len},"who":"{who}"}}"#);
            let all: Vec<_> = places.iter().map(one).collect();
            parsed(&format!(r#""type":"text","text":"héllo @Bén, @Ana","mentions":[{}]"#, all.join(",")))
        };
        for good in [&[(6, 4)][..], &[(6, 4), (12, 4)], &[(0, 6), (6, 10)], &[]] {
            let talk = named(good).unwrap_or_else(|error| panic!("{good:?}: {error}"));
            assert_eq!(talk.mentions.as_ref().unwrap().len(), good.len());
            assert_eq!(Talk::parse(&talk.to_bytes().unwrap()), Ok(talk));
        }
        for bad in [
            &[(12, 4), (6, 4)][..],
            &[(6, 4), (9, 1)],
            &[(6, 0)],
            &[(6, 11)],
            &[(16, 1)],
            &[(0, u64::MAX >> 11)],
        ] {
            assert_eq!(named(bad), Err(PayloadError::Form("mentions")), "{bad:?}");
        }
        let many: Vec<_> = (0..33).map(|at| (at % 16, 1)).collect();
        assert_eq!(named(&many), Err(PayloadError::TooMany("mentions")));
        assert!(parsed(&format!(r#""type":"read","target":"{ID}","mentions":[]"#)).is_err());
    }

    #[test]
    fn a_recording_has_a_file_a_length_and_few_levels() {
        let (zeros, key) = ("00".repeat(32), "A".repeat(43));
        let file = format!(
            r#""file":{{"file_id":"{ID}","name":"a.webm","size":1,"media_type":"audio/webm","hash":"{zeros}","key":"{key}"}}"#
        );
        let voice = |ms: u64, levels: usize| {
            let levels = B64(vec![7; levels]);
            parsed(&format!(r#""type":"file",{file},"voice":{{"ms":{ms},"levels":"{levels}"}}"#))
        };
        let talk = voice(3_600_000, 64).unwrap();
        assert_eq!(talk.voice.as_ref().map(|voice| voice.ms), Some(3_600_000));
        assert_eq!(Talk::parse(&talk.to_bytes().unwrap()), Ok(talk));
        assert!(voice(1, 0).is_ok() && voice(0, 0).is_err() && voice(3_600_001, 0).is_err());
        assert_eq!(voice(1, 65), Err(PayloadError::TooLong("levels")));
        assert!(parsed(r#""type":"text","text":"la","voice":{"ms":1,"levels":""}"#).is_err(), "no file");
    }

    #[test]
    fn a_file_is_offered_as_in_an_envelope() {
        let zeros = "00".repeat(32);
        let key = "A".repeat(43);
        let file = format!(
            r#""type":"file","file":{{"file_id":"{ID}","name":"a.txt","size":1,"media_type":"text/plain","hash":"{zeros}","key":"{key}"}}"#
        );
        assert_eq!(parsed(&file).unwrap().file.unwrap().name, "a.txt");
        assert!(parsed(&file.replace("a.txt", "../a.txt")).is_err());
        let described = |alt: &str| file.replace(r#""size":1"#, &format!(r#""size":1,"alt":"{alt}""#));
        assert!(parsed(&described("a letter")).is_ok() && parsed(&described(&"x".repeat(1_501))).is_err());
    }
}
