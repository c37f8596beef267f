//! One file a verb: its arguments, what it asks of the node, what it reports.

pub(crate) mod chat;
pub(crate) mod circle;
pub(crate) mod directory;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod identity;
pub(crate) mod invite;
pub(crate) mod keeper;
pub(crate) mod link;
pub(crate) mod node;
pub(crate) mod openapi;
pub(crate) mod outbox;
pub(crate) mod peers;
pub(crate) mod people;
pub(crate) mod post;
pub(crate) mod relay;
pub(crate) mod running;
pub(crate) mod service;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod trust;
pub(crate) mod unlock;
