//! `activity_update`: a changed profile or an event (PROTOCOL A.2).

use serde::{Deserialize, Serialize};

use super::{Bounded, Content, PayloadError, bound};

/// Longest display name in characters (A.1).
const NAME_CHARS_MAX: usize = 64;

/// Longest self-description in characters.
const BIO_CHARS_MAX: usize = 500;

/// Longest event in characters.
const EVENT_CHARS_MAX: usize = 280;

/// Most links of a profile.
const LINKS_MAX: usize = 8;

/// A link of a profile: a URL of at most 255 bytes.
pub type Link = String;

/// What somebody shows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// 1 to 64 characters on one line.
    pub display_name: String,
    /// At most 500 characters, may be empty.
    pub bio: String,
    /// The picture.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Content>,
    /// http or https, at most 8.
    pub links: Vec<Link>,
}

/// `activity_update`: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum ActivityUpdate {
    /// The whole new profile.
    Profile(Profile),
    /// Something happened, in at most 280 characters.
    Event(String),
}

#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    event: Option<String>,
}

impl TryFrom<Wire> for ActivityUpdate {
    type Error = PayloadError;

    fn try_from(wire: Wire) -> Result<Self, PayloadError> {
        match (wire.profile, wire.event) {
            (Some(profile), None) => Ok(Self::Profile(profile)),
            (None, Some(event)) => Ok(Self::Event(event)),
            _ => Err(PayloadError::Conflict("profile or event, exactly one")),
        }
    }
}

impl From<ActivityUpdate> for Wire {
    fn from(update: ActivityUpdate) -> Self {
        match update {
            ActivityUpdate::Profile(profile) => Self { profile: Some(profile), event: None },
            ActivityUpdate::Event(event) => Self { profile: None, event: Some(event) },
        }
    }
}

impl Bounded for ActivityUpdate {
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::Profile(profile) => profile.check(),
            Self::Event(event) => bound::line("event", event, EVENT_CHARS_MAX),
        }
    }
}

impl Profile {
    fn check(&self) -> Result<(), PayloadError> {
        bound::line("display_name", &self.display_name, NAME_CHARS_MAX)?;
        bound::text("bio", &self.bio, BIO_CHARS_MAX)?;
        bound::list("links", &self.links, LINKS_MAX)?;
        self.links.iter().try_for_each(|link| bound::url("links", link))?;
        Content::check_option(self.avatar.as_ref())
    }
}
