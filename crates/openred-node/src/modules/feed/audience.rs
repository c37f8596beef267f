//! Who something is for, and how it is kept from everybody else. Knows nothing of transports.

use openred_core::{envelope::Verified, payload};

use crate::{
    delivery::store::{self as delivery, Audience as Recipients},
    deps::Work,
    error::NodeError,
};

/// Who a post is for, as its author chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Friends of the author.
    Friends,
    /// The author alone: never leaves the node.
    Private,
}

impl Visibility {
    /// The text in the table and in the owner's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Friends => "friends",
            Self::Private => "private",
        }
    }

    /// Reads the table's text; anything unknown is private.
    pub fn from_text(text: &str) -> Self {
        match text {
            "public" => Self::Public,
            "friends" => Self::Friends,
            _ => Self::Private,
        }
    }

    /// What an envelope says; none for private posts.
    pub fn on_the_wire(self) -> Option<payload::Visibility> {
        match self {
            Self::Public => Some(payload::Visibility::Public),
            Self::Friends => Some(payload::Visibility::Friends),
            Self::Private => None,
        }
    }

    /// Whom it reaches; none for private posts.
    pub fn audience(self) -> Option<Audience> {
        match self {
            Self::Public => Some(Audience::Public),
            Self::Friends => Some(Audience::Friends),
            Self::Private => None,
        }
    }
}

impl From<payload::Visibility> for Visibility {
    fn from(visibility: payload::Visibility) -> Self {
        match visibility {
            payload::Visibility::Public => Self::Public,
            payload::Visibility::Friends | payload::Visibility::Circle => Self::Friends,
        }
    }
}

/// The people a thing is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Friends of the owner.
    Friends,
    /// Friends and followers.
    Public,
}

/// How an item is closed to all but its audience. Circles with keys of their own will be a second way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// By the session with each recipient, whose node id is proven.
    Session,
}

/// An item with its audience, ready to be queued.
#[derive(Debug)]
pub struct Sealed<'a> {
    item: &'a Verified,
    to: Audience,
    closing: Closing,
}

impl Audience {
    /// Closes an item to this audience.
    pub fn seal(self, item: &Verified) -> Sealed<'_> {
        Sealed { item, to: self, closing: Closing::Session }
    }
}

impl Sealed<'_> {
    /// Queues it for the audience but for one person: who sent what is forwarded.
    pub fn say(&self, work: &Work<'_, '_>, except: Option<i64>) -> Result<(), NodeError> {
        let to = match self.to {
            Audience::Friends => Recipients::Friends { except },
            Audience::Public => Recipients::Public { except },
        };
        match self.closing {
            Closing::Session => delivery::say(work.tx, work.seal, self.item, to, work.now)?,
        }
        match self.to {
            Audience::Friends => work.wake(),
            Audience::Public => work.wake_all(),
        }
        Ok(())
    }
}
