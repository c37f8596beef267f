//! What was said in a circle about a post or comment that has not come yet: members hear one another by different ways.

pub mod store;
