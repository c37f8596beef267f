//! What envelopes carry, one struct per type, with every bound of PROTOCOL A.2 checked.
//!
//! A payload is read from the JSON of an envelope and never written back over it: names that are not known
//! here stay in the envelope and are ignored. Lengths of text are counted in characters unless bytes are named.
//! What this module must not know: signatures, and whether the one who speaks may.

mod activity;
mod bound;
mod content;
mod error;
mod exchange;
mod file;
mod message;
mod people;
mod posts;
mod routes;
mod secret;
mod talk;

pub use activity::{ActivityUpdate, Link, Profile};
pub use content::{Content, Media};
pub use error::PayloadError;
pub use exchange::{AccessRequest, ContentSync, Delivery, MessageStatus, SYNC_BYTES_MAX};
pub use file::FileOffer;
pub use message::{DirectMessage, MLS_BYTES_MAX, MlsPart, Order};
pub use people::{
    Answer, ConnectionResponse, DescriptorUpdate, FriendRequest, Heartbeat, NodeDiscovery, Relationship,
};
pub use posts::{Comment, PARENTS_MAX, PostReaction, PostShare, TEXT_CHARS_MAX, Visibility};
pub use routes::{RelayRoute, Routes};
pub use secret::Secret32;
pub use talk::{MENTIONS_MAX, Mention, TALK_BYTES_MAX, Talk, TalkKind, Voice};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::envelope::MessageType;
use crate::json::Value;

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The payload of an envelope by its type.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Payload {
            $($(#[$doc])* $name($name),)*
        }

        impl Payload {
            /// Reads the payload of an envelope of this type. Unknown names are ignored, `null` is not absence.
            pub fn parse(kind: MessageType, value: &Value) -> Result<Self, PayloadError> {
                match kind {
                    $(MessageType::$name => read(value).map(Self::$name),)*
                }
            }

            /// The type that an envelope with this payload has.
            pub const fn kind(&self) -> MessageType {
                match self {
                    $(Self::$name(_) => MessageType::$name,)*
                }
            }

            /// The JSON of this payload, refused when a bound is broken.
            pub fn to_value(&self) -> Result<Value, PayloadError> {
                match self {
                    $(Self::$name(payload) => write(payload),)*
                }
            }
        }

        $(impl From<$name> for Payload {
            fn from(payload: $name) -> Self {
                Self::$name(payload)
            }
        })*
    };
}

payloads! {
    /// `friend_request`
    FriendRequest,
    /// `connection_response`
    ConnectionResponse,
    /// `post_share`
    PostShare,
    /// `post_reaction`
    PostReaction,
    /// `comment`
    Comment,
    /// `direct_message`
    DirectMessage,
    /// `message_status`
    MessageStatus,
    /// `activity_update`
    ActivityUpdate,
    /// `content_sync`
    ContentSync,
    /// `node_discovery`
    NodeDiscovery,
    /// `heartbeat`
    Heartbeat,
    /// `access_request`
    AccessRequest,
    /// `file_offer`
    FileOffer,
    /// `descriptor_update`
    DescriptorUpdate,
}

/// What a type promises beyond its shape.
trait Bounded {
    fn check(&self) -> Result<(), PayloadError>;
}

fn read<T: DeserializeOwned + Bounded>(value: &Value) -> Result<T, PayloadError> {
    let payload: T = value.to().map_err(|error| PayloadError::Shape(error.to_string()))?;
    payload.check()?;
    Ok(payload)
}

fn write<T: Serialize + Bounded>(payload: &T) -> Result<Value, PayloadError> {
    payload.check()?;
    Value::from_serde(payload).map_err(|error| PayloadError::Shape(error.to_string()))
}
