//! Payloads of signed messages and their bounds (PROTOCOL Annex A.8). Must not know what applications mean by them.

use super::{CUSTOM_MAX, Invalid, Kind, STATEMENTS_MAX, TOPIC_MAX, TOPICS_MAX, text};
use crate::codec::{Reader, Writer};
use crate::descriptor::{MAX_BYTES, is_name};
use crate::ids::NodeId;

/// Most thousandths of a recommendation: 1.0.
const THOUSAND: u64 = 1000;

/// The payload of a signed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// PEER_ANNOUNCEMENT: a signed descriptor, verbatim and not yet verified, ≤ 16 KiB.
    PeerAnnouncement(Vec<u8>),
    /// GOSSIP_MESSAGE.
    Gossip {
        /// `[a-z0-9_]{1,32}`; `orf`: `bytes` is the text of an envelope.
        app: String,
        /// At most 8, each 1…64 bytes without ASCII capitals, spaces and control characters.
        topics: Vec<String>,
        /// Of the application.
        bytes: Vec<u8>,
    },
    /// CUSTOM_DATA.
    Custom {
        /// `[a-z0-9_]{1,32}`.
        app: String,
        /// At most 16 KiB.
        bytes: Vec<u8>,
    },
    /// TRUST_UPDATE: at most 256 nodes in ascending order, each with 0…1000 thousandths.
    TrustUpdate(Vec<(NodeId, u16)>),
}

/// A payload that was not copied.
#[derive(Clone, Debug)]
pub enum BodyView<'a> {
    /// As in [`Body`].
    PeerAnnouncement(&'a [u8]),
    /// As in [`Body`].
    Gossip {
        /// As in [`Body`].
        app: &'a str,
        /// As in [`Body`].
        topics: Topics<'a>,
        /// As in [`Body`].
        bytes: &'a [u8],
    },
    /// As in [`Body`].
    Custom {
        /// As in [`Body`].
        app: &'a str,
        /// As in [`Body`].
        bytes: &'a [u8],
    },
    /// As in [`Body`].
    TrustUpdate(Statements<'a>),
}

/// The topics of a message, in their order on the wire.
#[derive(Clone, Debug)]
pub struct Topics<'a> {
    rest: Reader<'a>,
    left: usize,
}

impl<'a> Iterator for Topics<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        self.rest.str().ok()
    }
}

/// The statements of a TRUST_UPDATE.
#[derive(Clone, Debug)]
pub struct Statements<'a> {
    rest: Reader<'a>,
    left: usize,
}

impl Iterator for Statements<'_> {
    type Item = (NodeId, u16);

    fn next(&mut self) -> Option<(NodeId, u16)> {
        self.left = self.left.checked_sub(1)?;
        statement(&mut self.rest).ok()
    }
}

impl Body {
    /// The type of a message with this payload.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::PeerAnnouncement(_) => Kind::PeerAnnouncement,
            Self::Gossip { .. } => Kind::GossipMessage,
            Self::Custom { .. } => Kind::CustomData,
            Self::TrustUpdate(_) => Kind::TrustUpdate,
        }
    }

    /// Writes the payload, statements in the order of their nodes.
    pub(super) fn write(&self, w: &mut Writer) {
        match self {
            Self::PeerAnnouncement(descriptor) => {
                w.array(1).bin(descriptor);
            }
            Self::Gossip { app, topics, bytes } => {
                w.array(3).str(app).array(topics.len());
                for topic in topics {
                    w.str(topic);
                }
                w.bin(bytes);
            }
            Self::Custom { app, bytes } => {
                w.array(2).str(app).bin(bytes);
            }
            Self::TrustUpdate(statements) => {
                let mut ordered = statements.clone();
                ordered.sort_unstable();
                w.array(ordered.len());
                for (node, value) in ordered {
                    w.array(2).bin(&node.0).uint(value.into());
                }
            }
        }
    }
}

