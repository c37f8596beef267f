//! Who something is for, and how it is kept from everybody else. Knows nothing of transports.

use openred_core::{envelope::Verified, ids::Id16, payload};

use crate::{
    delivery::store::{self as delivery, Audience as Recipients},
    deps::Work,
    error::NodeError,
    modules::circles,
};

/// Who a post is for, as its author chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Friends of the author.
    Friends,
    /// A circle of the author's: some friends, by a group of their own.
    Circle,
    /// The author alone: never leaves the node.
    Private,
}

impl Visibility {
    /// The text in the table and in the owner's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Friends => "friends",
            Self::Circle => "circle",
            Self::Private => "private",
        }
    }

    /// Reads the table's text; anything unknown is private.
    pub fn from_text(text: &str) -> Self {
        match text {
            "public" => Self::Public,
            "friends" => Self::Friends,
            "circle" => Self::Circle,
            _ => Self::Private,
        }
    }

    /// What an envelope says; none for private posts.
    pub fn on_the_wire(self) -> Option<payload::Visibility> {
        match self {
            Self::Public => Some(payload::Visibility::Public),
            Self::Friends => Some(payload::Visibility::Friends),
            Self::Circle => Some(payload::Visibility::Circle),
            Self::Private => None,
        }
    }

    /// Whom it reaches; `circle` as in [`Audience::Circle`]. None for private posts, and a circle that is not named is nobody.
    pub fn audience(self, circle: Option<i64>) -> Option<Audience> {
        match self {
            Self::Public => Some(Audience::Public),
            Self::Friends => Some(Audience::Friends),
            Self::Circle => circle.map(Audience::Circle),
            Self::Private => None,
        }
    }
}

/// For whom the owner writes a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Not a circle.
    All(Visibility),
    /// A circle of the owner's, by its name in the API.
    Circle(Id16),
}

impl Whom {
    /// What the post says about it.
    pub fn visibility(self) -> Visibility {
        match self {
            Self::All(visibility) => visibility,
            Self::Circle(_) => Visibility::Circle,
        }
    }

    /// The circle (`circles.id`), as long as it takes posts.
    ///
    /// # Errors
    /// [`NodeError::Unknown`], [`NodeError::Refused`] while nobody is in it.
    pub fn circle(self, work: &Work<'_, '_>) -> Result<Option<i64>, NodeError> {
        match self {
            Self::All(Visibility::Circle) => Err(NodeError::invalid("circle", "say which one")),
            Self::All(_) => Ok(None),
            Self::Circle(id) => Ok(Some(circles::own::open(work, id)?.id)),
        }
    }
}

impl From<Visibility> for Whom {
    fn from(visibility: Visibility) -> Self {
        Self::All(visibility)
    }
}

impl From<payload::Visibility> for Visibility {
    fn from(visibility: payload::Visibility) -> Self {
        match visibility {
            payload::Visibility::Public => Self::Public,
            payload::Visibility::Friends => Self::Friends,
            payload::Visibility::Circle => Self::Circle,
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
    /// Who is in a circle (`circles.id`): of the owner's, or of somebody else on whose wall the owner says something.
    Circle(i64),
}

/// An item with its audience, ready to be queued. It is closed to all others by the session with each recipient, whose node
/// id is proven, or by the keys of a circle.
#[derive(Debug)]
pub struct Sealed<'a> {
    item: &'a Verified,
    to: Audience,
}

impl Audience {
    /// Closes an item to this audience.
    pub fn seal(self, item: &Verified) -> Sealed<'_> {
        Sealed { item, to: self }
    }
}

impl Sealed<'_> {
    /// Queues it for the audience but for one person: who sent what is forwarded. In a circle nothing is: its members say
    /// what is theirs to all of it.
    pub fn say(&self, work: &Work<'_, '_>, except: Option<i64>) -> Result<(), NodeError> {
        match self.to {
            Audience::Circle(circle) => circles::say(work, circle, self.item)?,
            Audience::Friends => {
                self.queue(work, Recipients::Friends { except })?;
                work.wake();
            }
            Audience::Public => {
                self.queue(work, Recipients::Public { except })?;
                work.wake_all();
            }
        }
        Ok(())
    }

    fn queue(&self, work: &Work<'_, '_>, to: Recipients) -> Result<(), NodeError> {
        Ok(delivery::say(work.tx, work.seal, self.item, to, work.now)?)
    }
}
