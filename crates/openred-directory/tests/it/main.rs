//! The directory over real HTTP: every call of PROTOCOL Annex A.3, on SQLite and on PostgreSQL.

mod discover;
mod introductions;
mod limits;
mod malformed;
mod memory;
mod openapi;
mod people;
mod push;
mod registration;
mod restart;
mod stage;
