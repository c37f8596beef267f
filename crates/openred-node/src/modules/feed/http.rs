//! Endpoints of the feed. Each reads its words and calls one rule.

pub mod comments;
mod fetch;
pub mod posts;
pub mod requests;

pub use comments::{
    create as create_comment, edit as edit_comment, react, remove as remove_comment, thread, unreact,
};
pub use posts::{
    create as create_post, edit as edit_post, feed, new_posts, one as post, remove as remove_post,
};
pub use requests::{ask as ask_access, decide as decide_access, open as access_requests};

// The names that utoipa's `routes!` looks for beside the handlers.
#[doc(hidden)]
pub use comments::{
    __path_create as __path_create_comment, __path_edit as __path_edit_comment, __path_react,
    __path_remove as __path_remove_comment, __path_thread, __path_unreact,
};
#[doc(hidden)]
pub use posts::{
    __path_create as __path_create_post, __path_edit as __path_edit_post, __path_feed, __path_new_posts,
    __path_one as __path_post, __path_remove as __path_remove_post,
};
#[doc(hidden)]
pub use requests::{
    __path_ask as __path_ask_access, __path_decide as __path_decide_access,
    __path_open as __path_access_requests,
};
