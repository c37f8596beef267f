//! The mail of a relay, from outside: as people deposit and fetch it, and as disks and restarts treat it.
#![cfg(test)]

mod cluster;
mod concurrent;
mod crash;
mod deposits;
mod kill;
mod mailboxes;
mod model;
mod people;
mod privacy;
mod quic;
mod service;
mod stage;
mod streams;
