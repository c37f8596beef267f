//! The stream of events to the owner's apps. What is told comes from `crate::events`.

pub mod http;
