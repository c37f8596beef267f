//! The types of envelopes and their text forms (PROTOCOL §2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The text names no type of this version: the item is answered with 415 `type_unknown` and not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown message type")]
pub struct UnknownType;

macro_rules! message_types {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What an envelope is. Text form as in PROTOCOL §2, for example `post_share`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MessageType {
            $($(#[$doc])* $variant,)*
        }

        impl MessageType {
            /// All types.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The text form.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl FromStr for MessageType {
            type Err = UnknownType;

            fn from_str(text: &str) -> Result<Self, UnknownType> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(UnknownType),
                }
            }
        }
    };
}

message_types! {
    /// Asks to be friend or follower.
    FriendRequest = "friend_request",
    /// Accepts or rejects a request.
    ConnectionResponse = "connection_response",
    /// A post, its edit or its deletion.
    PostShare = "post_share",
    /// A reaction to a post or comment.
    PostReaction = "post_reaction",
    /// A comment, its edit or its deletion.
    Comment = "comment",
    /// One message of a private conversation (MLS).
    DirectMessage = "direct_message",
    /// Delivered, read or failed.
    MessageStatus = "message_status",
    /// A changed profile or an event.
    ActivityUpdate = "activity_update",
    /// Asks for envelopes of a wall, or gives them.
    ContentSync = "content_sync",
    /// Asks for descriptors, or gives them.
    NodeDiscovery = "node_discovery",
    /// The sender is there.
    Heartbeat = "heartbeat",
    /// Asks to see something.
    AccessRequest = "access_request",
    /// Offers a file.
    FileOffer = "file_offer",
    /// A newer descriptor, newer routes.
    DescriptorUpdate = "descriptor_update",
}

impl MessageType {
    /// Wall types are addressed to the owner of a wall, reach many readers with one signature and one
    /// message_id, and are forwarded verbatim (A.2).
    pub const fn is_wall(self) -> bool {
        matches!(self, Self::PostShare | Self::PostReaction | Self::Comment | Self::ActivityUpdate)
    }

    /// Types that only the owner of a wall writes on it: `to` is `from`.
    pub(crate) const fn is_own_wall(self) -> bool {
        matches!(self, Self::PostShare | Self::ActivityUpdate)
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for MessageType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MessageType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_own_text_and_comes_back() {
        assert_eq!(MessageType::ALL.len(), 14);
        for kind in MessageType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("post".parse::<MessageType>(), Err(UnknownType));
    }

    #[test]
    fn the_wall_types_are_those_with_a_star() {
        let walls: Vec<_> =
            MessageType::ALL.iter().filter(|kind| kind.is_wall()).map(|k| k.as_str()).collect();
        assert_eq!(walls, ["post_share", "post_reaction", "comment", "activity_update"]);
    }
}
