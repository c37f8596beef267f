//! Posts, comments, reactions, access, and the feed that they make. Rules by noun; SQL is in the `store` of each
//! noun, HTTP in `http`. What peers say comes in by `heard`, what the owner does by `own`, what is read by `home`.

pub mod access;
pub mod again;
pub mod audience;
mod circle;
pub mod comments;
pub mod contents;
mod heard;
pub mod home;
pub mod http;
pub mod missing;
pub mod own;
pub mod posts;
pub mod reactions;
mod stamp;
pub mod store;
pub mod sync;
#[cfg(test)]
pub(crate) mod tests;
pub mod things;
pub mod waiting;

pub use circle::on_wall_of_circle;
pub use heard::{
    content, is_wanted, on_access, on_comment, on_found_post, on_post, on_reaction, on_refused_access,
    on_sync,
};
pub use own::fetch::Fetch;
