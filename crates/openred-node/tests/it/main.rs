//! Integration tests of a node: people whose nodes meet over loopback, with a real directory, real keys and real
//! databases in memory; only the app is left out.
#![cfg(test)]

mod chats;
mod circles;
mod evil;
mod files;
mod groups;
mod invited;
mod lan;
mod mail;
mod meet;
mod overlay;
mod peer;
mod postgres;
mod quic;
mod requests;
mod rotate;
mod sessions;
mod strangers;
mod talk;
mod world;
