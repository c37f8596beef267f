//! The modules of a node, one folder per noun: `mod.rs` rules, `http.rs` endpoints, `store.rs` SQL.

pub mod audit;
pub mod auth;
pub mod challenge;
pub mod chats;
pub mod circles;
pub mod contacts;
pub mod events;
pub mod feed;
pub mod files;
pub mod identity;
pub mod invitations;
pub mod network;
pub mod notify;
pub mod profile;
pub mod search;
pub mod service;
pub mod settings;
pub mod status;
pub mod wall;
