//! A person's node: profile, posts, friends, delivery, and the app that it serves to the browser.
//!
//! `node` puts the parts together; `modules/<noun>` hold rules, endpoints and SQL per noun; `delivery` carries what was
//! said; `net` meets other nodes. Keys are not here: they live in the keeper process.

pub mod api;
pub mod config;
pub mod delivery;
pub mod deps;
#[cfg(test)]
mod desk;
pub mod error;
pub mod events;
mod http_problem;
mod jobs;
pub mod keys;
pub mod migrations;
pub mod modules;
pub mod net;
pub mod node;
mod qr;
mod router;
pub mod seal;
mod sign;
mod web;