impl BodyView<'_> {
    /// A copy.
    #[must_use]
    pub fn to_body(self) -> Body {
        match self {
            Self::PeerAnnouncement(descriptor) => Body::PeerAnnouncement(descriptor.to_vec()),
            Self::Gossip { app, topics, bytes } => Body::Gossip {
                app: app.to_owned(),
                topics: topics.map(str::to_owned).collect(),
                bytes: bytes.to_vec(),
            },
            Self::Custom { app, bytes } => Body::Custom { app: app.to_owned(), bytes: bytes.to_vec() },
            Self::TrustUpdate(statements) => Body::TrustUpdate(statements.collect()),
        }
    }
}

/// Reads a payload whole, so that nothing in it can fail later.
pub(super) fn view(kind: Kind, payload: &[u8]) -> Result<BodyView<'_>, Invalid> {
    let mut r = Reader::new(payload);
    let view = match kind {
        Kind::PeerAnnouncement => announcement(&mut r)?,
        Kind::GossipMessage => gossip(&mut r)?,
        Kind::CustomData => custom(&mut r)?,
        Kind::TrustUpdate => trust_update(&mut r)?,
        _ => return Err(Invalid("signed link type")),
    };
    r.end()?;
    Ok(view)
}

fn announcement<'a>(r: &mut Reader<'a>) -> Result<BodyView<'a>, Invalid> {
    r.array_of(1)?;
    let descriptor = r.bin()?;
    if descriptor.len() > MAX_BYTES {
        return Err(Invalid("descriptor too large"));
    }
    Ok(BodyView::PeerAnnouncement(descriptor))
}

fn gossip<'a>(r: &mut Reader<'a>) -> Result<BodyView<'a>, Invalid> {
    r.array_of(3)?;
    let app = app(r)?;
    let left = r.array()?;
    if left > TOPICS_MAX {
        return Err(Invalid("too many topics"));
    }
    let topics = Topics { rest: r.clone(), left };
    for _ in 0..left {
        if !is_topic(text(r, TOPIC_MAX)?) {
            return Err(Invalid("topic"));
        }
    }
    Ok(BodyView::Gossip { app, topics, bytes: r.bin()? })
}

fn custom<'a>(r: &mut Reader<'a>) -> Result<BodyView<'a>, Invalid> {
    r.array_of(2)?;
    let (app, bytes) = (app(r)?, r.bin()?);
    if bytes.len() > CUSTOM_MAX {
        return Err(Invalid("custom data too large"));
    }
    Ok(BodyView::Custom { app, bytes })
}

fn trust_update<'a>(r: &mut Reader<'a>) -> Result<BodyView<'a>, Invalid> {
    let left = r.array()?;
    if left > STATEMENTS_MAX {
        return Err(Invalid("too many statements"));
    }
    let statements = Statements { rest: r.clone(), left };
    let mut last = None;
    for _ in 0..left {
        let (node, _) = statement(r)?;
        if last.is_some_and(|last| last >= node) {
            return Err(Invalid("statements out of order"));
        }
        last = Some(node);
    }
    Ok(BodyView::TrustUpdate(statements))
}

fn statement(r: &mut Reader<'_>) -> Result<(NodeId, u16), Invalid> {
    r.array_of(2)?;
    let node = NodeId(r.bin_of()?);
    match r.uint()? {
        value @ 0..=THOUSAND => Ok((node, value as u16)),
        _ => Err(Invalid("thousandths")),
    }
}

fn app<'a>(r: &mut Reader<'a>) -> Result<&'a str, Invalid> {
    let app = r.str()?;
    if is_name(app) { Ok(app) } else { Err(Invalid("app")) }
}

fn is_topic(topic: &str) -> bool {
    let allowed = |byte: u8| !byte.is_ascii_uppercase() && !byte.is_ascii_control() && byte != b' ';
    !topic.is_empty() && topic.bytes().all(allowed)
}
