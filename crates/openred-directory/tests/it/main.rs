//! The directory over real HTTP: every call of PROTOCOL Annex A.3, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod discover;
mod introductions;
mod limits;
mod malformed;
mod memory;
mod oauth;
mod openapi;
mod people;
mod push;
mod registration;
mod restart;
mod routes;
mod stage;
mod tokens;
mod v1;
