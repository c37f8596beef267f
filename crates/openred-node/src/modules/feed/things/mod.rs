//! Where an envelope of a wall stands: each is kept once, with the post, comment or reaction that it made. Delivery and
//! backfill read it there. Knows no audience and no delivery.

pub mod store;

/// The columns that hold envelopes. The numbers stand in `outbox.held`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// `posts.envelope`.
    Post,
    /// `posts.change`: the newest edit, or the deletion.
    PostChange,
    /// `comments.envelope`.
    Comment,
    /// `comments.change`.
    CommentChange,
    /// `reactions.envelope`.
    Reaction,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Post, Self::PostChange, Self::Comment, Self::CommentChange, Self::Reaction];

    /// 1 to 5.
    pub fn number(self) -> i64 {
        match self {
            Self::Post => 1,
            Self::PostChange => 2,
            Self::Comment => 3,
            Self::CommentChange => 4,
            Self::Reaction => 5,
        }
    }

    /// Reads [`Column::number`].
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.number() == number)
    }

    /// The name under which it is sealed.
    fn name(self) -> &'static str {
        match self {
            Self::Post => "posts.envelope",
            Self::PostChange => "posts.change",
            Self::Comment => "comments.envelope",
            Self::CommentChange => "comments.change",
            Self::Reaction => "reactions.envelope",
        }
    }
}

/// One place: a column and the number of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// Which column.
    pub column: Column,
    /// `id` of its row.
    pub row: i64,
}

impl Thing {
    /// What counts who has it when it is said in a circle (`chat_receipts.message`, `outbox.chat_message`): below 0, where no
    /// message of a conversation is.
    pub fn carried(self) -> i64 {
        -(self.row * 8 + self.column.number())
    }

    /// Where a post's envelope stands.
    pub fn post(row: i64) -> Self {
        Self { column: Column::Post, row }
    }

    /// Where a comment's envelope stands.
    pub fn comment(row: i64) -> Self {
        Self { column: Column::Comment, row }
    }
}
